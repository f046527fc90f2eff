"""Who asks: a seat by cookie or by header, an API token for programs; and what that person may do.

A page's seat is a cookie. Inside a CRM's frame cookies may be blocked, so there the token lives in the page's memory and
htmx sends it as a header; the partitioned cookie beside it lets plain links work where the browser keeps it.
"""

import hmac
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, cast

import structlog
from flask import Blueprint, Flask, Response, g, make_response, redirect, request, url_for

from deskapp.desk import look, seats, tokens
from deskapp.rules.errors import Forbidden, SignInNeeded
from deskapp.rules.people import Actor, Permission, who_can
from deskapp.rules.words import say, together
from deskapp.store.db import Database
from deskapp.web import tablet_cookie
from deskapp.web.errors import answer
from deskapp.web.guard import (
    SAFE_METHODS,
    asks_by_itself,
    declare,
    is_open,
    is_use,
    let_frame,
    require_token,
    token_for,
)
from deskapp.web.here import Desk, actor, clock, desk, reading
from deskapp.web.panels import wants_fragment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

P = ParamSpec("P")

HEADER = "X-Deskapp-Seat"
ENDS = "X-Deskapp-Seat-Ends"  # in so many seconds, whatever is done until then
KNOWN = "X-Deskapp-Seat-Known"  # what a frame was told last, and tells when it asks again
EVERY_SEAT = "every-seat"
_STILL = "seat.still"
_API = "/api/"
_NO_TOKEN = "Please send a token that is still good: Authorization: Bearer dk_…"  # noqa: S105 - a sentence, not a token
_PAGE, _EMBED = "page", "embed"
_COOKIES = {_PAGE: "deskapp", _EMBED: "deskapp-embed"}
_SURE = timedelta(seconds=30)
_IN_ENVIRON = ("HTTP_X_DESKAPP_SEAT_KNOWN", "HTTP_X_DESKAPP_SEAT")

bp = Blueprint("seat", __name__)
log = structlog.get_logger()


# --- what a view declares -------------------------------------------------------------------------------------------


def needs(permission: Permission) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """SignInNeeded where nobody is signed in, Forbidden where the actor's role may not."""

    def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def permitted(*args: P.args, **kwargs: P.kwargs) -> Response:
            if not actor().may(permission):
                log.warning("denied", permission=permission.value, staff_id=actor().staff_id, request_id=g.request_id)
                raise Forbidden(together([say("Your role does not include this."), who_can(permission)]))
            return view(*args, **kwargs)

        return declare(permitted, permission.value)

    return wrap


def needs_seat(view: Callable[P, Response]) -> Callable[P, Response]:
    """Any role, but somebody."""

    @wraps(view)
    def seated(*args: P.args, **kwargs: P.kwargs) -> Response:
        actor()
        return view(*args, **kwargs)

    return declare(seated, EVERY_SEAT)


# --- who asks -------------------------------------------------------------------------------------------------------


def install_seat(app: Flask) -> None:
    app.wsgi_app = _StillGood(app)  # type: ignore[method-assign]
    app.before_request(_sit)
    app.register_error_handler(SignInNeeded, _to_the_door)
    app.context_processor(_for_templates)
    app.jinja_env.globals |= {"csrf_token": csrf_token, "may": _may, "has_cookie": has_cookie, "own_look": own_look}
    app.register_blueprint(bp)


def _sit() -> None:
    """One query as a rule, none at all on routes that are open to everybody."""
    if is_open():
        return
    if request.path.startswith(_API):
        _sit_by_token()
        return
    found = _find_seat()
    if found is None:
        return
    occupy(found.actor, found.surface.value, found.token_hash, found.inside)
    g.look = found.look
    g.tablet_id, g.seat_ends_at, g.seat_lapses_at = found.tablet_id, found.ends_at, found.lapses_at
    comes_by_itself = not request.headers.get(HEADER)  # a cookie does, on whatever site the request was made up
    if comes_by_itself and request.method not in SAFE_METHODS:
        require_token(csrf_token())
    if found.is_worn and is_use():
        _note_use(desk().database, found)


