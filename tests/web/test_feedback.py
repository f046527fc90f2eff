"""The page behind a customer's link, and what managers and staff see of questions and answers."""

import secrets
from datetime import timedelta

import cast
import pytest
from pages import form, is_whole_page
from parcels import deliver
from sqlmodel import Session, select

from deskapp.desk import how_it_was
from deskapp.desk.seats import hash_token
from deskapp.rules import feedback_said
from deskapp.store.card_tables import AskState, FeedbackAsk, FeedbackPolicy
from deskapp.store.db import Database
from deskapp.store.memory_tables import Note, Preference
from deskapp.store.tables import Customer, Delivery

TOKEN = "tokentokentokentokentokentokentokentokentok"
URL = f"/how-was-it/{TOKEN}"
NAUGHTY = [
    "</textarea><script>window.pwned = 1</script>",
    '" autofocus onfocus="window.pwned=1',
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\u202eevil\u2066 txt",
    "👩‍👩‍👧 🇦🇷 z̸͈̾a̵l̴g̷o",
    "وصل الطرد مكسورًا",
    "'; DROP TABLE note; --",
    "<div hx-swap-oob='true' id='customer'>gone</div>",
]


def ask(session: Session, order: str = "O-2", token: str = TOKEN, **more: object) -> int:
    """A question that Carla was sent today."""
    delivery_id = deliver(session, order)
    session.get(Delivery, delivery_id).delivered_at = cast.NOW - timedelta(days=3)
    today = cast.NOW.date()
    values = {
        "customer_id": cast.customer_id(session),
        "state": AskState.ASKED,
        "due_on": today,
        "decided_at": cast.NOW,
        "token_hash": hash_token(token),
        "lapses_on": today + timedelta(days=21),
    } | more
    row = FeedbackAsk(delivery_id=delivery_id, **values)
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def policy(db: Database, staff) -> None:
    with db.writing() as session:
        row = {"is_on": True, "days_after": 3, "cool_down_days": 90, "lapses_days": 21}
        session.add(FeedbackPolicy(**row, set_by=staff["mo"].staff_id, set_at=cast.NOW - timedelta(days=60)))


@pytest.fixture
def asked(db: Database, policy) -> int:
    with db.writing() as session:
        return ask(session)


def speak(db: Database, language: str) -> None:
    with db.writing() as session:
        session.get(Customer, cast.customer_id(session)).language = language


def notes(db: Database) -> list[str]:
    with db.reading() as session:
        return [one.text for one in session.exec(select(Note)).all()]


def row(db: Database, ask_id: int) -> FeedbackAsk:
    with db.reading() as session:
        return session.get(FeedbackAsk, ask_id)


def answer(visitor, **said: str):
    return visitor.post(URL, data=form(visitor.get(URL), URL) | said)


# --- the page --------------------------------------------------------------------------------------------------------


def test_a_customer_answers_without_a_seat_a_cookie_or_a_script(visitor, db: Database, asked: int) -> None:
    page = visitor.get(URL)
    assert (page.status_code, is_whole_page(page)) == (200, True)
    assert "Was everything as you hoped?" in page.text
    assert "Corner &amp; Co asks because" in page.text
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    sent = answer(visitor, answer="mostly", words="The lid was loose.")
    assert sent.status_code == 303
    assert TOKEN not in sent.location
    assert "Thank you" in visitor.get(sent.location).text
    assert (row(db, asked).state, row(db, asked).answer, notes(db)) == (
        AskState.ANSWERED,
        "mostly",
        ["The lid was loose."],
    )


def test_a_character_that_cannot_be_kept_is_left_out_and_the_words_stand_there_still(visitor, db, asked: int) -> None:
    speak(db, "de")
    page = answer(visitor, answer="no", words="Der Deckel\0 war lose.")
    assert page.status_code == 422
    assert "Bitte senden Sie es noch einmal" in page.text
    assert "Der Deckel war lose." in page.text
    assert 'value="no" checked' in page.text
    assert row(db, asked).state is AskState.ASKED


def test_the_page_names_nobody_and_tells_nobody_where_it_is(visitor, asked: int) -> None:
    page = visitor.get(URL)
    assert "Carla" not in page.text
    assert "O-2" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_other_pages_keep_their_own_referrer_policy(visitor) -> None:
    assert visitor.get("/sign-in").headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("language", "direction", "says"),
    [("de-AT", "ltr", "Größtenteils"), ("ar", "rtl", "نعم"), ("tlh", "ltr", "Mostly")],
)
def test_it_speaks_the_customers_language(visitor, db: Database, asked: int, language, direction, says) -> None:
    speak(db, language)
    page = visitor.get(URL).text
    assert says in page
    assert f'dir="{direction}"' in page


