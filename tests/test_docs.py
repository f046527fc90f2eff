"""The README says what is true."""

import re
from pathlib import Path

import pytest

from deskapp.config import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_table_with_its_meaning(name: str) -> None:
    meaning = Settings.model_fields[name].description
    assert meaning
    assert re.search(rf"\| `{PREFIX}{name.upper()}` \| .* \| {re.escape(meaning)} \|", README)


def test_no_setting_in_the_readme_is_made_up() -> None:
    named = {name.lower() for name in re.findall(rf"{PREFIX}([A-Z_]+)", README)}
    assert named <= set(Settings.model_fields)


def test_every_folder_on_the_map_is_there() -> None:
    for folder in re.findall(r"`((?:deskapp/)?\w+/)`", README):
        assert (ROOT / folder).is_dir() or (ROOT / "tests" / folder).is_dir(), folder


def test_every_file_the_readme_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).is_file(), link


def test_every_command_of_the_readme_is_one() -> None:
    from deskapp.cli import cli

    known = set(cli.commands) | {"test", "check", "fix", "bench", "words", "lock", "help", "setup"}
    for command in re.findall(r"\./run (\w[\w-]*)", README):
        assert command in known, command