def _find_seat() -> seats.Found | None:
    """The first live seat of those that were sent."""
    if not (sent := sent_tokens()):
        return None
    with reading() as session:
        if request.endpoint == _STILL:
            g.ended = desk().ended.read(session)
        found = (seats.find(session, token, lifetimes=lifetimes(), now=clock()) for token in sent)
        return next((seat for seat in found if seat), None)


def _sit_by_token() -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        return
    with reading() as session:
        g.actor = tokens.find_actor(session, token.strip(), clock())


def occupy(who: Actor, surface: str, seat_hash: str, inside: seats.Inside | None = None) -> None:
    """From here on the request is this person's; `surface` is "page" or "embed", `inside` the connection that it is in."""
    g.actor, g.surface, g.seat_hash = who, surface, seat_hash
    if inside is not None:
        stand_in(inside)


def stand_in(inside: seats.Inside) -> None:
    """The answer is for a frame of this connection, and may be shown nowhere else."""
    g.connection, g.host = inside, inside.host
    let_frame(inside.origins)


def _note_use(database: Database, found: seats.Found) -> None:
    """The one write of a GET. It never waits for somebody else's long write: the next request will try again."""
    try:
        with database.writing_at_once() as session:
            seats.note_use(session, found, now=clock())
    except TimeoutError:
        log.info("seat-use-not-noted", request_id=g.request_id)


def lifetimes() -> seats.Lifetimes:
    settings = desk().settings
    idle, longest = timedelta(minutes=settings.seat_idle_minutes), timedelta(hours=settings.seat_hours)
    return seats.Lifetimes(idle, longest, timedelta(minutes=settings.tablet_lock_minutes))


def _to_the_door(error: SignInNeeded) -> Response:
    """A page is asked for again after signing in; anything else is told that it was not done."""
    if request.headers.get(HEADER):  # in a frame a sign-in form would be of no use: the new cookie may not stay
        return answer(say("You are signed out here. Please open the desk again from where you opened it."), 401)
    is_api = request.path.startswith(_API)
    if request.method in {"GET", "HEAD"} and not is_api and not wants_fragment():
        door = "tablets.door" if tablet_cookie.sent() else "sign_in.door"
        return make_response(redirect(url_for(door, next=request.full_path.rstrip("?")), 303))
    response = answer(_NO_TOKEN if is_api else str(error), 401)
    if is_api:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


# --- is it still good? ------------------------------------------------------------------------------------------------


@bp.get("/seat")
@needs_seat
@asks_by_itself
def still() -> Response:
    """What an open frame asks while it is seen, so that nobody's data stays on a screen that was signed out."""
    response = _lasts()
    if (token := request.headers.get(HEADER)) and g.surface == _EMBED:
        until = min(g.seat_lapses_at, clock() + _SURE)
        response.headers[KNOWN] = _vouch(desk().signing_key, token, g.ended, int(until.timestamp()))
    return response


@bp.post("/seat")
@needs_seat
def used() -> Response:
    """The same, by a frame in which somebody was at work since it asked last: typing asks for nothing by itself."""
    return _lasts()


def _lasts() -> Response:
    response = make_response("", 204)
    response.headers[ENDS] = str(int((g.seat_ends_at - clock()).total_seconds()))
    return response


