"""What each role may give, set by a manager in new editions; and what is left of it for one giver."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed
from deskapp.rules.authority import AuthorityLimit, Basis, Room, day_key, month_key, rooms
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Permission, Role, givers
from deskapp.store import limits, staff
from deskapp.store.tables import LimitVersion

_MOST_MINOR = 10**12
_FIELDS = ("per_gift", "per_giver_per_day", "per_customer_per_month")


class NewLimit(Keyed):
    """Amounts as plain decimals of the desk's currency."""

    role: Role
    per_gift: str
    per_giver_per_day: str
    per_customer_per_month: str
    basis: Basis = Basis.PRICE


@dataclass(frozen=True, slots=True)
class LimitRow:
    role: str
    limit: AuthorityLimit | None
    set_at: datetime | None
    set_by: str


@dataclass(frozen=True, slots=True)
class LimitsPanel:
    rows: list[LimitRow]
    currency: str


def panel(session: Session, currency: str) -> LimitsPanel:
    """Two queries."""
    in_force, names = limits.list_limits(session), staff.names(session)
    rows = []
    for role in givers():
        limit, set_at, set_by = in_force.get(role, (None, None, 0))
        rows.append(LimitRow(role, limit, set_at, names.get(set_by, "")))
    return LimitsPanel(rows, currency)


def set_limit(session: Session, actor: Actor, form: NewLimit, *, currency: str, zone: str, now: datetime) -> None:
    """A new edition for one role; grants keep the one that judged them."""
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden("Only managers set limits.")
    if form.role not in givers():
        raise Invalid({"role": "This role gives nothing."})
    amounts = _amounts(form, currency)
    if idempotency.claim(session, actor, "limit", form.form_key, form.model_dump(), now=now) is not None:
        return
    version = LimitVersion(
        role=form.role,
        currency=currency,
        basis=form.basis,
        zone=zone,
        per_gift_minor=amounts["per_gift"],
        per_giver_per_day_minor=amounts["per_giver_per_day"],
        per_customer_per_month_minor=amounts["per_customer_per_month"],
        set_by=actor.staff_id,
        set_at=now,
    )
    session.add(version)
    session.flush()
    audit.write(
        session,
        actor,
        "limit.set",
        f"role:{form.role.value}",
        now=now,
        version=version.id,
        currency=currency,
        **amounts,
    )


def _amounts(form: NewLimit, currency: str) -> dict[str, int]:
    amounts, problems = {}, {}
    for name in _FIELDS:
        try:
            amounts[name] = parse_minor(getattr(form, name), currency)
        except ValueError as error:
            problems[name] = str(error)
    problems |= {
        name: "This is more than the desk can count." for name, minor in amounts.items() if minor > _MOST_MINOR
    }
    if problems:
        raise Invalid(problems)
    return amounts


def day_bucket(staff_id: int, limit: AuthorityLimit, now: datetime) -> str:
    return f"giver-day|{staff_id}|{day_key(now, limit.zone)}|{limit.currency}"


def month_bucket(customer_id: int, limit: AuthorityLimit, now: datetime) -> str:
    return f"customer-month|{customer_id}|{month_key(now, limit.zone)}|{limit.currency}"


def rooms_left(
    session: Session, actor: Actor, limit: AuthorityLimit, customer_id: int | None, *, now: datetime
) -> tuple[Room, ...]:
    """What the giver may still give, to this customer if one is named. One query."""
    keys = [day_bucket(actor.staff_id, limit, now), month_bucket(customer_id or 0, limit, now)]
    today, month = limits.spent(session, keys)
    found = rooms(limit, given_today_minor=today, given_to_customer_minor=month, now=now)
    return found if customer_id is not None else found[:2]


@dataclass(frozen=True, slots=True)
class Budget:
    currency: str
    rooms: tuple[Room, ...]


def budget(session: Session, actor: Actor, customer_id: int | None, *, now: datetime) -> Budget | None:
    """None where nobody set a limit for the actor's role. Two queries."""
    if (limit := limits.find_limit(session, actor.role)) is None:
        return None
    return Budget(limit.currency, rooms_left(session, actor, limit, customer_id, now=now))