def test_looking_and_scanning_use_nothing_up(visitor, db: Database, asked: int) -> None:
    for _ in range(5):
        assert visitor.get(URL).status_code == visitor.head(URL).status_code == 200
    assert row(db, asked).state is AskState.ASKED


def test_without_the_forms_own_token_nothing_is_taken_and_what_was_typed_stays(visitor, db: Database, asked) -> None:
    for token in ("", "0" * 64, "ü" * 64):
        sent = visitor.post(URL, data={"answer": "no", "words": "Broken & wet", "csrf": token})
        assert sent.status_code == 422
        assert "Broken &amp; wet" in sent.text
    assert row(db, asked).state is AskState.ASKED


def test_a_page_that_sends_no_referrer_makes_some_browsers_say_null_and_nothing_else(visitor, db, asked: int) -> None:
    data = form(visitor.get(URL), URL) | {"answer": "yes"}
    assert visitor.post(URL, data=data, headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.post(URL, data=data, headers={"Origin": "https://evil.example"}).status_code == 403
    assert visitor.post(URL, data=data, headers={"Origin": "null"}).status_code == 303
    assert visitor.post("/sign-in", data={}, headers={"Origin": "null"}).status_code == 403


@pytest.mark.parametrize("said", [{}, {"answer": ""}, {"answer": "perhaps"}])
def test_without_one_of_the_answers_it_asks_again_and_keeps_the_words(visitor, db: Database, asked: int, said) -> None:
    sent = answer(visitor, words="Lovely jam", **said)
    assert sent.status_code == 422
    assert "Please choose one of the answers." in sent.text
    assert "Lovely jam" in sent.text
    assert row(db, asked).state is AskState.ASKED


@pytest.mark.parametrize("length", [1_001, 20_000])
def test_more_than_a_thousand_characters_are_kept_to_be_shortened(visitor, db: Database, asked: int, length) -> None:
    speak(db, "de")
    sent = answer(visitor, answer="yes", words="ä" * length)
    assert sent.status_code == 422
    assert "mehr als 1.000 Zeichen" in sent.text
    assert "ä" * length in sent.text
    assert 'value="yes" checked' in sent.text
    assert notes(db) == []
    assert answer(visitor, answer="yes", words="ä" * 1_000).status_code == 303


def test_a_nul_is_refused_politely(visitor, db: Database, asked: int) -> None:
    assert answer(visitor, answer="no", words="a\0b").status_code == 422
    assert notes(db) == []


@pytest.mark.parametrize("words", NAUGHTY)
def test_whatever_is_typed_comes_back_as_text_and_is_kept_as_it_was(visitor, db, asked, at_desk, words: str) -> None:
    again = answer(visitor, words=words).text
    assert "<script>window" not in again
    assert "<div hx-swap" not in again
    assert answer(visitor, answer="no", words=words).status_code == 303
    assert notes(db) == [words]
    today = at_desk("bo").get("/today").text
    assert "<script>window" not in today
    assert "<div hx-swap" not in today


def closed(visitor, url: str = URL):
    page = visitor.get(url)
    assert page.status_code == 404
    return page.text.replace(url, "").replace(form(page, f"{url}/never")["csrf"], "")


def test_used_over_and_unknown_links_look_the_same(visitor, db: Database, asked: int, clock) -> None:
    speak(db, "de")
    unknown = closed(visitor, "/how-was-it/nothing")
    assert "There is nothing to do here" in unknown
    answer(visitor, answer="yes")
    assert closed(visitor) == unknown
    again = visitor.post(URL, data={"answer": "no", "words": "And another thing"})
    assert again.status_code == 404
    with db.writing() as session:
        ask(session, "O-1", "another")
    clock.moves(days=22)
    assert closed(visitor, "/how-was-it/another") == unknown
    assert notes(db) == []


def test_a_page_that_is_over_speaks_the_browsers_language(visitor) -> None:
    page = visitor.get("/how-was-it/nothing", headers={"Accept-Language": "fr, ar;q=0.8"})
    assert 'lang="ar" dir="rtl"' in page.text


def test_whoever_tries_links_is_slowed_down_but_never_a_customer(visitor, asked: int) -> None:
    codes = [visitor.get(f"/how-was-it/{n}").status_code for n in range(61)]
    assert codes == [404] * 60 + [429]
    assert "Retry-After" in visitor.get("/how-was-it/more").headers
    assert visitor.get(URL).status_code == 200


@pytest.mark.parametrize("is_over", [False, True])
def test_never_again_works_with_every_link_there_was_and_looks_the_same_with_others(
    visitor, db, asked, is_over
) -> None:
    if is_over:
        answer(visitor, answer="yes")
    said = []
    for url in (URL, "/how-was-it/nothing"):
        sent = visitor.post(f"{url}/never", data=form(visitor.get(url), f"{url}/never"))
        said.append((sent.status_code, visitor.get(sent.location).text))
    assert said[0] == said[1]
    assert "We will not ask again" in said[0][1]
    with db.reading() as session:
        assert [one.kind.value for one in session.exec(select(Preference)).all()] == ["no-questions"]


def test_never_again_without_the_forms_own_token_changes_nothing(visitor, db: Database, asked: int) -> None:
    assert visitor.post(f"{URL}/never", data={"csrf": "x"}).status_code == 200
    with db.reading() as session:
        assert session.exec(select(Preference)).all() == []


def test_no_log_holds_the_address_or_the_words(visitor, asked: int, capfd: pytest.CaptureFixture[str]) -> None:
    visitor.get(URL)
    visitor.get("/how-was-it/guessed-secret")
    answer(visitor, answer="no", words="Wet cardboard" * 200)
    answer(visitor, answer="no", words="Wet cardboard")
    logged = "".join(capfd.readouterr())
    assert "/how-was-it/<token>" in logged
    for secret in (TOKEN, hash_token(TOKEN), "guessed-secret", "Wet cardboard", "Carla"):
        assert secret not in logged


@pytest.mark.parametrize("language", feedback_said.LANGUAGES)
def test_every_page_can_be_drawn_in_every_language(visitor, language: str) -> None:
    for about in ("thanks", "asked_not", "<script>"):
        page = visitor.get(f"/how-was-it/done?about={about}&language={language}")
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text


# --- the policy ------------------------------------------------------------------------------------------------------

FILLED = {"form": "set-feedback", "is_on": "true", "days_after": "4", "cool_down_days": "60", "lapses_days": "14"}


def keyed(**more: str) -> dict[str, str]:
    return FILLED | {"form_key": secrets.token_urlsafe()} | more


def test_a_manager_sets_it_in_one_sentence_and_sees_every_version(at_desk, db: Database, policy) -> None:
    mo = at_desk("mo")
    filled = form(mo.get("/feedback"), "/feedback") | FILLED
    sent = mo.post("/feedback", data=filled)
    assert sent.status_code == 303
    mo.post("/feedback", data=filled)
    page = mo.get(sent.location).text
    assert (
        "A customer is asked 4 days after a parcel arrived, at most once in 60 days, and can answer for 14 days."
        in page
    )
    assert "How it was before (2)" in page


def test_without_settings_it_says_which_and_with_them_nothing(at_desk, open_desk, app) -> None:
    page = at_desk("mo").get("/feedback").text
    assert "DESKAPP_PUBLIC_URL" in page
    assert "DESKAPP_MAIL_URL" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"days_after": "0"}, "from 1 to 60"),
        ({"days_after": "soon"}, "Please write a whole number."),
        ({"cool_down_days": "731"}, "from 0 to 730"),
        ({"lapses_days": "2"}, "from 3 to 60"),
        ({"lapses_days": "9" * 40}, "Please write a"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_kept(at_desk, db: Database, wrong, sentence: str) -> None:
    for path in ("/feedback", "/feedback/try"):
        sent = at_desk("mo").post(path, data=keyed(**wrong))
        assert sent.status_code == 422
        assert sentence in sent.text
        assert f'value="{next(iter(wrong.values()))}"' in sent.text
    with db.reading() as session:
        assert session.exec(select(FeedbackPolicy)).all() == []


def test_it_shows_whom_it_would_have_asked_and_left_out_and_keeps_nothing(at_desk, db: Database, staff) -> None:
    with db.writing() as session:
        for order, days in (("O-1", 20), ("O-2", 10)):
            row = session.get(Delivery, deliver(session, order))
            row.delivered_at = cast.NOW - timedelta(days=days)
    tried = at_desk("mo").post("/feedback/try", data=keyed())
    assert "it would have asked 1 person and left out 1:" in tried.text
    assert "1 asked not long ago." in tried.text
    assert 'value="4"' in tried.text
    assert (
        "would have asked 2 people and left out 0."
        in at_desk("mo").post("/feedback/try", data=keyed(cool_down_days="5")).text
    )
    with db.reading() as session:
        assert session.exec(select(FeedbackPolicy)).all() == []


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_set_it(at_desk, who: str) -> None:
    assert at_desk(who).get("/feedback").status_code == 403
    assert at_desk(who).post("/feedback", data=keyed()).status_code == 403


# --- what staff see --------------------------------------------------------------------------------------------------


def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": AskState.WAITING}, "to be asked on"),
        (
            {"state": AskState.WITHHELD, "rule": "problem-here"},
            "A problem with this order is open. First it is put right.",
        ),
        ({"state": AskState.ASKED}, "can be answered until"),
        ({"state": AskState.LAPSED}, "no answer"),
        ({"state": AskState.ANSWERED, "answer": "no", "answered_at": cast.NOW}, "“No”"),
    ],
)
def test_beside_the_orders_stands_each_question_and_why_it_was_not_asked(at_desk, db, policy, values, says) -> None:
    with db.writing() as session:
        ask(session, **values)
    page = at_desk("ana").get(f"/customers/{carla(db)}/orders").text
    assert says in page
    assert ("Open a problem" in page) == ("answer" in values)


