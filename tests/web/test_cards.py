import json
import re
from datetime import timedelta
from html import unescape

import cast
import pytest
from pages import form, is_whole_page
from parcels import TODAY, deliver, gift, note, prefer

from deskapp.store.db import Database
from deskapp.store.memory_tables import PreferenceKind
from deskapp.store.tables import Delivery

WORDS = "Dear Carla, thank you for the order. The jam is from all of us."
FORMATS = "/cards/formats"
SQUARE = {"words": "Square", "width_mm": "140", "height_mm": "140", "margin_mm": "10"}


@pytest.fixture
def parcel(db: Database) -> int:
    """Carla's open order, with a gift of plum jam and something she told us."""
    with db.writing() as session:
        gift(session, "jam")
        note(session, "Told us that the kitchen is blue.")
        return deliver(session, need_by=TODAY + timedelta(days=3), estimated=TODAY + timedelta(days=5))


@pytest.fixture
def url(parcel: int) -> str:
    return f"/deliveries/{parcel}"


def kept(db: Database, parcel: int) -> Delivery:
    with db.reading() as session:
        return session.get_one(Delivery, parcel)


def saved_by(client, url: str, **changes: str):
    return client.post(f"{url}/card", data=form(client.get(url), f"{url}/card") | {"text": WORDS} | changes)


def signed_by(client, url: str, **changes: str):
    return client.post(f"{url}/card/sign", data=form(client.get(url), f"{url}/card") | {"text": WORDS} | changes)


# --- the card --------------------------------------------------------------------------------------------------------


def test_the_card_stands_beside_its_prompt(at_desk, url: str) -> None:
    page = at_desk("del").get(url).text
    for words in (
        "Told us that the kitchen is blue",
        "said on the phone to Ana",
        "A little extra goes along: Plum jam",
        "Room for 10 lines of about 44 letters",
    ):
        assert words in page


def test_a_card_is_written_by_the_plain_form_of_the_page(at_desk, db: Database, parcel: int, url: str) -> None:
    client = at_desk("del")
    answer = saved_by(client, url)
    assert (answer.status_code, answer.location) == (303, url)
    page = client.get(url)
    assert is_whole_page(page)
    assert "card written by Del" in page.text
    assert f"{len(WORDS)} characters, 2 of 10 lines: room for more." in page.text
    assert kept(db, parcel).card_text == WORDS


def test_htmx_gets_the_fresh_card_and_the_neighbours_hear_of_it(at_desk, url: str, htmx) -> None:
    client = at_desk("del")
    fields = form(client.get(url), f"{url}/card") | {"text": WORDS}
    answer = client.post(f"{url}/card", data=fields, headers=htmx)
    assert answer.status_code == 200
    assert not is_whole_page(answer)
    assert answer.text.lstrip().startswith('<section id="delivery"')
    assert "card-written" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "Please fill this in."),
        ({"text": "x" * 2001}, "at most 2000 characters"),
        ({"text": "nul \x00 here"}, ""),
        ({"text": "<i>4111 1111 1111 1111</i>"}, "payment card number"),
        ({"text": "<i>Only</i> $4"}, "A card carries no prices"),
        ({"text": "<i>hello</i>", "form_key": ""}, ""),
        ({"text": "<i>hello</i>", "colour": "red"}, ""),
    ],
)
def test_what_cannot_be_taken_is_said_and_stays_typed(
    at_desk, db: Database, parcel: int, url: str, wrong: dict[str, str], sentence: str, headers: dict[str, str]
) -> None:
    client = at_desk("del")
    fields = form(client.get(url), f"{url}/card") | wrong
    answer = client.post(f"{url}/card", data=fields, headers=headers)
    assert 400 <= answer.status_code < 500
    assert sentence in answer.text
    if wrong["text"].startswith("<i>"):
        assert wrong["text"].replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert kept(db, parcel).card_text == ""


def test_a_price_can_be_kept_on_purpose(at_desk, db: Database, parcel: int, url: str) -> None:
    client = at_desk("del")
    asked = saved_by(client, url, text="Only $4, imagine")
    assert asked.status_code == 422
    again = form(asked, f"{url}/card") | {"is_confirmed": "true"}
    assert client.post(f"{url}/card", data=again).status_code == 303
    assert kept(db, parcel).card_text == "Only $4, imagine"


def test_of_two_who_write_the_second_sees_both_texts_and_can_send_again(
    at_desk, db: Database, parcel: int, url: str
) -> None:
    dels, anas = at_desk("del"), at_desk("ana")
    fields = form(anas.get(url), f"{url}/card") | {"text": "Words of Ana"}
    saved_by(dels, url)
    late = anas.post(f"{url}/card", data=fields)
    assert late.status_code == 409
    assert WORDS in late.text
    assert form(late, f"{url}/card")["text"].strip() == "Words of Ana"
    assert anas.post(f"{url}/card", data=form(late, f"{url}/card")).status_code == 303
    assert kept(db, parcel).card_text == "Words of Ana"


