"""Customers and notes are found alike on both engines, and what must not be found is not."""

from datetime import UTC, date, datetime, timedelta

import cast
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from deskapp.rules.people import Actor
from deskapp.rules.search import sought
from deskapp.rules.stops import fold
from deskapp.store import customers, search, search_schema
from deskapp.store.memory_tables import Interaction, Note, NoteKind
from deskapp.store.search import Wanted
from deskapp.store.tables import Customer, Order

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 14)
NAMES = {
    "N-1": "Maria García López",
    "N-2": "García, María",
    "N-3": "Marianne O’Brien-Smith",
    "N-4": "山田太郎",
    "N-5": "สมชาย ใจดี",
    "N-6": "محمد علي",
    "N-7": "יוסף כהן",
    "N-8": "Мария Ёлкина",
    "N-9": "Μαρία Παπαδοπούλου",
    "N-10": "Jürgen Weiß",
    "N-11": "Søren Łukasz",
    "N-12": "Kim 김민준",
}


@pytest.fixture
def named(session: Session) -> Session:
    for number, name in NAMES.items():
        session.add(Customer(external_id=number, name=name, name_folded=fold(name)))
    session.flush()
    return session


def found(session: Session, typed: str) -> list[str]:
    return [one.external_id for one in customers.find_customers(session, typed, 31, with_mistakes=True)]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("garcia maria", ["N-2", "N-1"]),
        ("mar gar", ["N-2", "N-1"]),
        ("MARÍA", ["N-2", "N-1", "N-3"]),  # as a whole word first
        ("lop", ["N-1"]),
        ("obrien", ["N-3"]),
        ("o'brien", ["N-3"]),
        ("brien smith", ["N-3"]),
        ("太郎", ["N-4"]),
        ("山田", ["N-4"]),
        ("山田 太郎", ["N-4"]),
        ("ใจดี", ["N-5"]),
        ("สมชาย", ["N-5"]),
        ("علي", ["N-6"]),
        ("כהן", ["N-7"]),
        ("елкина", ["N-8"]),
        ("ΠΑΠΑΔΟ", ["N-9"]),
        ("weiss", ["N-10"]),
        ("jurgen", ["N-10"]),
        ("soren lukasz", ["N-11"]),
        ("김민", ["N-12"]),
        ("gacria lopez", ["N-1"]),  # two exchanged
        ("gracia lopez", ["N-1"]),
        ("garca lopez", ["N-1"]),  # one missing
        ("garciia lopez", ["N-1"]),  # one too many
        ("gorcia lopez", ["N-1"]),  # another one
        ("lopes garcia", ["N-1"]),
        ("папк", []),
        ("garcia smith", []),
        ("maria 山田", []),
        ("n-10", ["N-10"]),
        ("lpz", []),
        ("ez", []),
    ],
)
def test_a_customer_is_found_by_name(named: Session, typed: str, numbers: list[str]) -> None:
    assert found(named, typed) == numbers


def test_whole_words_come_first_then_beginnings_then_mistakes_and_of_each_an_open_order(named: Session) -> None:
    for number, name in (
        ("M-1", "Marta"),
        ("M-2", "Martaa Z"),
        ("M-3", "Marat"),
        ("M-4", "Marta Open"),
        ("M-5", "Martha"),
    ):
        named.add(Customer(external_id=number, name=name, name_folded=fold(name)))
    named.flush()
    opened = cast.customer_id(named, "M-4")
    named.add(Order(external_id="X-1", customer_id=opened, placed_at=AT, store="", currency="USD", status="open"))
    named.flush()
    assert found(named, "marta")[:3] == ["M-4", "M-1", "M-2"]
    assert {"M-3", "M-5"} <= set(found(named, "marta")[3:])


