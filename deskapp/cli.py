"""The `deskapp` command. Whatever goes wrong is one plain sentence on stderr; what others may read goes to stdout."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from deskapp.config import Settings
    from deskapp.desk.drafting import Means
    from deskapp.desk.worker import Handler, Progress
    from deskapp.store.db import Database

_SECRET_BYTES = 32
Form = TypeVar("Form")

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
def _opened(*, is_new: bool = False, is_quiet: bool = True) -> Iterator[Here]:
    """`is_new` makes the desk if there is none."""
    import logging

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
def _bar(title: str) -> Iterator["Progress"]:
    """Drawn on a terminal; elsewhere a line whenever the words change."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title)
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


def _lines(title: str) -> "Progress":
    said = [""]

    def line(_share: float, words: str) -> None:
        if (start := words.split(":", maxsplit=1)[0]) != said[-1]:
            said.append(start)
            click.echo(f"{title}: {start} …", err=True)

    return line


def _handlers(here: Here) -> "Mapping[str, Handler]":
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
        secret=lambda: secrets.token_urlsafe(_SECRET_BYTES),
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


def _by_hand(here: Here, kind: str, payload: dict[str, Any], title: str) -> str:
    """A job that this process runs itself, seen by the work page all the same."""
    from deskapp.desk import jobs, worker

    known = _handlers(here)
    with here.database.writing() as session:
        ticket = jobs.begin(session, None, jobs.Kind(kind), payload, now=now())
    with _bar(title) as watch:
        return worker.run(here.database, ticket, known[kind], now=now, watch=watch)


# --- a desk and what is in it ---------------------------------------------------------------------------------------


@cli.command()
def init() -> None:
    """Make an empty desk, or bring an old one up to date."""
    with _opened(is_new=True) as here:
        click.echo(f"The desk in {here.settings.instance.resolve()} is ready.")
        if not _has_staff(here):
            click.echo("Nobody works here yet. The first admin: deskapp staff add NAME --role admin")
    click.echo("Then: deskapp import FOLDER, deskapp train, deskapp serve")


def _has_staff(here: Here) -> bool:
    from deskapp.store.staff import names

    with here.database.reading() as session:
        return bool(names(session))


@cli.command()
def demo() -> None:
    """Make a desk to look around in: a year of real purchases, an invented cast, a trained model."""
    from deskapp.desk.demo import CAST, fill

    with _opened(is_new=True) as here:
        settings = here.settings
        _refuse_a_real_desk(here)
        _import_demo_shop(here)
        fill(here.database, currency=settings.currency, zone=settings.zone, now=now())
        _train_once(here)
    click.echo("Sign in as:")
    for member in CAST:
        click.echo(f"  {member.username:<4} {member.password:<20} {member.role}")
    click.echo(f"Serve it: deskapp serve, then open http://{settings.host}:{settings.port}")


def _refuse_a_real_desk(here: Here) -> None:
    """The passwords of the cast are known to everybody."""
    from deskapp.desk.demo import CAST
    from deskapp.rules.errors import Conflict
    from deskapp.store.staff import find_by_username

    if here.settings.production:
        raise Conflict("A demo desk has passwords that everybody knows, so it is not made in production.")
    with here.database.reading() as session:
        has_cast = any(find_by_username(session, member.username) for member in CAST)
    if _has_staff(here) and not has_cast:
        raise Conflict("People work at this desk already. Give the demo a folder of its own: DESKAPP_INSTANCE=DIR")


def _import_demo_shop(here: Here) -> None:
    from deskapp.feeds import complete_journey
    from deskapp.store.imports import has_receipt

    with here.database.reading() as session:
        if has_receipt(session):
            return
    folder = here.settings.instance / "demo"
    click.echo("Writing a year of purchases …", err=True)
    complete_journey.write(folder, today=now().date())
    click.echo(_by_hand(here, "import", {"folder": str(folder.resolve())}, "Importing"))


def _train_once(here: Here) -> None:
    from deskapp.desk.models import is_served

    with here.database.reading() as session:
        if is_served(session, here.settings.models_folder):
            return
    click.echo(_by_hand(here, "train", {}, "Training"))


