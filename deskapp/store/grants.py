"""Gifts granted, and the ledger of their money."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, func, insert, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from deskapp.rules.errors import Conflict, NotFound
from deskapp.rules.surprise import OFFERED
from deskapp.rules.words import say
from deskapp.store import clock
from deskapp.store.gift_tables import NOT_KEPT, Grant, GrantState, Ledger, LedgerKind, Offer
from deskapp.store.ready import Part, Ready, Row, inserting
from deskapp.store.rows import Rows
from deskapp.store.tables import Customer, Item, Order, OrderLine, Staff

_SHOWN = 5
_SELVES = select(Customer.id).where(
    or_(col(Customer.id) == bindparam("customer"), col(Customer.merged_into) == bindparam("customer"))
)  # and whoever turned out to be the same person: their gifts keep the number they were given under
_NEWEST = Rows(
    select(Grant, Item.name, Staff.name)
    .join(Item, col(Item.id) == Grant.item_id)
    .join(Staff, col(Staff.id) == Grant.staff_id)
    .where(col(Grant.customer_id).in_(_SELVES))
    .order_by(col(Grant.id).desc())
    .limit(_SHOWN)
)
# What it is not, because SQLite would look for what it is among everybody's gifts by the index of states.
_IS_KEPT = and_(*(col(Grant.state) != state for state in NOT_KEPT))
_OF_CUSTOMER = (col(Grant.customer_id).in_(_SELVES), _IS_KEPT)
_KEPT_ITEMS = Ready(select(Grant.item_id).where(*_OF_CUSTOMER))
_OF_KEPT = (
    col(Grant.granted_at),
    col(Grant.price_minor),
    col(Grant.cost_minor),
    col(Grant.order_id),
    col(Grant.customer_id) != bindparam("customer"),
)
_KEPT = select_columns(*_OF_KEPT).where(*_OF_CUSTOMER)
_KEPT_SINCE = Ready(_KEPT.where(col(Grant.granted_at) >= bindparam("since")))
_NEWEST_KEPT = Ready(_KEPT.order_by(col(Grant.granted_at).desc()).limit(12))
_PLACED = select(Order.placed_at).where(Order.id == bindparam("order")).scalar_subquery()
_order = col(Grant.order_id) + 0  # so that SQLite does not go through all gifts without an order
_KEPT_WITH = Ready(
    select_columns(*_OF_KEPT).where(
        or_(
            col(Grant.order_id) == bindparam("order"),  # whoever it was of when they were given
            and_(col(Grant.customer_id).in_(_SELVES), _order.is_(None), col(Grant.granted_at) >= _PLACED),
        ),
        _IS_KEPT,
    )
)
_NEWEST_ORDERS = Ready(
    select_columns(col(Order.id), col(Order.status))
    .where(col(Order.customer_id) == bindparam("customer"))
    .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
    .limit(4)
)
_OFFERED = Ready(
    select_columns(col(Order.id))
    .where(
        col(Order.customer_id) == bindparam("customer"), func.lower(func.trim(col(Order.status))).in_(sorted(OFFERED))
    )
    .limit(1)
)
_TOTAL = (
    select(func.sum(OrderLine.quantity * OrderLine.unit_price_minor))
    .join(Order, col(Order.id) == OrderLine.order_id)
    .where(Order.id == bindparam("order"), Order.currency == bindparam("currency"))
)

_RESERVED = inserting(Grant)


class Kept(NamedTuple):
    granted_at: datetime
    price_minor: int
    cost_minor: int
    order_id: int | None
    was_under_another_number: bool = False


def list_grants(session: Session, customer_id: int) -> list[tuple[Grant, str, str]]:
    """The newest five, newest first, with the item's and the giver's name."""
    return _NEWEST.all(session, customer=customer_id)


def given_before(session: Session, customer_id: int) -> set[int]:
    """Items this customer was given and kept."""
    return {item for (item,) in _KEPT_ITEMS.all(session, customer=customer_id)}


class Held(NamedTuple):
    """A customer to whom nobody else gives until this transaction ends."""

    clock: int | None  # the latest moment at which money moved, see clock.keep
    next_grant: int  # an id that nobody else has


def holding(session: Session, customer_id: int) -> Part:
    """Whoever gives to this customer waits here for the other, so that what is read of their gifts stays true.

    SQLite has one writer anyhow. For `held`.
    """
    return _HOLD[session.get_bind().dialect.name].of(customer=customer_id)


def holding_of(session: Session, offer_id: int) -> Part:
    """The same for whom an offer was shown to."""
    return _HOLD_OF[session.get_bind().dialect.name].of(offer=offer_id)


def held(rows: list[Row]) -> Held:
    """Raises Conflict where they were joined with another, or erased, while one waited."""
    if not rows:
        raise Conflict(
            say("This customer is kept under another number since a moment ago. Please open the page again.")
        )
    return Held._make(rows[0])


def hold_customer(session: Session, customer_id: int) -> Held:
    return held(holding(session, customer_id).all(session))


def _holding(customer: Any) -> dict[str, Ready]:
    """By engine."""
    living = (col(Customer.merged_into).is_(None), col(Customer.erased_at).is_(None))
    held = {}
    for engine, next_grant in _NEXT.items():
        asked = select_columns(clock.LATEST.label("clock"), next_grant.label("next_grant"))
        mine = asked.where(col(Customer.id) == customer, *living)
        held[engine] = Ready(mine.select_from(Customer).with_for_update(key_share=True, of=Customer))
    return held


_NEXT: dict[str, Any] = {
    "postgresql": func.nextval("grants_id_seq", type_=BigInteger),
    "sqlite": select(func.coalesce(func.max(Grant.id), 0) + 1).scalar_subquery(),
}
_HOLD = _holding(bindparam("customer"))
_HOLD_OF = _holding(select(Offer.customer_id).where(Offer.id == bindparam("offer")).scalar_subquery())


def list_kept(session: Session, customer_id: int, since: datetime) -> list[Kept]:
    return [Kept._make(row) for row in kept_since(customer_id, since).all(session)]


def kept_since(customer_id: int, since: datetime) -> Part:
    """The same question, to be asked ahead."""
    return _KEPT_SINCE.of(customer=customer_id, since=since)


def list_kept_with(session: Session, customer_id: int, order_id: int) -> list[Kept]:
    """Those that go with one order, or with none and were given since it was placed."""
    return [Kept._make(row) for row in _KEPT_WITH.all(session, customer=customer_id, order=order_id)]


def list_newest_kept(session: Session, customer_id: int) -> list[Kept]:
    """The newest twelve, newest first."""
    return [Kept._make(row) for row in _NEWEST_KEPT.all(session, customer=customer_id)]


def list_newest_orders(session: Session, customer_id: int) -> list[tuple[int, str]]:
    """Ids and statuses of the newest four, newest first."""
    return [(order_id, status) for order_id, status in _NEWEST_ORDERS.all(session, customer=customer_id)]


def has_offer(session: Session, customer_id: int) -> bool:
    """Whether anything is only offered to this customer yet, however old."""
    return _OFFERED.first(session, customer=customer_id) is not None


def order_total(session: Session, order_id: int, currency: str) -> int:
    """Minor units; what was sent back is taken off. 0 for an order in another currency."""
    return int(
        session.exec(_TOTAL, params={"order": order_id, "currency": currency}).one() or 0
    )  # PostgreSQL adds up to a decimal


def get_grant(session: Session, grant_id: int) -> Grant:
    if (found := session.get(Grant, grant_id)) is None:
        raise NotFound(say("There is no such gift."))
    return found


def recording(grant_id: int, **values: object) -> Part:
    """A new grant, reserved, under an id of `Held`. `values`: its other columns."""
    return _RESERVED.of(id=grant_id, state=GrantState.RESERVED, **values)


def move(session: Session, grant_id: int, to: GrantState, *, came_from: Iterable[GrantState], now: datetime) -> bool:
    """False if it stands in none of `came_from` any more: of two who try only one may move the money."""
    stamp = "committed_at" if to is GrantState.COMMITTED else "released_at"
    moved = (
        update(Grant).where(col(Grant.id) == grant_id, col(Grant.state).in_(came_from)).values(state=to, **{stamp: now})
    )
    return bool(session.connection().execute(moved).rowcount)


def enter(session: Session, grant_id: int, kind: LedgerKind, amounts: Mapping[str, int], now: datetime) -> None:
    """One line for each bucket; `amounts` is signed."""
    if amounts:
        entering(grant_id, kind, amounts, now).all(session)


def entering(grant_id: int, kind: LedgerKind, amounts: Mapping[str, int], now: datetime) -> Part:
    lines = enumerate(sorted(amounts.items()))
    each = {f"{name}{n}": value for n, line in lines for name, value in zip("ka", line, strict=True)}
    return _entering(len(amounts)).of(of_grant=grant_id, is_kind=kind, then=now, **each)


@cache
def _entering(lines: int) -> Ready:
    """One statement, because one for each line takes PostgreSQL and its driver as long as four other ones."""
    of = SQLModel.metadata.tables["ledger"].c
    shared = (("grant_id", "of_grant"), ("kind", "is_kind"), ("at", "then"))
    same = {column: bindparam(name, type_=of[column].type) for column, name in shared}
    each = (
        {
            "bucket_key": bindparam(f"k{n}", type_=of.bucket_key.type),
            "amount_minor": bindparam(f"a{n}", type_=of.amount_minor.type),
        }
        for n in range(lines)
    )
    return Ready(insert(Ledger).inline().values([same | one for one in each]))


def reserved(session: Session, grant_id: int) -> dict[str, int]:
    """Bucket key -> what this grant put into it."""
    query = select(Ledger.bucket_key, Ledger.amount_minor).where(
        Ledger.grant_id == grant_id, Ledger.kind == LedgerKind.RESERVE
    )
    return dict(session.exec(query).all())


def count_by_state(session: Session) -> list[tuple[GrantState, int]]:
    query = select(Grant.state, func.count()).group_by(col(Grant.state))
    return [(GrantState(state), count) for state, count in session.exec(query).all()]
