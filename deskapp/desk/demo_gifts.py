"""A quarter of gifts for the demo, so that its reports have something to say. Given by the very code that gives today's.

They were judged by exceptions of a season that is over: what holds today would have refused most of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from deskapp.desk import audit, grants, receivers, settling
from deskapp.desk.grants import Gift
from deskapp.desk.receivers import NewKind, NewThreshold
from deskapp.rules.authority import Basis, GiverKind
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Receiver
from deskapp.rules.periods import day_of
from deskapp.store import grants as grant_rows
from deskapp.store.gift_tables import Grant, LimitVersion
from deskapp.store.tables import Customer, Item, ItemKind, Order, Seal

_SEASON = "Last season’s thank-you"
_FIRST, _LAST = 95, 2  # days ago
_HANDED_OVER = timedelta(days=2)
_MOST = {"ana": "5", "bo": "15", "mo": "50", "ada": "50"}  # a gift


@dataclass(frozen=True, slots=True)
class Gave:
    """To the household of this number, in the order of the shop's list; `worth` at most, and not much less."""

    days_ago: int
    by: str
    household: int
    worth: str
    is_handed_over: bool = True


_COMPANY = 40  # the household that is a business
STORY = (
    # Ana has a favourite, and a feeling for what she may give.
    *(Gave(days, "ana", 0, "2.50") for days in (88, 61, 33, 10)),
    *(Gave(days, "ana", 1 + n, "5.00") for n, days in enumerate((84, 72, 58, 49, 37, 26, 15))),
    *(Gave(days, "ana", 8 + n, "3.00") for n, days in enumerate((80, 66, 43, 19, 6))),
    # Bo promises more than he hands over.
    *(Gave(days, "bo", 13 + n, "6.00", is_handed_over=n % 2 == 0) for n, days in enumerate((52, 47, 41, 36, 29, 24, 21, 18))),
    *(Gave(days, "bo", 21 + n, "4.00") for n, days in enumerate((90, 77, 60, 12, 5))),
    # Mo and Ada give as one would.
    *(Gave(days, "mo", 26 + n, "9.00") for n, days in enumerate((86, 70, 54, 40, 28, 16, 8))),
    *(Gave(days, "ada", 33 + n, "7.00") for n, days in enumerate((82, 63, 45, 31, 20, 9))),
    Gave(50, "mo", _COMPANY, "12.00"),
    Gave(17, "mo", _COMPANY, "8.00"),
)  # fmt: skip


def give(session: Session, cast: dict[str, Actor], *, currency: str, zone: str, now: datetime) -> int:
    """How many were given: none on a desk that gave or sealed anything before, since these lie in the past."""
    households = _households(session) if _is_untouched(session) else []
    if len(households) <= _COMPANY:
        return 0
    _open_season(session, cast, currency, zone, now)
    _name_company(session, cast["mo"], households[_COMPANY], currency, zone, now - timedelta(days=_FIRST))
    return sum(_give(session, cast, households, one, currency, now) for one in _in_order())


def _is_untouched(session: Session) -> bool:
    return all(session.exec(select(table.id).limit(1)).first() is None for table in (Grant, Seal))


def _households(session: Session) -> list[Customer]:
    """Who bought and waits for nothing: who has a story is left to be surprised by hand."""
    waits = select(Order.customer_id).where(Order.status == "open")
    bought = select(Order.customer_id)
    query = select(Customer).where(col(Customer.id).in_(bought), col(Customer.id).not_in(waits))
    return list(session.exec(query.order_by(col(Customer.id)).limit(_COMPANY + 1)))


def _in_order() -> Iterator[Gave]:
    """Oldest first: a clock only goes forward."""
    return iter(sorted(STORY, key=lambda one: -one.days_ago))


def _open_season(session: Session, cast: dict[str, Actor], currency: str, zone: str, now: datetime) -> None:
    began = now - timedelta(days=_FIRST)
    for username, most in _MOST.items():
        giver, setter = cast[username], cast["ada" if username == "mo" else "mo"]
        version = LimitVersion(
            giver_kind=GiverKind.PERSON,
            staff_id=giver.staff_id,
            exception=_SEASON,
            currency=currency,
            basis=Basis.PRICE,
            zone=zone,
            per_gift_minor=parse_minor(most, currency),
            per_giver_per_month_minor=parse_minor("200", currency),
            valid_from=day_of(began, zone),
            valid_until=day_of(now - timedelta(days=_LAST), zone),
            set_by=setter.staff_id,
            set_at=began,
        )
        session.add(version)
        session.flush()
        audit.write(session, setter, "limit.set", f"person:{giver.staff_id}", now=began, version=version.id)


def _name_company(session: Session, mo: Actor, company: Customer, currency: str, zone: str, began: datetime) -> None:
    amounts = {"per_gift": "25", "per_year": "60", "register_from": "5"}
    threshold = NewThreshold(form_key="demo-receiver", receiver=Receiver.BUSINESS, **amounts)
    above = parse_minor("100", currency)
    receivers.set_threshold(session, mo, threshold, currency=currency, zone=zone, agree_above_minor=above, now=began)
    receivers.set_kind(session, mo, company.id, NewKind(form_key="demo-kind", receiver=Receiver.BUSINESS), now=began)


def _give(
    session: Session, cast: dict[str, Actor], households: list[Customer], one: Gave, currency: str, now: datetime
) -> bool:
    item = _item_worth(session, parse_minor(one.worth, currency), currency)
    if item is None:
        return False
    at = (now - timedelta(days=one.days_ago)).replace(hour=9 + one.household % 8, minute=(7 * one.days_ago) % 60)
    told = grants.decide_and_reserve(session, Gift(cast[one.by], households[one.household], item, None), now=at)
    if told.grant_id is not None and one.is_handed_over:
        grant = grant_rows.get_grant(session, told.grant_id)
        settling.commit(session, cast[one.by], grant, now=at + _HANDED_OVER)
    return told.grant_id is not None


def _item_worth(session: Session, minor: int, currency: str) -> Item | None:
    """The dearest that is worth no more, and at least four fifths."""
    query = select(Item).where(
        col(Item.is_giftable),
        Item.kind == ItemKind.GOODS,
        Item.currency == currency,
        Item.price_minor <= minor,
        Item.price_minor * 5 >= minor * 4,
        Item.stock > 0,
    )
    return session.exec(query.order_by(col(Item.price_minor).desc(), col(Item.id)).limit(1)).first()
