import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import TODAY, deliver, deliver_many, gift, order_and_deliver, prefer, queries
from sqlmodel import Session, select

from deskapp.desk import cards, deliveries, delivery_rows
from deskapp.desk.cards import CardPanel, NewCard
from deskapp.desk.deliveries import Ask, DeliveriesPanel, Kind
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.delivery_board import Which
from deskapp.store.memory_tables import PreferenceKind
from deskapp.store.tables import Audit, Delivery, Order

People = dict[str, Actor]
SHOP = Shop("Corner & Co", ZoneInfo("UTC"))
WORDS = "Dear Carla, thank you for the order. The jam is from all of us."


def look(session: Session, delivery: int) -> CardPanel:
    return cards.panel(session, delivery, shop=SHOP, now=cast.NOW)


def write(
    session: Session,
    who: Actor,
    delivery: int,
    text: str = WORDS,
    *,
    key: str = "card-key-1",
    seen: str | None = None,
    sure=False,
) -> None:
    form = NewCard(
        text=text, form_key=key, seen=look(session, delivery).seen if seen is None else seen, is_confirmed=sure
    )
    cards.write(session, who, delivery, form, now=cast.NOW)


def audited(session: Session) -> list[str]:
    session.flush()
    return [row.action for row in session.exec(select(Audit).order_by(Audit.id)).all()]


# --- the board -------------------------------------------------------------------------------------------------------


def outline(board: DeliveriesPanel) -> list[tuple[str, date | None, list[str]]]:
    return [(group.kind.value, group.on, [row.order for row in group.rows]) for group in board.groups]


def test_late_ones_come_first_then_what_will_be_too_late_then_day_by_day(session: Session) -> None:
    for number, days in enumerate((2, 0, -1, 0, 3)):
        order_and_deliver(session, number, ship_on=TODAY + timedelta(days=days))
    needed = order_and_deliver(session, 5, ship_on=TODAY)
    session.get_one(Delivery, needed).need_by_on = TODAY + timedelta(days=1)
    hopeless = order_and_deliver(session, 6, ship_on=TODAY + timedelta(days=3))
    session.get_one(Delivery, hopeless).need_by_on = TODAY + timedelta(days=1)
    session.flush()
    board = deliveries.board(session, today=TODAY)
    assert outline(board) == [
        ("late", TODAY - timedelta(days=1), ["P-2"]),
        ("too-late", None, ["P-6"]),
        ("leaves", TODAY, ["P-5", "P-1", "P-3"]),
        ("leaves", TODAY + timedelta(days=2), ["P-0"]),
        ("leaves", TODAY + timedelta(days=3), ["P-4"]),
    ]
    assert (board.to_write, board.to_pack, board.to_hand, board.pages) == (7, 7, 0, 1)


@pytest.mark.parametrize(
    ("which", "orders"),
    [
        (Which.ALL, ["P-2", "P-3", "P-0", "P-1"]),
        (Which.LATE, ["P-2", "P-3"]),
        (Which.TODAY, ["P-3", "P-0"]),
        (Which.TOMORROW, ["P-1"]),
        (Which.AWAY, ["P-4"]),
    ],
)
def test_the_board_shows_what_was_asked_for_and_counts_the_rest(
    session: Session, which: Which, orders: list[str]
) -> None:
    for number, days in enumerate((0, 1, -1, 0, -2)):
        delivery = session.get_one(Delivery, order_and_deliver(session, number, ship_on=TODAY + timedelta(days=days)))
        delivery.need_by_on = TODAY if number == 3 else None
        delivery.estimated_on = TODAY + timedelta(days=2) if number == 3 else None
        delivery.handed_at = cast.NOW - timedelta(days=2) if number == 4 else None
    session.flush()
    board = deliveries.board(session, Ask(which), today=TODAY)
    assert [row.order for group in board.groups for row in group.rows] == orders
    assert board.left_to_do == {Which.ALL: 4, Which.LATE: 2, Which.TODAY: 2, Which.TOMORROW: 1, Which.AWAY: 1}
    assert board.to_pack == (0 if which is Which.AWAY else len(orders))


