"""Training: learn from all purchases, publish only what finds held-out purchases better than plain popularity does."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from deskapp.desk import models
from deskapp.reco.evaluate import Report, evaluate
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train as fit
from deskapp.reco.trainer import Trainer
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.purchases import read_all

SEED = 1

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """`sentence` is the verdict; a model that is not published leaves the one in service where it is."""

    sentence: str
    report: Report
    is_published: bool


def train(
    database: Database,
    actor: Actor | None,
    models_folder: Path,
    *,
    now: Callable[[], datetime],
    progress: Progress,
    trainer: Trainer = fit,
) -> Trained:
    """A minute or two of work in three steps: judge, learn, publish. Raises Invalid where there is nothing to learn from."""
    progress(0.0, "Reading the purchases")
    with database.reading() as session:
        purchases = Purchases(*read_all(session, until=now()))
        is_served = models.is_served(session, models_folder)
    if not len(purchases):
        raise Invalid({"": "There are no purchases to learn from yet. Import some first."})
    report = evaluate(purchases, seed=SEED, progress=_part(progress, 0.05, 0.5), trainer=trainer)
    if is_served and not report.beats_popularity:
        return Trained(f"{_verdict(report)} The model in service stays.", report, is_published=False)
    model = trainer(purchases, seed=SEED, progress=_part(progress, 0.5, 0.95))
    progress(0.95, "Publishing")
    chosen = model if report.beats_popularity else popular_only(model)
    models.publish(database, actor, models_folder, chosen, report.as_dict(), now=now())
    news = (
        "It is in service now." if report.beats_popularity else "What is popular with everyone is in service for now."
    )
    return Trained(f"{_verdict(report)} {news}", report, is_published=True)


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, words: progress(start + share * (end - start), words)


def _verdict(report: Report) -> str:
    if not report.questions:
        return "There are too few orders to judge a model by."
    ours, popular = report.model, report.popularity
    return (
        f"Among its first {report.k} the new model finds the hidden item in {ours.hit_rate:.1%} of {report.questions:,} orders"
        f" it has not seen, popularity in {popular.hit_rate:.1%} (NDCG {ours.ndcg:.3f} against {popular.ndcg:.3f})."
    )


def popular_only(model: Model) -> Model:
    """Nothing speaks for any item, so the popular ones come first."""
    items = len(model.vocabulary)
    silent = Affinity(
        np.zeros(items + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int32)
    )
    tables: dict[str, Any] = {
        one.name: silent for one in fields(model) if isinstance(getattr(model, one.name), Affinity)
    }
    return replace(model, **tables, taste=Taste(np.zeros((items, 1), np.float32), np.ones((1, 1), np.float32)))