def test_their_words_stand_among_the_notes_as_the_customers(visitor, at_desk, db: Database, asked: int) -> None:
    answer(visitor, answer="mostly", words="The lid was loose.")
    page = at_desk("ana").get(f"/customers/{carla(db)}/notes").text
    assert "The lid was loose." in page
    assert "from the customer" in page
    assert "<bdi>the customer</bdi>, <bdi>in answer to our question</bdi>" in page
    assert "Mo</bdi>, <bdi>in answer" not in page
    bo = at_desk("bo")
    changed = bo.post("/notes/1", data={"text": "All was well", "revision": "1", "form_key": "change-their-words"})
    assert changed.status_code == 409
    assert notes(db) == ["The lid was loose."]


def write_card(db: Database, staff, who: str) -> None:
    with db.writing() as session:
        session.exec(select(Delivery)).one().card_by = staff[who].staff_id


def test_a_no_is_on_the_page_of_the_day_of_who_wrote_the_card_and_of_leads_until_seen_to(
    visitor, at_desk, db: Database, staff, asked: int
) -> None:
    write_card(db, staff, "ana")
    answer(visitor, answer="no", words="It came wet.")
    for who in ("ana", "bo"):
        assert "It came wet." in at_desk(who).get("/today").text
    ana = at_desk("ana")
    seen = f"/feedback/{asked}/seen"
    assert ana.post(seen, data=form(ana.get("/today"), seen)).location == "/today"
    for who in ("ana", "bo"):
        assert "It came wet." not in at_desk(who).get("/today").text