def test_what_is_ticked_today_stays_in_its_place_and_counts_no_more(session: Session, people: People) -> None:
    ids = [order_and_deliver(session, number, ship_on=TODAY + timedelta(days=number - 1)) for number in range(3)]
    session.get_one(Delivery, ids[2]).need_by_on = TODAY
    session.flush()
    before = outline(deliveries.board(session, today=TODAY))
    for made, wanted in ((Tick.PACKED, (3, 0, 3)), (Tick.HANDED, (0, 0, 0)), (Tick.DELIVERED, (0, 0, 0))):
        for one in ids:
            deliveries.tick(session, people["del"], one, made, shop=SHOP, now=cast.NOW)
        board = deliveries.board(session, today=TODAY)
        assert outline(board) == before
        assert (board.to_write, board.to_pack, board.to_hand) == wanted
    assert board.left_to_do[Which.ALL] == board.left_to_do[Which.LATE] == 0


def test_what_is_packed_and_not_handed_over_stays_late_until_it_leaves(session: Session, people: People) -> None:
    delivery = session.get_one(Delivery, deliver(session, ship_on=TODAY - timedelta(days=3)))
    delivery.packed_at, delivery.packed_by = cast.NOW - timedelta(days=3), people["del"].staff_id
    session.flush()
    board = deliveries.board(session, today=TODAY)
    assert outline(board) == [("late", TODAY - timedelta(days=3), ["O-2"])]
    assert (board.to_pack, board.to_hand) == (0, 1)


