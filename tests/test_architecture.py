"""The house rules that a reader cannot be asked to remember. Who may import whom is held by import-linter in `./run check`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "deskapp"
LAYERS = ("rules", "reco", "feeds", "hosts", "store", "desk", "web")
TOP = {
    "pyproject.toml",
    "deskapp",
    "templates",
    "static",
    "tests",
    "instance",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "DECISIONS.md",
    "run",
}


def modules(*layers: str) -> Iterator[tuple[Path, ast.Module]]:
    for layer in layers:
        for path in sorted((PACKAGE / layer).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text())


def imports_of(tree: ast.Module) -> set[str]:
    """Module names, also of imports inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_top_level_holds_what_the_house_says_and_nothing_more() -> None:
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    names = {path.split("/")[0] for path in listed}
    assert {name for name in names if not name.startswith(".") and not name.endswith(".lock")} <= TOP


def test_rules_import_the_standard_library_and_each_other_only() -> None:
    import sys

    for path, tree in modules("rules"):
        foreign = {name.split(".")[0] for name in imports_of(tree)} - set(sys.stdlib_module_names) - {"deskapp"}
        assert not foreign, path
        assert not {n for n in imports_of(tree) if n.startswith("deskapp.") and not n.startswith("deskapp.rules")}, path


def test_web_never_sees_a_table() -> None:
    for path, tree in modules("web"):
        stores = {name for name in imports_of(tree) if name.startswith("deskapp.store")}
        assert stores <= {"deskapp.store.db", "deskapp.store.db.Database"}, path


def test_below_web_nobody_asks_the_clock() -> None:
    clock = re.compile(r"\b(?:datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
    for path, _ in modules("rules", "reco", "feeds", "hosts", "store", "desk"):
        assert not clock.search(path.read_text()), path


@pytest.mark.parametrize(
    ("module", "home"),
    [("implicit", "reco/model.py"), ("pyspark", "reco/spark.py"), ("flask_htmx", "web/panels.py")],
)
def test_a_library_with_traps_is_touched_in_one_file(module: str, home: str) -> None:
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path, tree in modules(*LAYERS)
        if any(name.split(".")[0] == module for name in imports_of(tree))
    ]
    assert users == [home]


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [path for path, _ in modules(*LAYERS) if path.name in drawers] == []


def test_status_numbers_live_in_few_files() -> None:
    """The desk says what happened; only the edge says what HTTP calls it."""
    for path, tree in modules("desk", "store", "rules"):
        numbers = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, int)}
        assert not numbers & {401, 403, 404, 409, 422, 429}, path
