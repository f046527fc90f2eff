"""Is it alive, and can it serve? Asked by machines, every few seconds, in nobody's name."""

from flask import Blueprint, Flask, Response, jsonify

from deskapp.desk import upkeep
from deskapp.rules.errors import Busy
from deskapp.web.errors import STATUS
from deskapp.web.guard import open_to_all
from deskapp.web.here import clock, desk

bp = Blueprint("health", __name__)


def install_health(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/healthz")
@open_to_all
def alive() -> Response:
    """Touches nothing: a desk whose database is away need not be started anew."""
    return jsonify({"ok": True, "says": "The desk is running."})


@bp.get("/readyz")
@open_to_all
def ready() -> Response:
    checks = upkeep.checks(desk().database, desk().shelf, now=clock())
    is_ready = all(check.is_ok for check in checks.values())
    response = jsonify({"ok": is_ready} | {name: {"ok": c.is_ok, "says": c.says} for name, c in checks.items()})
    if not is_ready:
        response.status_code = STATUS[Busy]
    return response
