"""The JSON API for programs: bearer tokens, strict JSON, the shop's own numbers, and a description of itself."""

import json
import secrets
from collections.abc import Mapping
from typing import TypeVar

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from werkzeug.exceptions import UnsupportedMediaType

from deskapp.desk import api as programs
from deskapp.desk import api_approvals as second_yes
from deskapp.desk import api_deliveries as parcels
from deskapp.desk.inputs import Input, Key
from deskapp.rules.errors import Invalid, Unreadable
from deskapp.rules.people import Permission
from deskapp.web.api_document import IDEMPOTENCY_KEY, Told, document, tells
from deskapp.web.forms import problems_of
from deskapp.web.guard import open_to_all
from deskapp.web.here import actor, clock, desk, reading, today, writing
from deskapp.web.seat import needs
from deskapp.web.viewing import opened

PREFIX = "/api/v1"
bp = Blueprint("api", __name__, url_prefix=PREFIX)

M = TypeVar("M", bound=Input)

_MOST_FIELDS = 100
_STATUS = {"granted": 201, "needs-approval": 202, "refused": 422}
_KEY: TypeAdapter[str] = TypeAdapter(Key)


def install_api(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["deskapp-api"] = json.dumps(document(app, PREFIX), ensure_ascii=False).encode()


# --- views ----------------------------------------------------------------------------------------------------------


@bp.get("/openapi.json")
@open_to_all
def openapi() -> Response:
    return Response(current_app.extensions["deskapp-api"], mimetype="application/json")


@bp.get("/customers/<external_id>")
@needs(Permission.SEE_CUSTOMERS)
@tells(Told("What matters about one customer", {200: programs.CustomerSheet}, fails=(404,)))
def customer(external_id: str) -> Response:
    with reading() as session:
        customer_id = programs.id_of(session, external_id)
        sheet = programs.customer(session, external_id, today=today())
    opened(customer_id, "api")
    return _answer(sheet)


@bp.post("/customers/<external_id>/notes")
@needs(Permission.WRITE_MEMORY)
@tells(
    Told(
        "Add a note about one customer",
        {201: programs.NoteAdded},
        takes=programs.NoteToAdd,
        needs_key=False,
        fails=(404,),
    )
)
def add_note(external_id: str) -> Response:
    key = _find_key() or secrets.token_urlsafe(18)
    note = _read(programs.NoteToAdd)
    with writing() as session:
        return _answer(programs.add_note(session, actor(), external_id, note, key=key, now=clock()), 201)


@bp.post("/customers/<external_id>/suggestions")
@needs(Permission.GIVE)
@tells(
    Told(
        "What the caller may give this customer and would delight them",
        {200: programs.SuggestedGifts},
        takes=programs.Wanted,
        fails=(404,),
    )
)
def suggest(external_id: str) -> Response:
    wanted = _read(programs.Wanted)
    with reading() as session:
        stand = desk().shelf.stand(session)
        return _answer(programs.suggest(session, actor(), stand, external_id, wanted, today=today(), now=clock()))


@bp.post("/grants")
@needs(Permission.GIVE)
@tells(
    Told(
        "Give one thing to one customer, once per key",
        dict.fromkeys(_STATUS.values(), programs.GrantDecided),
        takes=programs.Gift,
        needs_key=True,
        fails=(404, 503),
    )
)
def grant() -> Response:
    key = _get_key()
    gift = _read(programs.Gift)
    with writing() as session:
        decided = programs.grant(session, actor(), gift, key=key, now=clock())
    return _answer(decided, _STATUS[decided.outcome])


@bp.post("/grants/<int:grant_id>/undo")
@needs(Permission.GIVE)
@tells(Told("Take a gift back", {200: programs.GrantUndone}, fails=(404,)))
def undo(grant_id: int) -> Response:
    with writing() as session:
        undone = programs.undo(session, actor(), grant_id, now=clock())
    return _answer(undone)


@bp.post("/approvals")
@needs(Permission.GIVE)
@tells(
    Told(
        "Ask a second person for a gift above the caller's limit",
        {201: second_yes.ApprovalTold},
        takes=second_yes.ApprovalWanted,
        needs_key=True,
        fails=(404,),
    )
)
def ask() -> Response:
    key = _get_key()
    wanted = _read(second_yes.ApprovalWanted)
    with writing() as session:
        return _answer(second_yes.ask(session, actor(), wanted, key=key, now=clock()), 201)


@bp.get("/approvals/<int:approval_id>")
@needs(Permission.GIVE)
@tells(Told("How it stands with a gift that was asked for", {200: second_yes.ApprovalTold}, fails=(404,)))
def approval(approval_id: int) -> Response:
    with reading() as session:
        return _answer(second_yes.tell(session, actor(), approval_id, now=clock()))


@bp.post("/approvals/<int:approval_id>/decision")
@needs(Permission.GIVE)
@tells(
    Told(
        "Approve or decline a gift that a colleague asked for",
        {200: second_yes.ApprovalTold},
        takes=second_yes.ApprovalDecision,
        needs_key=True,
        fails=(404, 503),
    )
)
def decide(approval_id: int) -> Response:
    key = _get_key()
    decision = _read(second_yes.ApprovalDecision)
    with writing() as session:
        decided = second_yes.decide(session, actor(), approval_id, decision, key=key, now=clock())
    return _answer(decided)


@bp.get("/budget")
@needs(Permission.GIVE)
@tells(
    Told(
        "What the caller may still give, to one customer if one is named",
        {200: programs.BudgetLeft},
        asks=programs.BudgetFor,
        fails=(404, 422),
    )
)
def budget() -> Response:
    asked = _validated(programs.BudgetFor, request.args.to_dict())
    with reading() as session:
        return _answer(programs.budget(session, actor(), asked, now=clock()))


@bp.post("/deliveries/<order>/events")
@needs(Permission.SEE_DELIVERIES)
@tells(
    Told(
        "Tell what happened to the parcel of an order, once per event_id",
        {200: parcels.EventTold, 201: parcels.EventTold},
        takes=parcels.EventToTell,
        fails=(404, 409),
    )
)
def tell_event(order: str) -> Response:
    event = _read(parcels.EventToTell)
    with writing() as session:
        told = parcels.tell(session, actor(), order, event, now=clock())
    return _answer(told, 201 if told.is_new else 200)


# --- parsing and rendering ------------------------------------------------------------------------------------------


def _get_key() -> str:
    if (key := _find_key()) is None:
        raise Unreadable(f"Please send the header {IDEMPOTENCY_KEY}, so that sending this twice gives once.")
    return key


def _find_key() -> str | None:
    if (sent := request.headers.get(IDEMPOTENCY_KEY)) is None:
        return None
    try:
        return _KEY.validate_python(sent)
    except ValidationError:
        raise Unreadable(f"The header {IDEMPOTENCY_KEY} takes 8 to 200 plain characters without blanks.") from None


def _read(model: type[M]) -> M:
    """The request's JSON as `model`. Raises UnsupportedMediaType, Unreadable, or Invalid with a sentence per field."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        sent = json.loads(request.get_data().decode(), object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable(
            "This is not JSON that the desk can read. Each name may stand once, and text is UTF-8."
        ) from None
    if not isinstance(sent, dict) or len(sent) > _MOST_FIELDS:
        raise Unreadable("Please send one JSON object.")
    return _validated(model, sent)


def _validated(model: type[M], sent: Mapping[str, object]) -> M:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise Invalid(problems_of(error)) from None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers of one body must not see two amounts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> object:
    """NaN and the infinities, which Python reads and JSON does not know."""
    raise ValueError(constant)


def _answer(view: object, status: int = 200) -> Response:
    return Response(to_json(view), status, mimetype="application/json")
