"""Words that no catalogue can hold, since nothing says them: `python tests/unsaid.py FILE ...` lists those of a file."""

import ast
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

SAYING = {"say", "nsay", "psay", "npsay", "gettext", "ngettext", "pgettext", "_"}
SHOWN = {"title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription"}
# Arguments of our macros that are names for programs; everything else that is written in one is read by somebody.
_NAMES = {
    "class",
    "type",
    "kind",
    "autocomplete",
    "inputmode",
    "uid",
    "name",
    "panel",
    "list",
    "draft",
    "lang",
    "id",
    "tag",
    "max",
    "min",
    "step",
    "sort",
}
_LETTERS = re.compile(r"[^\W\d_]{2}")
_WORDS = re.compile(r"[^\W\d_]\S* \S*[^\W\d_]|^[A-Z][a-z]+$|[.?!…]$")
_PATHS = re.compile(r"^[/#.]|^[a-z-]+(?: from:| [a-z]+-| closest )|^(?:GET|POST) |%[a-zA-Z]")


# --- templates ------------------------------------------------------------------------------------------------------


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script"}
        self.found += [value for name, value in attrs if name in SHOWN and value and _LETTERS.search(value)]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._silent and _LETTERS.search(data):
            self.found.append(" ".join(data.replace("\0", "{}").split()))


def of_template(source: str) -> list[str]:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).parse(source)
    reader = _Text()
    reader.feed("".join(_written(tree)))
    reader.close()
    return reader.found + list(_constants(tree))


def _written(node: nodes.Node) -> Iterator[str]:
    """What stands there as it is; every expression is a zero byte."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for one in node.nodes:
            yield from _written(one) if isinstance(one, nodes.TemplateData) else "\0"
    else:
        for child in node.iter_child_nodes():
            if not isinstance(child, nodes.Expr):
                yield from _written(child)


def _constants(node: nodes.Node, label: bool = False) -> Iterator[str]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAYING:
        return
    if isinstance(node, nodes.Const):
        text = node.value
        if (
            isinstance(text, str)
            and (_LETTERS.search(text) if label else _WORDS.search(text))
            and not _PATHS.search(text)
        ):
            yield text
        return
    if isinstance(node, nodes.Keyword) and node.key in _NAMES:
        return
    if isinstance(node, (nodes.Compare, nodes.Getitem, nodes.Include, nodes.Extends, nodes.FromImport, nodes.Import)):
        return
    pair = isinstance(node, nodes.Tuple) and len(node.items) == 2
    for n, child in enumerate(node.iter_child_nodes()):
        yield from _constants(child, label=pair and n == 1)


# --- code -----------------------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"^[A-Z“{].*[a-z]{2} [a-z{].*[.?!…”]$", re.DOTALL)


def of_code(source: str, *, sentences_only: bool = False) -> list[str]:
    """`sentences_only`: what begins and ends like one; else everything of two words or more."""
    tree, found = ast.parse(source), []
    silent = {id(one) for one in _silent(tree)}
    for node in ast.walk(tree):
        if id(node) in silent or not (text := _text_of(node)):
            continue
        if _SENTENCE.search(text) if sentences_only else re.search(r"[A-Za-z,.]{2,} [A-Za-z{“]", text):
            found.append(text)
    return found


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes in docstrings, within a call that says them, in a log line, or a part of an f-string that is looked at whole."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node) is not None:
            yield node.body[0].value  # type: ignore[attr-defined]
        elif isinstance(node, ast.Expr):
            yield node.value  # a docstring of a constant
        elif isinstance(node, ast.JoinedStr):
            yield from (one for one in ast.walk(node) if one is not node)
        elif isinstance(node, ast.Call) and _callee(node) in SAYING | {
            "log",
            "warning",
            "info",
            "compile",
            "text",
            "TypeVar",
        }:
            yield from (
                one for argument in node.args for one in ast.walk(argument) if not isinstance(one, ast.JoinedStr)
            )


def _callee(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def main() -> None:
    for name in sys.argv[1:]:
        for path in sorted(Path(name).rglob("*.*")) if Path(name).is_dir() else [Path(name)]:
            if path.suffix in {".html", ".py"}:
                for text in of_template(path.read_text()) if path.suffix == ".html" else of_code(path.read_text()):
                    print(f"{path}: {text}")


if __name__ == "__main__":
    main()