@cli.command("import")
@click.argument("folder", type=_FOLDER)
def import_(folder: Path) -> None:
    """Take in customers.csv, items.csv, orders.csv and order_lines.csv of FOLDER, or nothing of them where anything is wrong."""
    from deskapp.desk.imports import ImportRefused

    with _opened() as here:
        try:
            click.echo(_by_hand(here, "import", {"folder": str(folder.resolve())}, "Importing"))
        except ImportRefused as refused:
            for problem in refused.report.problems:
                click.echo(str(problem), err=True)
            raise click.ClickException(_refusal(refused.report.problem_count, len(refused.report.problems))) from None


@cli.command("import-events")
@click.argument("file", type=_FILE)
def import_events(file: Path) -> None:
    """Take in what happened to parcels: a CSV of order_id, kind, happened_at and perhaps estimated_on and event_id."""
    from deskapp.desk.event_file import take_in
    from deskapp.desk.imports import ImportRefused

    with _opened() as here, _bar("Importing") as watch:
        try:
            report = take_in(
                here.database, None, file.resolve(), now=now(), progress=watch, zone=ZoneInfo(here.settings.zone)
            )
        except ImportRefused as refused:
            for problem in refused.report.problems:
                click.echo(str(problem), err=True)
            raise click.ClickException(_refusal(refused.report.problem_count, len(refused.report.problems))) from None
    click.echo(report.sentence)


def _refusal(count: int, shown: int) -> str:
    more = f" The first {shown:,} are above." if count > shown else ""
    return f"Nothing was imported: {count:,} {'problems' if count > 1 else 'problem'} to put right.{more}"


@cli.command()
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), default="local", help="Spark is an extra: deskapp[spark]."
)
@click.option("--master", help="Of Spark: local[2], spark://host:7077, yarn …; by default all of this machine.")
@click.option("--scratch", type=_FOLDER, help="A folder that Spark's driver and workers all reach; on one machine any.")
def train(engine: str, master: str | None, scratch: Path | None) -> None:
    """Learn from all purchases; the new model serves only if it beats popularity and the one in service."""
    payload = _spark_payload(master, scratch) if engine == "spark" else {}
    if engine == "local" and (master or scratch):
        raise click.UsageError("--master and --scratch go with --engine spark.")
    signal.signal(signal.SIGTERM, _leave)  # so that temporary folders go, Spark's too
    with _opened() as here:
        click.echo(_by_hand(here, "train", payload, "Training"))


def _spark_payload(master: str | None, scratch: Path | None) -> dict[str, Any]:
    return {"master": master or "local[*]"} | ({"scratch": str(scratch.resolve())} if scratch else {})


@cli.command("export-training")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_training(folder: Path) -> None:
    """Write what there is to learn from as Parquet into FOLDER, new or empty: ids, days and amounts, no names."""
    from deskapp.desk.exports import export_training as export

    with _opened() as here:
        lines = export(here.database, None, folder.resolve(), now=now())
    click.echo(f"{lines:,} order lines in {folder}.")


@cli.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the report as JSON here.")
def evaluate(out: Path | None) -> None:
    """Judge the model that a training would make, beside popularity and the one in service. Changes nothing."""
    import json

    from deskapp.desk import model_report, training

    with _opened() as here, _bar("Evaluating") as watch:
        report = training.judge(here.database, here.settings.models_folder, now=now(), progress=watch).as_dict()
    click.echo(model_report.as_text(model_report.view(report)))
    if out is not None:
        out.write_text(json.dumps(report, indent=2), encoding="utf-8")