@pytest.mark.parametrize(
    "typed",
    ["+49 (0)171 5550123", "0171 5550123", "01715550123", "1715550123", "550123", "550 123", "0049 171 5550123"],
)
def test_a_customer_is_found_by_the_end_of_the_phone(session: Session, typed: str) -> None:
    session.add(Customer(external_id="P-1", name="Pia", name_folded="pia", phone="+49 171 555 0123"))
    session.flush()
    assert found(session, typed) == ["P-1"]


def test_five_digits_of_a_phone_are_too_few(session: Session) -> None:
    session.add(Customer(external_id="P-1", name="Pia", name_folded="pia", phone="+49 171 555 0123"))
    session.flush()
    assert found(session, "50123") == []


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("carla@example.com", True),
        ("carla@ex", True),
        ("CARLA@", True),
        ("@example.com", False),
        ("arla@example.com", False),
    ],
)
def test_a_customer_is_found_by_the_beginning_of_an_e_mail_address(
    session: Session, typed: str, is_found: bool
) -> None:
    assert (found(session, typed) == ["C-1"]) is is_found


def test_who_was_joined_with_another_leads_to_them_and_who_was_erased_to_nobody(session: Session) -> None:
    carla = customers.get_by_external_id(session, "C-1")
    dan = customers.get_by_external_id(session, "C-2")
    carla.merged_into = dan.id
    session.flush()
    assert found(session, "nunez") == ["C-2"]
    assert found(session, "555 0100") == ["C-2"]
    dan.name, dan.name_folded, dan.erased_at = "", "", AT
    session.flush()
    assert found(session, "nunez") == found(session, "dan") == []


def test_a_new_name_replaces_the_old_one(session: Session) -> None:
    customers.get_by_external_id(session, "C-2").name_folded = "daniela"
    session.flush()
    assert found(session, "daniela") == ["C-2"]
    session.delete(customers.get_by_external_id(session, "C-2"))
    session.flush()
    assert found(session, "daniela") == []


# --- notes ----------------------------------------------------------------------------------------------------------


def add(session: Session, words: str, *, channel: str = "phone", customer: str = "C-1", **said: object) -> Note:
    talk = Interaction(customer_id=cast.customer_id(session, customer), channel=channel, happened_at=AT)
    session.add(talk)
    session.flush()
    plain = {"kind": NoteKind.OBSERVATION, "revision": 1, "author_id": 1, "written_at": AT}
    note = Note(customer_id=talk.customer_id, interaction_id=talk.id, text=words, **plain | said)
    session.add(note)
    session.flush()
    return note


def texts(session: Session, typed: str, limit: int = 31, **said: object) -> list[str]:
    is_best_first = bool(said.pop("is_best_first", False))
    hits = search.find_notes(session, Wanted(sought(typed), TODAY, **said), limit, is_best_first=is_best_first)
    return [hit.note.text for hit in hits]


NOTES = [
    "She likes plum jam on toast",
    "Jam, plum or other, is too sweet",
    "Crème brûlée for her birthday",
    "我喜欢绿茶，不喜欢咖啡",
    "Вкусный чай",
    "ชอบชาเขียวมาก",
    "يحب الشاي الأخضر",
    "O'Neill's café — ask for Ana",
]


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("plum ", [1, 0]),
        ("jam plum ", [1, 0]),
        ('"plum jam"', [0]),
        ("toa", [0]),
        ("toa ", []),
        ("creme brulee", [2]),
        ("BRÛLÉE", [2]),
        ("绿茶", [3]),
        ("茶", [3]),
        ("喜欢绿茶", [3]),
        ("绿咖", []),
        ("喜欢茶", []),
        ("чай", [4]),
        ("ชาเขียว", [5]),
        ("الشاي", [6]),
        ("cafe", [7]),
        ("o'neill", [7]),
        ("plum coffee", []),
        ("*", []),
        ('"', []),
    ],
)
def test_a_note_is_found_by_its_words(session: Session, typed: str, places: list[int]) -> None:
    for at, words in enumerate(NOTES):
        add(session, words, written_at=AT + timedelta(minutes=at))
    assert texts(session, typed) == [NOTES[at] for at in places]


