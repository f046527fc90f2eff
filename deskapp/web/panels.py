"""How a panel reaches the screen: alone for htmx, inside its page for everybody else. The one file that knows htmx."""

import json
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, g, make_response, redirect, render_template
from flask_htmx import HTMX

Loaders = Mapping[str, Callable[[], object]]

_htmx = HTMX()


def install_panels(app: Flask) -> None:
    _htmx.init_app(app)


def asked_by_htmx() -> bool:
    """History-restore requests look like htmx's own and are a browser's all the same."""
    return bool(_htmx) and not _htmx.history_restore_request


def asked_from() -> str:
    """Path of the page that asked by htmx, "" for any other or one that cannot be read."""
    try:
        return urlsplit(_htmx.current_url or "").path if asked_by_htmx() else ""
    except ValueError:
        return ""


def wants_fragment() -> bool:
    """A boosted link or form replaces the whole page, so it gets one."""
    return asked_by_htmx() and not _htmx.boosted


def show(panel: str, page: str, loaders: Loaders, *, holds: Collection[str] = (), **context: object) -> Response:
    """Draws `panels/<panel>.html` alone, or `page` with every panel in `loaders`; each view is named as its panel.

    `holds` are the panels that this one draws inside itself.
    """
    wanted = (holds or [panel]) if wants_fragment() else list(loaders)
    views = {name: loaders[name]() for name in wanted}
    template = f"panels/{panel}.html" if wants_fragment() else page
    response = make_response(render_template(template, **views, **context), g.get("status", 200))
    response.vary.add("HX-Request")
    return response


def after_post(shown: Callable[..., Response], url: str, *announced: str, **arguments: object) -> Response:
    """htmx gets the fresh panel and its neighbours hear `announced`; without htmx the browser is sent to `url`."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    return announce(shown(**arguments), *announced)


def leave_for(url: str) -> Response:
    """The whole page goes to `url`, for whichever of the two asked."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    response = Response(status=204)
    response.headers["HX-Redirect"] = url
    return response


def announce(response: Response, *events: str) -> Response:
    """Panels that listen for one of `events` fetch themselves anew."""
    if events:
        response.headers["HX-Trigger"] = json.dumps(dict.fromkeys(events, True))
    return response