class _StillGood:
    """In front of Flask: the same question again by a frame whose seat was found good, since when none was ended anywhere.

    An open frame asks 80 times a minute: 4 µs, where Flask alone takes 140 and looking the seat up 540. What the frame was told is
    good for its own token, for so long as `still` said, and until somebody ends a seat in any frame.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._answered = app, app.wsgi_app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/seat" or environ["REQUEST_METHOD"] != "GET" or not self._is_known(environ):
            return self._answered(environ, start_response)
        start_response("204 No Content", [("Cache-Control", "no-store")])
        return []

    def _is_known(self, environ: "WSGIEnvironment") -> bool:
        told, token = (environ.get(name, "") for name in _IN_ENVIRON)
        desk: Desk = self._app.extensions["deskapp"]
        if not told or (ended := desk.ended.find()) is None:
            return False
        until = told.partition(".")[0]
        is_ours = hmac.compare_digest(told.encode(), _vouch(desk.signing_key, token, ended, until).encode())
        return is_ours and int(until) > desk.now().timestamp()


def _vouch(signing_key: bytes, token: str, ended: int, until: int | str) -> str:
    """`until`: whole seconds since 1970."""
    said = f"seat:{token}:{ended}:{until}"
    return f"{until}.{hmac.digest(signing_key, said.encode(), 'sha256').hex()}"


# --- cookies --------------------------------------------------------------------------------------------------------


def sent_cookies() -> list[str]:
    """Tokens; in a frame the frame's own cookie counts first, elsewhere the page's."""
    names = [cookie_name(_PAGE), cookie_name(_EMBED)]
    if request.headers.get("Sec-Fetch-Dest") == "iframe":
        names.reverse()
    return [value for name in names if (value := request.cookies.get(name))]


def sent_frame_cookies() -> list[str]:
    """The token of the seat that this browser keeps for this frame, if it keeps any."""
    return [value for value in [request.cookies.get(cookie_name(_EMBED))] if value]


def sent_tokens() -> list[str]:
    """Of the one seat by header, else of those by cookie, the one that counts first in front."""
    by_header = request.headers.get(HEADER)
    return [by_header] if by_header else sent_cookies()


def cookie_name(surface: str) -> str:
    """`__Host-` binds a cookie to this very host and to https; browsers refuse the prefix on plain http."""
    return ("__Host-" if _is_sealed() else "") + _COOKIES[surface]


def _is_sealed() -> bool:
    return request.is_secure or desk().settings.production


def hand_out(response: Response, token: str, surface: str) -> None:
    """A frame's cookie needs https; without it the header has to do."""
    if surface == _EMBED and not _is_sealed():
        return
    is_embed = surface == _EMBED
    response.set_cookie(
        cookie_name(surface),
        token,
        httponly=True,
        secure=_is_sealed(),
        samesite="None" if is_embed else "Lax",
        partitioned=is_embed,
    )


def take_back(response: Response) -> None:
    for surface in _COOKIES:
        is_embed = surface == _EMBED
        response.delete_cookie(
            cookie_name(surface),
            secure=_is_sealed(),
            httponly=True,
            samesite="None" if is_embed else "Lax",
            partitioned=is_embed and _is_sealed(),
        )


# --- what templates ask ---------------------------------------------------------------------------------------------


def csrf_token() -> str:
    """Empty where nobody is signed in: such a page can do nothing in anybody's name."""
    seat_hash = g.get("seat_hash")
    return token_for(desk().signing_key, seat_hash) if seat_hash else ""


def has_cookie() -> bool:
    """Whether a picture would be shown: the browser asks for it by itself, without the header that a frame's seat needs."""
    return bool(sent_cookies())


def own_look() -> seats.Look:
    """Of whoever acts. One query where the seat was taken by this very request, none else."""
    who: Actor | None = g.get("actor")
    if who is None:
        return seats.AS_THE_DEVICE
    if "look" not in g:
        with reading() as session:
            g.look = look.own(session, who)
    return cast("seats.Look", g.look)


def _may(permission: str) -> bool:
    who: Actor | None = g.get("actor")
    return who is not None and who.may(Permission(permission))


def _for_templates() -> dict[str, object]:
    surface = g.get("surface", _PAGE)
    return {
        "actor": g.get("actor"),
        "shell": "shells/embed.html" if surface == _EMBED else "shells/base.html",
        "seat_token": g.get("seat_token"),
        "device_token": g.get("device_token"),
        "connection": g.get("connection"),
        "launch_scripts": g.get("launch_scripts"),
        "desk_settings": desk().settings,
    }
