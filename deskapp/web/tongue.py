"""In whose tongue a page is drawn: as the person chose, else as the browser asks, else in English. Programs read English."""

from collections.abc import Iterable

from flask import Flask, Response, before_render_template, g, request

from deskapp.desk.tongues import TONGUES, tongue
from deskapp.rules.words import ENGLISH, Tongue, reader
from deskapp.web.script_words import script_words
from deskapp.web.seat import own_look


def read_in(tag: str) -> None:
    """What this request draws is for a customer whose language is `tag`; in English where we do not speak it."""
    g.reads = _known([tag])


def install_tongue(app: Flask) -> None:
    """Before each drawing and not before each request: a launch knows only then who reads."""
    before_render_template.connect(_listen, app)
    app.after_request(_tell)
    app.teardown_request(_forget)
    app.jinja_env.globals |= {"tongue": reader.get, "tongues": TONGUES, "script_words": script_words}


def _listen(_app: Flask, **_drawn: object) -> None:
    reader.set(g.get("reads") or asked_tongue())


def asked_tongue() -> Tongue:
    """Werkzeug's `best_match` would give English to "de-AT, en;q=0.5": it tries whole tags first."""
    return _known([own_look().language, *(tag for tag, share in request.accept_languages if share)])


def _known(tags: Iterable[str]) -> Tongue:
    codes = (tag.lower().partition("-")[0] for tag in tags)
    return tongue(next((code for code in codes if code in TONGUES), ENGLISH.code))


def _tell(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
        if not response.content_language:
            response.content_language.add(reader.get().code)
    return response


def _forget(_error: BaseException | None) -> None:
    """Threads are used again, and what they do between requests is for nobody in particular."""
    reader.set(ENGLISH)
