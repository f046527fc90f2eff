"""The desk inside a CRM's frame: opened by what the host signed, by a browser that was paired, or by a link that opens once.

No redirect: hosts lose their context on one. What is posted by our own pages goes to the address that the host opened, too.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast
from urllib.parse import urljoin

import structlog
from flask import Blueprint, Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from deskapp.desk import launches, launching, seats, tablets
from deskapp.desk.connections import Known
from deskapp.desk.host_context import How
from deskapp.desk.launching import Opened, Refused, Unpaired
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import LONGEST_BODY, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Permission
from deskapp.rules.words import say
from deskapp.web import customers, deliveries, host_context, pairing, tablet_cookie
from deskapp.web.errors import STATUS, answer
from deskapp.web.guard import let_run, open_to_all, refuse_other_sites, signed_by_others
from deskapp.web.here import actor, clock, desk, writing
from deskapp.web.pairing import DEVICE, PAIRING, find_connection
from deskapp.web.seat import hand_out, lifetimes, occupy, sent_frame_cookies
from deskapp.web.sign_in import new_secret

bp = Blueprint("launch", __name__)
log = structlog.get_logger()

_SEE_THERE = (
    "This could not be opened from here. Your administrator sees why on the page Connections, under number {number}."
)
_TOO_LARGE = "More was sent than any launch needs, so it was not read. See what else is sent to this address."
_MISTAKEN = {
    Way.FRAME: "A browser opened the address that is for the host's server: for frames there is none at this host.",
    Way.CALL: "A server called an address that is for frames. Please write the one with /launch at its end.",
}
_LONGEST_OURS = 200
_NO_ID = 2**63


# --- links that open once -------------------------------------------------------------------------------------------


@bp.get("/launch/<code>")
@open_to_all
def launch(code: str) -> Response:
    """Uses the link up, so that what merely looks ahead (a prefetch, HEAD) is turned away first."""
    _refuse_what_looks_ahead()
    with writing() as session:
        on = tablets.find_id(session, tablet_cookie.sent())
        launched = launches.consume(
            session, code, secret=new_secret(), lifetimes=lifetimes(), now=clock(), tablet_id=on
        )
    opened = Opened(launched.token, launched.actor)
    _enter(opened, launched.inside, HOSTS.get(launched.inside.host) if launched.inside else None)
    return _handed_over(_page_of(launched, code), opened)


def _page_of(launched: launches.Launched, code: str) -> Response:
    if launched.customer_id is None and actor().may(Permission.SEE_CUSTOMERS):
        if several := _several():
            return host_context.ask_among(several)
        if said := launching.find_said(code, request.args.get("said", ""), signing_key=desk().signing_key):
            return host_context.open_hint(said)
    return _first_page(launched.customer_id, matched=_matched_by())


def _several() -> list[int]:
    """Ids of customers who may be meant, as far as a host's server could say."""
    return [one for one in request.args.getlist("of", type=int) if 0 < one < _NO_ID]


def _matched_by() -> str:
    """What a host's server said of the customer without proving it, in words; "" where it did, or nobody asked for a server."""
    how = How.__members__.get(request.args.get("by", "").upper())
    return how.value if how else ""