def test_a_yes_is_on_nobodys_page_unless_the_guard_found_something_and_then_on_a_leads(
    visitor, at_desk, db: Database, staff, asked: int
) -> None:
    write_card(db, staff, "ana")
    answer(visitor, answer="yes", words="Thank you, my diabetes is better.")
    assert "the guard found something" not in at_desk("ana").get("/today").text
    today = at_desk("bo").get("/today").text
    assert "the guard found something" in today
    assert "diabetes" not in today


def test_only_who_wrote_the_card_or_a_lead_sees_to_it(visitor, at_desk, db: Database, staff, asked: int) -> None:
    answer(visitor, answer="no")
    ana = at_desk("ana")
    assert "“No”" not in ana.get("/today").text
    assert ana.post(f"/feedback/{asked}/seen", data={"form_key": "seen-key-1"}).status_code == 403
    assert at_desk("bo").post("/feedback/99/seen", data={"form_key": "seen-key-1"}).status_code == 404


def test_do_not_ask_can_be_chosen_by_staff_and_stands_beside_the_other_stops(at_desk, db: Database) -> None:
    ana, url = at_desk("ana"), f"/customers/{carla(db)}/preferences"
    data = {"kind": "no-questions", "value": "", "is_stated": "true", "form_key": "no-questions-key"}
    assert ana.post(url, data=data).status_code == 303
    page = ana.get(url).text
    assert "Do not ask how it was" in page.partition('id="preferences"')[0]
    assert "Do not ask how it was" in ana.get(f"/customers/{carla(db)}/brief").text


def test_the_channel_of_answers_is_not_one_that_staff_choose(visitor, at_desk, db: Database, asked: int) -> None:
    answer(visitor, answer="no", words="Wet.")
    page = at_desk("ana").get(f"/customers/{carla(db)}/notes").text
    assert f'name="channel" value="{how_it_was.CHANNEL}"' not in page