@cli.command()
@click.option("--queries", required=True, type=_FILE, help="One JSON query a line.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="One JSON answer a line.")
def suggest(queries: Path, out: Path) -> None:
    """Answer suggestion queries from a file into a file."""
    from deskapp.desk.bulk import answer_file
    from deskapp.desk.shelf import Shelf

    with _opened() as here:
        shelf, currency = Shelf(here.settings.models_folder), here.settings.currency
        today = now().astimezone(ZoneInfo(here.settings.zone)).date()
        count = answer_file(here.database, shelf, queries, out, currency=currency, today=today)
    click.echo(f"{count:,} queries answered in {out}.", err=True)


# --- serving --------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of DESKAPP_PORT.")
@click.option("--host", help="Instead of DESKAPP_HOST.")
def serve(port: int | None, host: str | None) -> None:
    """Serve the desk until it is told to stop."""
    from deskapp.config import load
    from deskapp.web import logs

    given = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    settings = load(**given)
    logs.configure(is_production=settings.production)

    from deskapp import serve as server

    server.serve(settings)


@cli.command()
@click.option("--until-idle", is_flag=True, help="Stop when there is nothing left to do.")
@click.option("--slip", type=int, hidden=True, help="An open file in which to keep what is held.")
def worker(until_idle: bool, slip: int | None) -> None:  # noqa: FBT001 - a flag of the command line
    """Run jobs: imports, trainings and the hourly upkeep; and carry what is in the outbox."""
    from deskapp.desk import postman
    from deskapp.desk import worker as runner

    signal.signal(signal.SIGTERM, _leave)
    with _opened(is_quiet=False) as here:
        known = _handlers(here)
        if not until_idle:
            with postman.at_work(here.database, postman.carriers(here.settings), now=now):
                runner.run_forever(here.database, known, threading.Event(), now=now)
        os.nice(10)  # the pages come first
        kept = None if slip is None else runner.Slip(slip)
        while runner.run_once(here.database, known, now=now, slip=kept):
            pass


def _leave(*_: object) -> None:
    """Raised in the midst of a job, which is given back on the way out."""
    sys.exit(0)


@cli.group()
def outbox() -> None:
    """Letters to customers and calls to the shop's own programs."""


@outbox.command("list")
def list_outbox() -> None:
    """What waits, what did not go, what may have gone, by number: ids and reasons, nobody's words."""
    from deskapp.desk import outbox_list

    with _opened() as here, here.database.reading() as session:
        found = outbox_list.panel(session)
    for state, listed in (("doubtful", found.doubtful), ("failed", found.failed), ("waiting", found.waiting)):
        for row in listed:
            click.echo(f"{row.id:>6}  {state:<8}  {row.what}, {row.made_at:%Y-%m-%d %H:%M} UTC. {row.words}".rstrip())
    click.echo(", ".join(f"{number:,} {state}" for state, number in found.counts.items()), err=True)


@outbox.command("send")
def send_outbox() -> None:
    """Carry what is due now, and say what came of it."""
    from collections import Counter

    from deskapp.desk import postman
    from deskapp.desk.outbox import send_due

    with _opened() as here:
        carriers, ended = postman.carriers(here.settings), Counter[str]()
        checks, endings = postman.CHECKS, postman.ENDINGS
        while sent := +send_due(here.database, carriers, checks, now=now, limit=1, endings=endings):
            ended.update({state.value: number for state, number in sent.items()})
    if not carriers:
        click.echo("Nobody carries anything yet: give DESKAPP_MAIL_URL or DESKAPP_WEBHOOK_URL.", err=True)
    click.echo(", ".join(f"{number:,} {state}" for state, number in ended.items()) or "Nothing was due.")


@outbox.command("retry")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--as", "username", required=True, help="A manager, in whose name it is done.")
@click.confirmation_option(prompt="It may have gone out already. Send it again?")
def retry_outbox(number: int, username: str) -> None:
    """Send the one of this NUMBER again, though it failed or may have gone out."""
    from deskapp.desk import outbox_list
    from deskapp.desk.inputs import Keyed

    with _opened() as here, here.database.writing() as session:
        form = Keyed(form_key=secrets.token_urlsafe())
        outbox_list.send_again(session, outbox_list.by_hand(session, username), number, form, now=now())
    click.echo("It goes out with the next round.")


# --- people and programs --------------------------------------------------------------------------------------------


@cli.group()
def staff() -> None:
    """People who work here."""


@staff.command("add")
@click.argument("username")
@click.option("--name", help="As customers may hear it; by default the username.")
@click.option("--role", type=click.Choice(["agent", "lead", "delivery", "manager", "admin"]), default="agent")
def add_staff(username: str, name: str | None, role: str) -> None:
    """Add somebody. The password is asked for, or read from the first line of stdin."""
    from deskapp.desk import passwords
    from deskapp.desk.staff import NewStaff, hire
    from deskapp.rules.people import Role

    with _opened() as here:
        key, password = secrets.token_urlsafe(), _password()
        form = _checked(
            lambda: NewStaff(form_key=key, username=username, name=name or username, role=Role(role), password=password)
        )
        hashed = passwords.hash_password(form.password)
        with here.database.writing() as session:
            hire(session, None, form.username, form.name, form.role, password_hash=hashed, now=now())
    click.echo(f"{form.name} signs in as {form.username}.")


@staff.command("password")
@click.argument("username")
def set_password(username: str) -> None:
    """Set a new password. Ends every sign-in of that person."""
    from deskapp.desk import passwords
    from deskapp.desk import staff as people
    from deskapp.desk.launches import owner

    with _opened() as here:
        with here.database.reading() as session:
            found = owner(session, username)
        form = _checked(lambda: people.NewPassword(form_key=secrets.token_urlsafe(), password=_password()))
        hashed = passwords.hash_password(form.password)
        with here.database.writing() as session:
            people.set_password(session, None, found.staff_id, hashed, now=now())
    click.echo(f"{found.name} has a new password and is signed out everywhere.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _checked(make: Callable[[], Form]) -> Form:
    """Raises a sentence for what a form on the web would say at its field."""
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        said = first.get("ctx", {}).get("error") or first["msg"]
        raise click.ClickException(f"{'.'.join(map(str, first['loc']))}: {said}") from None


@cli.group()
def audit() -> None:
    """Proof that the books balance and that nobody changed what was written."""


@audit.command("verify")
@click.option("--seals", type=_FILE, help="The file that DESKAPP_SEAL_FILE named, from where it was kept safe.")
def verify_audit(seals: Path | None) -> None:
    """Check buckets, ledger, gifts, approvals, seals and triggers of the whole desk, while others work."""
    import time

    from deskapp.desk import verifying

    exported = seals.read_text(encoding="utf-8", errors="replace") if seals else None
    begun, count = time.monotonic(), 0
    with _opened() as here, here.database.reading() as session:
        for check in verifying.verify(session, exported):
            count += check.count
            click.echo(f"{'WRONG' if check.count else 'ok':<5} {check.says}")
            _name_faults(check.faults, check.count)
    click.echo(f"Checked in {time.monotonic() - begun:.1f} s.")
    if count:
        raise click.ClickException(f"{count:,} {'thing is' if count == 1 else 'things are'} not as they should be.")


def _name_faults(faults: list[str], count: int) -> None:
    for fault in faults:
        click.echo(f"      {fault}")
    if count > len(faults):
        click.echo(f"      … and {count - len(faults):,} more.")


@audit.command("seal")
def seal_audit() -> None:
    """Seal everything that was written until an hour ago; the desk does so every hour by itself."""
    from deskapp.desk import seals

    with _opened() as here:
        made = seals.seal_and_export(here.database, here.settings.seal_path, now=now())
    if made is None:
        click.echo("Everything until an hour ago is sealed already.")
    else:
        click.echo(
            f"Seal {made.id} over {made.lines:,} lines until {made.sealed_until:%Y-%m-%d %H:%M} UTC: {made.digest}"
        )


@cli.group()
def search() -> None:
    """The rows by which customers and notes are found."""


@search.command("check")
def check_search() -> None:
    """Say whether they are what customers and notes would make of them. Reads everything, while others work."""
    from deskapp.desk import search as searching

    with _opened() as here, here.database.reading() as session:
        faults = searching.faults(session)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException("`deskapp search rebuild` puts it right.")
    click.echo("Everybody and everything is found by what they are.")


@search.command("rebuild")
def rebuild_search() -> None:
    """Make them anew, after an update of Unicode, say. Nobody can write meanwhile."""
    from deskapp.desk import search as searching

    with _opened() as here:
        searching.rebuild(here.database)
    click.echo("Made anew.")


@cli.group()
def privacy() -> None:
    """Everything of one customer in a file, and forgetting one."""


@privacy.command("export")
@click.argument("number")
@click.option("--as", "username", required=True, help="A manager, in whose name it is done.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the JSON goes.")
def export_customer(number: str, username: str, out: Path) -> None:
    """Write all that is held of the customer with that NUMBER of the shop's."""
    from deskapp.desk import personal_export
    from deskapp.desk import privacy as discretion
    from deskapp.desk.views import ViewLog

    with _opened() as here:
        with here.database.writing() as session:
            manager, customer_id = discretion.by_hand(session, username, number)
            form = personal_export.NewExport(form_key=secrets.token_urlsafe())
            export_id = personal_export.ask(session, manager, customer_id, form, now=now())
        shop = here.settings.shop_name
        click.echo(
            personal_export.run(here.database, export_id, shop_name=shop, now=now(), progress=_lines("Export")),
            err=True,
        )
        with here.database.reading() as session:
            body = personal_export.get_file(session, customer_id, export_id, now=now()).body
        ViewLog(here.database).note(manager, customer_id, "export", "page", now=now())
        _write_for_owner(out, body)


def _write_for_owner(path: Path, body: bytes) -> None:
    """Nobody else on the machine may read it, from its first byte on."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # of one that was there before
        file.write(body)


@privacy.command("erase")
@click.argument("number", required=False, default="")
@click.option("--customer", "customer_id", type=click.IntRange(min=1), help="This desk's own number, from a receipt.")
@click.option("--as", "username", required=True, help="A manager, in whose name it is done.")
@click.confirmation_option(prompt="This cannot be taken back. Erase this customer?")
def erase_customer(number: str, customer_id: int | None, username: str) -> None:
    """Forget the customer with that NUMBER of the shop's; or, after an old copy was put back, the one of a receipt."""
    from deskapp.desk import erasure
    from deskapp.desk import privacy as discretion

    if bool(number) == bool(customer_id):
        raise click.UsageError("Give the shop's number or --customer, one of the two.")
    with _opened() as here:
        its = here.settings
        today = now().astimezone(ZoneInfo(its.zone)).date()
        with here.database.writing() as session:
            manager, found = discretion.by_hand(session, username, number, customer_id)
            erasure_id = erasure.begin(session, manager, found, key=its.signing_key(), today=today, now=now())
        click.echo(erasure.run(here.database, erasure_id, now=now(), progress=_lines("Erasing")))


@cli.group()
def token() -> None:
    """Keys for programs that use the JSON API."""


@token.command("create")
@click.option("--staff", "username", required=True, help="In whose name the program acts.")
def create_token(username: str) -> None:
    """Make a token. It is the last line, and is never shown again."""
    from deskapp.desk import tokens

    with _opened() as here, here.database.writing() as session:
        made = tokens.make(session, username, secret=secrets.token_urlsafe(_SECRET_BYTES), now=now())
    click.echo(f"A token for {username}. Keep it like a password.", err=True)
    click.echo(made)


@token.command("revoke")
@click.argument("made", metavar="[TOKEN]", required=False)
def revoke_token(made: str | None) -> None:
    """Make a token worthless at once. Asked for if not given, so that it stays out of the shell's history."""
    from deskapp.desk import tokens

    text = made or str(click.prompt("Token", hide_input=sys.stdin.isatty(), err=True))
    with _opened() as here, here.database.writing() as session:
        tokens.revoke(session, text.strip(), now=now())
    click.echo("The token is worthless now.")


@cli.command("launch-link")
@click.option("--staff", "username", required=True, help="Who will be signed in.")
@click.option("--customer", help="The customer to open, by the shop's number.")
@click.option("--base", help="Where the desk is served, if not at DESKAPP_HOST and DESKAPP_PORT.")
def launch_link(username: str, customer: str | None, base: str | None) -> None:
    """Make a link that opens the desk in a frame, once, within ten minutes. It is the last line."""
    from deskapp.desk import launches
    from deskapp.store.customers import get_by_external_id

    with _opened() as here, here.database.writing() as session:
        owner = launches.owner(session, username)
        customer_id = get_by_external_id(session, customer).id if customer else None
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        code = launches.make(session, owner, customer_id, secret=secret, now=now())
        at = base or f"http://{here.settings.host}:{here.settings.port}"
    click.echo(f"{at.rstrip('/')}/launch/{code}")


@cli.command()
@click.option("--url", help="Where the desk is served, such as https://desk.example.com.")
@click.option(
    "--connection", help="Key or address of a connection with the browser side panel, from the page Connections."
)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where to write.")
def extension(url: str | None, connection: str | None, folder: Path) -> None:
    """Write the browser extension that shows the desk beside a help desk; without options, tell its id for the connection."""
    from deskapp.config import load
    from deskapp.desk import extension as extensions
    from deskapp.web.assets import folder as shipped
    from deskapp.web.connections import new_rsa_key

    if bool(url) != bool(connection):
        raise click.UsageError("--url and --connection go together.")
    place = extensions.read_place(url, connection) if url and connection else None
    identity = extensions.kept_identity(load().instance / "extension.pem", new_rsa_key)
    click.echo(f"In Chrome and Edge its id is {identity.chrome_id}: write it into the connection.")
    if place is None:
        return
    source = shipped("static") / "extension"
    for path in extensions.write(extensions.build(source, place, identity, version("deskapp")), folder):
        click.echo(path)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
