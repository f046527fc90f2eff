"""People who work here, programs that act for them, and customers who ask what is held of them."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from deskapp.cli.here import SECRET_BYTES, cli, lines, now, opened

Form = TypeVar("Form")


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

    with opened() as here:
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

    with opened() as here:
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

    with opened() as here:
        with here.database.writing() as session:
            manager, customer_id = discretion.by_hand(session, username, number)
            form = personal_export.NewExport(form_key=secrets.token_urlsafe())
            export_id = personal_export.ask(session, manager, customer_id, form, now=now())
        shop = here.settings.shop_name
        click.echo(
            personal_export.run(here.database, export_id, shop_name=shop, now=now(), progress=lines("Export")),
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
    with opened() as here:
        its = here.settings
        today = now().astimezone(ZoneInfo(its.zone)).date()
        with here.database.writing() as session:
            manager, found = discretion.by_hand(session, username, number, customer_id)
            erasure_id = erasure.begin(session, manager, found, key=its.signing_key(), today=today, now=now())
        click.echo(erasure.run(here.database, erasure_id, now=now(), progress=lines("Erasing")))


@cli.group()
def token() -> None:
    """Keys for programs that use the JSON API."""


@token.command("create")
@click.option("--staff", "username", required=True, help="In whose name the program acts.")
def create_token(username: str) -> None:
    """Make a token. It is the last line, and is never shown again."""
    from deskapp.desk import tokens

    with opened() as here, here.database.writing() as session:
        made = tokens.make(session, username, secret=secrets.token_urlsafe(SECRET_BYTES), now=now())
    click.echo(f"A token for {username}. Keep it like a password.", err=True)
    click.echo(made)


@token.command("revoke")
@click.argument("made", metavar="[TOKEN]", required=False)
def revoke_token(made: str | None) -> None:
    """Make a token worthless at once. Asked for if not given, so that it stays out of the shell's history."""
    from deskapp.desk import tokens

    text = made or str(click.prompt("Token", hide_input=sys.stdin.isatty(), err=True))
    with opened() as here, here.database.writing() as session:
        tokens.revoke(session, text.strip(), now=now())
    click.echo("The token is worthless now.")
