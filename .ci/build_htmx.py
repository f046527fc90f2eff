"""Build hook: put htmx into static/vendor/, out of the wheel that carries it.

htmx is not committed. django-htmx 1.29.0 ships htmx 2.0.10 and is a build requirement for that one file; Django itself
is never imported. The build stops unless the file is, byte for byte, the one named here.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "2.0.10"  # 2.0.11 brings <hx-partial>, which reaches through hx-disable
SHA256 = "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"
CARRIER = "static/django_htmx/htmx-2.min.js"
TARGET = "static/vendor/htmx.min.js"


class HtmxMismatchError(Exception):
    """The file at hand is not the htmx this project was tested with."""


def carried() -> bytes:
    """The file as the installed django_htmx carries it; find_spec on a top-level name does not run the package."""
    spec = find_spec("django_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise HtmxMismatchError(
            "django-htmx is not installed; it carries htmx for the build (pip install django-htmx==1.29.0)"
        )
    return Path(spec.submodule_search_locations[0], CARRIER).read_bytes()


def checked(script: bytes) -> bytes:
    digest = hashlib.sha256(script).hexdigest()
    if digest != SHA256 or f'version:"{VERSION}"'.encode() not in script:
        raise HtmxMismatchError(f"expected htmx {VERSION} with sha256 {SHA256}, found sha256 {digest}")
    return script


def place(root: Path) -> Path:
    """Write the checked file under `root`, by rename, and only if it differs: a running server may be reading it."""
    target = root / TARGET
    script = checked(carried())
    if not target.is_file() or target.read_bytes() != script:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".half")
        half.write_bytes(script)
        half.replace(target)
    return target


class HtmxHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        place(Path(self.root))
