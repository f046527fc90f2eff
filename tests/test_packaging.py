"""What is shipped: the lock, htmx, and a wheel that works away from its checkout."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "requirements.lock": ["base", "demo"],
    "requirements-dev.lock": ["base", "demo", "dev"],
    "requirements-spark.lock": ["spark"],  # goes on top of another
}


def wanted(parts: list[str]) -> list[Requirement]:
    project = PROJECT["project"]
    lines = [*PROJECT["build-system"]["requires"], *project["dependencies"]] if "base" in parts else []
    for extra in set(parts) - {"base"}:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def pins(lock: str) -> dict[str, list[str]]:
    """Versions of each name; two where Pythons differ."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def asked_for(requirements: list[Requirement]) -> set[str]:
    """Names of the requirements and of all that they need in turn, on any system, by what is installed here."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        key = f"{canonicalize_name(requirement.name)}[{','.join(sorted(requirement.extras))}]"
        if key in found:
            continue
        found.add(key)
        with suppress(PackageNotFoundError):  # wanted on another system only
            needs = [Requirement(line) for line in requires(requirement.name) or []]
            waiting += [need for need in needs if not of_another_extra(need, requirement.extras)]
    return {key.partition("[")[0] for key in found}


def of_another_extra(need: Requirement, extras: set[str]) -> bool:
    if need.marker is None or "extra" not in str(need.marker):
        return False
    return not any(need.marker.evaluate({"extra": extra}) for extra in extras)


def hook() -> ModuleType:
    spec = spec_from_file_location("build_htmx", ROOT / ".ci/build_htmx.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_every_requirement_at_a_version_it_allows(lock):
    locked = pins(lock)
    for requirement in wanted(LOCKS[lock]):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in {lock}; ./run lock"
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement} but {lock} has {version}; ./run lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_nothing_that_nobody_asks_for(lock):
    assert set(pins(lock)) - asked_for(wanted(LOCKS[lock])) == set()


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.asvs(40)
def test_every_locked_package_has_hashes_and_comes_from_any_index(lock):
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?://|file:|index-url|find-links|(?<=\s)/", text)


def test_the_locks_agree_on_what_they_share():
    small, large, spark = (pins(lock) for lock in LOCKS)
    assert {name: large.get(name) for name in small} == small
    assert {name: large.get(name, version) for name, version in spark.items()} == spark


def test_the_htmx_at_hand_is_the_one_that_was_checked():
    build_htmx = hook()
    assert build_htmx.checked(build_htmx.carried())


def test_an_htmx_that_differs_by_one_byte_stops_the_build():
    build_htmx = hook()
    with pytest.raises(build_htmx.HtmxMismatchError, match=r"expected htmx 2\.0\.10"):
        build_htmx.checked(build_htmx.carried() + b"\n")


def test_a_newer_htmx_with_its_own_hash_still_stops_the_build(monkeypatch):
    build_htmx = hook()
    newer = build_htmx.carried().replace(b'version:"2.0.10"', b'version:"2.0.11"')
    monkeypatch.setattr(build_htmx, "SHA256", build_htmx.hashlib.sha256(newer).hexdigest())
    with pytest.raises(build_htmx.HtmxMismatchError):
        build_htmx.checked(newer)


# ---------------------------------------------------------------- the wheel


def hatch(folder: Path, target: str) -> Path:
    """Build without a network and without isolation; returns what was built."""
    out = folder / "dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl" if target == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """A fresh clone, as far as building goes, with data in its instance folder that nobody must ship."""
    folder = tmp_path_factory.mktemp("checkout")
    ignore = shutil.ignore_patterns("__pycache__", "vendor")
    for name in [".ci", "deskapp", "static", "templates"]:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ["pyproject.toml", "README.md", "LICENSE", ".gitignore"]:
        shutil.copy(ROOT / name, folder)
    for canary in ["instance/desk.sqlite", "tests/test_canary.py"]:
        (folder / canary).parent.mkdir(exist_ok=True)
        (folder / canary).write_text("canary")
    return folder


@pytest.fixture(scope="session")
def wheel(checkout) -> Path:
    return hatch(checkout, "wheel")


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder to put on the path: a pure wheel is installed by unpacking it."""
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)  # noqa: S202 - made a moment ago
    return folder


def sources(*patterns: str) -> set[str]:
    """What git would know of, below the given patterns, as paths from the top."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_code_templates_static_files_migrations_and_htmx(wheel):
    inside = set(ZipFile(wheel).namelist())
    assert sources("deskapp/**/*.py", "deskapp/**/*.mako", "deskapp/**/*.typed") <= inside
    assert {f"deskapp/{path}" for path in sources("templates/**/*", "static/**/*")} <= inside
    assert "deskapp/static/vendor/htmx.min.js" in inside
    assert "deskapp/store/migrations/script.py.mako" in inside
    assert [name for name in inside if name.startswith("deskapp/store/migrations/versions/")]


def test_the_wheel_holds_nothing_else(wheel):
    inside = ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in inside}
    assert tops == {"deskapp", f"deskapp-{PROJECT['project']['version']}.dist-info"}
    assert not [name for name in inside if re.search(r"canary|sqlite|instance/|__pycache__|\.env|secret$", name)]


def test_a_wheel_made_from_the_source_archive_is_the_same(checkout, wheel, tmp_path):
    with tarfile.open(hatch(checkout, "sdist")) as archive:
        assert not [name for name in archive.getnames() if name.endswith("desk.sqlite")]
        archive.extractall(tmp_path, filter="data")
    again = hatch(next(tmp_path.iterdir()), "wheel")
    assert {i.filename: i.CRC for i in ZipFile(again).infolist()} == {
        i.filename: i.CRC for i in ZipFile(wheel).infolist()
    }


def away(installed: Path, folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the wheel, and not the checkout, as `deskapp`, in another folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DESKAPP_")}
    environment = clean | {"PYTHONPATH": str(installed), "DESKAPP_INSTANCE": str(folder / "desk")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


COMMAND = "import sys; from deskapp.cli import main; sys.argv[0] = 'deskapp'; sys.exit(main())"


def test_the_installed_wheel_tells_its_version(installed, tmp_path):
    done = away(installed, tmp_path, COMMAND, "--version")
    assert done.returncode == 0, done.stderr
    assert PROJECT["project"]["version"] in done.stdout


def test_the_installed_wheel_makes_an_empty_desk_in_a_folder_of_choice(installed, tmp_path):
    done = away(installed, tmp_path, COMMAND, "init")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "desk/desk.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def test_the_installed_wheel_finds_its_own_pages_and_not_the_checkout(installed, tmp_path):
    code = "from deskapp.web.assets import folder; print(folder('templates')); print(folder('static'))"
    done = away(installed, tmp_path, code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(installed / "deskapp/templates"), str(installed / "deskapp/static")]
