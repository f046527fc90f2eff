"""Pairing: a panel in a frame shows a code, its person says yes on the desk's own page; and where somebody is connected."""

from urllib.parse import urljoin

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for

from deskapp.desk import connections, devices, pairing
from deskapp.desk.connections import Known
from deskapp.desk.inputs import Keyed
from deskapp.desk.pairing import Answer, Question
from deskapp.hosts.launch import Launch
from deskapp.rules.errors import Forbidden, Invalid, SignInNeeded
from deskapp.rules.words import say
from deskapp.web.forms import Form, read, redraws
from deskapp.web.guard import let_frame, open_to_all
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs_seat
from deskapp.web.sign_in import address, new_secret

bp = Blueprint("pairing", __name__)

# fields of our own pages in frames; no host has such
PAIRING, DEVICE, POSTED = "deskapp-pairing", "deskapp-device", "deskapp-posted"
_LONGEST = 200
_ON_TABLET = say("Please do this on a browser of your own.")
_ELSEWHERE = say(
    "Please open this in a tab of its own: inside another site's page nobody can be sure what they say yes to."
)


def find_connection(key: str) -> Known:
    """From here on the answer may be framed by its origins alone. Raises NotFound, and then by nobody."""
    let_frame(())
    with reading() as session:
        known = connections.find(session, key, signing_key=desk().signing_key, now=clock())
    let_frame(known.origins)
    return known


# --- in the frame ---------------------------------------------------------------------------------------------------


def ask(known: Known, launch: Launch, *, is_forgotten: bool = False) -> Response:
    """`launch`: what the host has just said; sealed, the page keeps it. `is_forgotten`: what this browser kept opens nothing any more."""
    secret, key, agent_ref = new_secret(), desk().signing_key, launch.agent_ref
    with writing() as session:
        code = pairing.begin(session, known.id, agent_ref, secret=secret, signing_key=key, now=clock())
    posted = pairing.keep_posted(launch, secret, signing_key=key, now=clock()) if request.method == "POST" else ""
    return _draw(known, secret, code, posted=posted, is_kept=not agent_ref, is_forgotten=is_forgotten)


def find_posted(secret: str) -> Launch | None:
    return pairing.find_posted(request.form.get(POSTED, ""), secret, signing_key=desk().signing_key)


def still_waiting(known: Known, secret: str) -> Response | None:
    """The same page again, for whoever pressed the button before anybody said yes."""
    with reading() as session:
        state = pairing.state(session, known.id, secret, now=clock())
    code = pairing.code_of(secret, desk().signing_key)
    posted = request.form.get(POSTED, "")
    return _draw(known, secret, code, posted=posted, is_early=True) if state == "waiting" else None


def over(known: Known) -> Response:
    return make_response(render_template("hosts/over.html", connection_name=known.name))


def _draw(known: Known, secret: str, code: str, **how: object) -> Response:
    pair_url = urljoin(desk().settings.public_url or request.host_url, url_for("pairing.question"))
    page = render_template(
        "hosts/pairing.html",
        known=known,
        secret=secret,
        code=code,
        fields=(PAIRING, DEVICE, POSTED),
        pair_url=pair_url,
        **how,
    )
    return make_response(page)


@bp.get("/connections/<key>/pairing/<secret>")
@open_to_all
def page(key: str, secret: str) -> Response:
    """What a host's server was given for an agent who is nobody's yet."""
    known = find_connection(key)
    with reading() as session:
        state = pairing.state(session, known.id, secret, now=clock())
    if state == "over":
        return over(known)
    code = pairing.code_of(secret, desk().signing_key)
    return _draw(known, secret, code, opens=url_for("launch.knock", key=key))


@bp.post("/connections/<key>/pairing")
@open_to_all
def state(key: str) -> Response:
    """What the panel asks every few seconds, with the secret that it alone has."""
    known = find_connection(key)
    with reading() as session:
        said = pairing.state(session, known.id, request.form.get(PAIRING, "")[:_LONGEST], now=clock())
    return jsonify({"state": said})


# --- on the desk's own page -----------------------------------------------------------------------------------------


@bp.get("/pair")
@needs_seat
def question() -> Response:
    """Never framed, and never answered by following a link."""
    _ensure_own_page()
    typed = request.values.get("code", "")[:_LONGEST]
    is_refused = "form" in g  # its code was tried and counted already
    asked = _look_up(typed) if typed and not is_refused else None
    if typed and asked is None and not is_refused:
        g.form, g.status = Form("pair", {"code": typed}, {"code": pairing.NOT_GOOD}), 422
    page = render_template("hosts/pair.html", asked=asked, typed=typed)
    return make_response(page, g.get("status", 200))


def _ensure_own_page() -> None:
    let_frame(())
    if g.surface != "page":
        if request.headers.get("Sec-Fetch-Dest") == "document":  # a tab of its own, with no more than a frame's cookie
            raise SignInNeeded(say("Please sign in to go on."))
        raise Forbidden(_ELSEWHERE)
    if g.get("tablet_id") is not None:  # minutes at the till would become ninety days elsewhere
        raise Forbidden(_ON_TABLET)


def _look_up(typed: str) -> Question | None:
    with writing() as session:
        return pairing.look_up(session, actor(), typed, address(), signing_key=desk().signing_key, now=clock())


@bp.post("/pair/approve")
@needs_seat
@redraws(question)
def approve() -> Response:
    _ensure_own_page()
    form = read(Answer)
    with writing() as session:
        is_done = pairing.approve(session, actor(), form, address(), signing_key=desk().signing_key, now=clock())
    if not is_done:
        raise Invalid({"code": pairing.NOT_GOOD})
    return make_response(redirect(url_for("pairing.connected", done="yes"), 303))


@bp.post("/pair/refuse")
@needs_seat
@redraws(question)
def refuse() -> Response:
    _ensure_own_page()
    form = read(Answer)
    with writing() as session:
        pairing.refuse(session, actor(), form, signing_key=desk().signing_key, now=clock())
    return make_response(redirect(url_for("pairing.connected", done="no"), 303))


# --- where somebody is connected ------------------------------------------------------------------------------------


@bp.get("/connected")
@needs_seat
def connected() -> Response:
    with reading() as session:
        return show(
            "connected",
            "connected.html",
            {"connected": lambda: devices.panel(session, actor(), now=clock())},
            done=request.args.get("done", ""),
        )


@bp.post("/connected/browsers/<int:device_id>/revoke")
@needs_seat
def revoke(device_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        devices.revoke(session, actor(), device_id, now=clock())
    return after_post(connected, url_for("pairing.connected"))


@bp.post("/connected/agents/<int:link_id>/revoke")
@needs_seat
def unlink(link_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        devices.unlink(session, actor(), link_id, now=clock())
    return after_post(connected, url_for("pairing.connected"))