def test_notes_are_sifted_by_customer_kind_channel_author_and_day(session: Session, people: dict[str, Actor]) -> None:
    add(session, "plum one")
    add(session, "plum two", customer="C-2")
    add(session, "plum three", kind=NoteKind.OPINION)
    add(session, "plum four", channel="in-person")
    add(session, "plum five", author_id=people["bo"].staff_id)
    add(session, "plum six", written_at=AT - timedelta(days=2))
    add(session, "plum seven", written_at=AT + timedelta(hours=3))
    assert texts(session, "plum", customer_id=cast.customer_id(session, "C-2")) == ["plum two"]
    assert texts(session, "plum", kind=NoteKind.OPINION) == ["plum three"]
    assert texts(session, "plum", channel="in-person") == ["plum four"]
    assert texts(session, "plum", author_id=people["bo"].staff_id) == ["plum five"]
    assert texts(session, "plum", until=AT) == ["plum six"]
    assert texts(session, "plum", since=AT + timedelta(hours=1)) == ["plum seven"]
    assert texts(session, "", since=AT + timedelta(hours=1)) == ["plum seven"]
    assert texts(session, "", channel="in-person") == ["plum four"]
    assert texts(session, "") == []
    assert texts(session, "plum", author_id=people["bo"].staff_id, channel="in-person") == []


def test_what_a_note_is_filtered_by_is_no_word_of_it(session: Session) -> None:
    add(session, "plum")
    assert texts(session, "observation") == texts(session, "§kobservation") == texts(session, "c1") == []


def test_a_faded_opinion_is_found_by_leads_alone(session: Session) -> None:
    add(session, "seems sad", kind=NoteKind.OPINION, review_on=TODAY)
    add(session, "seems glad", kind=NoteKind.OPINION, review_on=TODAY + timedelta(days=1))
    assert texts(session, "seems") == ["seems glad"]
    assert set(texts(session, "seems", with_faded=True)) == {"seems glad", "seems sad"}


def test_what_was_retracted_or_wiped_is_not_found_and_what_was_changed_is_by_its_new_words(session: Session) -> None:
    kept, retracted, wiped = add(session, "plum a"), add(session, "plum b"), add(session, "plum c")
    retracted.retracted_at, wiped.wiped_at = AT, AT
    session.flush()
    assert texts(session, "plum") == ["plum a"]
    kept.text, retracted.retracted_at = "pear", None
    session.flush()
    assert (texts(session, "plum"), texts(session, "pear")) == (["plum b"], ["pear"])
    session.delete(kept)
    session.flush()
    assert texts(session, "pear") == []


def test_a_note_moves_with_its_customer_and_its_talk(session: Session) -> None:
    note = add(session, "plum")
    note.customer_id = cast.customer_id(session, "C-2")
    session.get_one(Interaction, note.interaction_id).channel = "e-mail"
    session.flush()
    assert texts(session, "plum", customer_id=cast.customer_id(session, "C-2"), channel="e-mail") == ["plum"]
    assert (
        texts(session, "plum", channel="phone") == texts(session, "plum", customer_id=cast.customer_id(session)) == []
    )


def test_the_closest_comes_first_if_asked_for(session: Session) -> None:
    add(session, "jam and much else, and plum too " * 4, written_at=AT + timedelta(days=1))
    add(session, "plum jam")
    assert texts(session, "plum jam ", is_best_first=True)[0] == "plum jam"
    assert texts(session, "plum jam ")[0] != "plum jam"


def test_many_notes_are_cut_at_the_limit_the_newest_first(session: Session) -> None:
    for day in range(8):
        add(session, f"plum {day}", written_at=AT + timedelta(days=day))
    assert texts(session, "plum", limit=3) == ["plum 7", "plum 6", "plum 5"]


