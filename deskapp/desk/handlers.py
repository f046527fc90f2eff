"""What each kind of job does, for whoever runs jobs."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from deskapp.desk import imports, training
from deskapp.desk.imports import ImportReport
from deskapp.desk.jobs import Kind
from deskapp.desk.worker import Handler, Progress
from deskapp.reco import model, spark
from deskapp.reco.trainer import Trainer
from deskapp.store.db import Database


def handlers(
    database: Database, models_folder: Path, *, currency: str, now: Callable[[], datetime]
) -> dict[str, Handler]:
    return {
        Kind.IMPORT: partial(_import, database, currency, now),
        Kind.TRAIN: partial(_train, database, models_folder, now),
    }


def _train(
    database: Database, folder: Path, now: Callable[[], datetime], payload: dict[str, Any], progress: Progress
) -> str:
    trainer = _trainer(payload)
    return training.train(database, None, folder, now=now, progress=progress, trainer=trainer).sentence


def _trainer(payload: dict[str, Any]) -> Trainer:
    """This machine, unless `payload` names a "master" of Spark and perhaps a "scratch" folder. Raises NoSpark before any work."""
    if "master" not in payload:
        return model.train
    spark.make_sure()
    scratch = payload.get("scratch")
    return spark.Engine(payload["master"], Path(scratch) if scratch else None)


def _import(
    database: Database, currency: str, now: Callable[[], datetime], payload: dict[str, Any], progress: Progress
) -> str:
    """Raises ImportRefused, which holds every problem found."""
    with database.writing() as session:
        report = imports.take_in(
            session, None, Path(payload["folder"]), currency=currency, now=now(), progress=progress
        )
    return said(report)


def said(report: ImportReport) -> str:
    if report.already_imported:
        return "These very files were imported before; nothing has changed."
    return f"Imported {', '.join(_counted(name, count) for name, count in report.counts.items())}."


def _counted(name: str, count: int) -> str:
    words = name.replace("_", " ")
    return f"{count:,} {words.removesuffix('s') if count == 1 else words}"
