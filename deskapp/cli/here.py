"""What every command stands on: the desk that is there, how a job is watched, and what is said when something goes wrong."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from deskapp.config import Settings
    from deskapp.desk.drafting import Means
    from deskapp.desk.worker import Handler, Progress
    from deskapp.store.db import Database

SECRET_BYTES = 32
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Here:
    settings: "Settings"
    database: "Database"


class Commands(click.Group):
    """Turns what went wrong into a sentence. `--traceback` shows where a fault of ours happened."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.params.get("traceback"):
                raise
            raise click.ClickException(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    from sqlalchemy.exc import OperationalError

    from deskapp.config import BadSettings
    from deskapp.rules.errors import DeskError

    if isinstance(error, BadSettings):
        return f"These settings cannot be used:\n{error}"
    if isinstance(error, DeskError):
        return str(error)
    if isinstance(error, OperationalError):
        return "The database cannot be reached, or somebody else is writing to it for very long."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"Something went wrong on our side ({type(error).__name__}). `deskapp --traceback …` says where."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("deskapp"), prog_name="deskapp")
@click.option("--traceback", is_flag=True, help="Show where in the program a fault happened.")
def cli(traceback: bool) -> None:  # noqa: ARG001, FBT001 - read by Commands.invoke
    """A desk beside your desk: what customers said, one gift worth giving, and the words for the card.

    The desk's data lies in the folder DESKAPP_INSTANCE, by default `instance` here.
    """
    # Small products of many requests at once: BLAS threads would wait for each other ten times as long as they compute.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextmanager
def opened(*, is_new: bool = False, is_quiet: bool = True) -> Iterator[Here]:
    """`is_new` makes the desk if there is none."""
    from deskapp.config import load
    from deskapp.desk import upkeep
    from deskapp.web import logs

    settings = load()
    logs.configure(is_production=settings.production, level=logging.CRITICAL if is_quiet else logging.INFO)
    database = (upkeep.make if is_new else upkeep.open_existing)(settings.engine_url)
    try:
        yield Here(settings, database)
    finally:
        database.close()


@contextmanager
def bar(title: str) -> Iterator["Progress"]:
    """Drawn on a terminal; elsewhere a line whenever the words change."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as drawn:
        task = drawn.add_task(title, total=1.0)
        yield lambda share, words: drawn.update(task, completed=share, description=words)


def lines(title: str) -> "Progress":
    said = [""]

    def line(_share: float, words: str) -> None:
        if (start := words.split(":", maxsplit=1)[0]) != said[-1]:
            said.append(start)
            click.echo(f"{title}: {start} …", err=True)

    return line


def handlers(here: Here) -> "Mapping[str, Handler]":
    from deskapp.desk.feedback import means_of
    from deskapp.desk.handlers import handlers

    its = here.settings
    return handlers(
        here.database,
        its.models_folder,
        currency=its.currency,
        seal_file=its.seal_path,
        shop_name=its.shop_name,
        key=its.signing_key(),
        means=means_of(its),
        secret=lambda: secrets.token_urlsafe(SECRET_BYTES),
        drafts=_drafts(its),
        now=now,
    )


def _drafts(settings: "Settings") -> "Means | None":
    """With the shop's own lists at hand, since what the guard finds by them must not go out."""
    from deskapp.desk import guarding
    from deskapp.desk.delivery_rows import Shop
    from deskapp.desk.drafting import Means
    from deskapp.outgoing.drafter import find_drafter

    key = settings.drafter_key.get_secret_value()
    if (drafter := find_drafter(settings.drafter_url, settings.drafter_model, key)) is None:
        return None
    guarding.equip(settings.instance / "guard", regions=settings.guard_regions, with_presidio=settings.guard_presidio)
    return Means(drafter, Shop(settings.shop_name, ZoneInfo(settings.zone)))


def by_hand(here: Here, kind: str, payload: dict[str, Any], title: str) -> str:
    """A job that this process runs itself, seen by the work page all the same."""
    from deskapp.desk import jobs, worker

    known = handlers(here)
    with here.database.writing() as session:
        ticket = jobs.begin(session, None, jobs.Kind(kind), payload, now=now())
    with bar(title) as watch:
        return worker.run(here.database, ticket, known[kind], now=now, watch=watch)


def leave(*_: object) -> None:
    """Raised in the midst of a job, which is given back on the way out."""
    sys.exit(0)
