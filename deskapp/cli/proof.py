"""Proof that the books balance and that everything is found."""
# ruff: noqa: PLC0415 - what a command does not need is not imported, so that `deskapp --version` is quick

from pathlib import Path

import click

from deskapp.cli.here import FILE, cli, now, opened


@cli.group()
def audit() -> None:
    """Proof that the books balance and that nobody changed what was written."""


@audit.command("verify")
@click.option("--seals", type=FILE, help="The file that DESKAPP_SEAL_FILE named, from where it was kept safe.")
def verify_audit(seals: Path | None) -> None:
    """Check buckets, ledger, gifts, approvals, seals and triggers of the whole desk, while others work."""
    import time

    from deskapp.desk import verifying

    exported = seals.read_text(encoding="utf-8", errors="replace") if seals else None
    begun, count = time.monotonic(), 0
    with opened() as here, here.database.reading() as session:
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

    with opened() as here:
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

    with opened() as here, here.database.reading() as session:
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

    with opened() as here:
        searching.rebuild(here.database)
    click.echo("Made anew.")
