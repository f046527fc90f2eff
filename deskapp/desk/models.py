"""Models on disk and the one in service: published whole, by one new row."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from deskapp.desk import audit
from deskapp.reco import artefacts
from deskapp.reco.fitted import Model
from deskapp.rules.people import Actor
from deskapp.store import models
from deskapp.store.db import Database
from deskapp.store.tables import ModelVersion

_KEPT = 2  # the one in service and the one before, which other processes may still be opening
_LEFT_OVER = timedelta(days=1)  # after so long nobody is about to publish a folder any more
_OURS = ("model-*", ".draft-*")


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares between 0 and 1, over `questions` held-out orders."""

    hit_rate: float
    ndcg: float
    coverage: float


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
    database: Database, actor: Actor | None, models_folder: Path, model: Model, report: dict[str, Any], *, now: datetime
) -> int:
    """The number of the version in service from now on. Killed at any moment, it leaves the old one or the new one."""
    folder = models_folder / f"model-{now:%Y%m%dT%H%M%S%f}"
    digest = artefacts.save(model, folder)
    with database.writing() as session:
        version = models.add_version(session, folder.name, digest, report, now)
        audit.write(session, actor, "model.published", f"model:{version.id}", now=now, digest=digest)
    with database.reading() as session:
        _sweep(models_folder, models.list_newest(session, None), now)
    return version.id


def _sweep(models_folder: Path, versions: list[ModelVersion], now: datetime) -> None:
    """A folder that no version names may be another training's, just before its row; it is left for a day."""
    kept = {version.folder for version in versions[:_KEPT]}
    retired = {version.folder for version in versions[_KEPT:]} - kept
    for folder in (found for pattern in _OURS for found in models_folder.glob(pattern)):
        changed_at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if folder.name in retired or (folder.name not in kept and now - changed_at > _LEFT_OVER):
            shutil.rmtree(folder, ignore_errors=True)


def is_served(session: Session, models_folder: Path) -> bool:
    """Whether the newest version can be read, which reads all of it; another release may have left another format."""
    newest = models.list_newest(session, 1)
    try:
        return bool(newest and artefacts.load(models_folder / newest[0].folder))
    except (artefacts.BadArtefact, OSError):
        return False


def find_in_service(session: Session) -> ModelView | None:
    """One query."""
    newest = models.list_newest(session, 1)
    return _view(newest[0]) if newest else None


def _view(version: ModelVersion) -> ModelView:
    report = version.report
    return ModelView(
        version=version.id,
        published_at=version.published_at,
        is_personal=bool(report["beats_popularity"]),
        questions=report["questions"],
        k=report["k"],
        ours=Quality(**report["model"]),
        popular=Quality(**report["popularity"]),
    )
