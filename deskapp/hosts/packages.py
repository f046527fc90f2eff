"""What an administrator installs in a host: a zip, the same bytes for the same connection. It holds no secret.

For a system that signs by itself it is the description of how to.

For the hosts that are not here the address is all they need.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from deskapp.hosts import hubspot_project, odoo_module, salesforce_metadata, signed, zendesk
from deskapp.hosts.launch import Host
from deskapp.hosts.mark import draw_mark

Files = Mapping[str, str | bytes]  # by their paths in the zip

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # no zip is older
_PLAIN_FILE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Package:
    file_name: str
    content: bytes
    media_type: str = "application/zip"


def make_package(host: Host, *, name: str, url: str, origin: str, fields: Mapping[str, str]) -> Package | None:  # noqa: ARG001 - see below
    """None where the host needs none. `url`: of the connection, as the host calls it; `origin`: of the desk.

    `fields` are the connection's; none of today's packages asks for them.
    """
    if host.code == signed.HOST.code:
        words = f"{signed.__doc__ or ''}\nYour address: {url}\n"
        return Package("deskapp-signed-launch.txt", words.encode(), "text/plain")
    if not (make := _MAKERS.get(host.code)):
        return None
    # A control character in a name would make the host refuse the whole file.
    line = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    return Package(f"deskapp-{host.code}.zip", _zip(make(line, url, origin)))


def _zip(files: Files) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for path in sorted(files):
            entry = ZipInfo(path, _FIRST_DAY)
            entry.compress_type, entry.external_attr, entry.create_system = ZIP_STORED, _PLAIN_FILE, 3
            archive.writestr(entry, files[path])
    return out.getvalue()


def _zendesk(name: str, url: str, origin: str) -> Files:
    place = {"url": url, "flexible": True}
    manifest = {
        "name": name,
        "author": {"name": name, "email": f"noreply@{urlsplit(origin).hostname}", "url": origin},
        "defaultLocale": "en",
        "private": True,
        "version": "1.0.0",
        "frameworkVersion": "2.0",
        "signedUrls": True,
        "location": {"support": dict.fromkeys(zendesk.PLACES, place)},
    }
    words = {
        "name": name,
        "short_description": "What this customer likes, and what was promised.",
        "long_description": "The desk beside the ticket: notes, the one gift worth giving, and the words for the card.",
        "installation_instructions": "See the desk's page Connections.",
    }
    return {
        "manifest.json": json.dumps(manifest, indent=2),
        "translations/en.json": json.dumps({"app": words}, indent=2),
        "assets/logo-small.png": draw_mark(128),
    }


_MAKERS: Mapping[str, Callable[[str, str, str], Files]] = {
    "zendesk": _zendesk,
    "hubspot": hubspot_project.make_files,
    "salesforce": salesforce_metadata.make_files,
    "odoo": odoo_module.make_files,
}
