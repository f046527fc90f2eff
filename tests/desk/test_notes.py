from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import notes
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store import notes as rows
from deskapp.store.db import Database
from deskapp.store.memory_tables import Interaction, Note, NoteRevision, Source
from deskapp.store.tables import Audit

People = dict[str, Actor]
TODAY = cast.NOW.date()


def words(text: str = "Her sister visits in May", key: str = "form-key-1", **more: object) -> notes.NewNote:
    return notes.NewNote.model_validate(
        {"text": text, "kind": "observation", "channel": "phone", "form_key": key} | more
    )


def panel(session: Session, actor: Actor, customer_id: int, **more: Any) -> notes.NotesPanel:
    return notes.panel(session, actor, customer_id, today=TODAY, zone=ZoneInfo("UTC"), **more)


def edit(text: str, revision: int = 1, key: str = "edit-key-1") -> notes.NewWords:
    return notes.NewWords(text=text, revision=revision, form_key=key)


def test_a_note_stands_on_the_panel_with_its_author_channel_and_words(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    notes.record(session, people["ana"], carla, words("Likes to ring\nbefore noon"), now=cast.NOW)
    (row,) = panel(session, people["ana"], carla).rows
    assert (row.text, row.author, row.channel, row.kind, row.written_at) == (
        "Likes to ring\nbefore noon",
        "Ana",
        "on the phone",
        "observation",
        cast.NOW,
    )


def test_a_double_tap_makes_one_note(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    first = notes.record(session, people["ana"], carla, words(), now=cast.NOW)
    again = notes.record(session, people["ana"], carla, words(), now=cast.NOW)
    assert first == again
    assert len(session.exec(select(Note)).all()) == len(session.exec(select(Interaction)).all()) == 1


def test_the_same_key_with_other_words_is_a_conflict(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    notes.record(session, people["ana"], carla, words("one"), now=cast.NOW)
    with pytest.raises(Conflict):
        notes.record(session, people["ana"], carla, words("two"), now=cast.NOW)


def test_two_people_may_use_the_same_key(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    for who in ("ana", "bo"):
        notes.record(session, people[who], carla, words(f"by {who}"), now=cast.NOW)
    assert len(panel(session, people["ana"], carla).rows) == 2


def test_an_edit_is_a_new_revision_and_the_old_words_stay(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    note = notes.record(session, people["ana"], carla, words("first"), now=cast.NOW)
    notes.revise(session, people["bo"], note, edit("second"), now=cast.NOW)
    seen = notes.history(session, people["ana"], note, today=TODAY)
    assert (seen.text, seen.revision) == ("second", 2)
    assert [(one.number, one.text, one.author) for one in seen.revisions] == [
        (2, "second", "Bo"),
        (1, "first", "Ana"),
    ]


def test_who_edits_an_old_revision_is_told_and_nothing_is_lost(session: Session, people: People) -> None:
    note = notes.record(session, people["ana"], cast.customer_id(session), words("first"), now=cast.NOW)
    notes.revise(session, people["bo"], note, edit("by bo"), now=cast.NOW)
    with pytest.raises(Conflict, match="Somebody changed this note"):
        notes.revise(session, people["ana"], note, edit("by ana", key="edit-key-2"), now=cast.NOW)
    assert notes.history(session, people["ana"], note, today=TODAY).text == "by bo"


def test_an_edit_sent_twice_is_one_revision(session: Session, people: People) -> None:
    note = notes.record(session, people["ana"], cast.customer_id(session), words("first"), now=cast.NOW)
    for _ in range(2):
        notes.revise(session, people["ana"], note, edit("second"), now=cast.NOW)
    assert len(session.exec(select(NoteRevision)).all()) == 2


def test_a_card_number_is_refused_and_nothing_is_kept(database: Database, people: People) -> None:
    with pytest.raises(Invalid) as refused, database.writing() as session:
        notes.record(
            session, people["ana"], cast.customer_id(session), words("pays with 4111 1111 1111 1111"), now=cast.NOW
        )
    assert "card number" in refused.value.problems["text"]
    with database.reading() as session:
        assert session.exec(select(Note)).all() == []


def test_a_judging_word_is_kept_only_if_somebody_says_it_is_meant_so(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    rude = "A difficult customer, rude on the phone"
    with pytest.raises(Invalid) as warned:
        notes.record(session, people["ana"], carla, words(rude), now=cast.NOW)
    assert set(warned.value.problems) == {"text", "is_confirmed"}


def test_a_note_for_nobody_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        notes.record(session, people["ana"], 10**9, words(), now=cast.NOW)


def test_a_note_may_name_only_an_order_of_this_customer(session: Session, people: People) -> None:
    dan = cast.customer_id(session, "C-2")
    with pytest.raises(NotFound):
        notes.record(session, people["ana"], dan, words(order="O-1"), now=cast.NOW)
    notes.record(session, people["ana"], cast.customer_id(session), words(order="O-1", key="form-key-2"), now=cast.NOW)


def test_the_audit_knows_of_the_note_but_not_its_words(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    note = notes.record(session, people["ana"], carla, words("a secret canary"), now=cast.NOW)
    (line,) = session.exec(select(Audit)).all()
    assert (line.action, line.subject, line.staff_id) == (
        "note.recorded",
        f"customer:{carla}",
        people["ana"].staff_id,
    )
    assert line.details == {"note": note}


# --- about what, and from whom --------------------------------------------------------------------------------------


def test_a_note_is_about_an_order_or_a_thing_of_the_shop(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    notes.record(session, people["ana"], carla, words(order="O-1", item="blue mug"), now=cast.NOW)
    (row,) = panel(session, people["ana"], carla).rows
    assert (row.order, row.item, row.source) == ("O-1", "Blue mug", "")


def test_a_thing_that_is_not_there_or_is_one_of_several_is_asked_for_again(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    for item, says in (("no such thing", "Nothing in the catalogue"), ("re", "Several items")):
        with pytest.raises(Invalid, match=says) as wrong:
            notes.record(session, people["ana"], carla, words(item=item, key=f"item-key-{len(item)}"), now=cast.NOW)
        assert set(wrong.value.problems) == {"item"}
    notes.record(session, people["ana"], carla, words(item="re", sku="lamp", key="item-chosen"), now=cast.NOW)
    assert panel(session, people["ana"], carla).rows[0].item == "Reading lamp"


def test_what_a_program_or_an_import_wrote_says_so(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    for source in Source:
        note = words(source.value, key=f"source-{source}")
        notes.record(session, people["ana"], carla, note, source=source, now=cast.NOW)
    assert {row.text: row.source for row in panel(session, people["ana"], carla).rows} == {
        "person": "",
        "import": "import",
        "automation": "automation",
        "customer": "customer",
    }


# --- opinions fade --------------------------------------------------------------------------------------------------


def opine(session: Session, who: Actor, carla: int, text: str = "Seems to like a chat", **more: object) -> int:
    return notes.record(session, who, carla, words(text, kind="opinion", key="opine-key", **more), now=cast.NOW)


def test_an_opinion_stands_for_half_a_year_and_an_observation_for_good(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    opine(session, people["ana"], carla)
    notes.record(session, people["ana"], carla, words(review_on=TODAY + timedelta(days=9)), now=cast.NOW)
    assert [row.review_on for row in panel(session, people["ana"], carla).rows] == [None, TODAY + timedelta(days=180)]


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_an_opinion_is_looked_at_again_within_a_year(session: Session, people: People, days: int) -> None:
    carla = cast.customer_id(session)
    with pytest.raises(Invalid) as wrong:
        opine(session, people["ana"], carla, review_on=TODAY + timedelta(days=days))
    assert set(wrong.value.problems) == {"review_on"}


def test_the_day_of_the_next_look_may_be_chosen(session: Session, people: People) -> None:
    opine(session, people["ana"], carla := cast.customer_id(session), review_on=TODAY + timedelta(days=366))
    assert panel(session, people["ana"], carla).rows[0].review_on == TODAY + timedelta(days=366)


def test_an_opinion_is_not_shown_on_top(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as wrong:
        opine(session, people["ana"], cast.customer_id(session), is_alert=True)
    assert set(wrong.value.problems) == {"is_alert"}


def test_a_faded_opinion_is_seen_by_leads_alone(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    note = opine(session, people["ana"], carla)
    later = TODAY + timedelta(days=180)
    look = {"today": later, "zone": ZoneInfo("UTC")}
    assert notes.panel(session, people["ana"], carla, **look).rows == []
    assert notes.panel(session, people["ana"], carla, sift=notes.SiftForm(kind="opinion"), **look).rows == []
    (row,) = notes.panel(session, people["bo"], carla, **look).rows
    assert row.is_faded
    assert notes.panel(session, people["bo"], carla, sift=notes.SiftForm(kind="opinion"), **look).rows == [row]
    with pytest.raises(NotFound):
        notes.history(session, people["ana"], note, today=later)
    with pytest.raises(NotFound):
        notes.revise(session, people["ana"], note, edit("Likes a chat"), today=later, now=cast.NOW)
    assert notes.history(session, people["bo"], note, today=later).text == "Seems to like a chat"


def test_whoever_does_not_say_the_day_is_told_no_opinion(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    opine(session, people["ana"], carla)
    assert rows.list_notes(session, carla) == []
    assert len(rows.list_notes(session, carla, today=TODAY)) == 1


# --- many of them ---------------------------------------------------------------------------------------------------


def write_many(session: Session, who: Actor, carla: int, count: int) -> None:
    for n in range(count):
        at = cast.NOW + timedelta(minutes=n)
        notes.record(session, who, carla, words(f"note {n}", key=f"many-notes-{n}"), now=at)


def test_the_latest_five_come_first_and_the_rest_by_pages(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    write_many(session, people["ana"], carla, 45)
    first = panel(session, people["ana"], carla)
    assert [row.text for row in first.rows] == [f"note {n}" for n in (44, 43, 42, 41, 40)]
    assert first.has_more
    pages = [panel(session, people["ana"], carla, sift=notes.SiftForm(page=page)) for page in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [20, 20, 5, 0]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert len({row.id for page in pages for row in page.rows}) == 45


def test_only_some_of_them_are_asked_for_by_kind_channel_author_and_day(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    ana, bo = people["ana"], people["bo"]
    notes.record(session, ana, carla, words("phoned", key="some-key-1"), now=cast.NOW - timedelta(days=2))
    notes.record(session, bo, carla, words("chatted", key="some-key-2", channel="chat"), now=cast.NOW)
    opine(session, ana, carla, "thought")
    for sift, found in (
        ({"kind": "opinion"}, ["thought"]),
        ({"channel": "chat"}, ["chatted"]),
        ({"author": bo.staff_id}, ["chatted"]),
        ({"until": TODAY - timedelta(days=1)}, ["phoned"]),
        ({"since": TODAY}, ["thought", "chatted"]),
        ({"since": TODAY - timedelta(days=2), "until": TODAY - timedelta(days=2)}, ["phoned"]),
        ({"channel": "pigeon"}, []),
    ):
        seen = panel(session, ana, carla, sift=notes.SiftForm.model_validate(sift))
        assert sorted(row.text for row in seen.rows) == sorted(found), sift
        assert [name for _, name in seen.authors] == ["Ana", "Bo"]


def test_a_days_notes_are_those_of_the_shops_own_day(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    late = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)  # the 15th in Berlin
    notes.record(session, people["ana"], carla, words(), now=late)
    on_15th = notes.SiftForm(since=date(2026, 3, 15), until=date(2026, 3, 15))
    for zone, count in (("Europe/Berlin", 1), ("UTC", 0)):
        seen = notes.panel(session, people["ana"], carla, today=TODAY, zone=ZoneInfo(zone), sift=on_15th)
        assert len(seen.rows) == count, zone


def test_every_revision_shows_what_it_changed_in_its_neighbour(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    note = notes.record(session, people["ana"], carla, words("wording 1"), now=cast.NOW)
    for n in range(2, 26):
        notes.revise(session, people["ana"], note, edit(f"wording {n}", n - 1, f"edit-key-{n}"), now=cast.NOW)
    newest = notes.history(session, people["ana"], note, today=TODAY)
    assert [one.number for one in newest.revisions] == list(range(25, 5, -1))
    older = notes.history(session, people["ana"], note, today=TODAY, before=newest.older)
    assert [one.number for one in older.revisions] == [5, 4, 3, 2, 1]
    assert older.older is None
    for one in (*newest.revisions, *older.revisions[:-1]):
        assert [(change.edit.value, change.text) for change in one.changes] == [
            ("same", "wording "),
            ("gone", str(one.number - 1)),
            ("new", str(one.number)),
        ]
    assert older.revisions[-1].changes == []
