"""What each role may give, set by a manager in new editions; and what is left of it for one giver."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.ceilings import rooms_of_gift, rooms_of_giver
from deskapp.desk.inputs import Keyed
from deskapp.rules.authority import AuthorityLimit, Basis, Room
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Permission, Role, givers
from deskapp.store import customers, limits, staff
from deskapp.store.gift_tables import LimitVersion

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
    names = staff.names(session)
    newest = {version.role: version for version, _ in reversed(limits.list_editions(session)) if version.role}
    rows = []
    for role in givers():
        version = newest.get(role)
        by, at = (names.get(version.set_by, ""), version.set_at) if version else ("", None)
        rows.append(LimitRow(role, limits.as_limit(version) if version else None, at, by))
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


@dataclass(frozen=True, slots=True)
class Left:
    currency: str
    rooms: tuple[Room, ...]


def left(session: Session, actor: Actor, customer_id: int | None, *, now: datetime) -> Left | None:
    """What the giver may still give, to this customer if one is named; None where nobody set a limit for them."""
    if (limit := limits.find_limit(session, actor, now)) is None:
        return None
    if customer_id is None:
        return Left(limit.currency, rooms_of_giver(session, actor, limit, now=now))
    customer = customers.get_customer(session, customer_id)
    return Left(limit.currency, rooms_of_gift(session, actor, limit, customer, order_id=None, now=now))
