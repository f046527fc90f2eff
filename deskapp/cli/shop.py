"""A desk and what is in it."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

import signal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from deskapp.cli.here import FILE, FOLDER, Here, bar, by_hand, cli, leave, now, opened


@cli.command()
def init() -> None:
    """Make an empty desk, or bring an old one up to date."""
    with opened(is_new=True) as here:
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

    with opened(is_new=True) as here:
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
    click.echo(by_hand(here, "import", {"folder": str(folder.resolve())}, "Importing"))


def _train_once(here: Here) -> None:
    from deskapp.desk.models import is_served

    with here.database.reading() as session:
        if is_served(session, here.settings.models_folder):
            return
    click.echo(by_hand(here, "train", {}, "Training"))


@cli.command("import")
@click.argument("folder", type=FOLDER)
def import_(folder: Path) -> None:
    """Take in customers.csv, items.csv, orders.csv and order_lines.csv of FOLDER, or nothing of them where anything is wrong."""
    from deskapp.desk.imports import ImportRefused

    with opened() as here:
        try:
            click.echo(by_hand(here, "import", {"folder": str(folder.resolve())}, "Importing"))
        except ImportRefused as refused:
            for problem in refused.report.problems:
                click.echo(str(problem), err=True)
            raise click.ClickException(_refusal(refused.report.problem_count, len(refused.report.problems))) from None


@cli.command("import-events")
@click.argument("file", type=FILE)
def import_events(file: Path) -> None:
    """Take in what happened to parcels: a CSV of order_id, kind, happened_at and perhaps estimated_on and event_id."""
    from deskapp.desk.event_file import take_in
    from deskapp.desk.imports import ImportRefused

    with opened() as here, bar("Importing") as watch:
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
@click.option("--scratch", type=FOLDER, help="A folder that Spark's driver and workers all reach; on one machine any.")
def train(engine: str, master: str | None, scratch: Path | None) -> None:
    """Learn from all purchases; the new model serves only if it beats popularity and the one in service."""
    payload = _spark_payload(master, scratch) if engine == "spark" else {}
    if engine == "local" and (master or scratch):
        raise click.UsageError("--master and --scratch go with --engine spark.")
    signal.signal(signal.SIGTERM, leave)  # so that temporary folders go, Spark's too
    with opened() as here:
        click.echo(by_hand(here, "train", payload, "Training"))


def _spark_payload(master: str | None, scratch: Path | None) -> dict[str, Any]:
    return {"master": master or "local[*]"} | ({"scratch": str(scratch.resolve())} if scratch else {})


@cli.command("export-training")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_training(folder: Path) -> None:
    """Write what there is to learn from as Parquet into FOLDER, new or empty: ids, days and amounts, no names."""
    from deskapp.desk.exports import export_training as export

    with opened() as here:
        lines = export(here.database, None, folder.resolve(), now=now())
    click.echo(f"{lines:,} order lines in {folder}.")


@cli.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the report as JSON here.")
def evaluate(out: Path | None) -> None:
    """Judge the model that a training would make, beside popularity and the one in service. Changes nothing."""
    import json

    from deskapp.desk import model_report, training

    with opened() as here, bar("Evaluating") as watch:
        report = training.judge(here.database, here.settings.models_folder, now=now(), progress=watch).as_dict()
    click.echo(model_report.as_text(model_report.view(report)))
    if out is not None:
        out.write_text(json.dumps(report, indent=2), encoding="utf-8")


@cli.command()
@click.option("--queries", required=True, type=FILE, help="One JSON query a line.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="One JSON answer a line.")
def suggest(queries: Path, out: Path) -> None:
    """Answer suggestion queries from a file into a file."""
    from deskapp.desk.bulk import answer_file
    from deskapp.desk.shelf import Shelf

    with opened() as here:
        shelf, currency = Shelf(here.settings.models_folder), here.settings.currency
        today = now().astimezone(ZoneInfo(here.settings.zone)).date()
        count = answer_file(here.database, shelf, queries, out, currency=currency, today=today)
    click.echo(f"{count:,} queries answered in {out}.", err=True)
