from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import SECRET, TODAY, deliver, deliver_many, gift, note, order_and_deliver, prefer, promise
from sqlalchemy import event
from sqlmodel import Session, select

from deskapp.desk import cards, deliveries, delivery_rows
from deskapp.desk.cards import CardPanel, NewCard, card_length
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.ticks import Tick
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind, PreferenceKind
from deskapp.store.tables import Audit, Delivery

People = dict[str, Actor]
SHOP = Shop("Corner & Co", ZoneInfo("UTC"))
WORDS = "Dear Carla, thank you for the order. The jam is from all of us."


@contextmanager
def queries(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []

    def note_it(_conn, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note_it)
    yield seen
    event.remove(engine, "before_cursor_execute", note_it)


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


def test_late_days_come_first_and_say_so(session: Session) -> None:
    for number, days in enumerate((2, 0, -1, 0)):
        order_and_deliver(session, number, ship_on=TODAY + timedelta(days=days))
    board = deliveries.board(session, today=TODAY)
    assert [(day.on, day.is_late, [row.order for row in day.rows]) for day in board.days] == [
        (TODAY - timedelta(days=1), True, ["P-2"]),
        (TODAY, False, ["P-1", "P-3"]),
        (TODAY + timedelta(days=2), False, ["P-0"]),
    ]
    assert (board.to_write, board.to_pack, board.has_more) == (4, 4, False)


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
    ((row,),) = [day.rows for day in deliveries.board(session, today=TODAY).days]
    assert row.is_too_late is alarm


def test_the_board_names_the_gift_and_says_where_no_card_is_wished(session: Session) -> None:
    deliver(session)
    gift(session, "jam")
    prefer(session, PreferenceKind.NO_CARDS, "")
    board = deliveries.board(session, today=TODAY)
    (row,) = board.days[0].rows
    assert (row.gifts, row.wants_card, board.to_write) == (["Plum jam"], False, 0)


def test_a_board_is_drawn_in_the_same_few_queries_however_long_it_is(session: Session) -> None:
    order_and_deliver(session, 1)
    with queries(session) as one:
        deliveries.board(session, today=TODAY)
    deliver_many(session, 500)
    with queries(session) as many:
        board = deliveries.board(session, today=TODAY)
    assert sum(len(day.rows) for day in board.days) == 500
    assert board.has_more
    assert len(many) == len(one) <= 8


# --- the card --------------------------------------------------------------------------------------------------------


def test_the_prompt_is_made_of_what_they_said_and_bought(session: Session) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is blue.")
    prefer(session, PreferenceKind.LIKE, "plum jam")
    promise(session, "find the matching saucer", kept=True)
    gift(session, "jam")
    prompt = look(session, delivery).prompt
    assert prompt is not None
    assert [(fact.text, fact.source) for fact in prompt.facts] == [
        ("We promised: find the matching saucer", "kept by Bo"),
        ("Likes plum jam", "told Ana"),
        ("Told us that the kitchen is blue", "said on the phone to Ana"),
        ("Ordered Blue mug", "this order"),
    ]
    assert prompt.starters.plus_one.text.startswith("The Plum jam is a little extra from us")


def test_neither_opinions_nor_guesses_nor_old_news_reach_the_prompt(session: Session) -> None:
    delivery = deliver(session)
    plain = look(session, delivery)
    note(session, f"Said {SECRET}, and is rich.", kind=NoteKind.OPINION)
    note(session, f"Told us about {SECRET} once.", at=cast.NOW - timedelta(days=731))
    note(session, f"Told us about {SECRET} of Dan.", customer="C-2")
    prefer(session, PreferenceKind.LIKE, SECRET, is_stated=False)
    prefer(session, PreferenceKind.LIKE, SECRET, gone=True)
    prefer(session, PreferenceKind.ALLERGY, SECRET)
    promise(session, f"find the {SECRET}", kept=False)
    assert look(session, delivery) == plain


def test_where_no_card_is_wished_there_is_no_prompt_and_none_can_be_saved(session: Session, people: People) -> None:
    delivery = deliver(session)
    prefer(session, PreferenceKind.NO_CARDS, "")
    assert look(session, delivery).prompt is None
    with pytest.raises(Invalid, match="Carla Núñez wishes no card"):
        write(session, people["del"], delivery)


def test_days_are_the_shops_own(session: Session) -> None:
    delivery = deliver(session, ship_on=TODAY + timedelta(days=1))
    evening = datetime.combine(TODAY, datetime.min.time(), ZoneInfo("UTC")) + timedelta(hours=22)
    berlin = cards.panel(
        session, delivery, shop=Shop("Ecke", ZoneInfo("Europe/Berlin")), now=evening + timedelta(hours=1)
    )
    assert berlin.prompt is not None
    assert "leaves today" in berlin.prompt.why_now


def test_a_written_card_keeps_its_words_who_and_when(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    card = look(session, delivery)
    assert (card.text, card.row.written_by, card.row.written_at) == (WORDS, "Del", cast.NOW)
    assert audited(session) == ["delivery.written"]


def test_sending_a_card_twice_writes_it_once(session: Session, people: People) -> None:
    delivery = deliver(session)
    seen = look(session, delivery).seen
    for _ in range(2):
        write(session, people["del"], delivery, seen=seen)
    assert audited(session) == ["delivery.written"]
    with pytest.raises(Conflict):
        write(session, people["del"], delivery, "other words under the same key")


def test_of_two_who_write_one_card_the_second_is_told(session: Session, people: People) -> None:
    delivery = deliver(session)
    both_saw = look(session, delivery).seen
    write(session, people["del"], delivery, seen=both_saw)
    with pytest.raises(Conflict, match="Somebody wrote this card while you were writing"):
        write(session, people["ana"], delivery, "Mine", key="card-key-2", seen=both_saw)
    assert look(session, delivery).text == WORDS
    write(session, people["ana"], delivery, "Both", key="card-key-3")
    assert (look(session, delivery).text, look(session, delivery).row.written_by) == ("Both", "Ana")


def test_an_account_number_is_never_written_on_a_card(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        write(session, people["del"], deliver(session), "Charge 4111 1111 1111 1111", sure=True)
    assert set(refused.value.problems) == {"text"}


@pytest.mark.parametrize("text", ["You are a nightmare customer", "It was only $4.20", "10 % off next time"])
def test_judging_words_and_prices_ask_whether_they_are_meant(session: Session, people: People, text: str) -> None:
    delivery = deliver(session)
    with pytest.raises(Invalid) as asked:
        write(session, people["del"], delivery, text)
    assert set(asked.value.problems) == {"text", "is_confirmed"}
    write(session, people["del"], delivery, text, sure=True, key="card-key-2")
    assert look(session, delivery).text == text


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("e\u0301", 1), ("👩‍👩‍👧‍👦", 1), ("🇩🇪🇫🇷", 2), ("नमस्ते", 3), ("a\r\nb", 3)]
)
def test_a_card_is_as_long_as_its_reader_counts(text: str, length: int) -> None:
    assert card_length(text) == length


@pytest.mark.parametrize(
    ("length", "words"), [(159, "there is room"), (160, "fills"), (240, "fills"), (241, "more than")]
)
def test_the_length_is_judged_against_an_a6_card(session: Session, people: People, length: int, words: str) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery, "é" * length)
    assert words in look(session, delivery).length_words