def test_the_same_card_sent_twice_is_one_card(at_desk, url: str, db: Database, parcel: int) -> None:
    client = at_desk("del")
    fields = form(client.get(url), f"{url}/card") | {"text": WORDS}
    assert [client.post(f"{url}/card", data=fields).status_code for _ in range(2)] == [303, 303]
    assert kept(db, parcel).card_text == WORDS


def test_where_no_card_is_wished_there_is_no_prompt_and_no_form(at_desk, db: Database, url: str) -> None:
    with db.writing() as session:
        prefer(session, PreferenceKind.NO_CARDS, "")
    client = at_desk("del")
    page = client.get(url).text
    assert "No card wished" in page
    assert "<textarea" not in page
    assert "kitchen" not in page
    assert "No card wished" in client.get("/deliveries").text


# --- how it is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_other_paper_is_drawn_at_once_and_what_is_typed_stays_typed_and_unsaved(
    at_desk, db: Database, parcel: int, url: str, headers: dict[str, str]
) -> None:
    client = at_desk("del")
    typed = form(client.get(url), f"{url}/card") | {"text": "Not yet saved", "signed_as": "Del and all"}
    chosen = {"card_format": "a7", "card_hand": "large", "card_tone": "formal"}
    answer = client.post(f"{url}/card/manner", data=typed | chosen, headers=headers)
    assert answer.status_code == 200
    assert 'viewBox="0 0 105 74"' in answer.text
    assert "13 characters, 1 of 5 lines" in answer.text
    again = form(answer, f"{url}/card")
    assert (again["text"].strip(), again["signed_as"], again["form_key"]) == (
        "Not yet saved",
        "Del and all",
        typed["form_key"],
    )
    row = kept(db, parcel)
    assert (row.card_text, row.card_format, row.card_hand, row.card_tone) == ("", "a7", "large", "formal")


def test_other_paper_does_not_hide_that_somebody_wrote_meanwhile(at_desk, url: str) -> None:
    dels, anas = at_desk("del"), at_desk("ana")
    typed = form(anas.get(url), f"{url}/card") | {"text": "Words of Ana"}
    saved_by(dels, url)
    drawn = anas.post(f"{url}/card/manner", data=typed | {"card_hand": "small"})
    late = anas.post(f"{url}/card", data=form(drawn, f"{url}/card"))
    assert late.status_code == 409
    assert WORDS in late.text


def test_a_correction_does_not_hide_that_somebody_wrote_meanwhile(at_desk, url: str) -> None:
    dels, anas = at_desk("del"), at_desk("ana")
    typed = form(anas.get(url), f"{url}/card") | {"text": "Only $4"}
    saved_by(dels, url)
    late = anas.post(f"{url}/card", data=typed)
    assert late.status_code == 409
    assert WORDS in late.text


@pytest.mark.parametrize("wrong", [{"card_format": "papyrus"}, {"card_hand": "huge"}, {"card_tone": "rude"}])
def test_what_cannot_be_chosen_is_said_and_nothing_is_lost(at_desk, url: str, wrong: dict[str, str]) -> None:
    client = at_desk("del")
    typed = form(client.get(url), f"{url}/card") | {"text": "Still here"}
    answer = client.post(f"{url}/card/manner", data=typed | wrong)
    assert answer.status_code == 422
    assert form(answer, f"{url}/card")["text"].strip() == "Still here"
    assert f'id="write-card-{next(iter(wrong))}-problem"' in answer.text


def test_the_script_is_told_the_rooms_and_first_the_one_that_was_chosen(at_desk, url: str) -> None:
    page = at_desk("del").get(url).text
    rooms = json.loads(unescape(re.search(r'data-rooms="([^"]*)"', page)[1]))
    assert rooms[:2] == [["A6 written at medium size", 44, 10], ["A6 written small", 55, 13]]


# --- signing ---------------------------------------------------------------------------------------------------------


def test_a_card_is_finished_by_the_plain_form_and_its_words_stay_as_they_are(
    at_desk, db: Database, parcel: int, url: str
) -> None:
    client = at_desk("del")
    answer = signed_by(client, url, signed_as="Del, and Ana who packed it")
    assert (answer.status_code, answer.location) == (303, url)
    page = client.get(url).text
    assert 'name="text"' not in page
    for words in (WORDS, "Del, and Ana who packed it", "Signed by <bdi>Del</bdi>"):
        assert words in page
    assert kept(db, parcel).signed_at == cast.NOW


def test_who_acts_signs_unless_they_say_otherwise(at_desk, url: str) -> None:
    assert form(at_desk("ana").get(url), f"{url}/card")["signed_as"] == "Ana"


def test_a_signature_without_a_name_keeps_what_is_typed(at_desk, db: Database, parcel: int, url: str) -> None:
    answer = signed_by(at_desk("del"), url, signed_as="")
    assert answer.status_code == 422
    assert "Please say who signs." in answer.text
    assert form(answer, f"{url}/card")["text"].strip() == WORDS
    assert kept(db, parcel).signed_at is None


