"""What was kept long enough goes at night, of whoever is long gone and not held, and what would go can be seen before."""

from datetime import datetime, timedelta

import cast
import pytest
from filled import fill, markers
from sqlalchemy import text
from sqlmodel import Session, select

from deskapp.desk import erasure, holds, retention, timetable
from deskapp.desk.holds import NewHold
from deskapp.desk.retention import NewTerms
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.rules.retention import TERMS, Kind
from deskapp.store import retention as rows
from deskapp.store.db import Database
from deskapp.store.gift_tables import Offer
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteKind,
    NoteRevision,
    Preference,
    RequestTopic,
    RequestVoice,
    Visit,
)
from deskapp.store.privacy_tables import Erasure, RetentionRule
from deskapp.store.tables import Audit, Customer, Idempotency, Job

People = dict[str, Actor]
KEY = b"a key of the tests"
A_YEAR_LATER = cast.NOW + timedelta(days=400)
NOTHING = dict.fromkeys((kind.value for kind in Kind), "")


@pytest.fixture(autouse=True)
def clocks_agree(monkeypatch) -> None:
    """The tests' own clock is far from PostgreSQL's."""
    monkeypatch.setattr(timetable, "clocks_apart", lambda _session, *, now: "")


@pytest.fixture
def known(database: Database, people: People) -> int:
    """Dan, of whom there is one of everything, the newest from NOW."""
    with database.writing() as session:
        one = fill(session, people, "zqmarker")
        session.connection().execute(text("UPDATE hold SET lifted_at = placed_at"))
        session.connection().execute(text("UPDATE note SET kind = 'observation'"))
        session.connection().execute(text("UPDATE preference SET is_stated = false, withdrawn_at = NULL"))
        session.connection().execute(text("UPDATE personal_export SET body = NULL"))
        return one


def keep(database: Database, people: People, key: str = "retention-key-1", **days: str) -> int:
    with database.writing() as session:
        form = NewTerms(form_key=key, **(NOTHING | days))
        return retention.save(session, people["mo"], form, now=cast.NOW)


def night(database: Database, now: datetime) -> str:
    return retention.run(database, 0, key=KEY, now=now, progress=lambda _share, _words: None)