# --- the ticks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tick", "undo"), [(Tick.WRITTEN, Tick.UNWRITTEN), (Tick.PACKED, Tick.UNPACKED)])
def test_a_tick_is_made_once_by_the_first_and_can_be_taken_back(
    session: Session, people: People, tick: Tick, undo: Tick
) -> None:
    delivery = deliver(session)
    for who in ("del", "ana"):
        deliveries.tick(session, people[who], delivery, tick, now=cast.NOW)
    row = look(session, delivery).row
    assert (row.written_by or row.packed_by, row.written_at or row.packed_at) == ("Del", cast.NOW)
    for _ in range(2):
        deliveries.tick(session, people["bo"], delivery, undo, now=cast.NOW)
    row = look(session, delivery).row
    assert (row.written_by, row.written_at, row.packed_by, row.packed_at) == ("", None, "", None)
    assert audited(session) == [f"delivery.{tick}", f"delivery.{undo}"]


def test_the_words_of_a_card_outlive_its_tick(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    deliveries.tick(session, people["del"], delivery, Tick.UNWRITTEN, now=cast.NOW)
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
        deliveries.tick(session, people["del"], 404, tick, now=cast.NOW)


def test_a_second_writer_waits_for_the_first_and_is_told(database: Database, people: People) -> None:
    with database.writing() as session:
        delivery = deliver(session)
    with database.reading() as session:
        seen = look(session, delivery).seen
    with database.writing() as session:
        write(session, people["del"], delivery, seen=seen)
    with pytest.raises(Conflict), database.writing() as session:
        write(session, people["ana"], delivery, "Mine", key="card-key-2", seen=seen)
    with database.reading() as session:
        assert session.get_one(Delivery, delivery).card_text == WORDS


# --- finding and printing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["O-2", " o-2\n"])
def test_a_scanned_number_finds_the_card(session: Session, typed: str) -> None:
    delivery = deliver(session)
    assert deliveries.find(session, typed) == delivery


def test_an_unknown_number_is_said_plainly(session: Session) -> None:
    with pytest.raises(NotFound, match="No delivery has the order number X-9"):
        deliveries.find(session, "X-9")
    with pytest.raises(Invalid, match="Type or scan"):
        deliveries.find(session, "  ")


def test_a_sheet_prints_the_chosen_in_the_order_they_leave(session: Session) -> None:
    later, sooner = order_and_deliver(session, 1, ship_on=TODAY + timedelta(days=1)), order_and_deliver(session, 2)
    order_and_deliver(session, 3)
    sheet = deliveries.sheet(session, [later, sooner, 99_999], shop=SHOP, now=cast.NOW)
    assert [card.row.id for card in sheet.cards] == [sooner, later]


def test_a_sheet_of_a_day_prints_all_of_it(session: Session) -> None:
    first, second = order_and_deliver(session, 1), order_and_deliver(session, 2)
    order_and_deliver(session, 3, ship_on=TODAY + timedelta(days=1))
    sheet = deliveries.sheet_of_day(session, TODAY, shop=SHOP, now=cast.NOW)
    assert [card.row.id for card in sheet.cards] == [first, second]


def test_a_sheet_takes_no_more_queries_for_many_cards_than_for_one(session: Session) -> None:
    ids = [order_and_deliver(session, number) for number in range(20)]
    with queries(session) as one:
        deliveries.sheet(session, ids[:1], shop=SHOP, now=cast.NOW)
    with queries(session) as many:
        sheet = deliveries.sheet(session, ids, shop=SHOP, now=cast.NOW)
    assert len(sheet.cards) == 20
    assert len(many) == len(one) <= 9


def test_two_hundred_cards_are_the_most_for_one_print(session: Session) -> None:
    with pytest.raises(Invalid, match="at most 200"):
        deliveries.sheet(session, range(201), shop=SHOP, now=cast.NOW)


@pytest.mark.parametrize("ids", [[], [99_999]])
def test_nothing_to_print_is_said_plainly(session: Session, ids: list[int]) -> None:
    with pytest.raises(NotFound, match="nothing to print"):
        deliveries.sheet(session, ids, shop=SHOP, now=cast.NOW)


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
