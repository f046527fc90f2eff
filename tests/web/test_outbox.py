"""The page on which a manager sees what goes out, and decides where no machine can know."""

import cast
import pytest
from cast import NOW
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import outbox
from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Unknown
from deskapp.store.card_tables import Carrier, Outbox, Sending
from deskapp.store.db import Database
from deskapp.store.tables import Audit

LETTER = {"to": "carla@example.com", "subject": "How was it, Carla?", "text": "Dear Carla", "language": "en"}


def put(db: Database, key: str, outcome: Outcome | None = None, carrier: Carrier = Carrier.MAIL) -> int:
    """Its id, after it was carried with that outcome."""
    payload = LETTER if carrier is Carrier.MAIL else {"event": "delivery.delivered", "delivery": 17}
    with db.writing() as session:
        carla = cast.customer_id(session)
        assert outbox.put(session, key=key, carrier=carrier, customer_id=carla, payload=payload, now=NOW)
    if outcome is not None:
        outbox.send_due(db, {carrier: lambda *_: outcome}, {}, now=lambda: NOW, limit=1)
    with db.reading() as session:
        return session.exec(select(Outbox.id).where(Outbox.key == key)).one()


def row(db: Database, outbox_id: int) -> Outbox:
    with db.reading() as session:
        return session.get_one(Outbox, outbox_id)


def actions(db: Database, outbox_id: int) -> list[tuple[str, bool]]:
    """What the audit says of it, and whether somebody of the staff did it."""
    with db.reading() as session:
        lines = session.exec(select(Audit).order_by(Audit.id)).all()
    return [(one.action, one.staff_id is not None) for one in lines if one.details.get("outbox") == outbox_id]


def test_an_empty_outbox_says_so(at_desk) -> None:
    page = at_desk("mo").get("/outbox")
    assert is_whole_page(page)
    assert "Nothing is in doubt" in page.text
    assert "Nothing waits to go out." in page.text


def test_it_shows_what_waits_went_failed_and_may_have_gone_and_no_word_of_any_letter(at_desk, db) -> None:
    put(db, "feedback:1", Delivered())
    put(db, "feedback:2", Unknown("The mail server had the whole letter and then said nothing."))
    put(db, "feedback:3", NotAccepted("The mail server knows no such mailbox (550).", is_final=True))
    put(db, "feedback:4", NotAccepted("The server refused the connection."))
    put(db, "delivery.delivered:17", carrier=Carrier.WEBHOOK)
    text = at_desk("mo").get("/outbox").text
    for shown in (
        "May have gone out (1)",
        "then said nothing",
        "no such mailbox (550)",
        "Waiting (2)",
        "tried 1 of 8 times",
        "Went out (1)",
        "delivery.delivered",
        "The question how it was",
        'href="/customers/1"',
    ):
        assert shown in text, shown
    for hidden in ("carla@", "How was it, Carla?", "Dear Carla", "Núñez"):
        assert hidden not in text, hidden


@pytest.mark.parametrize("username", ["ana", "bo", "del"])
def test_only_managers_see_it_and_decide(at_desk, db, username: str) -> None:
    doubtful = put(db, "feedback:1", Unknown("Who knows."))
    them = at_desk(username)
    assert them.get("/outbox").status_code == 403
    for act in ("again", "leave"):
        assert them.post(f"/outbox/{doubtful}/{act}", data={"form_key": "key-of-a-test"}).status_code == 403
    assert row(db, doubtful).state is Sending.DOUBTFUL


@pytest.mark.parametrize("outcome", [Unknown("Who knows."), NotAccepted("No such mailbox.", is_final=True)])
def test_sending_again_makes_it_wait_and_it_goes_out(at_desk, db, outcome: Outcome) -> None:
    one = put(db, "feedback:1", outcome)
    mo = at_desk("mo")
    sent = mo.post(f"/outbox/{one}/again", data=form(mo.get("/outbox"), f"/outbox/{one}/again"))
    assert (sent.status_code, sent.location) == (303, "/outbox")
    assert (row(db, one).state, row(db, one).words) == (Sending.WAITING, "")
    assert outbox.send_due(db, {Carrier.MAIL: lambda *_: Delivered()}, {}, now=lambda: NOW, limit=1) == {
        Sending.SENT: 1
    }
    assert row(db, one).payload == {}
    assert [line for line in actions(db, one) if line[1]] == [("mail.again", True)]


