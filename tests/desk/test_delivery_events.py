"""What is told of parcels, by whomever and in whatever order: on both engines."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import cast
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parcels import SHOP, deliver, order_id
from sqlmodel import Session, select

from deskapp.desk import deliveries, delivery_events, grants, settling, verifying
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.card_tables import DeliveryEvent, Happened, Teller
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import Bucket, Grant, GrantState
from deskapp.store.tables import Audit, Delivery, Item, Order

People = dict[str, Actor]
NOW = cast.NOW + timedelta(days=10)
TODAY = cast.NOW.date()


def at(days: float) -> datetime:
    """So many days after the gift was given."""
    return cast.NOW + timedelta(days=days)


def tell(session: Session, delivery_id: int, kind: str, days: float, key: str | None = None, **more) -> bool:
    said = {"teller": Teller.FILE, "now": NOW} | {k: more.pop(k) for k in ("teller", "now", "actor") if k in more}
    new = NewEvent(Happened(kind), at(days), **more)
    return delivery_events.record(session, said.pop("actor", None), delivery_id, new, source_key=key, **said)


def give(session: Session, giver: Actor, now: datetime = cast.NOW, key: str = "gift-key-1") -> int:
    customer, item = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "tea")
    return grants.give(session, giver, customer, item, order_id(session, "O-2"), key=key, now=now).grant_id or 0


def parcel(session: Session, delivery_id: int) -> Delivery:
    session.flush()
    session.expire_all()
    return session.get_one(Delivery, delivery_id)


def state(session: Session, grant_id: int) -> GrantState:
    session.expire_all()
    return session.get_one(Grant, grant_id).state


def events(session: Session) -> list[str]:
    return [one.kind.value for one in session.exec(select(DeliveryEvent).order_by(DeliveryEvent.id)).all()]


def faults(session: Session) -> list[str]:
    """Of the books. The limits of the cast were set by nobody, which the verifier says as well."""
    session.flush()
    found = [fault for check in verifying.verify(session) for fault in check.faults]
    return [fault for fault in found if "limit edition" not in fault]


# --- what each does -------------------------------------------------------------------------------------------------


def test_an_estimate_moves_the_day_it_is_expected(session: Session) -> None:
    box = deliver(session)
    assert tell(session, box, "estimated", 0, estimated_on=date(2026, 3, 20))
    assert parcel(session, box).estimated_on == date(2026, 3, 20)


def test_what_left_is_handed_over_and_packed_by_nobody_of_ours(session: Session) -> None:
    box = deliver(session)
    tell(session, box, "left", 1)
    found = parcel(session, box)
    assert (found.handed_at, found.handed_by, found.packed_at, found.packed_by) == (at(1), None, at(1), None)


def test_what_is_delivered_hands_its_gifts_over(session: Session, people: People) -> None:
    box, gift = deliver(session), give(session, people["ana"])
    tell(session, box, "delivered", 2)
    assert parcel(session, box).delivered_at == at(2)
    assert state(session, gift) is GrantState.COMMITTED
    assert faults(session) == []


def test_what_comes_back_releases_its_gifts(session: Session, people: People) -> None:
    box, gift = deliver(session), give(session, people["ana"])
    tell(session, box, "delivered", 2)
    tell(session, box, "returned", 3)
    assert parcel(session, box).returned_at == at(3)
    assert state(session, gift) is GrantState.RETURNED
    assert {bucket.spent_minor for bucket in session.exec(select(Bucket)).all()} == {0}
    assert faults(session) == []


def test_at_the_second_try_it_is_there_and_its_gifts_stay_released(session: Session, people: People) -> None:
    box, gift = deliver(session), give(session, people["ana"])
    for kind, days in (("returned", 2), ("delivered", 4)):
        tell(session, box, kind, days)
    found = parcel(session, box)
    assert (found.delivered_at, found.returned_at) == (at(4), None)
    assert state(session, gift) is GrantState.RETURNED


def test_a_gift_that_was_given_since_is_not_in_that_parcel(session: Session, people: People) -> None:
    box, later = deliver(session), give(session, people["ana"], at(5))
    tell(session, box, "delivered", 2)
    tell(session, box, "returned", 3)
    assert state(session, later) is GrantState.RESERVED


def test_each_is_in_the_audit_of_its_customer_in_no_words(session: Session, people: People) -> None:
    box = deliver(session)
    tell(session, box, "left", 1, teller=Teller.API, actor=people["bo"])
    line = session.exec(select(Audit).where(Audit.action == "delivery.told")).one()
    assert (line.subject, line.staff_id) == (f"customer:{cast.customer_id(session)}", people["bo"].staff_id)
    assert line.details == {"delivery": box, "kind": "left", "told_by": "api"}


# --- once -----------------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_known_and_changes_nothing(session: Session, people: People) -> None:
    box, gift = deliver(session), give(session, people["ana"])
    assert [tell(session, box, "delivered", 2, "e-1") for _ in range(3)] == [True, False, False]
    assert events(session) == ["delivered"]
    assert state(session, gift) is GrantState.COMMITTED


@pytest.mark.parametrize(
    ("kind", "days", "more"), [("returned", 2, {}), ("left", 3, {}), ("estimated", 2, {"estimated_on": TODAY})]
)
def test_the_same_key_with_other_words_is_a_conflict(session: Session, kind: str, days: int, more: dict) -> None:
    box = deliver(session)
    tell(session, box, "left", 2, "e-1")
    with pytest.raises(Conflict, match="told before, and otherwise"):
        tell(session, box, kind, days, "e-1", **more)
    assert events(session) == ["left"]


def test_the_same_key_of_another_parcel_is_a_conflict_and_of_another_teller_is_not(session: Session) -> None:
    one, two = deliver(session), deliver(session, "O-1")
    tell(session, one, "left", 2, "e-1")
    with pytest.raises(Conflict):
        tell(session, two, "left", 2, "e-1")
    assert tell(session, two, "left", 2, "e-1", teller=Teller.HOST)


# --- what cannot be -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "days", "more", "sentence"),
    [
        ("delivered", 10.1, {}, "lies in the future"),
        ("delivered", -3, {}, "before the day of the order"),
        ("estimated", 1, {}, "needs the day"),
        ("left", 1, {"estimated_on": TODAY}, "with an estimate only"),
        ("estimated", 1, {"estimated_on": date(2026, 3, 1)}, "look at the year"),
        ("estimated", 1, {"estimated_on": date(2062, 3, 20)}, "look at the year"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    session: Session, kind: str, days: float, more: dict, sentence: str
) -> None:
    box = deliver(session)
    with pytest.raises(Invalid, match=sentence):
        tell(session, box, kind, days, **more)
    assert events(session) == []


def test_clocks_may_differ_and_a_day_alone_is_the_day_of_the_order(session: Session) -> None:
    box = deliver(session)
    placed = session.exec(select(Order.placed_at).where(Order.external_id == "O-2")).one()
    midnight = datetime.combine(placed.date(), datetime.min.time(), UTC)
    assert tell(session, box, "left", 10 + 1 / 1440)
    new = NewEvent(Happened.LEFT, midnight)
    assert delivery_events.record(session, None, box, new, teller=Teller.FILE, source_key=None, now=NOW)


def test_of_no_delivery_nothing_is_told(session: Session) -> None:
    with pytest.raises(NotFound):
        tell(session, 10**9, "left", 1)
    with pytest.raises(NotFound, match="order number"):
        delivery_events.record_of_order(
            session, None, "O-77", NewEvent(Happened.LEFT, at(1)), teller=Teller.HOST, source_key="1", now=NOW
        )


def test_what_was_told_is_known_even_when_the_date_of_its_order_was_corrected(session: Session) -> None:
    box = deliver(session)
    tell(session, box, "delivered", 1, "e-1")
    session.exec(select(Order).where(Order.external_id == "O-2")).one().placed_at = at(3)
    session.flush()
    assert not tell(session, box, "delivered", 1, "e-1")


# --- who may say that it came back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("giver", ["ana", "bo"])
def test_a_program_of_somebody_who_gives_does_not_release_what_was_handed_over(
    session: Session, people: People, giver: str
) -> None:
    box, gift = deliver(session), give(session, people[giver])
    tell(session, box, "delivered", 2)
    with pytest.raises(Forbidden, match="let a lead or the bench say"):
        tell(session, box, "returned", 3, "e-1", teller=Teller.API, actor=people["ana"])
    assert events(session) == ["delivered"]
    assert tell(session, box, "returned", 3, "e-1", teller=Teller.API, actor=people["del"])
    assert state(session, gift) is GrantState.RETURNED


def test_what_was_given_at_the_counter_stays_given_when_the_parcel_comes_back(session: Session, people: People) -> None:
    box = deliver(session)
    tell(session, box, "delivered", 1)
    counter = give(session, people["ana"], at(2))
    settling.hand_over(session, people["ana"], counter, now=at(2))
    tell(session, box, "returned", 3)
    assert state(session, counter) is GrantState.COMMITTED


# --- ticks that come late ---------------------------------------------------------------------------------------------


def test_a_carriers_return_outweighs_a_tick_of_the_same_evening(session: Session, people: People) -> None:
    box, gift = deliver(session), give(session, people["ana"])
    deliveries.tick(session, people["del"], box, Tick.DELIVERED, shop=SHOP, now=at(2.1))
    tell(session, box, "returned", 2)
    assert parcel(session, box).returned_at == at(2)
    assert state(session, gift) is GrantState.RETURNED


def test_a_tick_of_days_after_a_return_is_a_second_try(session: Session, people: People) -> None:
    box = deliver(session)
    deliveries.tick(session, people["del"], box, Tick.DELIVERED, shop=SHOP, now=at(4))
    tell(session, box, "returned", 2)
    assert parcel(session, box).returned_at is None


@pytest.mark.parametrize("story", list(permutations([("returned", 2), ("delivered", 2.05)])))
def test_a_carriers_own_second_try_counts_beside_a_tick(session: Session, people: People, story: tuple) -> None:
    box = deliver(session)
    deliveries.tick(session, people["del"], box, Tick.DELIVERED, shop=SHOP, now=at(2.1))
    for kind, days in story:
        tell(session, box, kind, days)
    assert (parcel(session, box).delivered_at, parcel(session, box).returned_at) == (at(2.1), None)


# --- in any order ---------------------------------------------------------------------------------------------------

STORY = [
    ("estimated", 0.5, date(2026, 3, 18)),
    ("left", 1, None),
    ("estimated", 1.5, date(2026, 3, 21)),
    ("delivered", 2, None),
    ("returned", 3, None),
    ("delivered", 4, None),
]


def outcome(session: Session, box: int, gifts: list[int]) -> tuple:
    found = parcel(session, box)
    row = (found.handed_at, found.packed_at, found.delivered_at, found.returned_at, found.estimated_on)
    money = sorted((one.key, one.spent_minor) for one in session.exec(select(Bucket)).all())
    stock = session.exec(select(Item.stock).where(Item.sku == "tea")).one()
    return *row, [state(session, gift) for gift in gifts], money, stock


def told_in(session: Session, people: People, story: list[tuple]) -> tuple:
    """What becomes of two gifts, one given before the parcel left and one after it came back. Nothing of it is kept."""
    with session.begin_nested() as trial:
        box = deliver(session)
        gifts = [give(session, people["ana"]), give(session, people["bo"], at(3.5), "gift-key-2")]
        for number, (kind, days, on) in enumerate(story):
            more = {"estimated_on": on} if on else {}
            tell(session, box, kind, days, f"{kind}-{days}-{on}", **more)
            if number % 2:
                tell(session, box, kind, days, f"{kind}-{days}-{on}", **more)
        found = outcome(session, box, gifts)
        assert faults(session) == []
        trial.rollback()
    return found


def test_a_return_and_two_deliveries_end_the_same_in_all_their_orders(session: Session, people: People) -> None:
    ends = [told_in(session, people, list(story)) for story in permutations(STORY[3:])]
    assert all(end == ends[0] for end in ends)
    assert ends[0][2:4] == (at(4), None)
    assert ends[0][5] == [GrantState.RETURNED, GrantState.COMMITTED]


TOLD = st.one_of(
    st.tuples(st.sampled_from(["left", "delivered", "returned"]), st.sampled_from([0.5, 1, 2, 3, 4, 5]), st.none()),
    st.tuples(st.just("estimated"), st.sampled_from([0.5, 1, 2]), st.dates(date(2026, 3, 14), date(2026, 3, 24))),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(TOLD, min_size=2, max_size=6), data=st.data())
def test_whatever_is_told_ends_the_same_in_any_order_and_however_often(
    session: Session, people: People, story: list, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(story + story[:2]))
    assert told_in(session, people, story) == told_in(session, people, shuffled)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_what_is_ticked_by_hand_is_told_too_and_an_undo_is_not(session: Session, people: People) -> None:
    box, bo = deliver(session), people["bo"]
    for tick in (Tick.PACKED, Tick.DELIVERED, Tick.DELIVERED, Tick.UNDELIVERED, Tick.RETURNED):
        deliveries.tick(session, bo, box, tick, shop=SHOP, now=NOW)
    told = session.exec(select(DeliveryEvent).order_by(DeliveryEvent.id)).all()
    assert [(one.kind, one.told_by, one.recorded_by) for one in told] == [
        (Happened.DELIVERED, Teller.PERSON, bo.staff_id),
        (Happened.RETURNED, Teller.PERSON, bo.staff_id),
    ]


def test_a_persons_tick_stays_theirs_when_a_program_tells_the_same_of_before(session: Session, people: People) -> None:
    box = deliver(session)
    deliveries.tick(session, people["bo"], box, Tick.DELIVERED, shop=SHOP, now=at(5))
    tell(session, box, "delivered", 2)
    assert (parcel(session, box).delivered_at, parcel(session, box).delivered_by) == (at(5), people["bo"].staff_id)


def test_the_timeline_says_who_told_what_when(session: Session, people: People) -> None:
    box = deliver(session)
    deliveries.tick(session, people["bo"], box, Tick.DELIVERED, shop=SHOP, now=at(5))
    tell(session, box, "left", 2)
    tell(session, box, "estimated", 1, estimated_on=TODAY, teller=Teller.API, actor=people["ana"], now=at(1))
    rows = [(row.words, row.by, row.was_told_late) for row in delivery_events.timeline(session, box)]
    assert rows == [
        ("It is expected", "a program, with the token of Ana", False),
        ("It left the house", "a file", True),
        ("It was delivered", "Bo", False),
    ]


def test_the_timeline_says_of_a_tick_that_it_was_taken_back(session: Session, people: People) -> None:
    box, other = deliver(session), deliver(session, "O-1")
    for n, tick in enumerate((Tick.DELIVERED, Tick.UNDELIVERED, Tick.RETURNED, Tick.UNRETURNED)):
        deliveries.tick(session, people["bo"], box, tick, shop=SHOP, now=at(1) + timedelta(minutes=n))
    rows = [(row.words, row.by) for row in delivery_events.timeline(session, box)]
    assert rows == [
        ("It was delivered", "Bo"),
        ("It was not delivered after all: that tick was taken back", "Bo"),
        ("It came back", "Bo"),
        ("It did not come back after all: that tick was taken back", "Bo"),
    ]
    assert delivery_events.timeline(session, other) == []