def test_rare_and_common_words_meet_beyond_what_is_walked(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("_WALKED", 3), ("_MONTHS", 1), ("_MOST_MONTHS", 2), ("_SAMPLED", 3), ("_GATHERED_FOR_ONE", 1)):
        monkeypatch.setattr(search, name, most)
    add(session, "plum zebra", written_at=AT - timedelta(days=9))
    for day in range(6):
        add(session, f"plum {day}", written_at=AT + timedelta(days=day))
    assert texts(session, "zebra plu") == ["plum zebra"]
    assert texts(session, "plum zeb") == ["plum zebra"]
    assert len(texts(session, "plu", kind=NoteKind.OBSERVATION)) == 7


@pytest.mark.parametrize("looked_at", [1, 3, 100])
def test_a_long_beginning_finds_the_newest_with_all_of_its_letters(
    session: Session, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(search, "_LOOKED_AT", looked_at)
    for day, words in enumerate(("candlestick", "candies", "a café’s candlelight", "sandcandle", "candlewick")):
        add(session, words, written_at=AT + timedelta(days=day))
    assert texts(session, "candle") == ["candlewick", "a café’s candlelight", "candlestick"]
    assert texts(session, "candle", limit=1) == ["candlewick"]
    assert texts(session, "café candlel") == ["a café’s candlelight"]
    assert texts(session, "candle ") == []


# --- whatever is typed ----------------------------------------------------------------------------------------------

MOODY = [
    "' OR 1=1 --",
    '" NEAR("a" "b")',
    "a* OR b",
    "words:x",
    "{a b}:c",
    "^a",
    "\\",
    "a & !b | <->",
    ":*",
    "%_",
    "-",
    "§c1",
    "NOT",
    "(((",
    "é\u0301\u200d",
    "x" * 200,
]


@pytest.mark.parametrize("typed", MOODY)
def test_nothing_that_is_typed_is_syntax(session: Session, typed: str) -> None:
    add(session, f"plum {typed}")
    found(session, typed)
    assert len(texts(session, typed)) <= 1
    assert texts(session, f"plum {typed} ") in ([f"plum {typed}"], [])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30))
def test_any_text_gives_an_answer(session: Session, typed: str) -> None:
    found(session, typed)
    texts(session, typed)
    texts(session, f'"{typed}"', is_best_first=True)


# --- rows -----------------------------------------------------------------------------------------------------------


def test_everything_can_be_made_anew(session: Session) -> None:
    add(session, "plum")
    add(session, "pear", retracted_at=AT)
    search_schema.rebuild(session.connection())
    assert (found(session, "nunez"), texts(session, "plum"), texts(session, "pear")) == (["C-1"], ["plum"], [])
    assert session.exec(select(Customer)).all()
    add(session, "plum again")
    assert len(texts(session, "plum")) == 2


def test_a_check_tells_what_is_missing_wrong_or_left_over(session: Session) -> None:
    connection = session.connection()
    note = add(session, "plum")
    add(session, "pear", retracted_at=AT)
    assert search_schema.count_faults(connection) == (0, 0)
    connection.exec_driver_sql("DELETE FROM search_key WHERE key = 'dan dan '")
    connection.exec_driver_sql("INSERT INTO search_key VALUES ('ghost ', 99)")
    connection.exec_driver_sql("DELETE FROM search_note")
    assert search_schema.count_faults(connection) == (2, 1)
    search_schema.rebuild(connection)
    assert search_schema.count_faults(connection) == (0, 0)
    assert texts(session, "plum") == [note.text]


def test_a_check_tells_of_a_trigger_that_is_gone(session: Session) -> None:
    connection = session.connection()
    assert search_schema.lost_triggers(connection) == []
    on = "" if connection.dialect.name == "sqlite" else " ON note"
    connection.exec_driver_sql(f"DROP TRIGGER search_note_changed{on}")
    assert search_schema.lost_triggers(connection) == ["search_note_changed"]
    search_schema.rebuild(connection)
    assert search_schema.lost_triggers(connection) == []
