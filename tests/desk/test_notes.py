from typing import Any
from zoneinfo import ZoneInfo

import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import notes
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import Interaction, Note, NoteRevision
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
