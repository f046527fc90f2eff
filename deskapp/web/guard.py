"""What holds for every request and every answer: which sites may ask, what is too much, what the browser may do with it.

Closed by default: a route that does not say who may use it keeps the application from starting.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadHost, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from deskapp.config import Settings
from deskapp.rules.errors import Forbidden, SignInNeeded, Unreadable
from deskapp.rules.words import say

F = TypeVar("F", bound=Callable[..., object])

EVERYBODY = "everybody"
FOR = "X-Deskapp-For"  # whose words a waiting note is: the number of a member of staff
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_DECLARED = "deskapp_may_use"
_BY_ITSELF = "deskapp_by_itself"
_PROVES_ITSELF = "deskapp_proves_itself"
_IS_SIGNED = "deskapp_is_signed"
_MAX_BODY = 1_000_000  # bytes; the longest note is 20,000 characters, at most 240,000 bytes in a form
_MAX_PARTS = 200
_MAX_ID = 2**63 - 1  # BIGINT: a larger number in a URL is nobody's id, and neither driver could bind it
_SILENT = "no-referrer"
_FORM_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
_DENIED_FEATURES = ("browsing-topics", "camera", "geolocation", "microphone", "payment", "usb")


# --- who may use a route --------------------------------------------------------------------------------------------


def declare(view: F, who: str) -> F:
    """`who` is a permission's value, "everybody" or "every seat"; decorators made with functools.wraps carry it outwards."""
    view.__dict__[_DECLARED] = who
    return view


def declared(view: object) -> str | None:
    found: str | None = getattr(view, _DECLARED, None)
    return found


def asks_by_itself(view: F) -> F:
    """A page asks here again and again while nobody touches it: that is no use of the seat, or none would ever be idle."""
    view.__dict__[_BY_ITSELF] = True
    return view


def is_use() -> bool:
    return not _has(_BY_ITSELF)


def carries_its_own_token(view: F) -> F:
    """A form of a page that sends no referrer, so that some browsers say Origin: null and nothing else. Its token is proof enough."""
    view.__dict__[_PROVES_ITSELF] = True
    return view


def signed_by_others(view: F) -> F:
    """Asked from another site, or by its server, with a body of its own shape: its signature is the proof, and the view checks it."""
    view.__dict__[_IS_SIGNED] = True
    return view


def open_to_all(view: F) -> F:
    """Nobody's seat is looked up on such a route, so it can do nothing in anybody's name and needs no CSRF token."""
    return declare(view, EVERYBODY)


def is_open() -> bool:
    """Whether the route that was asked for is open to everybody; unknown ones are not."""
    endpoint = request.endpoint
    return endpoint is not None and declared(current_app.view_functions[endpoint]) == EVERYBODY


def require_permissions(app: Flask) -> None:
    """Raises RuntimeError naming each endpoint that does not declare who may use it."""
    undeclared = sorted(endpoint for endpoint, view in app.view_functions.items() if declared(view) is None)
    if undeclared:
        raise RuntimeError(f"these routes do not say who may use them: {', '.join(undeclared)}")


# --- what comes in --------------------------------------------------------------------------------------------------


def install_guard(app: Flask, settings: Settings) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=_MAX_BODY,
        MAX_FORM_MEMORY_SIZE=_MAX_BODY,
        MAX_FORM_PARTS=_MAX_PARTS,
        TRUSTED_HOSTS=settings.trusted_hosts.split() or None,
    )
    app.url_map.converters["int"] = _Id
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    headers = _headers(settings.frame_ancestors)
    for kind in (SecurityError, BadHost):
        app.register_error_handler(kind, _not_our_name)
    app.before_request(_admit)
    app.after_request(lambda response: _seal(response, headers))


class _Id(IntegerConverter):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"max": _MAX_ID, **kwargs})  # type: ignore[arg-type]


def _admit() -> None:
    g.request_id = secrets.token_hex(8)
    if request.method not in SAFE_METHODS and not _has(_IS_SIGNED):
        refuse_other_sites()
    if any("\0" in part for part in _texts()):
        raise Unreadable(say("That text holds a character that cannot be stored. Please type it anew."))


