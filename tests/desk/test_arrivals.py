"""What becomes of the gifts in a parcel that arrives or comes back."""

from datetime import timedelta

import cast
import pytest
from parcels import SHOP, TODAY, deliver, order_id
from sqlmodel import Session, select

from deskapp.desk import deliveries, grants, settling
from deskapp.desk.deliveries import Ask
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Forbidden
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.delivery_board import Which
from deskapp.store.gift_tables import Bucket, Grant, GrantState, Ledger, LedgerKind
from deskapp.store.tables import Audit, Delivery

People = dict[str, Actor]


@pytest.fixture
def gift(session: Session, people: People) -> int:
    """Tea that goes along with Carla's open order."""
    return give(session, people["ana"], "tea", "gift-key-1")


@pytest.fixture
def parcel(session: Session, people: People) -> int:
    return deliver(session)


def give(session: Session, giver: Actor, sku: str, key: str, order: str | None = "O-2") -> int:
    customer, item = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, sku)
    number = order_id(session, order) if order else None
    grant_id = grants.give(session, giver, customer, item, number, key=key, now=cast.NOW).grant_id
    assert grant_id is not None
    return grant_id


def tick(session: Session, people: People, parcel: int, tick: Tick, hours: int = 1) -> None:
    deliveries.tick(session, people["del"], parcel, tick, shop=SHOP, now=cast.NOW + timedelta(hours=hours))


def state(session: Session, grant_id: int) -> GrantState:
    session.expire_all()
    return session.get_one(Grant, grant_id).state


def spent(session: Session) -> set[int]:
    session.expire_all()
    return {bucket.spent_minor for bucket in session.exec(select(Bucket)).all()}


def kinds(session: Session) -> list[LedgerKind]:
    return sorted({row.kind for row in session.exec(select(Ledger)).all()})


def test_what_is_delivered_commits_its_gifts_and_the_money_stays_spent(
    session: Session, people: People, parcel: int, gift: int
) -> None:
    for _ in range(2):
        tick(session, people, parcel, Tick.DELIVERED)
    assert state(session, gift) is GrantState.COMMITTED
    assert spent(session) == {350, 200}  # at price and at cost
    assert kinds(session) == [LedgerKind.COMMIT, LedgerKind.RESERVE]
    actions = [line.action for line in session.exec(select(Audit).order_by(Audit.id)).all()]
    assert actions == ["gift.granted", "gift.committed", "delivery.delivered"]


@pytest.mark.parametrize("before", [[], [Tick.DELIVERED]])
def test_what_came_back_releases_its_gifts_even_if_it_was_there(
    session: Session, people: People, parcel: int, gift: int, before: list[Tick]
) -> None:
    for one in [*before, Tick.RETURNED, Tick.RETURNED]:
        tick(session, people, parcel, one)
    assert state(session, gift) is GrantState.RETURNED
    assert spent(session) == {0}
    assert items.get_by_sku(session, "tea").stock == 40


def test_a_parcel_without_a_gift_can_be_unticked(session: Session, people: People, parcel: int) -> None:
    for one in (Tick.DELIVERED, Tick.UNDELIVERED, Tick.RETURNED, Tick.UNRETURNED):
        tick(session, people, parcel, one)
    row = session.get_one(Delivery, parcel)
    assert (row.delivered_at, row.delivered_by, row.returned_at, row.returned_by) == (None, None, None, None)


@pytest.mark.parametrize(
    ("ticked", "undone", "sentence"),
    [(Tick.DELIVERED, Tick.UNDELIVERED, "counts as handed over"), (Tick.RETURNED, Tick.UNRETURNED, "given back")],
)
def test_a_tick_that_moved_a_gifts_money_is_not_taken_back(
    session: Session, people: People, parcel: int, gift: int, ticked: Tick, undone: Tick, sentence: str
) -> None:
    tick(session, people, parcel, ticked)
    before = state(session, gift)
    with pytest.raises(Conflict, match=sentence):
        tick(session, people, parcel, undone)
    assert state(session, gift) is before


