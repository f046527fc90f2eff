"""The figures of an evaluation: plain values, written as JSON beside a published model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from deskapp.reco.bootstrap import Estimate

K = 10
LEAST_QUESTIONS = 10  # of two questions, one lucky answer would look like certainty
Ranked = Sequence[int]


@dataclass(frozen=True, slots=True)
class Figures:
    """hit_rate, ndcg, coverage between 0 and 1; novelty in bits.

    ndcg with the gain of one for every right item (Järvelin and Kekäläinen 2002). coverage: share of the items that were shown to
    anyone. novelty: mean of -log2(share of past orders that held the item) over what was shown (self-information, Zhou et al. 2010):
    3 bits stand for an item that is in every eighth order, 10 bits for one in a thousand.
    """

    hit_rate: float
    ndcg: Estimate
    coverage: float
    novelty: float


@dataclass(frozen=True, slots=True)
class Lead:
    """How much better on the same questions, with what chance would make of it."""

    ndcg: Estimate
    hit_rate: Estimate


@dataclass(frozen=True, slots=True)
class Part:
    """The answers to one lot of questions. `in_service` is None where the model in service could not be asked fairly."""

    questions: int
    model: Figures
    popularity: Figures
    in_service: Figures | None
    over_popularity: Lead
    over_in_service: Lead | None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    part: Part


@dataclass(frozen=True, slots=True)
class Report:
    """Asked about the days from `from_day` on; `trained_until` is the last day that a model of all these purchases knows.

    groups: plus-one by kind of customer; "others" gathers those of too few questions, and what is still too few is left out.
    unseen: how many orders could be asked about that the model in service had not seen either; None where there is none.
    """

    from_day: int
    trained_until: int
    plus_one: Part
    new: Part
    refill: Part
    groups: Mapping[str, Sequence[Group]] = field(default_factory=dict)
    unseen: int | None = None
    k: int = K

    @property
    def questions(self) -> int:
        return self.plus_one.questions

    @property
    def beats_popularity(self) -> bool:
        """By more than chance; every other model of a hundred random orders has some lead. False when hardly anything could be asked."""
        return self.questions >= LEAST_QUESTIONS and self.plus_one.over_popularity.ndcg.low > 0

    @property
    def beats_in_service(self) -> bool:
        """True where there is none to beat."""
        part = self.plus_one
        return part.in_service is None or part.model.ndcg.value > part.in_service.ndcg.value

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"beats_popularity": self.beats_popularity}
