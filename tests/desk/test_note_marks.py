from datetime import timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import deliver
from sqlmodel import Session, select

from deskapp.desk import api, cards, note_marks, notes
from deskapp.desk import customers as pages
from deskapp.desk.delivery_rows import Shop
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note, NoteRevision
from deskapp.store.privacy_tables import Hold
from deskapp.store.tables import Audit, Delivery

People = dict[str, Actor]
TODAY = cast.NOW.date()
NOW = {"today": TODAY, "now": cast.NOW}
TEXT = "Plays the cello. Wants warm light."
UTC = ZoneInfo("UTC")


def write(session: Session, who: Actor, text: str = TEXT, kind: str = "observation") -> int:
    form = notes.NewNote(text=text, kind=kind, channel="phone", form_key="-".join(["key-of", *text[:40].split()]))
    return notes.record(session, who, cast.customer_id(session), form, now=cast.NOW - timedelta(hours=1))


def pin(days: int = 30, key: str = "pin-key-1") -> note_marks.NewPin:
    return note_marks.NewPin(reason="The concert is in May", until=TODAY + timedelta(days=days), form_key=key)


def chosen(sentence: int, revision: int = 1, key: str = "choose-key-1") -> note_marks.Chosen:
    return note_marks.Chosen(sentence=sentence, revision=revision, form_key=key)


def panel(session: Session, who: Actor, days: int = 0) -> notes.NotesPanel:
    today = TODAY + timedelta(days=days)
    return notes.panel(session, who, cast.customer_id(session), today=today, zone=UTC)


def everything(session: Session, who: Actor) -> str:
    """All that is said of Carla on her page, on her card and to programs."""
    carla = cast.customer_id(session)
    shop = Shop("Corner & Co", UTC)
    parcel = session.exec(select(Delivery.id)).first() or deliver(session)
    card = cards.panel(session, parcel, shop=shop, now=cast.NOW)
    sheet = api.customer(session, "C-1", today=TODAY)
    sifted = notes.panel(session, who, carla, today=TODAY, zone=UTC, sift=notes.SiftForm(page=1))
    return str((panel(session, who), sifted, pages.panel(session, carla, today=TODAY), card, sheet))


# --- pins and alerts ------------------------------------------------------------------------------------------------


def test_a_pinned_note_comes_first_with_its_reason_until_its_last_day(session: Session, people: People) -> None:
    old = write(session, people["ana"])
    for n in range(60):
        write(session, people["ana"], f"newer {n}")
    note_marks.pin(session, people["bo"], old, pin(), **NOW)
    on_the_last_day, after = panel(session, people["ana"], 30).rows, panel(session, people["ana"], 31).rows
    assert (on_the_last_day[0].id, on_the_last_day[0].pin_reason) == (old, "The concert is in May")
    assert len(on_the_last_day) == 6
    assert old not in [row.id for row in after]


