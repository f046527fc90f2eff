"""What each kind of job does, for whoever runs jobs."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import Session

from deskapp.desk import drafting, erasure, feedback, imports, jobs, personal_export, retention, timetable, training
from deskapp.desk.feedback import Means, Secret
from deskapp.desk.imports import ImportReport
from deskapp.desk.jobs import Kind, Ticket
from deskapp.desk.wording import number
from deskapp.desk.worker import Handler, Progress
from deskapp.reco import model, spark
from deskapp.reco.trainer import Trainer
from deskapp.rules.words import Said, listed, nsay, say
from deskapp.store.db import Database


def handlers(
    database: Database,
    models_folder: Path,
    *,
    currency: str,
    now: Callable[[], datetime],
    seal_file: Path | None = None,
    shop_name: str = "",
    key: bytes = b"",
    means: Means | None = None,
    secret: Secret | None = None,
    drafts: drafting.Means | None = None,
) -> dict[str, Handler]:
    """`key`: a secret of the desk, by which it knows again the numbers of those who were erased. Without `means`, and a maker of
    secrets of 256 bits, nobody is asked how it was; without `drafts` no card is drafted.
    """
    asking: dict[str, Handler] = (
        {} if means is None or secret is None else {Kind.ASK: partial(_ask, database, means, secret, now)}
    )
    return {
        Kind.IMPORT: partial(_import, database, currency, key, now),
        Kind.TRAIN: partial(_train, database, models_folder, now),
        Kind.TIDY: partial(_tidy, database, seal_file, now),
        Kind.EXPORT: partial(_export, database, shop_name, now),
        Kind.ERASE: partial(_erase, database, now),
        Kind.RETAIN: partial(_retain, database, key, now),
        **asking,
        **({} if drafts is None else {Kind.DRAFT: partial(_draft, database, drafts, now)}),
    }


def _train(database: Database, folder: Path, now: Callable[[], datetime], ticket: Ticket, progress: Progress) -> str:
    """The job ends in the transaction that publishes: what was cancelled or lost before is not published, nor anything twice."""

    def end(session: Session, sentence: str) -> None:
        jobs.finish(session, ticket, sentence, now=now())

    trainer = _trainer(ticket.payload)
    return training.train(database, None, folder, now=now, progress=progress, trainer=trainer, closing=end).sentence


def _trainer(payload: dict[str, Any]) -> Trainer:
    """This machine, unless `payload` names a "master" of Spark and perhaps a "scratch" folder. Raises NoSpark before any work."""
    if "master" not in payload:
        return model.train
    spark.make_sure()
    scratch = payload.get("scratch")
    return spark.Engine(payload["master"], Path(scratch) if scratch else None)


def _import(
    database: Database, currency: str, key: bytes, now: Callable[[], datetime], ticket: Ticket, progress: Progress
) -> str:
    """Raises ImportRefused, which holds every problem found."""
    folder = Path(ticket.payload["folder"])
    return said(imports.take_in(database, None, folder, currency=currency, now=now(), progress=progress, key=key))


def _tidy(
    database: Database, seal_file: Path | None, now: Callable[[], datetime], ticket: Ticket, _progress: Progress
) -> str:
    return timetable.tidy(database, seal_file, ticket.job_id, now=now)


def _export(database: Database, shop_name: str, now: Callable[[], datetime], ticket: Ticket, progress: Progress) -> str:
    return personal_export.run(database, ticket.payload["export"], shop_name=shop_name, now=now(), progress=progress)


def _erase(database: Database, now: Callable[[], datetime], ticket: Ticket, progress: Progress) -> str:
    return erasure.run(database, ticket.payload["erasure"], now=now(), progress=progress)


def _retain(database: Database, key: bytes, now: Callable[[], datetime], ticket: Ticket, progress: Progress) -> str:
    return retention.run(database, ticket.job_id, key=key, now=now(), progress=progress)


def _ask(
    database: Database, means: Means, secret: Secret, now: Callable[[], datetime], ticket: Ticket, _progress: Progress
) -> str:
    return feedback.run(database, means, ticket.job_id, secret=secret, now=now)


def _draft(
    database: Database, means: drafting.Means, now: Callable[[], datetime], ticket: Ticket, _progress: Progress
) -> str:
    return drafting.make(database, means, ticket.payload["delivery"], now=now)


def said(report: ImportReport) -> str:
    if report.already_imported:
        return say("These very files were imported before; nothing has changed.")
    return say("Imported {what}.", what=listed(_IMPORTED[name](count) for name, count in report.counts.items()))


_IMPORTED: Mapping[str, Callable[[int], Said]] = {
    "customers": lambda count: nsay("{n} customer", "{n} customers", count, n=number(count)),
    "items": lambda count: nsay("{n} item", "{n} items", count, n=number(count)),
    "orders": lambda count: nsay("{n} order", "{n} orders", count, n=number(count)),
    "order_lines": lambda count: nsay("{n} order line", "{n} order lines", count, n=number(count)),
}