def test_by_htmx_the_panel_comes_back_and_a_double_tap_counts_once(at_desk, db, htmx) -> None:
    one = put(db, "feedback:1", Unknown("Who knows."))
    mo = at_desk("mo")
    for _ in range(2):
        answer = mo.post(f"/outbox/{one}/again", data={"form_key": "key-of-again"}, headers=htmx)
        assert answer.status_code == 200
        assert 'id="outbox"' in answer.text
        assert not is_whole_page(answer)
    assert [action for action, _ in actions(db, one)].count("mail.again") == 1


def test_leaving_it_wipes_its_words_and_it_is_never_sent(at_desk, db) -> None:
    one = put(db, "feedback:1", Unknown("Who knows."))
    mo = at_desk("mo")
    assert mo.post(f"/outbox/{one}/leave", data=form(mo.get("/outbox"), f"/outbox/{one}/leave")).status_code == 303
    left = row(db, one)
    assert (left.state, left.payload) == (Sending.FAILED, {})
    assert "may have gone out" in left.words
    page = mo.get("/outbox").text
    assert "Nothing is in doubt" in page
    assert "Left, or held back" in page


def test_two_managers_who_decide_at_odds_are_told(at_desk, db) -> None:
    one = put(db, "feedback:1", Unknown("Who knows."))
    mo, ada = at_desk("mo"), at_desk("ada")
    assert mo.post(f"/outbox/{one}/again", data={"form_key": "key-of-mo"}).status_code == 303
    late = ada.post(f"/outbox/{one}/leave", data={"form": "leave-it", "form_key": "key-of-ada"})
    assert late.status_code == 409
    assert "It waits to go out already." in late.text


def test_what_went_out_meanwhile_is_not_sent_again(at_desk, db) -> None:
    one = put(db, "feedback:1", Delivered())
    late = at_desk("mo").post(f"/outbox/{one}/again", data={"form": "send-again", "form_key": "key-of-mo"})
    assert late.status_code == 409
    assert "It went out meanwhile" in late.text


def test_what_is_not_there_is_not_found(at_desk) -> None:
    for act in ("again", "leave"):
        assert at_desk("mo").post(f"/outbox/987654/{act}", data={"form_key": "key-of-mo"}).status_code == 404


def test_machines_are_warned_and_count(visitor, at_desk, db, clock) -> None:
    assert visitor.get("/readyz").json["outbox"] == {"ok": True, "says": "What is to go out goes out."}
    put(db, "feedback:1", Unknown("Who knows."))
    put(db, "feedback:2", NotAccepted("No such mailbox.", is_final=True))
    put(db, "feedback:3")
    clock.moves(minutes=61)
    answer = visitor.get("/readyz").json
    assert answer["ok"]
    says = answer["outbox"]["says"]
    assert "1 may have gone out or not; 1 did not go; something has waited for more than 1 hour" in says
    told = visitor.get("/metrics").text
    for line in ("doubtful", "failed", "waiting"):
        assert f'deskapp_outbox{{carrier="mail",state="{line}"}} 1.0' in told


def test_what_a_manager_left_warns_no_more(visitor, at_desk, db) -> None:
    mo = at_desk("mo")
    for n, outcome in enumerate([Unknown("Who knows."), NotAccepted("No such mailbox.", is_final=True)]):
        one = put(db, f"feedback:{n}", outcome)
        mo.post(f"/outbox/{one}/leave", data={"form_key": f"key-of-leave-{n}"})
    assert visitor.get("/readyz").json["outbox"]["says"] == "What is to go out goes out."