def count(session: Session, table: type) -> int:
    return len(session.exec(select(table)).all())


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (Kind.NOTES, "note"),
        (Kind.INFERRED, "preference"),
        (Kind.PROMISES, "promise"),
        (Kind.VISITS, "visit"),
        (Kind.OFFERS, "offer"),
        (Kind.VIEWS, "view_log"),
        (Kind.EXPORTS, "personal_export"),
    ],
)
def test_it_goes_on_its_day_and_not_the_day_before(
    database: Database, people: People, known: int, kind: Kind, table: str
) -> None:
    def left() -> int:
        with database.reading() as session:
            return int(session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608

    keep(database, people, **{kind.value: "30"})
    before = left()
    night(database, cast.NOW + timedelta(days=30))
    assert left() == before
    night(database, cast.NOW + timedelta(days=31))
    assert left() == before - 1
    with database.reading() as session:
        told = session.exec(select(Audit).where(Audit.action == "memory.forgotten")).one()
    assert (told.subject, told.details, told.staff_id) == (f"customer:{known}", {"kind": kind.value, "rows": 1}, None)


def test_a_note_takes_its_wordings_and_its_talk_along_and_leaves_the_preference(
    database: Database, people: People, known: int
) -> None:
    with database.writing() as session:
        session.connection().execute(text("UPDATE preference SET is_stated = true"))
    keep(database, people, notes="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert [count(session, table) for table in (Note, NoteRevision, Interaction)] == [0, 0, 0]
        assert session.exec(select(Preference)).one().note_id is None


def test_the_words_of_a_request_go_and_the_voice_still_counts(database: Database, people: People, known: int) -> None:
    keep(database, people, requests="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        voices = session.connection().execute(text("SELECT words, would_let FROM request_voice")).all()
    assert [tuple(voice) for voice in voices] == [("A former customer", "")]


def test_opinions_and_observations_have_terms_of_their_own(database: Database, people: People, known: int) -> None:
    with database.writing() as session:
        session.exec(select(Note)).one().kind = NoteKind.OPINION
    keep(database, people, notes="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Note) == 1
    keep(database, people, "retention-key-2", opinions="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Note) == 0


@pytest.mark.parametrize("what", ["an order", "a talk", "a parcel", "a gift"])
def test_whoever_did_something_lately_is_not_forgotten(
    database: Database, people: People, known: int, what: str
) -> None:
    table, column = {
        "an order": ("orders", "placed_at"),
        "a talk": ("interaction", "happened_at"),
        "a parcel": ("delivery", "delivered_at"),
        "a gift": ("grants", "granted_at"),
    }[what]
    keep(database, people, notes="30")
    with database.writing() as session:
        lately = (
            {"at": str(A_YEAR_LATER - timedelta(days=2))}
            if database.is_sqlite
            else {"at": A_YEAR_LATER - timedelta(days=2)}
        )
        session.connection().execute(text(f"UPDATE {table} SET {column} = :at"), lately)  # noqa: S608
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Note) == 1


def test_that_we_looked_at_their_page_keeps_nobody(database: Database, people: People, known: int) -> None:
    from deskapp.desk.views import ViewLog

    keep(database, people, notes="30")
    ViewLog(database).note(people["ana"], known, "page", "page", now=A_YEAR_LATER)
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Note) == 0


def test_nothing_of_whoever_is_held_goes(database: Database, people: People, known: int) -> None:
    days = {kind.value: "30" for kind in Kind if kind is not Kind.ANSWERS}
    keep(database, people, **days)
    with database.writing() as session:
        form = NewHold(form_key="hold-key-1", reason="We talk about a broken lamp")
        holds.place(session, people["bo"], known, form, today=cast.NOW.date(), now=cast.NOW)
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert {
            kind: rows.due(session, kind, A_YEAR_LATER, A_YEAR_LATER.date()).rows
            for kind in Kind
            if kind is not Kind.ANSWERS
        }[Kind.NOTES] == 0
        assert (count(session, Note), count(session, Offer)) == (1, 1)
        assert session.get_one(Customer, known).erased_at is None


def test_a_visit_that_is_still_to_come_is_not_over(database: Database, people: People, known: int) -> None:
    with database.writing() as session:
        visit = session.exec(select(Visit)).one()
        visit.came_at, visit.cancelled_at, visit.expected_on = None, None, (A_YEAR_LATER + timedelta(days=1)).date()
    keep(database, people, visits="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Visit) == 1


def test_the_whole_customer_goes_as_by_an_erasure(database: Database, people: People, known: int) -> None:
    keep(database, people, customers="365")
    night(database, cast.NOW + timedelta(days=365))
    with database.reading() as session:
        assert session.get_one(Customer, known).erased_at is None
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert session.get_one(Customer, known).name == "A former customer"
        assert "erase" in [job.kind for job in session.exec(select(Job))]
        assert session.get_one(Customer, 2).erased_at is None  # nothing is known of Dan, so nobody knows since when


GOING_ON = {
    "an open promise": ("promise", "kept_at = NULL, dropped_at = NULL"),
    "a promise of last week": ("promise", "made_at = :at"),
    "a visit to come": ("visit", "expected_on = :on"),
    "a problem": ("problem", "solved_at = NULL"),
    "a preference of last week": ("preference", "heard_at = :at"),
    "a request of last week": ("request_voice", "heard_at = :at"),
    "an occasion of last week": ("occasion", "heard_at = :at"),
}


@pytest.mark.parametrize("what", GOING_ON)
def test_the_whole_customer_stays_while_something_is_going_on(
    database: Database, people: People, known: int, what: str
) -> None:
    keep(database, people, customers="365")
    table, change = GOING_ON[what]
    at = A_YEAR_LATER - timedelta(days=7)
    values = {name: at if name == "at" else at.date() for name in ("at", "on") if f":{name}" in change}
    if database.is_sqlite:
        values = {name: str(value) for name, value in values.items()}
    with database.writing() as session:
        session.connection().execute(text(f"UPDATE {table} SET {change}"), values)  # noqa: S608
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert session.get_one(Customer, known).erased_at is None


@pytest.mark.parametrize("how", ["held", "erased"])
def test_whoever_was_held_or_erased_after_the_list_was_made_is_passed_over(
    database: Database, people: People, known: int, how: str, monkeypatch
) -> None:
    keep(database, people, customers="365")
    list_idle = rows.list_idle

    def meanwhile(session: Session, before: datetime, limit: int) -> list[int]:
        idle = list_idle(session, before, limit)
        with database.writing() as writing:
            if how == "held":
                form = NewHold(form_key="hold-key-1", reason="We talk about a broken lamp")
                holds.place(writing, people["bo"], known, form, today=cast.NOW.date(), now=cast.NOW)
            else:
                erasure.begin(writing, people["mo"], known, key=KEY, today=cast.NOW.date(), now=cast.NOW)
        return idle

    monkeypatch.setattr(rows, "list_idle", meanwhile)
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert len(session.exec(select(Erasure).where(Erasure.customer_id == known)).all()) == (how == "erased")
        assert (session.get_one(Customer, known).erased_at is None) == (how == "held")


@pytest.mark.parametrize(("kind", "table"), [(Kind.OPINIONS, "note"), (Kind.INFERRED, "preference")])
def test_what_somebody_confirmed_stays_until_it_is_to_be_looked_at_again(
    database: Database, people: People, known: int, kind: Kind, table: str
) -> None:
    keep(database, people, **{kind.value: "30"})
    tomorrow = (A_YEAR_LATER + timedelta(days=1)).date()
    with database.writing() as session:
        session.connection().execute(text("UPDATE note SET kind = 'opinion'"))
        review_on = {"on": str(tomorrow) if database.is_sqlite else tomorrow}
        session.connection().execute(text(f"UPDATE {table} SET review_on = :on"), review_on)  # noqa: S608

    def left_after(now: datetime) -> int:
        night(database, now)
        with database.reading() as session:
            return count(session, Note if table == "note" else Preference)

    assert [left_after(A_YEAR_LATER + timedelta(days=days)) for days in (0, 1)] == [1, 0]


@pytest.mark.parametrize("kind", [Kind.NOTES, Kind.OPINIONS])
def test_a_note_is_as_young_as_its_newest_words(database: Database, people: People, known: int, kind: Kind) -> None:
    keep(database, people, **{kind.value: "30"})
    with database.writing() as session:
        session.exec(select(Note)).one().kind = NoteKind(kind.value.removesuffix("s").replace("note", "observation"))
        note = session.exec(select(Note)).one()
        note.review_on = None
        newest = A_YEAR_LATER - timedelta(days=7)
        session.add(NoteRevision(note_id=note.id, number=99, text="In other words", author_id=1, written_at=newest))
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Note) == 1
        form = NewTerms(form_key="retention-key-2", **(NOTHING | {kind.value: "30"}))
        panel = retention.panel(session, form, now=A_YEAR_LATER + timedelta(days=30))
    assert [row.due for row in panel.rows if row.due] == [(1, 1, newest)]


def test_of_memory_nothing_goes_until_somebody_has_said_so(database: Database, people: People, known: int) -> None:
    """What is ours alone, such as old offers, goes by itself."""
    night(database, cast.NOW + timedelta(days=4000))
    with database.reading() as session:
        assert (count(session, Note), count(session, Offer)) == (1, 0)
        kept = [kind for kind in Kind if TERMS[kind].from_activity]
        assert [TERMS[kind].days for kind in kept] == [None] * len(kept)


def test_the_preview_says_what_goes_and_writes_nothing(database: Database, people: People, known: int) -> None:
    form = NewTerms(form_key="retention-key-1", **(NOTHING | {"notes": "30", "offers": "30"}))
    with database.reading() as session:
        panel = retention.panel(session, form, now=A_YEAR_LATER)
    due = {row.kind: row.due for row in panel.rows if row.due}
    assert due == {"notes": (1, 1, cast.NOW), "offers": (1, 1, cast.NOW)}
    assert panel.rows_due == 2
    with database.reading() as session:
        assert count(session, Note) == 1
        assert count(session, RetentionRule) == 0


def test_saving_says_who_and_keeps_the_earlier_word(database: Database, people: People) -> None:
    assert keep(database, people, notes="30") == len(Kind)
    assert keep(database, people, notes="30") == 0  # a double tap
    assert keep(database, people, "retention-key-2", notes="60") == 1
    with database.reading() as session:
        panel = retention.panel(session, now=cast.NOW)
        notes = next(row for row in panel.rows if row.kind == "notes")
        assert notes.said is not None
        assert (notes.days, notes.said.set_by) == (60, "Mo")
        assert count(session, RetentionRule) == len(Kind) + 1


def test_old_answers_to_forms_go_in_batches(database: Database, people: People, monkeypatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 7)
    with database.writing() as session:
        for n in range(20):
            session.add(Idempotency(scope="note:1", key=f"key-{n}", request_hash="", created_at=cast.NOW))
    night(database, cast.NOW + timedelta(days=61))
    with database.reading() as session:
        assert count(session, Idempotency) == 0


def test_where_the_clock_cannot_be_believed_nothing_goes(
    database: Database, people: People, known: int, monkeypatch
) -> None:
    monkeypatch.setattr(timetable, "clocks_apart", lambda _session, *, now: "The clocks are apart.")
    with pytest.raises(Conflict, match="Nothing was forgotten"):
        night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert count(session, Offer) == 1


def test_the_night_is_asked_for_once_a_day(database: Database) -> None:
    def jobs_after(now: datetime) -> int:
        with database.writing() as session:
            timetable.ask(session, now=now)
        with database.reading() as session:
            return len(session.exec(select(Job).where(Job.kind == "retain")).all())

    assert [jobs_after(cast.NOW + timedelta(hours=hours)) for hours in (0, 1, 10, 11, 12)] == [0, 0, 0, 1, 1]


def test_markers_are_there_to_begin_with(database: Database, known: int) -> None:
    assert len(markers("zqmarker")) > 20


def test_a_topic_called_by_words_that_go_has_another_name_from_then_on(
    database: Database, people: People, known: int
) -> None:
    with database.writing() as session:
        voice = session.exec(select(RequestVoice).where(RequestVoice.customer_id == known)).one()
        session.get_one(RequestTopic, voice.topic_id).title = voice.words
    keep(database, people, requests="30")
    night(database, A_YEAR_LATER)
    with database.reading() as session:
        assert session.exec(select(RequestTopic.title)).one() == "Something somebody asked for"
