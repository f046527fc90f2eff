"""Bring the catalogues up to date with what is said: `./run words` writes deskapp/locale/*.po and names what is missing."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "deskapp" / "locale"
IN_CODE = {"gettext": (0, 1), "say": (0, 1), "nsay": (0, 2), "psay": (1, 1), "npsay": (1, 2)}
"""How many contexts a call begins with, and how many messages follow."""

IN_TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def said() -> Catalog:
    """Every sentence of the code and the templates."""
    found = Catalog()
    for path in sorted((ROOT / "deskapp").rglob("*.py")):
        for context, message in said_in_code(path.read_text(encoding="utf-8")):
            found.add(message, context=context)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        _collect(
            found,
            extract_from_file(
                "jinja2",
                path,
                IN_TEMPLATES,
                options={
                    "trimmed": "true",
                    "newstyle_gettext": "true",
                    "silent": "false",
                    "extensions": "jinja2.ext.do",
                },
            ),
        )
    return found


def said_in_code(source: str) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Context and message, or both numbers of one. Babel's own reader loses calls that stand within other calls."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or (name := _callee(node)) not in IN_CODE:
            continue
        contexts, messages = IN_CODE[name]
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(texts) >= contexts + messages:
            said = texts[contexts : contexts + messages]
            yield texts[0] if contexts else None, said[0] if messages == 1 else tuple(said)


def _callee(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _collect(into: Catalog, messages: list) -> None:
    for _line, message, _comments, context in messages:
        into.add(message, context=context)


def translated(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source)


def update(path: Path, template: Catalog) -> Catalog:
    """What is no longer said goes; what is new waits with an empty translation."""
    catalogue = translated(path)
    template.creation_date = catalogue.creation_date  # or every run would change every file
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path.open("wb") as target:
        write_po(target, catalogue, width=120, no_location=True, sort_output=True)
    return catalogue


def missing(catalogue: Catalog) -> Iterator[Message]:
    for message in catalogue:
        parts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(parts):
            yield message


def main() -> int:
    template, is_whole = said(), True
    for path in sorted(LOCALE.glob("*.po")):
        lacks = list(missing(update(path, template)))
        is_whole = is_whole and not lacks
        print(f"{path.name}: {len(template)} sentences, {len(lacks)} without a translation")
        for message in lacks:
            print(f"  {message.id!r}")
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