def _refuse_what_looks_ahead() -> None:
    purposes = (request.headers.get(name, "").casefold() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    if request.method == "HEAD" or any("prefetch" in purpose or "preview" in purpose for purpose in purposes):
        raise Forbidden(say("This link opens when you follow it yourself."))


def _first_page(customer_id: int | None, *, matched: str = "") -> Response:
    if not actor().may(Permission.SEE_CUSTOMERS):
        return deliveries.board()
    return customers.home() if customer_id is None else customers.show_panel("detail", customer_id, matched=matched)


# --- what a host opens in a frame -----------------------------------------------------------------------------------


@bp.route("/connections/<key>/launch", methods=["GET", "POST"])
@open_to_all
@signed_by_others
def knock(key: str) -> Response:
    """By the host, signed or not, or by a page of ours that was shown here before and now knows whose it is."""
    _refuse_what_looks_ahead()
    known = find_connection(key)
    try:
        received = _received()
        if (ours := _sent_by_us()) is not None:
            return _open_ours(known, ours)
        if _lost_cookies():
            return make_response(render_template("hosts/onward.html", fields=request.form.items(multi=True)))
        return _open_hosts(known, received)
    except Unverified as error:
        with writing() as session:
            refused = launching.refuse(session, known, error, now=clock())
        return _turned_away(known, refused)


def _received() -> Received:
    """The body is read once and kept, since what was signed are its very bytes. Raises Unverified for one that is too large."""
    request.max_content_length = LONGEST_BODY
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        raise Unverified(Why.TOO_LARGE, _TOO_LARGE) from None
    return _as_sent(request.method, body)


def _as_sent(method: str, body: bytes) -> Received:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Received(method, public_address(), headers, body)


def public_address() -> str:
    """As the host called it: behind a proxy only the settings know the name, and the query may not be written anew."""
    query = request.query_string.decode("latin-1")
    return public(request.root_path + request.path) + (f"?{query}" if query else "")


def public(path: str) -> str:
    return urljoin(desk().settings.public_url or request.host_url, path)


def _sent_by_us() -> Mapping[str, str] | None:
    """Fields of our pairing page. It is on this very site: another one could sign somebody in as somebody else."""
    if request.method != "POST" or not {PAIRING, DEVICE} & request.form.keys():
        return None
    refuse_other_sites()
    return {name: request.form.get(name, "")[:_LONGEST_OURS] for name in (PAIRING, DEVICE)}


def _lost_cookies() -> bool:
    """Posted by another site into a tab of its own: there a browser keeps back the cookie by which a shared tablet is known (it is
    SameSite=Lax), and what opened would escape the lock. So the page posts the same once more, from this site. It holds nothing but
    what was posted, and what our own pages post never comes this way: a launch gains nothing by it but the browser's own cookies.
    """
    came = (request.headers.get(f"Sec-Fetch-{name}") for name in ("Site", "Dest"))
    return request.method == "POST" and tuple(came) == ("cross-site", "document")


def _verified(known: Known, received: Received, way: Way, now: datetime) -> Launch:
    """Raises Unverified."""
    if known.host.way is not way:
        raise Unverified(Why.UNREADABLE, _MISTAKEN[way])
    return launching.checked(known.host.verify(received, known.held, now))


def _open_hosts(known: Known, received: Received) -> Response:
    now = clock()
    launch = _verified(known, received, Way.FRAME, now)
    with writing() as session:
        outcome = launching.open_by_host(
            session,
            known,
            launch,
            launching.digest_of(received),
            sent_frame_cookies(),
            secret=new_secret(),
            lifetimes=lifetimes(),
            now=now,
            tablet_id=tablets.find_id(session, tablet_cookie.sent()),
        )
    match outcome:
        case Refused():
            return _turned_away(known, outcome)
        case Unpaired():
            return pairing.ask(known, launch)
        case Opened():
            return _open(known, outcome, launch)


def _open_ours(known: Known, ours: Mapping[str, str]) -> Response:
    """Raises Unverified where the address itself is not what the host would open."""
    now, secret, device_token = clock(), ours[PAIRING], ours[DEVICE]
    launch = _said_by_address(known, is_needed=bool(device_token)) or pairing.find_posted(secret)
    with writing() as session:
        on = tablets.find_id(session, tablet_cookie.sent())
        if device_token:
            opened = launching.open_by_device(
                session, known, device_token, secret=new_secret(), lifetimes=lifetimes(), now=now, tablet_id=on
            )
        else:
            opened = launching.open_by_pairing(
                session,
                known,
                secret,
                request.headers.get("User-Agent", ""),
                secrets=(new_secret(), new_secret()),
                lifetimes=lifetimes(),
                now=now,
                tablet_id=on,
            )
    if opened is not None:
        return _open(known, opened, launch or Launch())
    if not device_token and (waiting := pairing.still_waiting(known, secret)):
        return waiting
    return (
        pairing.ask(known, launch, is_forgotten=bool(device_token))
        if launch and not launch.agent_ref
        else pairing.over(known)
    )


def _said_by_address(known: Known, *, is_needed: bool) -> Launch | None:
    """What the host put into the address of the frame. None for a host that posts or calls: what it said was good when the pairing
    began. A paired browser has nothing else to show, so for one it has to be good.
    """
    try:
        return _verified(known, _as_sent("GET", b""), Way.FRAME, clock())
    except Unverified:
        if is_needed:
            raise
        return None


def _open(known: Known, opened: Opened, launch: Launch) -> Response:
    inside = seats.Inside(known.id, known.key, known.host.code, known.name, known.origins)
    _enter(opened, inside, known.host)
    g.launch_frame = json.dumps(launch.frame)
    is_told = launch.hint != Hint() and actor().may(Permission.SEE_CUSTOMERS)
    page = host_context.open_hint(launch.hint, is_proven=launch.is_customer_proven) if is_told else _first_page(None)
    return _handed_over(page, opened)


def _enter(opened: Opened, inside: seats.Inside | None, host: Host | None) -> None:
    occupy(opened.actor, "embed", seats.hash_token(opened.token), inside)
    g.seat_token, g.device_token = opened.token, opened.device_token
    if opened.look is not None:
        g.look = opened.look
    if inside is not None and host is not None:
        g.launch_scripts = _scripts(host)


def _handed_over(page: Response, opened: Opened) -> Response:
    hand_out(page, opened.token, "embed")
    return page


def _scripts(host: Host) -> list[str]:
    """The host's own, allowed on this answer alone; then ours, which speak with it."""
    known = current_app.jinja_env.globals
    asset, has_asset = cast("Callable[[str], str]", known["asset"]), cast("Callable[[str], bool]", known["has_asset"])
    glue = f"js/hosts/{host.glue}.js"
    scripts = [asset("js/embed.js"), asset(glue if has_asset(glue) else "js/hosts/plain.js")]
    if host.script_origin and host.script_path:
        let_run(host.script_origin + host.script_path)
        scripts.insert(0, host.script_origin + host.script_path)
    return scripts


def _turned_away(known: Known, refused: Refused) -> Response:
    log.warning("launch-refused", connection=known.id, why=refused.why.value, number=refused.number)
    status = STATUS[Forbidden]
    if request.path.endswith("/call"):
        return answer(_SEE_THERE.format(number=refused.number), status)
    is_again = refused.why is Why.REPLAYED
    page = render_template("hosts/refused.html", number=refused.number, connection_name=known.name, is_again=is_again)
    return make_response(page, status)


# --- what a host's server asks --------------------------------------------------------------------------------------


@bp.post("/connections/<key>/call")
@open_to_all
@signed_by_others
def call(key: str) -> Response:
    """Answered as the host wants it, with a link that opens the desk once, or a page that pairs its agent with somebody."""
    known, now = find_connection(key), clock()
    try:
        received = _received()
        launch = _verified(known, received, Way.CALL, now)
    except Unverified as error:
        with writing() as session:
            refused = launching.refuse(session, known, error, now=now)
        return _turned_away(known, refused)
    with writing() as session:
        path = launching.answer_call(
            session,
            known,
            launch,
            launching.digest_of(received),
            regions=desk().settings.guard_regions.split(),
            secret=new_secret(),
            signing_key=desk().signing_key,
            now=now,
        )
    return jsonify(known.host.answer(public(path)) if known.host.answer else {})
