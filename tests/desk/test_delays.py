"""A parcel that comes too late, and whose it is to say so: on both engines."""

from datetime import UTC, date, datetime, timedelta

import cast
import pytest
from parcels import SHOP, deliver, gift, note, promise
from sqlmodel import Session, select

from deskapp.desk import delays, deliveries, delivery_events, promises, today
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.rules.promises import is_delayed
from deskapp.store.card_tables import Happened, Teller
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Audit, Customer, Delivery, Staff

People = dict[str, Actor]
TODAY = cast.NOW.date()


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def late(session: Session, **more) -> int:
    return deliver(session, **({"need_by": day(3), "estimated": day(5)} | more))


def whose(session: Session, people: People) -> list[str]:
    session.flush()
    return [who for who, actor in people.items() if delays.alarms(session, actor, today=TODAY, now=cast.NOW)]


def estimate(session: Session, box: int, days: int, minute: int = 0) -> None:
    at = datetime(2026, 3, 14, 9, minute, tzinfo=UTC)
    new = NewEvent(Happened.ESTIMATED, at, day(days))
    delivery_events.record(session, None, box, new, teller=Teller.FILE, source_key=None, now=cast.NOW)
    session.flush()


def tell(session: Session, actor: Actor, box: int) -> None:
    delays.tell(session, actor, box, today=TODAY, now=cast.NOW)
    session.flush()


# --- what is a delay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("need", "estimated", "ship", "is_packed", "late"),
    [
        (3, 4, 0, False, True),
        (3, 3, 0, False, False),
        (3, 3, 9, False, False),
        (3, None, 4, True, True),
        (3, None, 3, False, False),
        (-1, None, -3, False, True),
        (-1, None, -3, True, False),
        (-1, -2, -3, True, False),
    ],
)
def test_a_delay_is_an_estimate_after_the_need_or_a_leaving_too_late_for_it(
    need: int, estimated: int | None, ship: int, is_packed: bool, late: bool, session: Session, people: People
) -> None:
    expected = None if estimated is None else day(estimated)
    assert is_delayed(day(need), expected, day(ship), TODAY, is_packed=is_packed) is late
    box = deliver(session, ship_on=day(ship), need_by=day(need), estimated=expected)
    session.get_one(Delivery, box).packed_at = cast.NOW if is_packed else None
    assert bool(whose(session, people)) is late


def test_what_nobody_needs_for_a_day_is_never_late() -> None:
    assert not is_delayed(None, day(9), day(0), TODAY, is_packed=False)


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_it_is_the_leads_where_nobody_knows_the_customer(session: Session, people: People) -> None:
    late(session)
    assert whose(session, people) == ["bo", "mo", "ada"]
    assert delays.alarms(session, people["bo"], today=TODAY, now=cast.NOW)[0].is_nobodys


def test_it_is_whoever_promised_else_wrote_else_gave(session: Session, people: People) -> None:
    late(session)
    gift(session, "tea")  # by Ana
    assert whose(session, people) == ["ana"]
    note(session, "Hm.")
    session.exec(select(Staff).where(Staff.username == "ana")).one()
    assert whose(session, people) == ["ana"]
    promise(session, "We will call", kept=False)  # Bo's
    assert whose(session, people) == ["bo"]


def test_who_has_left_or_promised_long_ago_owns_nothing_any_more(session: Session, people: People) -> None:
    late(session)
    promise(session, "We will call", kept=True)
    note(session, "Hm.")
    assert whose(session, people) == ["bo"]
    session.exec(select(Promise)).one().made_at = cast.NOW - timedelta(days=31)
    assert whose(session, people) == ["ana"]
    session.exec(select(Staff).where(Staff.username == "ana")).one().is_active = False
    assert whose(session, people) == ["bo", "mo", "ada"]


@pytest.mark.parametrize("how", ["delivered", "erased", "old"])
def test_it_is_no_alarm_any_more_once_it_is_there_or_nobody_can_be_told(
    session: Session, people: People, how: str
) -> None:
    box = late(session, need_by=day(-15) if how == "old" else day(3))
    if how == "delivered":
        deliveries.tick(session, people["bo"], box, Tick.DELIVERED, shop=SHOP, now=cast.NOW)
    elif how == "erased":
        session.get_one(Customer, cast.customer_id(session)).erased_at = cast.NOW
    assert whose(session, people) == []


# --- until somebody told them ---------------------------------------------------------------------------------------


def test_it_stands_until_somebody_told_them_and_again_when_they_did_not(session: Session, people: People) -> None:
    box, ana = late(session), people["ana"]
    for _ in range(2):
        tell(session, ana, box)
    assert whose(session, people) == []
    for _ in range(2):
        delays.untell(session, ana, box, now=cast.NOW)
    assert whose(session, people) == ["bo", "mo", "ada"]
    told = session.exec(select(Audit.action, Audit.subject).where(Audit.action.like("delivery.delay%"))).all()
    carla = f"customer:{cast.customer_id(session)}"
    assert told == [("delivery.delay-told", carla), ("delivery.delay-untold", carla)]


def test_a_later_estimate_raises_it_anew_and_an_earlier_one_does_not(session: Session, people: People) -> None:
    box = late(session)
    tell(session, people["ana"], box)
    estimate(session, box, 4, 1)
    assert whose(session, people) == []
    estimate(session, box, 6, 2)
    assert whose(session, people) == ["bo", "mo", "ada"]


def test_an_estimate_in_time_ends_it_and_the_next_delay_is_a_new_one(session: Session, people: People) -> None:
    box = late(session)
    tell(session, people["ana"], box)
    estimate(session, box, 2, 1)
    assert whose(session, people) == []
    with pytest.raises(Conflict, match="in time again"):
        tell(session, people["ana"], box)
    estimate(session, box, 5, 2)
    assert whose(session, people) == ["bo", "mo", "ada"]


def test_an_older_estimate_that_comes_in_late_moves_nothing(session: Session, people: People) -> None:
    box = late(session)
    estimate(session, box, 4, 5)
    tell(session, people["ana"], box)
    estimate(session, box, 9, 1)
    assert session.get_one(Delivery, box).estimated_on == day(4)
    assert whose(session, people) == []


# --- on the pages ---------------------------------------------------------------------------------------------------


def test_today_shows_it_once_and_then_that_they_know(session: Session, people: People) -> None:
    box, bo = late(session), people["bo"]
    session.flush()
    page = today.panel(session, bo, today=TODAY, now=cast.NOW)
    assert ([one.delivery_id for one in page.alarms], page.needed, page.is_clear) == ([box], [], False)
    tell(session, people["ana"], box)
    page = today.panel(session, bo, today=TODAY, now=cast.NOW)
    assert page.alarms == []
    assert [(row.told_at, row.told_by) for row in page.needed] == [(cast.NOW, "Ana")]


def test_the_customers_panel_says_whether_they_know(session: Session, people: People) -> None:
    box = late(session)
    session.flush()
    rows = [promises.panel(session, cast.customer_id(session), today=TODAY).need_by[0]]
    tell(session, people["ana"], box)
    rows.append(promises.panel(session, cast.customer_id(session), today=TODAY).need_by[0])
    assert [(row.is_delayed, row.told_at) for row in rows] == [(True, None), (True, cast.NOW)]