def _not_our_name(_error: Exception) -> Response:
    """Plain text: without a host that we know, no page with links can be drawn."""
    return Response("The desk does not go by that name here.\n", 400, mimetype="text/plain")


def _texts() -> list[str]:
    pairs = list(request.args.items(multi=True))
    if request.mimetype in _FORM_KINDS and not _has(_IS_SIGNED):  # read once, it could not be verified byte for byte
        pairs += request.form.items(multi=True)
    return [request.path, *(part for pair in pairs for part in pair)]


def refuse_other_sites() -> None:
    """Browsers since 2020 say who asks. Programs say nothing and have no cookie that could be misused."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    site_is_ours = site in {None, "same-origin", "none"}
    if origin == "null":  # a sandboxed frame, or a privacy setting: only the browser's own word counts
        origin_is_ours = site == "same-origin" or (site is None and _has(_PROVES_ITSELF))
    else:
        origin_is_ours = origin is None or origin.casefold() == request.host_url.rstrip("/").casefold()
    if not (site_is_ours and origin_is_ours):
        raise Forbidden(
            say("This came from another site, so the desk did not do it. Please do it from the desk's own page.")
        )


def _has(mark: str) -> bool:
    endpoint = request.endpoint
    return endpoint is not None and bool(getattr(current_app.view_functions[endpoint], mark, False))


# --- the token that a page carries ----------------------------------------------------------------------------------


def token_for(signing_key: bytes, seat_hash: str) -> str:
    """Bound to one seat: a token read on one seat's page is worth nothing on another. 64 characters."""
    return hmac.digest(signing_key, b"csrf:" + seat_hash.encode(), "sha256").hex()


def require_token(expected: str) -> None:
    """For seats that a browser attaches by itself. Raises Unreadable where the page's own token is not with them; SignInNeeded for
    a note that waited, whose seat is another since it asked: it goes on waiting.
    """
    sent = request.headers.get("X-CSRF") or request.form.get("csrf", "")
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        if request.headers.get(FOR):
            raise SignInNeeded(say("Whoever sits here has changed. Nothing was saved; this is sent again."))
        raise Unreadable(
            say("This page is older than your sign-in, so nothing was changed. Please reload it and try again.")
        )


# --- what goes out --------------------------------------------------------------------------------------------------


def let_frame(origins: Sequence[str]) -> None:
    """This answer may be framed by these and nobody else, whatever the settings say; by nobody at all where there are none."""
    g.framers = tuple(origins)


def let_run(script: str) -> None:
    """This answer may run the script at that address too, beside the desk's own."""
    g.script_source = script


def _policy(framers: str, script: str = "") -> str:
    return (
        f"default-src 'none'; script-src 'self'{script and ' '}{script}; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {framers}"
    )


def _headers(frame_ancestors: str) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _policy(" ".join(["'self'", *frame_ancestors.split()])),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED_FEATURES),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    # X-Frame-Options cannot name origins, and browsers that read both would obey it: only where nobody else may frame us.
    return headers if frame_ancestors.strip() else headers | {"X-Frame-Options": "SAMEORIGIN"}


def _in_a_host(headers: dict[str, str], framers: Sequence[str]) -> dict[str, str]:
    headers = {name: value for name, value in headers.items() if name != "X-Frame-Options"}
    policy = _policy(" ".join(framers) or "'none'", g.get("script_source", ""))
    return headers | {"Content-Security-Policy": policy} | ({} if framers else {"X-Frame-Options": "DENY"})


def _seal(response: Response, headers: dict[str, str]) -> Response:
    is_silent = response.headers.get("Referrer-Policy") == _SILENT  # a page whose address is a secret
    if (framers := g.get("framers")) is not None:
        headers = _in_a_host(headers, framers)
    response.headers.update(headers | {"Referrer-Policy": _SILENT} if is_silent else headers)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(["Cookie", "HX-Request"])
    return response
