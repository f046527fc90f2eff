from datetime import timedelta

import cast
import pytest
from parcels import TODAY, deliver, gift, note, order_and_deliver, order_id, prefer, promise
from sqlmodel import Session, select

from deskapp.rules.errors import NotFound
from deskapp.store import deliveries, delivery_board
from deskapp.store.delivery_board import Which, Window
from deskapp.store.gift_tables import GrantState
from deskapp.store.memory_tables import NoteKind, PreferenceKind
from deskapp.store.tables import Delivery, Order, OrderLine

SINCE = cast.NOW - timedelta(days=100)


def board(session: Session, *, limit: int = 9, offset: int = 0) -> list[str]:
    span = timedelta(days=7)
    window = Window(TODAY - span, TODAY, TODAY + span)
    found = delivery_board.list_board(session, window, Which.ALL, limit=limit, offset=offset)
    return [one.order.external_id for one in found]


def test_the_board_has_leftovers_then_today_then_what_comes(session: Session) -> None:
    for number, days in enumerate((3, 0, -3, -8, 8)):
        order_and_deliver(session, number, ship_on=TODAY + timedelta(days=days))
    assert board(session) == ["P-2", "P-1", "P-0"]
    assert board(session, limit=2) == ["P-2", "P-1"]
    assert board(session, limit=2, offset=2) == ["P-0"]


@pytest.mark.parametrize("ended", ["handed_at", "delivered_at", "returned_at"])
def test_what_left_leaves_the_board_after_its_day_but_not_under_the_hand(session: Session, ended: str) -> None:
    earlier = cast.NOW - timedelta(days=2)
    for number, (days, at) in enumerate([(-1, earlier), (0, earlier), (-1, cast.NOW), (0, cast.NOW)]):
        delivery = session.get_one(Delivery, order_and_deliver(session, number, ship_on=TODAY + timedelta(days=days)))
        setattr(delivery, ended, at)
    session.flush()
    assert board(session) == (["P-2", "P-1", "P-3"] if ended == "handed_at" else ["P-2", "P-3"])


@pytest.mark.parametrize("status", ["cancelled", "Delivered", "RETURNED"])
def test_an_order_that_is_over_is_not_on_the_board(session: Session, status: str) -> None:
    order_and_deliver(session, 1)
    session.exec(select(Order).where(Order.external_id == "P-1")).one().status = status
    session.flush()
    assert board(session) == []


def test_an_order_number_finds_its_delivery_as_written_or_what_is_like_it(session: Session) -> None:
    delivery = deliver(session)
    assert deliveries.find_id(session, "O-2") == delivery
    assert deliveries.find_id(session, "o-2") is None
    assert deliveries.list_alike(session, "o2", 9) == [(delivery, "O-2")]
    assert deliveries.find_id(session, "O-1") is None  # an order without a delivery
    assert deliveries.list_alike(session, "O%", 9) == []


def test_of_numbers_alike_those_in_another_case_alone_come_first(session: Session) -> None:
    order_and_deliver(session, 1)
    order_and_deliver(session, 2)
    rows = {one.id: one for one in session.exec(select(Order).where(Order.external_id.startswith("P-"))).all()}
    rows[order_id(session, "P-1")].external_id = "AB 7"
    rows[order_id(session, "P-2")].external_id = "AB-7"
    session.flush()
    assert [number for _, number in deliveries.list_alike(session, "ab-7", 9)] == ["AB-7", "AB 7"]


def test_a_delivery_that_is_not_there_is_not_found(session: Session) -> None:
    for get in (deliveries.get_sent, deliveries.get_sent_to_change):
        with pytest.raises(NotFound):
            get(session, 404)


def test_only_gifts_that_stand_go_along_and_only_with_their_order(session: Session) -> None:
    gift(session, "jam")
    gift(session, "tea", state=GrantState.UNDONE)
    gift(session, "lamp", order="O-1")
    gift(session, "soap", order=None)
    order = order_id(session, "O-2")
    assert deliveries.gifts_of(session, [order]) == {order: ["Plum jam"]}


def test_what_was_sent_back_is_not_in_the_parcel(session: Session) -> None:
    order, tea = order_id(session, "O-2"), cast.item_id(session, "tea")
    session.add(OrderLine(order_id=order, line=2, item_id=tea, quantity=-1, unit_price_minor=350))
    session.flush()
    assert deliveries.items_of(session, [order]) == {order: ["Blue mug"]}


def test_earlier_orders_are_those_placed_before_this_one(session: Session) -> None:
    first, second = order_id(session, "O-1"), order_id(session, "O-2")
    placed_first = session.get_one(Order, first).placed_at
    assert deliveries.earlier_orders(session, [first, second]) == {second: (1, placed_first)}


def test_guesses_and_withdrawn_wishes_are_not_what_they_said(session: Session) -> None:
    carla = cast.customer_id(session)
    prefer(session, PreferenceKind.LIKE, "tea")
    prefer(session, PreferenceKind.LIKE, "wine", is_stated=False)
    prefer(session, PreferenceKind.LIKE, "coffee", gone=True)
    assert [(p.value, by) for p, by in deliveries.stated_by(session, [carla])[carla]] == [("tea", "Ana")]


def test_no_card_counts_even_if_it_is_our_guess_until_it_is_withdrawn(session: Session) -> None:
    carla = cast.customer_id(session)
    prefer(session, PreferenceKind.NO_CARDS, "", gone=True)
    assert deliveries.who_want_no_card(session, [carla]) == set()
    prefer(session, PreferenceKind.NO_CARDS, "", is_stated=False)
    assert deliveries.who_want_no_card(session, [carla]) == {carla}


def test_an_opinion_is_never_even_read(session: Session) -> None:
    carla = cast.customer_id(session)
    note(session, "seen", at=cast.NOW - timedelta(days=9))
    note(session, "thought", kind=NoteKind.OPINION)
    note(session, "long ago", at=SINCE - timedelta(seconds=1))
    note(session, "said")
    found = deliveries.observed_of(session, [carla], SINCE)[carla]
    assert [(one.text, *heard) for one, *heard in found] == [
        ("said", "phone", "on the phone", "Ana"),
        ("seen", "phone", "on the phone", "Ana"),
    ]


def test_of_many_notes_the_newest_twenty_of_each_customer_are_read(session: Session) -> None:
    for at in range(25):
        note(session, f"note {at}", at=cast.NOW - timedelta(days=at))
    note(session, "of another", customer="C-2", at=cast.NOW - timedelta(days=90))
    carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
    found = deliveries.observed_of(session, [carla, dan], SINCE)
    assert [one.text for one, *_ in found[carla]] == [f"note {at}" for at in range(20)]
    assert [one.text for one, *_ in found[dan]] == ["of another"]


def test_only_promises_that_were_kept_lately(session: Session) -> None:
    carla = cast.customer_id(session)
    promise(session, "kept", kept=True)
    promise(session, "open", kept=False)
    assert [(p.text, by) for p, by in deliveries.kept_promises_of(session, [carla], SINCE)[carla]] == [("kept", "Bo")]
    assert deliveries.kept_promises_of(session, [carla], cast.NOW + timedelta(seconds=1)) == {}
