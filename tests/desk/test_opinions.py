from datetime import date, timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import note_marks, notes, opinions
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.memory_tables import Note, NoteRevision

People = dict[str, Actor]
TODAY = cast.NOW.date()
THEN = TODAY + timedelta(days=180)


def opine(session: Session, who: Actor, text: str = "Seems lonely") -> int:
    form = notes.NewNote(text=text, kind="opinion", channel="phone", form_key=f"opine-{len(text)}-key")
    return notes.record(session, who, cast.customer_id(session), form, now=cast.NOW)


def seen(key: str = "confirm-key", revision: int = 1) -> opinions.Confirmed:
    return opinions.Confirmed(form_key=key, revision=revision)


def anew(text: str, key: str = "reword-key", revision: int = 1) -> notes.NewWords:
    return notes.NewWords(text=text, revision=revision, form_key=key)


def faded(session: Session, on: date) -> list[int]:
    return [row.id for row in opinions.panel(session, today=on).faded]


def test_an_opinion_waits_for_a_lead_from_the_day_of_its_review(session: Session, people: People) -> None:
    note = opine(session, people["ana"])
    assert opinions.panel(session, today=THEN - timedelta(days=15)).soon == []
    before = opinions.panel(session, today=THEN - timedelta(days=1))
    assert ([row.id for row in before.soon], before.faded) == ([note], [])
    (row,) = opinions.panel(session, today=THEN).faded
    assert (row.text, row.author, row.customer_name, row.review_on) == ("Seems lonely", "Ana", "Carla Núñez", THEN)
    assert (opinions.count_faded(session, today=THEN), opinions.count_faded(session, today=TODAY)) == (1, 0)


def test_who_confirms_it_lets_it_stand_for_another_half_year(session: Session, people: People) -> None:
    note = opine(session, people["ana"])
    for _ in range(2):
        opinions.confirm(session, people["bo"], note, seen(), today=THEN, now=cast.NOW)
    assert faded(session, THEN) == []
    assert faded(session, THEN + timedelta(days=180)) == [note]


def test_said_in_other_words_it_is_an_observation_and_the_opinion_stays_in_its_history(
    session: Session, people: People
) -> None:
    note = opine(session, people["ana"])
    opinions.reword(session, people["bo"], note, anew("Stays for a chat after paying"), now=cast.NOW)
    assert faded(session, THEN) == []
    (row,) = notes.panel(session, people["ana"], cast.customer_id(session), today=THEN, zone=ZoneInfo("UTC")).rows
    assert (row.kind, row.text, row.review_on) == ("observation", "Stays for a chat after paying", None)
    assert session.exec(select(NoteRevision.text).order_by(NoteRevision.number)).all() == [
        "Seems lonely",
        "Stays for a chat after paying",
    ]


def test_what_was_thought_before_it_was_reworded_is_for_leads_alone(session: Session, people: People) -> None:
    note = opine(session, people["ana"])
    notes.revise(session, people["ana"], note, anew("Seems quite lonely", "edit-key-1"), now=cast.NOW)
    later = cast.NOW + timedelta(days=200)
    opinions.reword(session, people["bo"], note, anew("Stays for a chat", revision=2), now=later)
    notes.revise(session, people["ana"], note, anew("Stays for a long chat", "edit-key-2", 3), now=later)

    def read(who: str) -> list[str]:
        return [one.text for one in notes.history(session, people[who], note, today=later.date()).revisions]

    assert read("ana") == ["Stays for a long chat", "Stays for a chat"]
    assert read("bo") == ["Stays for a long chat", "Stays for a chat", "Seems quite lonely", "Seems lonely"]


def test_what_was_thought_stays_hidden_when_the_note_goes_to_another_customer(session: Session, people: People) -> None:
    note = opine(session, people["ana"])
    opinions.reword(session, people["bo"], note, anew("Stays for a chat"), now=cast.NOW + timedelta(days=200))
    session.get_one(Note, note).customer_id = cast.customer_id(session, "C-2")
    session.flush()
    (only,) = notes.history(session, people["ana"], note, today=TODAY).revisions
    assert (only.text, only.changes) == ("Stays for a chat", [])


def test_the_same_words_do_not_make_it_an_observation(session: Session, people: People) -> None:
    with pytest.raises(Invalid, match="what was seen or said"):
        opinions.reword(session, people["bo"], opine(session, people["ana"]), anew("Seems lonely"), now=cast.NOW)


def test_what_somebody_reworded_meanwhile_is_read_again_first(session: Session, people: People) -> None:
    note = opine(session, people["ana"])
    notes.revise(session, people["ana"], note, anew("Seems quite lonely", "edit-key"), now=cast.NOW)
    with pytest.raises(Conflict):
        opinions.confirm(session, people["bo"], note, seen(), today=THEN, now=cast.NOW)
    with pytest.raises(Conflict):
        opinions.reword(session, people["bo"], note, anew("Chats"), now=cast.NOW)


def test_an_observation_is_not_confirmed_and_what_was_taken_back_is_not_there(session: Session, people: People) -> None:
    note, other = opine(session, people["ana"]), opine(session, people["ana"], "Another")
    opinions.reword(session, people["bo"], note, anew("Chats"), now=cast.NOW)
    with pytest.raises(Conflict, match="no opinion any more"):
        opinions.confirm(session, people["bo"], note, seen(revision=2), today=THEN, now=cast.NOW)
    note_marks.retract(session, people["bo"], other, today=TODAY, now=cast.NOW)
    with pytest.raises(NotFound):
        opinions.confirm(session, people["bo"], other, seen("another-key"), today=THEN, now=cast.NOW)
    assert faded(session, THEN) == []
