"""The browser's own side panel as a host: one source, made into an extension for Chrome and Edge and one for Firefox.

What is made depends on the source, the version, the place and the key alone: the same once more is the same to the byte.
"""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from deskapp.rules.errors import Invalid

BROWSERS = ("chrome", "firefox")

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"https://{_NAME}(?::[1-9][0-9]{{0,4}})?|http://(?:127\.0\.0\.1|(?:{_NAME}\.)?localhost)(?::[1-9][0-9]{{0,4}})?"
)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell


@dataclass(frozen=True, slots=True)
class Place:
    """Where the extension finds its desk. `origin`: https, or http of this machine; `connection`: the key of one at the desk."""

    origin: str
    connection: str

    @property
    def launch(self) -> str:
        return f"{self.origin}/connections/{self.connection}/launch"


@dataclass(frozen=True, slots=True)
class Identity:
    """`public`: an RSA key as DER, SubjectPublicKeyInfo. Browsers keep what people agreed to under the names made of it."""

    public: bytes

    @property
    def chrome_id(self) -> str:
        """32 letters a to p, as Chrome makes them of the key."""
        return hashlib.sha256(self.public).hexdigest()[:32].translate(_LETTERS)

    @property
    def chrome_origin(self) -> str:
        return f"chrome-extension://{self.chrome_id}"

    @property
    def gecko_id(self) -> str:
        """One to each shop, since Mozilla signs an id for one account alone."""
        return f"deskapp-{self.chrome_id[:16]}@deskapp"


@dataclass(frozen=True, slots=True)
class Build:
    """One browser's extension; `files` by their path inside it."""

    browser: str
    version: str
    files: Mapping[str, bytes]

    @property
    def folder_name(self) -> str:
        return f"deskapp-{self.browser}"

    @property
    def zip_name(self) -> str:
        return f"deskapp-{self.browser}-{self.version}.zip"


def read_place(url: str, connection: str) -> Place:
    """`connection`: its key, or its address as the page Connections shows it. Raises Invalid: a word more in the address would be a word more in the extension's policy."""
    origin = url.strip().lower().removesuffix("/")
    key = connection.strip().rpartition("/connections/")[2].removesuffix("/launch")
    problems = {}
    if not _ORIGIN.fullmatch(origin):
        problems["url"] = "Please write the desk's address like https://desk.example.com, without a path."
    if not _KEY.fullmatch(key):
        problems["connection"] = (
            "Please copy the connection's key from the page Connections; it has letters, digits, - and _."
        )
    if problems:
        raise Invalid(problems)
    return Place(origin, key)


def kept_identity(path: Path, make_pem: Callable[[], bytes]) -> Identity:
    """Of the private key in `path`, made once and kept readable by its owner alone. Who has it can sign a CRX with the same id."""
    if not path.exists():
        _keep(path, make_pem())
    key = load_pem_private_key(path.read_bytes(), password=None)
    return Identity(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _keep(path: Path, pem: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        dir=path.parent, prefix=path.name
    ) as file:  # readable by its owner alone from its first byte on
        file.write(pem)
        file.flush()
        with suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(file.name)


def build(source: Path, place: Place, identity: Identity, version: str) -> tuple[Build, ...]:
    """One for each browser. `version`: of this program; what Python adds for a preview is no version to a browser."""
    number = re.match(r"\d+(\.\d+){0,3}", version)
    if number is None:
        raise Invalid({"version": f"{version} is no version that a browser takes."})
    shared = _shared(source, place)
    return tuple(
        Build(
            browser,
            number[0],
            shared | {"manifest.json": _as_json(_manifest(source, browser, place, identity, number[0]))},
        )
        for browser in BROWSERS
    )


def write(builds: tuple[Build, ...], folder: Path) -> list[Path]:
    """A zip and the same unpacked for each; returns all their paths. Overwrites what it wrote before."""
    made = []
    for one in builds:
        for name, body in one.files.items():
            path = folder / one.folder_name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        (folder / one.zip_name).write_bytes(zipped(one.files))
        made += [folder / one.zip_name, folder / one.folder_name]
    return made


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Stored, not packed: two versions of zlib do not pack alike."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _ZIP_DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _shared(source: Path, place: Place) -> dict[str, bytes]:
    found = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.name[0] != "." and path.parent.name != "manifest"
    }
    page = found["panel.html"].decode()
    return found | {"panel.html": page.replace("{launch}", escape(place.launch)).encode()}


def _manifest(source: Path, browser: str, place: Place, identity: Identity, version: str) -> dict[str, Any]:
    common, own = (json.loads((source / "manifest" / f"{name}.json").read_bytes()) for name in ("common", browser))
    made: dict[str, Any] = (
        common | own | {"version": version, "content_security_policy": {"extension_pages": _policy(place)}}
    )
    if browser == "chrome":
        return made | {"key": base64.b64encode(identity.public).decode()}
    made["browser_specific_settings"]["gecko"]["id"] = identity.gecko_id
    return made


def _policy(place: Place) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
        f"base-uri 'none'; form-action 'none'; frame-src {place.origin}"
    )


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