def test_a_pin_is_taken_off_and_twice_is_once(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    note_marks.pin(session, people["ana"], note, pin(), **NOW)
    note_marks.pin(session, people["ana"], note, pin(), **NOW)
    for _ in range(2):
        note_marks.unpin(session, people["ana"], note, **NOW)
    assert panel(session, people["ana"]).rows[0].pinned_until is None
    assert actions(session) == ["note.recorded", "note.pinned", "note.unpinned"]


@pytest.mark.parametrize("days", [-1, 367])
def test_a_pin_holds_from_today_on_within_a_year(session: Session, people: People, days: int) -> None:
    note = write(session, people["ana"])
    with pytest.raises(Invalid) as wrong:
        note_marks.pin(session, people["ana"], note, pin(days), **NOW)
    assert set(wrong.value.problems) == {"until"}


def test_the_reason_of_a_pin_goes_through_the_guard(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    form = pin().model_copy(update={"reason": "pays with 4111 1111 1111 1111"})
    with pytest.raises(Invalid) as wrong:
        note_marks.pin(session, people["ana"], note, form, **NOW)
    assert "card number" in wrong.value.problems["reason"]


def test_an_alert_stands_on_top_with_who_and_when(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    for n in range(60):
        write(session, people["bo"], f"newer {n}")
    for _ in range(2):
        note_marks.set_alert(session, people["bo"], note, is_on=True, **NOW)
    (alert,) = pages.panel(session, cast.customer_id(session), today=TODAY).alerts
    assert (alert.text, alert.author, alert.at) == (TEXT, "Ana", cast.NOW - timedelta(hours=1))
    assert [one.text for one in api.customer(session, "C-1", today=TODAY).alerts] == [TEXT]
    note_marks.set_alert(session, people["bo"], note, is_on=False, **NOW)
    assert pages.panel(session, cast.customer_id(session), today=TODAY).alerts == []
    assert actions(session)[-2:] == ["note.alert-set", "note.alert-taken-off"]


def test_an_opinion_is_no_alert(session: Session, people: People) -> None:
    with pytest.raises(Invalid):
        note_marks.set_alert(session, people["ana"], write(session, people["ana"], kind="opinion"), is_on=True, **NOW)


# --- safe to mention ------------------------------------------------------------------------------------------------


def test_a_chosen_sentence_comes_first_on_the_card(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    write(session, people["ana"], "Asked whether the blue mug comes in green.")
    note_marks.choose(session, people["ana"], note, chosen(1), **NOW)
    shop = Shop("Corner & Co", UTC)
    prompt = cards.panel(session, deliver(session), shop=shop, now=cast.NOW).prompt
    assert prompt is not None
    assert prompt.facts[0].text == "Plays the cello"


def test_it_stays_chosen_through_an_edit_only_if_it_still_stands_there(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    note_marks.choose(session, people["ana"], note, chosen(2), **NOW)
    for n, (text, stays) in enumerate([("Moved. Wants warm light.", True), ("Wants very warm light.", False)], 1):
        notes.revise(
            session, people["bo"], note, notes.NewWords(text=text, revision=n, form_key=f"edit-key-{n}"), now=cast.NOW
        )
        assert bool(panel(session, people["ana"]).rows[0].mentionable) is stays


def test_a_sentence_is_chosen_of_the_words_that_were_read(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    notes.revise(
        session, people["bo"], note, notes.NewWords(text="Other. Words.", revision=1, form_key="edit-key"), now=cast.NOW
    )
    with pytest.raises(Conflict):
        note_marks.choose(session, people["ana"], note, chosen(1), **NOW)
    with pytest.raises(Invalid):
        note_marks.choose(session, people["ana"], note, chosen(3, 2, "choose-key-9"), **NOW)
    note_marks.choose(session, people["ana"], note, chosen(1, 2, "choose-key-2"), **NOW)
    note_marks.choose(session, people["ana"], note, chosen(0, 2, "choose-key-3"), **NOW)
    assert panel(session, people["ana"]).rows[0].mentionable == ""


def test_of_an_opinion_no_sentence_can_be_chosen(session: Session, people: People) -> None:
    note = write(session, people["ana"], kind="opinion")
    assert notes.history(session, people["ana"], note, today=TODAY).sentences == []
    with pytest.raises(Invalid):
        note_marks.choose(session, people["ana"], note, chosen(1), **NOW)


def test_what_never_stands_on_a_card_is_not_offered(session: Session, people: People) -> None:
    note = write(session, people["ana"], "Paid 12.50 for it.\nGrows roses.\nGrows roses.\n" + "x" * 501)
    assert notes.history(session, people["ana"], note, today=TODAY).sentences == ["Grows roses."]


# --- taking it back -------------------------------------------------------------------------------------------------


def test_what_was_taken_back_is_gone_from_everywhere_at_once_and_comes_back_with_an_undo(
    session: Session, people: People
) -> None:
    note = write(session, people["ana"])
    note_marks.set_alert(session, people["ana"], note, is_on=True, **NOW)
    note_marks.pin(session, people["ana"], note, pin(), **NOW)
    note_marks.choose(session, people["ana"], note, chosen(1), **NOW)
    note_marks.retract(session, people["ana"], note, **NOW)
    for who in ("ana", "bo", "mo"):
        assert "cello" not in everything(session, people[who])
        assert "concert" not in everything(session, people[who])
        with pytest.raises(NotFound):
            notes.history(session, people[who], note, today=TODAY)
    note_marks.restore(session, people["ana"], note, now=cast.NOW)
    assert panel(session, people["bo"]).rows[0].text == TEXT


def test_who_wrote_it_and_leads_may_take_it_back_and_nobody_else(session: Session, people: People) -> None:
    note = write(session, people["bo"])
    with pytest.raises(Forbidden):
        note_marks.retract(session, people["ana"], note, **NOW)
    note_marks.retract(session, people["mo"], note, **NOW)
    with pytest.raises(NotFound):
        note_marks.restore(session, people["ana"], note, now=cast.NOW)
    assert panel(session, people["ana"]).retracted == []
    assert [row.id for row in panel(session, people["bo"]).retracted] == [note]
    note_marks.restore(session, people["bo"], note, now=cast.NOW)
    assert actions(session) == ["note.recorded", "note.retracted", "note.restored"]


def test_what_a_lead_took_back_its_author_does_not_bring_back(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    note_marks.retract(session, people["bo"], note, **NOW)
    assert panel(session, people["ana"]).retracted == []
    with pytest.raises(NotFound):
        note_marks.restore(session, people["ana"], note, now=cast.NOW)
    with pytest.raises(NotFound):
        note_marks.retract(session, people["ana"], note, **NOW)
    assert [row.id for row in panel(session, people["mo"]).retracted] == [note]
    note_marks.restore(session, people["mo"], note, now=cast.NOW)
    assert panel(session, people["ana"]).rows[0].text == TEXT


def test_nothing_is_done_to_a_note_that_was_taken_back(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    note_marks.retract(session, people["ana"], note, **NOW)
    note_marks.retract(session, people["ana"], note, **NOW)
    words = notes.NewWords(text="Other", revision=1, form_key="edit-key-1")
    for act in (
        lambda: note_marks.pin(session, people["ana"], note, pin(), **NOW),
        lambda: note_marks.set_alert(session, people["ana"], note, is_on=True, **NOW),
        lambda: note_marks.choose(session, people["ana"], note, chosen(1), **NOW),
        lambda: notes.revise(session, people["ana"], note, words, now=cast.NOW),
    ):
        with pytest.raises(NotFound):
            act()
    assert actions(session) == ["note.recorded", "note.retracted"]


def test_a_month_later_its_words_are_wiped_from_every_revision_and_the_line_in_the_audit_stays(
    database: Database, people: People
) -> None:
    with database.writing() as session:
        note, other = write(session, people["ana"]), write(session, people["ana"], "Stays")
        words = notes.NewWords(text="Plays the cello well.", revision=1, form_key="edit-key-1")
        notes.revise(session, people["ana"], note, words, now=cast.NOW)
        note_marks.retract(session, people["ana"], note, **NOW)
    almost = cast.NOW + timedelta(days=30, seconds=-1)
    assert note_marks.wipe_due(database, now=almost) == 0
    assert note_marks.wipe_due(database, now=cast.NOW + timedelta(days=30)) == 1
    assert note_marks.wipe_due(database, now=cast.NOW + timedelta(days=31)) == 0
    with database.writing() as session:
        assert session.exec(select(NoteRevision.text).where(NoteRevision.note_id == note)).all() == ["", ""]
        assert session.exec(select(Note.text).order_by(Note.id)).all() == ["", "Stays"]
        assert actions(session)[-1] == "note.wiped"
        with pytest.raises(NotFound):
            note_marks.restore(session, people["ana"], note, now=cast.NOW)
        assert [row.id for row in panel(session, people["bo"]).rows] == [other]


def test_nothing_is_wiped_while_a_dispute_is_open(database: Database, people: People) -> None:
    with database.writing() as session:
        note = write(session, people["ana"])
        note_marks.retract(session, people["ana"], note, **NOW)
        hold = Hold(
            customer_id=cast.customer_id(session), reason="x", placed_by=people["mo"].staff_id, placed_at=cast.NOW
        )
        session.add(hold)
    later = cast.NOW + timedelta(days=40)
    assert note_marks.wipe_due(database, now=later) == 0
    with database.writing() as session:
        with pytest.raises(Conflict):
            note_marks.wipe(session, people["bo"], note, now=later)
        session.add(hold)
        hold.lifted_at = later
    assert note_marks.wipe_due(database, now=later) == 1


def test_a_lead_wipes_at_once_what_was_taken_back_before(session: Session, people: People) -> None:
    note = write(session, people["ana"])
    with pytest.raises(Invalid):
        note_marks.wipe(session, people["bo"], note, now=cast.NOW)
    note_marks.retract(session, people["ana"], note, **NOW)
    with pytest.raises(Forbidden):
        note_marks.wipe(session, people["ana"], note, now=cast.NOW)
    note_marks.wipe(session, people["bo"], note, now=cast.NOW)
    assert session.exec(select(NoteRevision.text)).all() == [""]
    assert panel(session, people["ana"]).retracted == []


def actions(session: Session) -> list[str]:
    return list(session.exec(select(Audit.action).order_by(Audit.id)).all())