def test_what_is_written_while_somebody_signs_is_not_saved_and_not_lost(at_desk, url: str) -> None:
    dels, anas = at_desk("del"), at_desk("ana")
    fields = form(anas.get(url), f"{url}/card") | {"text": "Words of Ana"}
    signed_by(dels, url)
    late = anas.post(f"{url}/card", data=fields)
    assert late.status_code == 409
    for words in ("This card is signed", "Words of Ana", WORDS):
        assert words in late.text


def test_it_is_opened_again_by_whoever_signed_and_offered_to_nobody_else(at_desk, db: Database, url: str) -> None:
    dels, anas = at_desk("del"), at_desk("ana")
    signed_by(anas, url)
    opens = f"{url}/card/unsign"
    assert opens not in dels.get(url).text
    assert dels.post(opens, data={"form_key": "open-key-1"}).status_code == 403
    assert anas.post(opens, data=form(anas.get(url), opens)).status_code == 303
    assert form(dels.get(url), f"{url}/card")["text"].strip() == WORDS


def test_a_card_that_left_is_shown_and_not_opened(at_desk, db: Database, parcel: int, url: str) -> None:
    client = at_desk("ana")
    signed_by(client, url)
    with db.writing() as session:
        session.get_one(Delivery, parcel).handed_at = cast.NOW
    page = client.get(url).text
    assert WORDS in page
    assert f"{url}/card/unsign" not in page
    answer = client.post(f"{url}/card/unsign", data={"form": "open-card", "form_key": "open-key-1"})
    assert answer.status_code == 409
    assert "This parcel has left" in answer.text


# --- what was written before -----------------------------------------------------------------------------------------


def test_cards_of_before_stand_on_the_customers_page_and_beside_the_next_card_but_not_at_the_door(
    at_desk, db: Database
) -> None:
    with db.writing() as session:
        first, second = deliver(session, "O-1"), deliver(session)
    ana, dels = at_desk("ana"), at_desk("del")
    assert "No card went out to them yet" in ana.get("/customers/1/cards").text
    signed_by(ana, f"/deliveries/{first}")
    assert WORDS in ana.get("/customers/1/cards").text
    beside = ana.get(f"/deliveries/{second}").text
    assert "Written before" in beside
    assert WORDS in beside
    assert WORDS not in dels.get(f"/deliveries/{second}").text
    assert dels.get("/customers/1/cards").status_code == 403


# --- paper -----------------------------------------------------------------------------------------------------------


def test_a_manager_adds_paper_and_it_can_be_chosen(at_desk, url: str) -> None:
    mo = at_desk("mo")
    answer = mo.post(FORMATS, data=form(mo.get(FORMATS), FORMATS) | SQUARE)
    assert (answer.status_code, answer.location) == (303, FORMATS)
    assert "Square, 140 × 140 mm: about 16 lines of 40 letters written at medium size." in mo.get(FORMATS).text
    assert '<option value="square">Square</option>' in at_desk("del").get(url).text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"words": ""}, "Please fill this in."),
        ({"words": "a6"}, "There is one of this name already"),
        ({"width_mm": "14.5"}, "Please give whole millimetres, from 50 to 420."),
        ({"height_mm": "9" * 400}, "Please give whole millimetres, from 50 to 420."),
        ({"margin_mm": "-1"}, "Please give whole millimetres, from 0 to 60."),
        ({"margin_mm": "60"}, "no room left for three short lines"),
        ({"width_mm": "٥٥"}, "Please give whole millimetres"),
    ],
)
def test_paper_that_cannot_be_is_said_at_its_field_and_stays_typed(
    at_desk, wrong: dict[str, str], sentence: str, headers: dict[str, str]
) -> None:
    mo = at_desk("mo")
    answer = mo.post(FORMATS, data=form(mo.get(FORMATS), FORMATS) | SQUARE | wrong, headers=headers)
    assert answer.status_code == 422
    assert sentence in answer.text
    typed = form(answer, FORMATS)
    assert {name: typed[name] for name in SQUARE} == SQUARE | wrong


def test_paper_is_changed_moved_retired_and_brought_back(at_desk) -> None:
    mo = at_desk("mo")
    fields = form(mo.get(FORMATS), f"{FORMATS}/a7") | {"margin_mm": "4"}
    assert mo.post(f"{FORMATS}/a7", data=fields).status_code == 303
    for step in ("up", "retire", "return"):
        path = f"{FORMATS}/a7/{step}"
        assert mo.post(path, data=form(mo.get(FORMATS), path)).status_code == 303
    page = mo.get(FORMATS).text
    assert page.index("A7, 105 × 74 mm: about 8 lines of 32 letters") < page.index("A6, 148 × 105 mm")


def test_paper_is_a_managers_matter(at_desk) -> None:
    for who in ("ana", "bo", "del"):
        assert at_desk(who).get(FORMATS).status_code == 403
    assert at_desk("mo").post(f"{FORMATS}/papyrus/up", data={"form_key": "step-key-1"}).status_code == 404
