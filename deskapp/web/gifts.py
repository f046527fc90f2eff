"""Gifts looked at afterwards: a giver's own, what is worth asking about, and the register."""

from flask import Blueprint, Response, make_response, request

from deskapp.desk import exceptions, own_gifts, register
from deskapp.rules.people import Permission
from deskapp.web.here import actor, clock, desk, reading, today
from deskapp.web.panels import show
from deskapp.web.seat import needs

bp = Blueprint("gifts", __name__)

_USUAL_DAYS = 90


@bp.get("/gifts")
@needs(Permission.GIVE)
def own() -> Response:
    zone = desk().settings.zone
    with reading() as session:
        return show(
            "own_gifts",
            "gifts.html",
            {"own_gifts": lambda: own_gifts.panel(session, actor(), _days(), zone=zone, now=clock())},
            periods=exceptions.PERIODS,
        )


@bp.get("/gifts/exceptions")
@needs(Permission.SEE_ALL_GIFTS)
def all_exceptions() -> Response:
    zone = desk().settings.zone
    with reading() as session:
        return show(
            "exceptions",
            "gifts_exceptions.html",
            {"exceptions": lambda: exceptions.panel(session, _days(), zone=zone, now=clock())},
            periods=exceptions.PERIODS,
        )


@bp.get("/gifts/register")
@needs(Permission.SEE_ALL_GIFTS)
def whole_register() -> Response:
    zone = desk().settings.zone
    with reading() as session:
        return show(
            "register",
            "gifts_register.html",
            {"register": lambda: register.panel(session, _year(), zone=zone, now=clock())},
        )


@bp.get("/gifts/register.csv")
@needs(Permission.SEE_ALL_GIFTS)
def register_file() -> Response:
    year = _year()
    with reading() as session:
        text = register.as_csv(register.list_entries(session, year, zone=desk().settings.zone))
    response = make_response(text.encode("utf-8-sig"))  # without the mark spreadsheets read another encoding
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="register-{year}.csv"'
    return response


def _days() -> int:
    """One of the periods; the usual one for anything else."""
    asked = request.args.get("days", "")
    return next((days for days in exceptions.PERIODS if str(days) == asked), _USUAL_DAYS)


def _year() -> int:
    asked = request.args.get("year", "")
    return next((year for year in register.YEARS if str(year) == asked), today().year)
