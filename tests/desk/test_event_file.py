"""A file of what happened to parcels, taken in as a whole or not at all: on both engines."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import deliver, deliver_many
from sqlmodel import func, select

from deskapp.desk import event_file, grants
from deskapp.desk.imports import ImportRefused
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.card_tables import DeliveryEvent
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket, Grant, GrantState
from deskapp.store.tables import Delivery, Order

HEADER = "order_id,kind,happened_at,estimated_on,event_id\n"


@pytest.fixture
def shop(database: Database, people: dict[str, Actor]) -> Database:
    """With a parcel of O-2 that holds a gift, and three others."""
    with database.writing() as session:
        deliver(session)
        carla, tea = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "tea")
        order = cast.order_id(session, "O-2")
        grants.give(session, people["ana"], carla, tea, order, key="gift-key-1", now=cast.NOW)
        deliver_many(session, 3)
    return database


@pytest.fixture
def take(shop: Database, tmp_path: Path):
    def take(*lines: str) -> str:
        path = tmp_path / "delivery_events.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        now = cast.NOW.replace(day=24)
        return event_file.take_in(shop, None, path, now=now, progress=lambda *_: None).sentence

    return take


def count(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(DeliveryEvent)).one()


LINES = (
    "O-2,left,2026-03-15T09:00:00Z,,1",
    "O-2,delivered,2026-03-16T09:00:00Z,,2",
    "O-2,returned,2026-03-18T09:00:00Z,,3",
    "M-0,estimated,2026-03-15,2026-03-20,4",
    "M-1,left,2026-03-15,,",
)


def test_a_file_is_taken_in_and_the_same_again_changes_nothing(shop: Database, take) -> None:
    assert take(*LINES) == "5 of 5 lines told something new."
    with shop.reading() as session:
        assert (
            session.exec(select(Grant.state).where(Grant.value_minor == 350).order_by(Grant.id)).first()
            is GrantState.RETURNED
        )
        assert set(session.exec(select(Bucket.spent_minor)).all()) == {0}
        assert session.exec(select(func.count()).where(Delivery.handed_at != None)).one() == 2  # noqa: E711 - SQL's null
    assert take(*reversed(LINES)) == "0 of 5 lines told something new. 5 were known already."
    assert take("M-2,left,2026-03-15,,", *LINES).startswith("1 of 6")
    assert count(shop) == 6


def test_a_line_that_stands_twice_is_one_event(shop: Database, take) -> None:
    assert take(LINES[0], LINES[0], LINES[4], LINES[4]).startswith("2 of 4")


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("O-77,left,2026-03-15,,9", "line 3, order_id: No delivery has this order number"),
        ("O-1,left,2026-03-15,,9", "line 3, order_id: No delivery has this order number"),
        ("O-2,left,2026-04-15,,9", "line 3, happened_at: This lies in the future"),
        ("O-2,left,2026-03-01,,9", "line 3, happened_at: This lies before the day of the order"),
        ("O-2,estimated,2026-03-15,,9", "line 3, estimated_on: An estimate needs the day"),
        ("O-2,left,2026-03-15,2026-03-20,9", "line 3, estimated_on: A day goes with an estimate only"),
        ("O-2,delivered,2026-03-15T09:00:00Z,,1", "line 3, event_id: This event_id was told before of something else"),
        ("M-1,left,2026-03-15T09:00:00Z,,1", "line 3, event_id: This event_id was told before of something else"),
        ("O-2,lost,2026-03-15,,9", "line 3, kind: Write estimated"),
    ],
)
def test_a_bad_line_is_named_and_nothing_of_the_file_is_taken(shop: Database, take, line: str, place: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        take(LINES[0], line)
    assert place in str(refused.value.report.problems[0])
    assert count(shop) == 0


def test_a_number_that_was_told_otherwise_by_an_earlier_file_is_named(shop: Database, take) -> None:
    take(LINES[0])
    with pytest.raises(ImportRefused, match="told before of something else"):
        take("O-2,left,2026-03-15T10:00:00Z,,1")


def test_what_was_cut_short_is_finished_by_running_it_again(shop: Database, take, monkeypatch) -> None:
    monkeypatch.setattr(event_file, "_STEP", 1)
    wrote = []

    def record(*args, **kwargs) -> bool:
        if len(wrote) == 3:
            raise KeyboardInterrupt
        wrote.append(True)
        return real(*args, **kwargs)

    real = event_file._record
    monkeypatch.setattr(event_file, "_record", record)
    with pytest.raises(KeyboardInterrupt):
        take(*LINES)
    monkeypatch.setattr(event_file, "_record", real)
    written = count(shop)
    assert 0 < written < 5
    assert take(*LINES).startswith(f"{5 - written} of 5")
    assert count(shop) == 5


def test_a_day_alone_is_its_end_in_the_shops_zone_so_a_gift_of_that_morning_went_along(shop: Database, take) -> None:
    day = cast.NOW.date().isoformat()
    take(f"O-2,delivered,{day},,1")
    with shop.reading() as session:
        box = session.exec(select(Delivery).order_by(Delivery.id)).first()
        assert box.delivered_at == datetime.fromisoformat(f"{day}T23:59:59.999999+00:00")
        gift = session.exec(select(Grant.state).where(Grant.order_id == box.order_id)).first()
        assert gift is GrantState.COMMITTED
    assert take(f"O-2,delivered,{day},,1").startswith("0 of 1")


def test_a_day_that_is_not_over_is_told_once_however_late_it_is_told_again(shop: Database, tmp_path: Path) -> None:
    path = tmp_path / "delivery_events.csv"
    path.write_text(f"{HEADER}O-2,left,{cast.NOW.date()},,\n", encoding="utf-8")
    zone = ZoneInfo("America/Los_Angeles")
    nows = [cast.NOW, cast.NOW + timedelta(hours=1), cast.NOW + timedelta(days=2)]
    said = [event_file.take_in(shop, None, path, now=now, progress=lambda *_: None, zone=zone).new for now in nows]
    assert said == [1, 0, 0]
    with shop.reading() as session:
        assert session.exec(select(DeliveryEvent.happened_at)).one() == cast.NOW


def test_a_day_to_come_is_refused(take) -> None:
    with pytest.raises(ImportRefused):
        take("O-2,left,2026-03-25,,")


def test_a_line_that_is_known_passes_even_when_the_date_of_its_order_was_corrected(shop: Database, take) -> None:
    line = "O-2,left,2026-03-15T09:00:00Z,,1"
    take(line)
    with shop.writing() as session:
        session.get_one(Order, cast.order_id(session, "O-2")).placed_at = cast.NOW.replace(day=20)
    assert take(line).startswith("0 of 1")
