"""Training: learn from all purchases; publish only what finds held-out ones better than popularity and the model in service do."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import Session

from deskapp.desk import models
from deskapp.desk.model_report import STAYS, share
from deskapp.desk.wording import decimal, number
from deskapp.reco.catalogue import Catalogue, informed
from deskapp.reco.evaluate import evaluate
from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train as fit
from deskapp.reco.questions import ENOUGH, Exam, set_exam
from deskapp.reco.report import Figures, Report
from deskapp.reco.trainer import Progress, Trainer
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import Said, say, together
from deskapp.store.db import Database
from deskapp.store.purchases import list_named, list_stores, read_all

SEED = 1

Closing = Callable[[Session, str], None]


def _nothing_more(_session: Session, _sentence: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Trained:
    """`sentence` is the verdict; a model that is not published leaves the one in service where it is. No report: nothing was asked."""

    sentence: str
    report: Report | None
    is_published: bool


def train(
    database: Database,
    actor: Actor | None,
    models_folder: Path,
    *,
    now: Callable[[], datetime],
    progress: Progress,
    trainer: Trainer = fit,
    closing: Closing = _nothing_more,
) -> Trained:
    """A minute or two of work in three steps: judge, learn, publish. Raises Invalid where there is nothing to learn from.

    `closing` gets the sentence within the transaction that publishes; what it raises leaves the old model in service.
    """
    case = _gather(database, models_folder, until=now(), progress=progress)
    if case.exam.unseen is not None and not case.exam.is_fair:
        return Trained(_too_few(case.exam.unseen), None, is_published=False)
    trainer = informed(trainer, case.catalogue)
    report = _judge(case, trainer, _part(progress, 0.05, 0.5))
    if case.is_protected and not (report.beats_popularity and report.beats_in_service):
        return Trained(together([verdict(report), STAYS]), report, is_published=False)
    model = trainer(case.purchases, seed=SEED, progress=_part(progress, 0.5, 0.95))
    progress(0.95, say("Publishing"))
    chosen = model if report.beats_popularity else popular_only(model)
    popular = say("What is popular with everyone is in service for now.")
    sentence = together([verdict(report), say("It is in service now.") if report.beats_popularity else popular])
    models.publish(
        database,
        actor,
        models_folder,
        chosen,
        report.as_dict(),
        now=now(),
        over=case.newest,
        closing=lambda one: closing(one, sentence),
    )
    return Trained(sentence, report, is_published=True)


def judge(
    database: Database, models_folder: Path, *, now: datetime, progress: Progress, trainer: Trainer = fit
) -> Report:
    """What `train` would find out before it publishes; changes nothing. Raises Invalid where there is nothing to learn from."""
    case = _gather(database, models_folder, until=now, progress=progress)
    return _judge(case, informed(trainer, case.catalogue), _part(progress, 0.05, 1.0))


@dataclass(frozen=True, slots=True)
class _Case:
    """`served`: the model that a new one has to beat beside popularity; `newest`: the version published last, 0 for none."""

    purchases: Purchases
    stores: list[str]
    catalogue: Catalogue
    served: models.Served | None
    newest: int
    exam: Exam

    @property
    def is_protected(self) -> bool:
        """Popularity of old gives way to popularity of today without being beaten."""
        last = int(self.purchases.day.max(initial=0))
        return self.served is not None and (self.served.is_personal or last <= self.served.trained_until)


def _gather(database: Database, models_folder: Path, *, until: datetime, progress: Progress) -> _Case:
    progress(0.0, say("Reading the purchases"))
    with database.reading() as session:
        purchases, stores = Purchases(*read_all(session, until=until)), list_stores(session)
        catalogue = Catalogue.of(list_named(session))
        served, newest = models.find_served(session, models_folder), models.newest(session)
    if not len(purchases):
        raise Invalid({"": say("There are no purchases to learn from yet. Import some first.")})
    progress(0.04, say("Choosing what to ask"))
    served_until = served.trained_until if served is not None and served.is_personal else None
    exam = set_exam(purchases, served_until=served_until, seed=SEED)
    return _Case(purchases, stores, catalogue, served, newest, exam)


def _judge(case: _Case, trainer: Trainer, progress: Progress) -> Report:
    rival = case.served.model if case.served is not None else None
    return evaluate(
        case.purchases,
        case.exam,
        seed=SEED,
        progress=progress,
        trainer=trainer,
        served=rival,
        stores=case.stores,
    )


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, words: progress(start + share * (end - start), words)


def _too_few(unseen: int) -> Said:
    too_few = say(
        "There are too few orders that the model in service has not seen ({unseen}; it takes {enough} to tell two models apart)."
        " Train again when there are more.",
        unseen=number(unseen),
        enough=ENOUGH,
    )
    return together([too_few, STAYS])


def verdict(report: Report) -> Said:
    if not report.questions:
        return say("There are too few orders to judge a model by.")
    part = report.plus_one
    found = {
        "k": report.k,
        "ours": _found(part.model),
        "orders": number(report.questions),
        "popular": _found(part.popularity),
    }
    if part.in_service is None:
        said = say(
            "Of {orders} orders it has not seen, the new model finds the hidden item among its first {k} in {ours},"
            " popularity in {popular}.",
            **found,
        )
    else:
        said = say(
            "Of {orders} orders it has not seen, the new model finds the hidden item among its first {k} in {ours},"
            " popularity in {popular}, the model in service in {served}.",
            **found,
            served=_found(part.in_service),
        )
    is_chance = part.model.ndcg.value > part.popularity.ndcg.value and not report.beats_popularity
    return together([said, say("So small a lead over popularity may be chance.") if is_chance else ""])


def _found(figures: Figures) -> Said:
    """As in "45.0 % (NDCG 0.312)"."""
    return say("{share} (NDCG {ndcg})", share=share(figures.hit_rate), ndcg=decimal(figures.ndcg.value, 3))


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