def test_a_second_try_delivers_the_parcel_and_not_the_gift_again(
    session: Session, people: People, parcel: int, gift: int
) -> None:
    for n, one in enumerate((Tick.RETURNED, Tick.DELIVERED)):
        tick(session, people, parcel, one, hours=n)
    row = session.get_one(Delivery, parcel)
    assert (row.delivered_at, row.returned_at) == (cast.NOW + timedelta(hours=1), None)
    assert state(session, gift) is GrantState.RETURNED


def test_a_gift_taken_back_before_stays_so(session: Session, people: People, parcel: int, gift: int) -> None:
    settling.undo(session, people["ana"], gift, now=cast.NOW)
    tick(session, people, parcel, Tick.DELIVERED)
    assert state(session, gift) is GrantState.UNDONE


def test_gifts_of_other_orders_and_of_none_stay_reserved(session: Session, people: People, parcel: int) -> None:
    loose = give(session, people["ana"], "tea", "gift-key-2", order=None)
    tick(session, people, parcel, Tick.DELIVERED)
    assert state(session, loose) is GrantState.RESERVED


def test_what_left_yesterday_is_on_the_way_until_somebody_says_that_it_is_there(
    session: Session, people: People
) -> None:
    parcel = deliver(session, ship_on=TODAY - timedelta(days=2))
    row = session.get_one(Delivery, parcel)
    row.packed_at = row.handed_at = cast.NOW - timedelta(days=2)
    session.flush()
    assert deliveries.board(session, today=TODAY).groups == []
    away = deliveries.board(session, Ask(Which.AWAY), today=TODAY)
    assert [row.id for group in away.groups for row in group.rows] == [parcel]
    tick(session, people, parcel, Tick.DELIVERED)
    assert deliveries.board(session, Ask(Which.AWAY), today=TODAY).groups == []


def test_at_the_door_only_the_parcel_is_seen_and_no_price(session: Session, parcel: int, gift: int) -> None:
    ((row,),) = [group.rows for group in deliveries.board(session, today=TODAY).groups]
    assert row.gifts == ["Green tea, 20 bags"]
    assert not [name for name in row.__slots__ if "minor" in name or "price" in name]


def test_what_is_there_needs_no_card_and_no_packing_any_more(session: Session, people: People) -> None:
    parcel = deliver(session, need_by=TODAY - timedelta(days=1))
    before = deliveries.board(session, today=TODAY)
    assert (before.to_write, before.to_pack, before.groups[0].rows[0].is_too_late) == (1, 1, True)
    tick(session, people, parcel, Tick.DELIVERED)
    after = deliveries.board(session, today=TODAY)
    assert (after.to_write, after.to_pack, after.groups[0].rows[0].is_too_late) == (0, 0, False)


def test_who_gave_what_was_handed_over_does_not_say_that_it_came_back(
    session: Session, people: People, gift: int, parcel: int
) -> None:
    deliveries.tick(session, people["ana"], parcel, Tick.DELIVERED, shop=SHOP, now=cast.NOW)
    with pytest.raises(Forbidden, match="A gift in this parcel is yours"):
        deliveries.tick(session, people["ana"], parcel, Tick.RETURNED, shop=SHOP, now=cast.NOW)
    assert (session.get_one(Delivery, parcel).returned_at, state(session, gift)) == (None, GrantState.COMMITTED)
    deliveries.tick(session, people["bo"], parcel, Tick.RETURNED, shop=SHOP, now=cast.NOW)
    assert state(session, gift) is GrantState.RETURNED


def test_a_tick_hands_over_what_a_program_told_by_the_wrong_time_left_reserved(
    session: Session, people: People, gift: int, parcel: int
) -> None:
    session.get_one(Delivery, parcel).delivered_at = cast.NOW - timedelta(hours=9)
    session.flush()
    tick(session, people, parcel, Tick.DELIVERED)
    assert state(session, gift) is GrantState.COMMITTED
