"""The `deskapp` command. Whatever goes wrong is one plain sentence on stderr; what others may read goes to stdout."""

from deskapp.cli import people, proof, serving, shop  # noqa: F401 - each brings its commands
from deskapp.cli.here import cli as cli


def main() -> None:
    cli()
