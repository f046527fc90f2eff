"""The door for servers that tell what happened to parcels: signed JSON in, and what became of each event out."""

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from deskapp.desk import host_events
from deskapp.desk.host_events import LONGEST_BODY, HostEvent, Received, Told, Unverified, Why
from deskapp.rules.errors import Conflict, Invalid, NotFound, SignInNeeded, Unreadable
from deskapp.web.errors import STATUS, answer
from deskapp.web.forms import validated
from deskapp.web.guard import open_to_all
from deskapp.web.here import clock, desk, reading, writing

bp = Blueprint("host_events", __name__)
log = structlog.get_logger()

_ID_SHOWN = 120


@bp.post("/connections/<key>/events")
@open_to_all
def take(key: str) -> Response:
    """200 where at least one event was taken or known, 422 where none was; deskapp/hosts/events.py says how to sign."""
    request.max_content_length = LONGEST_BODY
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = Received(request.method, request.path, headers, request.get_data())
    try:
        with reading() as session:
            connection_id, events = host_events.read(
                session, key, received, signing_key=desk().signing_key, now=clock()
            )
    except Unverified as refused:
        return _turned_away(refused)
    told = [_tell(connection_id, event) for event in events]
    is_of_use = any(one.result != "refused" for one in told)
    response = jsonify({"events": told})
    response.status_code = 200 if is_of_use else STATUS[Invalid]
    return response


def _tell(connection_id: int, sent: object) -> Told:
    """In a transaction of its own, so that one that is wrong stops none of the others."""
    said = sent if isinstance(sent, dict) else {}
    number = str(said.get("id", ""))[:_ID_SHOWN]
    try:
        event = validated(HostEvent, said)
        with writing() as session:
            is_new = host_events.tell(session, connection_id, event, now=clock())
    except Invalid as invalid:
        return Told(number, "refused", _in_their_words(invalid))
    except NotFound as nowhere:
        return Told(number, "refused", {"order": str(nowhere)})
    except Conflict as conflict:
        return Told(number, "refused", {"id": str(conflict)})
    return Told(number, "new" if is_new else "known")


def _in_their_words(invalid: Invalid) -> dict[str, str]:
    """By the names that the event has here."""
    return {"at" if name == "happened_at" else name: sentence for name, sentence in invalid.problems.items()}


def _turned_away(refused: Unverified) -> Response:
    log.warning("events-refused", why=refused.why.value)
    if refused.why is Why.TOO_LARGE:
        raise RequestEntityTooLarge
    return answer(refused.mend, STATUS[Unreadable if refused.why is Why.UNREADABLE else SignInNeeded])
