"""The desk without a network: what makes it installable, the worker that keeps static files, and who asks to send what waited.

The worker keeps nobody's page: only files that everybody gets, and one page that says there is no network.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, jsonify, make_response, render_template, request

from deskapp.rules.errors import SignInNeeded
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.web.assets import folder
from deskapp.web.guard import FOR, asks_by_itself, open_to_all
from deskapp.web.here import actor, desk
from deskapp.web.seat import csrf_token, needs_seat
from deskapp.web.tongue import asked_tongue

bp = Blueprint("offline", __name__)

_ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("icon-maskable-512", 512, "maskable"))
_PAPER = "#f4eee2"


def install_offline(app: Flask) -> None:
    app.register_blueprint(bp)
    app.before_request(_only_as_the_writer)


def _only_as_the_writer() -> None:
    """Between asking who sits there and sending, somebody else may have sat down."""
    who: Actor | None = g.get("actor")
    sent = request.headers.get(FOR)
    if sent and who is not None and sent != str(who.staff_id):
        raise SignInNeeded(say("Somebody else wrote this, so it waits for them. Nothing was saved."))


@bp.get("/who")
@needs_seat
@asks_by_itself
def who() -> Response:
    """For the notes that wait: whose they may be sent as, and with what token."""
    return jsonify({"staff": actor().staff_id, "csrf": csrf_token()})


@bp.get("/offline")
@open_to_all
def page() -> Response:
    return make_response(render_template("offline.html"))


@bp.get("/worker.js")
@open_to_all
def worker() -> Response:
    """At the root, so that it may answer for every page. Another edition of any file makes it another worker."""
    shown = render_template("offline.html")
    files = sorted(set(re.findall(r'/assets/[^"\s]+', shown)))
    edition = hashlib.sha256(shown.encode()).hexdigest()[:12]
    head = f"const EDITION = {json.dumps(edition)}, FILES = {json.dumps(files)};\n"
    code = (folder("static") / "js" / "worker.js").read_text(encoding="utf-8")
    response = Response(head + code, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/manifest.webmanifest")
@open_to_all
def manifest() -> Response:
    name, asset = desk().settings.shop_name, cast("Callable[[str], str]", current_app.jinja_env.globals["asset"])
    tongue = asked_tongue()
    said = {
        "id": "/",
        "lang": tongue.code,
        "dir": "rtl" if tongue.is_rtl else "ltr",
        "name": say("{shop}: the desk", shop=name).inside(tongue),
        "short_name": name,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _PAPER,
        "theme_color": _PAPER,
        "icons": [
            {"src": asset(f"img/{icon}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for icon, size, purpose in _ICONS
        ],
    }
    response = Response(json.dumps(said, ensure_ascii=False), mimetype="application/manifest+json")
    response.vary.add("Accept-Language")
    response.headers["Cache-Control"] = "no-cache"
    return response
