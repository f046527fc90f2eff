"""Models on disk and the one in service: published whole, by one new row."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.desk.jobs import Kind
from deskapp.desk.model_report import STAYS, Asked, Quality, ReportView, asked, view
from deskapp.reco import artefacts
from deskapp.reco.fitted import Model
from deskapp.reco.report import K
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import jobs, models
from deskapp.store.db import Database
from deskapp.store.tables import JobState, ModelVersion

_KEPT = 2  # the one in service and the one before, which other processes may still be opening
_SHOWN = 20
_LEFT_OVER = timedelta(days=1)  # after so long nobody is about to publish a folder any more
_OURS = ("model-*", ".draft-*")
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ModelView:
    """The model in service. `is_personal` False: it knows what is popular and nothing else."""

    version: int
    published_at: datetime
    is_personal: bool
    questions: int
    k: int
    ours: Quality
    popular: Quality


def publish(
    database: Database,
    actor: Actor | None,
    models_folder: Path,
    model: Model,
    report: dict[str, Any],
    *,
    now: datetime,
    over: int | None = None,
    closing: Callable[[Session], None] = lambda _: None,
) -> int:
    """The number of the version in service from now on. Killed at any moment, it leaves the old one or the new one.

    `over`: the version it was judged beside; raises Conflict if another was published since. `closing` is part of the
    transaction: what it raises leaves the old one.
    """
    folder = models_folder / f"model-{now:%Y%m%dT%H%M%S%f}"
    digest = artefacts.save(model, folder)
    try:
        with database.writing() as session:
            _refuse_unjudged(session, over)
            version = models.add_version(session, folder.name, digest, report, now)
            audit.write(session, actor, "model.published", f"model:{version.id}", now=now, digest=digest)
            closing(session)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with database.reading() as session:
        _sweep(models_folder, models.list_newest(session, None), now)
    return version.id


def _refuse_unjudged(session: Session, over: int | None) -> None:
    if over is not None and newest(session) != over:
        raise Conflict(
            say("Another training has put a model in service meanwhile, which this one was not judged beside.")
        )


def _sweep(models_folder: Path, versions: list[ModelVersion], now: datetime) -> None:
    """A folder that no version names may be another training's, just before its row; it is left for a day."""
    kept = {version.folder for version in versions[:_KEPT]}
    retired = {version.folder for version in versions[_KEPT:]} - kept
    for folder in (found for pattern in _OURS for found in models_folder.glob(pattern)):
        with suppress(OSError):  # another training may be sweeping too
            changed_at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            if folder.name in retired or (folder.name not in kept and now - changed_at > _LEFT_OVER):
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Served:
    """The model in service. It has learnt from orders up to the day `trained_until`, and from none after it."""

    version: int
    model: Model
    is_personal: bool
    trained_until: int


def find_served(session: Session, models_folder: Path) -> Served | None:
    """The newest version that can be read, which reads all of it; another release may have left another format."""
    for version in models.list_newest(session, _KEPT):
        with suppress(artefacts.BadArtefact, OSError):
            model = artefacts.load(models_folder / version.folder, digest=version.digest)
            published_on = version.published_at.date().toordinal() - _EPOCH
            trained_until = version.report.get("trained_until", published_on)  # versions before 2 did not say
            return Served(version.id, model, bool(version.report.get("beats_popularity")), trained_until)
    return None


def newest(session: Session) -> int:
    """Of all versions, whether it can be read or not; 0: none yet."""
    return models.marks(session).model


def is_served(session: Session, models_folder: Path) -> bool:
    return find_served(session, models_folder) is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A training that ended: published as `version`, or not (None) for the reason in `words`. `asked`: None where not published."""

    at: datetime
    version: int | None
    asked: Asked | None
    is_personal: bool
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that is known of the model in service, and how it came there; newest first."""

    in_service: ModelView | None
    report: ReportView | None
    attempts: tuple[Attempt, ...]


def page(session: Session) -> Page:
    """Two queries."""
    versions = models.list_newest(session, _SHOWN)
    ended = jobs.list_ended(session, Kind.TRAIN, JobState.DONE, _SHOWN)
    refused = (
        Attempt(job.ended_at, None, None, is_personal=False, words=job.words)
        for job in ended
        if job.ended_at is not None and job.words.endswith(STAYS)
    )
    attempts = sorted([*map(_published, versions), *refused], key=lambda one: one.at, reverse=True)
    newest = versions[0] if versions else None
    return Page(_view(newest) if newest else None, view(newest.report) if newest else None, tuple(attempts[:_SHOWN]))


def _published(version: ModelVersion) -> Attempt:
    found = asked(version.report)
    is_personal = bool(version.report.get("beats_popularity"))
    return Attempt(version.published_at, version.id, found, is_personal=is_personal, words="")


def find_in_service(session: Session) -> ModelView | None:
    """One query."""
    newest = models.list_newest(session, 1)
    return _view(newest[0]) if newest else None


def _view(version: ModelVersion) -> ModelView:
    part = asked(version.report)
    return ModelView(
        version=version.id,
        published_at=version.published_at,
        is_personal=bool(version.report.get("beats_popularity")),
        questions=part.questions,
        k=version.report.get("k", K),
        ours=part.ours,
        popular=part.popular,
    )
