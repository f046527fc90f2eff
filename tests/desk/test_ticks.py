from datetime import timedelta

import cast
import pytest
from parcels import SHOP, TODAY, deliver, prefer
from sqlmodel import Session, select

from deskapp.desk import deliveries
from deskapp.desk.delivery_rows import DeliveryRow
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.store.memory_tables import PreferenceKind
from deskapp.store.tables import Audit, Delivery

People = dict[str, Actor]
FIELDS = {
    Tick.WRITTEN: "written",
    Tick.PACKED: "packed",
    Tick.HANDED: "handed",
    Tick.DELIVERED: "delivered",
    Tick.RETURNED: "returned",
}
UNDO = {tick: Tick(f"un{tick}") for tick in FIELDS}


@pytest.fixture
def parcel(session: Session, people: People) -> int:
    return deliver(session)


def tick(session: Session, who: Actor, parcel: int, *ticks: Tick) -> None:
    for hour, one in enumerate(ticks):
        deliveries.tick(session, who, parcel, one, shop=SHOP, now=cast.NOW + timedelta(hours=hour))
    session.flush()


def row(session: Session) -> DeliveryRow:
    ((one,),) = [group.rows for group in deliveries.board(session, today=TODAY).groups]
    return one


def actions(session: Session) -> list[str]:
    return [line.action for line in session.exec(select(Audit).order_by(Audit.id)).all()]


@pytest.mark.parametrize("made", list(FIELDS))
def test_a_tick_says_who_and_when_is_made_once_by_the_first_and_can_be_taken_back(
    session: Session, people: People, parcel: int, made: Tick
) -> None:
    for who in ("del", "ana"):
        tick(session, people[who], parcel, made)
    one, name = row(session), FIELDS[made]
    assert (getattr(one, f"{name}_by"), getattr(one, f"{name}_at")) == ("Del", cast.NOW)
    for _ in range(2):
        tick(session, people["bo"], parcel, UNDO[made])
    one = row(session)
    assert (getattr(one, f"{name}_by"), getattr(one, f"{name}_at")) == ("", None)
    assert actions(session) == [f"delivery.{made}", f"delivery.{UNDO[made]}"]


def test_whoever_hands_a_parcel_over_has_packed_it(session: Session, people: People, parcel: int) -> None:
    tick(session, people["del"], parcel, Tick.HANDED)
    one = row(session)
    assert (one.packed_by, one.packed_at, one.handed_by, one.handed_at) == ("Del", cast.NOW, "Del", cast.NOW)
    tick(session, people["del"], parcel, Tick.UNHANDED, Tick.UNPACKED)
    assert (row(session).packed_at, row(session).handed_at) == (None, None)


def test_who_packed_it_stays_who_packed_it(session: Session, people: People, parcel: int) -> None:
    tick(session, people["ana"], parcel, Tick.PACKED)
    tick(session, people["del"], parcel, Tick.HANDED)
    assert (row(session).packed_by, row(session).handed_by) == ("Ana", "Del")


@pytest.mark.parametrize(
    ("ticks", "undo", "sentence"),
    [
        ([Tick.HANDED], Tick.UNPACKED, "handed over already"),
        ([Tick.HANDED, Tick.DELIVERED], Tick.UNHANDED, "arrived or came back"),
        ([Tick.HANDED, Tick.RETURNED], Tick.UNHANDED, "arrived or came back"),
    ],
)
def test_a_tick_cannot_be_taken_back_under_one_that_stands_on_it(
    session: Session, people: People, parcel: int, ticks: list[Tick], undo: Tick, sentence: str
) -> None:
    tick(session, people["del"], parcel, *ticks)
    before = row(session)
    with pytest.raises(Conflict, match=sentence):
        tick(session, people["del"], parcel, undo)
    assert row(session) == before


def test_a_signed_card_stays_written(session: Session, people: People, parcel: int) -> None:
    tick(session, people["del"], parcel, Tick.WRITTEN)
    session.get_one(Delivery, parcel).signed_at = cast.NOW
    with pytest.raises(Conflict, match="signed"):
        tick(session, people["del"], parcel, Tick.UNWRITTEN)


@pytest.mark.parametrize(
    ("ticks", "lacks"),
    [
        ([], False),
        ([Tick.PACKED], True),
        ([Tick.HANDED], True),
        ([Tick.WRITTEN, Tick.PACKED], False),
        ([Tick.PACKED, Tick.WRITTEN], False),
        ([Tick.HANDED, Tick.DELIVERED], False),
    ],
)
def test_a_parcel_without_the_card_that_was_wished_is_packed_with_a_warning(
    session: Session, people: People, parcel: int, ticks: list[Tick], lacks: bool
) -> None:
    tick(session, people["del"], parcel, *ticks)
    assert row(session).lacks_card is lacks


def test_where_no_card_is_wished_none_is_missed(session: Session, people: People, parcel: int) -> None:
    prefer(session, PreferenceKind.NO_CARDS, "")
    tick(session, people["del"], parcel, Tick.PACKED)
    assert not row(session).lacks_card


def test_what_left_is_no_longer_late_to_leave_and_is_expected_when_it_left(session: Session, people: People) -> None:
    parcel = deliver(session, ship_on=TODAY - timedelta(days=2), need_by=TODAY + timedelta(days=1))
    assert (row(session).is_late, row(session).expected_on) == (True, TODAY)
    tick(session, people["del"], parcel, Tick.PACKED)
    assert row(session).is_late
    tick(session, people["del"], parcel, Tick.HANDED)
    assert (row(session).is_late, row(session).expected_on) == (False, TODAY)
