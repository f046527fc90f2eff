"""Templates and static files, in a checkout or inside the wheel; every static file has its content hash in its name."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request

import deskapp
from deskapp.rules.errors import NotFound
from deskapp.web.guard import open_to_all

_PACKAGE = Path(deskapp.__file__).parent
_FOREVER = "public, max-age=31536000, immutable"

bp = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    url_name: str
    kind: str
    body: bytes
    packed: bytes


def folder(name: str) -> Path:
    """`templates` or `static`: inside the package once installed, beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def install_assets(app: Flask) -> None:
    by_name = {asset_name: _load(path) for asset_name, path in _files()}
    app.extensions["assets"] = {asset.url_name: asset for asset in by_name.values()}
    urls = {asset_name: f"/assets/{asset.url_name}" for asset_name, asset in by_name.items()}
    app.jinja_env.globals |= {"asset": urls.__getitem__, "has_asset": urls.__contains__}
    app.register_blueprint(bp)


def _files() -> list[tuple[str, Path]]:
    """All but the browser extension's, whose pages are never the desk's own."""
    root = folder("static")
    files = [
        p for p in sorted(root.rglob("*")) if p.is_file() and p.name[0] != "." and root / "extension" not in p.parents
    ]
    return [(p.relative_to(root).as_posix(), p) for p in files]


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    stem, _, ending = path.name.rpartition(".")
    url_name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
    return Asset(
        url_name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", body, gzip.compress(body, 9)
    )


@bp.get("/assets/<name>")
@open_to_all
def asset(name: str) -> Response:
    found: Asset | None = current_app.extensions["assets"].get(name)
    if found is None:
        raise NotFound("There is no such file.")
    packed = request.accept_encodings.quality("gzip") > 0 and len(found.packed) < len(found.body)
    response = Response(found.packed if packed else found.body, mimetype=found.kind)
    response.headers["Cache-Control"] = _FOREVER
    response.vary.add("Accept-Encoding")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
