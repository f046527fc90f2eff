"""Serving the desk, its jobs and its post, and the ways into it."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

import os
import secrets
import signal
import threading
from importlib.metadata import version
from pathlib import Path

import click

from deskapp.cli.here import SECRET_BYTES, cli, handlers, leave, now, opened


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

    signal.signal(signal.SIGTERM, leave)
    with opened(is_quiet=False) as here:
        known = handlers(here)
        if not until_idle:
            with postman.at_work(here.database, postman.carriers(here.settings), now=now):
                runner.run_forever(here.database, known, threading.Event(), now=now)
        os.nice(10)  # the pages come first
        kept = None if slip is None else runner.Slip(slip)
        while runner.run_once(here.database, known, now=now, slip=kept):
            pass


@cli.group()
def outbox() -> None:
    """Letters to customers and calls to the shop's own programs."""


@outbox.command("list")
def list_outbox() -> None:
    """What waits, what did not go, what may have gone, by number: ids and reasons, nobody's words."""
    from deskapp.desk import outbox_list

    with opened() as here, here.database.reading() as session:
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

    with opened() as here:
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

    with opened() as here, here.database.writing() as session:
        form = Keyed(form_key=secrets.token_urlsafe())
        outbox_list.send_again(session, outbox_list.by_hand(session, username), number, form, now=now())
    click.echo("It goes out with the next round.")


@cli.command("launch-link")
@click.option("--staff", "username", required=True, help="Who will be signed in.")
@click.option("--customer", help="The customer to open, by the shop's number.")
@click.option("--base", help="Where the desk is served, if not at DESKAPP_HOST and DESKAPP_PORT.")
def launch_link(username: str, customer: str | None, base: str | None) -> None:
    """Make a link that opens the desk in a frame, once, within ten minutes. It is the last line."""
    from deskapp.desk import launches
    from deskapp.store.customers import get_by_external_id

    with opened() as here, here.database.writing() as session:
        owner = launches.owner(session, username)
        customer_id = get_by_external_id(session, customer).id if customer else None
        secret = secrets.token_urlsafe(SECRET_BYTES)
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