def test_a_long_board_comes_in_pages_of_which_none_is_beyond_the_last(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_ROWS", 3)
    for number in range(7):
        order_and_deliver(session, number)
    shown = [outline(deliveries.board(session, Ask(page=page), today=TODAY))[0][2] for page in (1, 2, 3, 99, 0)]
    assert shown == [["P-0", "P-1", "P-2"], ["P-3", "P-4", "P-5"], ["P-6"], ["P-6"], ["P-0", "P-1", "P-2"]]


def test_the_sorting_in_the_database_is_that_of_the_headings(session: Session) -> None:
    """Whatever the days are: the database sorts, and the headings are made of what it returns."""
    chance = random.Random(6)
    for number in range(60):
        delivery = session.get_one(
            Delivery, order_and_deliver(session, number, ship_on=TODAY + timedelta(days=chance.randint(-4, 4)))
        )
        days = [chance.choice([None, *(TODAY + timedelta(days=n) for n in range(-5, 9))]) for _ in range(2)]
        delivery.need_by_on, delivery.estimated_on = days
    session.flush()
    for which in Which:
        headings = [(kind, on) for kind, on, _ in outline(deliveries.board(session, Ask(which), today=TODAY))]
        assert len(headings) == len(set(headings))
    kinds = [kind for kind, *_ in outline(deliveries.board(session, today=TODAY))]
    assert kinds == sorted(kinds, key=["late", "too-late", "leaves"].index)
    late = outline(deliveries.board(session, Ask(Which.LATE), today=TODAY))
    assert {kind for kind, *_ in late} == {"late", "too-late"}


@pytest.mark.parametrize(
    ("ship_in", "estimated_in", "need_in", "alarm"),
    [
        (0, 2, 3, False),
        (0, 3, 3, False),
        (0, 4, 3, True),
        (4, None, 3, True),  # no estimate, but it cannot be there before it leaves
        (3, None, 3, False),
        (-5, None, -1, True),  # should have left, and cannot leave before today
        (0, 4, None, False),
    ],
)
def test_the_alarm_sounds_when_it_cannot_be_there_in_time(
    session: Session, ship_in: int, estimated_in: int | None, need_in: int | None, alarm: bool
) -> None:
    def day(days: int | None) -> date | None:
        return None if days is None else TODAY + timedelta(days=days)

    deliver(session, ship_on=TODAY + timedelta(days=ship_in), estimated=day(estimated_in), need_by=day(need_in))
    (group,) = deliveries.board(session, today=TODAY).groups
    (row,) = group.rows
    assert row.is_too_late is alarm
    assert (group.kind is Kind.TOO_LATE) is (alarm and ship_in >= 0)


def test_the_board_names_the_gift_and_says_where_no_card_is_wished(session: Session) -> None:
    deliver(session)
    gift(session, "jam")
    prefer(session, PreferenceKind.NO_CARDS, "")
    board = deliveries.board(session, today=TODAY)
    (row,) = board.groups[0].rows
    assert (row.gifts, row.wants_card, board.to_write) == (["Plum jam"], False, 0)


def test_a_board_is_drawn_in_the_same_few_queries_however_long_it_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_ROWS", 500)
    order_and_deliver(session, 1)
    with queries(session) as one:
        deliveries.board(session, today=TODAY)
    deliver_many(session, 500)
    with queries(session) as many:
        board = deliveries.board(session, today=TODAY)
    assert sum(len(group.rows) for group in board.groups) == 500
    assert (board.pages, board.left_to_do[Which.ALL]) == (2, 501)
    assert len(many) == len(one) <= 8


# --- the ticks -------------------------------------------------------------------------------------------------------


def test_the_words_of_a_card_outlive_its_tick(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    deliveries.tick(session, people["del"], delivery, Tick.UNWRITTEN, shop=SHOP, now=cast.NOW)
    assert look(session, delivery).text == WORDS


def test_the_audit_has_ids_and_no_words(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    session.flush()
    (line,) = session.exec(select(Audit)).all()
    assert (line.subject, line.details, line.staff_id) == (
        f"customer:{cast.customer_id(session)}",
        {"delivery": delivery},
        people["del"].staff_id,
    )


@pytest.mark.parametrize("tick", list(Tick))
def test_a_delivery_that_is_not_there_cannot_be_ticked(session: Session, people: People, tick: Tick) -> None:
    with pytest.raises(NotFound):
        deliveries.tick(session, people["del"], 404, tick, shop=SHOP, now=cast.NOW)


# --- finding ---------------------------------------------------------------------------------------------------------


def renumber(session: Session, order: str, number: str) -> None:
    session.exec(select(Order).where(Order.external_id == order)).one().external_id = number
    session.flush()


@pytest.mark.parametrize(
    "typed",
    ["O-2", " o-2\n", "o2", "O 2", "O\u20132", "#O-2", "]C1O-2", "]C1o2\r\n", "\x02O-2\x03", "]Q3O\x1d-2", "\ufeffO-2"],
)
def test_a_number_is_found_whatever_a_scanner_or_a_hand_made_of_it(session: Session, typed: str) -> None:
    delivery = deliver(session)
    order_and_deliver(session, 2)
    assert deliveries.find(session, typed) == delivery


def test_a_number_that_looks_like_a_scanners_prefix_is_found_as_it_is_written(session: Session) -> None:
    odd, plain = order_and_deliver(session, 1), order_and_deliver(session, 2)
    renumber(session, "P-1", "]C177")
    renumber(session, "P-2", "77")
    assert (deliveries.find(session, "]C177"), deliveries.find(session, "77")) == (odd, plain)


def test_of_numbers_alike_the_one_that_is_written_so_is_meant_else_nobody_guesses(session: Session) -> None:
    ids = [order_and_deliver(session, number) for number in range(3)]
    for number, name in enumerate(("AB-7", "ab-7", "A-B7")):
        renumber(session, f"P-{number}", name)
    assert [deliveries.find(session, name) for name in ("AB-7", "ab-7", "A-B7", "a-b7")] == [*ids, ids[2]]
    for vague, named in (("Ab-7", "AB-7, ab-7"), ("AB7", "AB-7, ab-7, A-B7")):
        with pytest.raises(Conflict, match=f"looks like {vague}: {named}"):
            deliveries.find(session, vague)


@pytest.mark.parametrize("typed", ["X-9", "%", "-", "O-1", "_", "\u0130"])
def test_an_unknown_number_is_said_plainly(session: Session, typed: str) -> None:
    deliver(session)
    with pytest.raises(NotFound, match=f"No delivery has the order number {typed}"):
        deliveries.find(session, typed)


@pytest.mark.parametrize("typed", ["", "  ", "\r\n", "]C1", "\x1d"])
def test_nothing_typed_is_not_looked_for(session: Session, typed: str) -> None:
    with pytest.raises(Invalid, match="Type or scan"):
        deliveries.find(session, typed)


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Carla Núñez", "CN"),
        ("Dan", "D"),
        ("Ana María de la Cruz", "AMD"),
        ("محمد عبد", "مع"),
        ("O'Brien-Smith", "OBS"),
        ("👍", ""),
    ],
)
def test_initials_match_the_right_person(name: str, initials: str) -> None:
    assert delivery_rows._initials(name) == initials
