"""How sure a mean is: the same questions drawn again and again with replacement (Efron's percentile bootstrap).

Pairs stay pairs: a difference between two answerers is resampled as one number per question.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
_LOW, _HIGH = 0.025, 0.975
_HELD = 4_000_000  # draws in memory at a time, 32 MB


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and where it would lie in 95 of 100 such samples."""

    value: float
    low: float
    high: float


def estimate(values: NDArray[np.float64], rng: np.random.Generator) -> list[Estimate]:
    """One per column of `values`, shape (questions, columns). About 20 ms for 2,000 questions; all zero without any."""
    questions, columns = values.shape
    if not questions:
        return [Estimate(0.0, 0.0, 0.0)] * columns
    at_once = max(_HELD // questions, 1)
    rounds = [_means(values, min(at_once, RESAMPLES - done), rng) for done in range(0, RESAMPLES, at_once)]
    low, high = np.quantile(np.concatenate(rounds), [_LOW, _HIGH], axis=0)
    return [Estimate(*map(float, one)) for one in zip(values.mean(axis=0), low, high, strict=True)]


def _means(values: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Shape (resamples, columns): how often each question was drawn, times what it gave."""
    questions = len(values)
    drawn = rng.integers(questions, size=(resamples, questions), dtype=np.int64)
    drawn += questions * np.arange(resamples)[:, None]
    times = np.bincount(drawn.ravel(), minlength=resamples * questions).reshape(resamples, questions)
    means: NDArray[np.float64] = times @ values / questions
    return means
