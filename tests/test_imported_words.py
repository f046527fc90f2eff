"""A template that others import from is read once in a process, so it must say nothing but inside its macros."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parent.parent / "templates"
SAYING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


def imported() -> set[str]:
    return {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{%-? from "([^"]+)" import', path.read_text(encoding="utf-8"))
    }


def said_outside_macros(source: str) -> Iterator[int]:
    """Line numbers."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).parse(source)
    for part in tree.body:
        if not isinstance(part, nodes.Macro):
            yield from (
                one.lineno
                for one in part.find_all(nodes.Call)
                if isinstance(one.node, nodes.Name) and one.node.name in SAYING
            )


@pytest.mark.parametrize("name", sorted(imported()))
def test_nothing_is_said_while_it_is_imported(name: str) -> None:
    assert list(said_outside_macros((TEMPLATES / name).read_text(encoding="utf-8"))) == []


def test_a_table_of_words_outside_a_macro_would_be_found() -> None:
    source = '{% set kinds = {"goods": _("goods")} %}\n{% macro kind(one) %}{{ _("a gift") }}{% endmacro %}'
    assert list(said_outside_macros(source)) == [1]
