import re
from datetime import timedelta

import cast
import pytest
from pages import form
from parcels import SECRET, TODAY, deliver, gift, note, order_and_deliver, prefer, promise
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind, PreferenceKind
from deskapp.store.tables import Delivery, Order

WORDS = "Dear Carla, thank you for the order. The jam is from all of us."
BOARD = "/deliveries"


@pytest.fixture
def parcel(db: Database) -> int:
    """Carla's open order, with a gift of plum jam and something she told us."""
    with db.writing() as session:
        gift(session, "jam")
        note(session, "Told us that the kitchen is blue.")
        return deliver(session, need_by=TODAY + timedelta(days=3), estimated=TODAY + timedelta(days=5))


@pytest.fixture
def url(parcel: int) -> str:
    return f"{BOARD}/{parcel}"


def kept(db: Database, parcel: int) -> Delivery:
    with db.reading() as session:
        return session.get_one(Delivery, parcel)


def saved_by(client, url: str, **changes: str):
    return client.post(f"{url}/card", data=form(client.get(url), f"{url}/card") | {"text": WORDS} | changes)


# --- the board -------------------------------------------------------------------------------------------------------


def test_the_board_says_who_what_by_when_and_what_goes_along(at_desk, url: str) -> None:
    page = at_desk("del").get(BOARD)
    assert page.status_code == 200
    for words in (
        "Carla Núñez",
        "O-2",
        "gift: Plum jam",
        "tag late",
        "1 card to write",
        "1 parcel to pack",
        f'href="{url}"',
    ):
        assert words in page.text


def test_an_empty_board_says_what_will_show_there(at_desk) -> None:
    assert "Nothing leaves in the next two weeks" in at_desk("del").get(BOARD).text


def test_a_late_day_stands_first(at_desk, db: Database, parcel: int) -> None:
    with db.writing() as session:
        order_and_deliver(session, 1, ship_on=TODAY - timedelta(days=1))
    text = re.sub(r"<[^>]*>", " ", at_desk("del").get(BOARD).text)  # keys in forms are random, and may well hold an O-2
    assert text.index("Should have left") < text.index("P-1") < text.index("Will come too late") < text.index("O-2")


@pytest.mark.parametrize("typed", ["O-2", " o-2 "])
def test_a_scanned_order_number_opens_its_card(at_desk, url: str, typed: str) -> None:
    answer = at_desk("del").get(f"{BOARD}/find", query_string={"order": typed})
    assert (answer.status_code, answer.location) == (303, url)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("X-9", 404, "No delivery has the order number X-9"),
        ("O-1", 404, "No delivery has the order number O-1"),
        ("", 422, "Type or scan an order number"),
        ("<b>&", 404, "&lt;b&gt;&amp;"),
        ("9" * 5000, 404, "No delivery"),
    ],
)
def test_an_unknown_number_is_said_at_the_field_which_is_empty_for_the_next(
    at_desk, parcel: int, typed: str, status: int, sentence: str
) -> None:
    answer = at_desk("del").get(f"{BOARD}/find", query_string={"order": typed})
    assert answer.status_code == status
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not re.search(r'id="find-delivery-order"[^>]* value=', answer.text)
    assert "<b>&" not in answer.text
    assert "Carla" in answer.text  # the board is still there


# --- the ticks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "back"), [("", BOARD), ("/card", None)])
@pytest.mark.parametrize(
    ("tick", "undo", "field"),
    [
        ("written", "unwritten", "written_at"),
        ("packed", "unpacked", "packed_at"),
        ("handed", "unhanded", "handed_at"),
    ],
)
def test_a_tick_can_be_made_and_taken_back_on_the_board_and_on_the_card(
    at_desk, db: Database, parcel: int, url: str, path: str, back: str | None, tick: str, undo: str, field: str
) -> None:
    client = at_desk("del")
    for act, stands in ((tick, True), (tick, True), (undo, False), (undo, False)):
        answer = client.post(f"{url}{path}/{act}")
        assert (answer.status_code, answer.location) == (303, back or url)
        assert (getattr(kept(db, parcel), field) is not None) is stands


def test_htmx_gets_the_panel_the_tick_was_made_in(at_desk, url: str, htmx) -> None:
    client = at_desk("del")
    assert '<section id="deliveries"' in client.post(f"{url}/packed", headers=htmx).text
    assert '<section id="delivery"' in client.post(f"{url}/card/packed", headers=htmx).text


def test_a_tick_leads_back_to_what_was_shown(at_desk, url: str, htmx) -> None:
    client = at_desk("del")
    page = client.get(f"{BOARD}?day=today")
    action = f"{url}/packed?day=today"
    answer = client.post(action, data=form(page, action))
    assert (answer.status_code, answer.location) == (303, f"{BOARD}?day=today")
    drawn = client.post(f"{url}/handed?day=tomorrow", headers=htmx).text
    assert "Nothing leaves tomorrow" in drawn


@pytest.mark.parametrize("query", ["day=never", "page=0", "page=x", "page=99999999999999999999", "page=%D9%A1"])
def test_an_address_that_says_nothing_known_shows_all(at_desk, url: str, query: str) -> None:
    answer = at_desk("del").get(f"{BOARD}?{query}")
    assert answer.status_code == 200
    assert "Carla" in answer.text


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("late", "Nothing is late."),
        ("today", "Nothing leaves today."),
        ("tomorrow", "Nothing leaves tomorrow."),
        ("on-the-way", "Nothing is on the way"),
    ],
)
def test_an_empty_part_of_the_board_says_so(at_desk, day: str, words: str) -> None:
    assert words in at_desk("del").get(f"{BOARD}?day={day}").text


def test_the_field_for_numbers_has_the_focus_and_keeps_it_when_a_number_is_wrong(
    at_desk, parcel: int, url: str, htmx
) -> None:
    client = at_desk("del")
    field = re.compile(r'<input id="find-delivery-order"[^>]* autofocus')
    for page in (
        client.get(BOARD),
        client.get(f"{BOARD}/find?order=X-9"),
        client.post(f"{url}/packed", headers=htmx),
    ):
        assert field.search(page.text)
        assert page.text.count("autofocus") == 1


def test_two_numbers_that_look_alike_are_both_named_at_the_field(at_desk, db: Database) -> None:
    with db.writing() as session:
        for number, name in enumerate(("AB-7", "A-B7")):
            order_and_deliver(session, number)
            session.exec(select(Order).where(Order.external_id == f"P-{number}")).one().external_id = name
    answer = at_desk("del").get(f"{BOARD}/find?order=ab7")
    assert answer.status_code == 409
    assert "More than one order looks like ab7: AB-7, A-B7" in answer.text


@pytest.mark.parametrize("act", ["sent", "Packed", "packed/x"])
def test_there_are_no_other_ticks(at_desk, url: str, act: str) -> None:
    assert at_desk("del").post(f"{url}/{act}").status_code in {404, 405}


# --- who, and how little ---------------------------------------------------------------------------------------------


def everything_del_can_open(client, url: str) -> list[str]:
    paths = [
        BOARD,
        url,
        f"{BOARD}/print?delivery={url.rsplit('/', 1)[1]}",
        f"{BOARD}/print?day={TODAY}",
        f"{BOARD}/find?order=X",
    ]
    pages = [client.get(path) for path in paths]
    pages += [client.get(path, headers={"HX-Request": "true"}) for path in (BOARD, url)]
    return [page.text for page in pages]


@pytest.mark.parametrize("who", ["del", "ana", "ada"])
def test_the_door_sees_no_prices_no_history_and_no_private_words(at_desk, db: Database, url: str, who: str) -> None:
    with db.writing() as session:
        note(session, f"I think {SECRET}.", kind=NoteKind.OPINION)
        note(session, f"Paid $12 for the {SECRET}.")
        note(session, f"Is pregnant. Would like the {SECRET}.")
        note(session, f"Told us about {SECRET}.", customer="C-2")
        prefer(session, PreferenceKind.LIKE, SECRET, is_stated=False)
        prefer(session, PreferenceKind.ALLERGY, SECRET)
        promise(session, f"find {SECRET}", kept=False)
    for page in everything_del_can_open(at_desk(who), url):
        shown = re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)
        assert SECRET not in page
        assert "pregnant" not in page
        for price in ("7.77", "777", "3.33", "4.80", "480", "$", "USD"):
            assert price not in re.sub(r'(value|href|action|content|name|id|hx-\S+|data-\S+)="[^"]*"', "", shown)
        for private in ("Green tea", "Carla@example.com", "555 0100", "C-1", "Main St"):
            assert private not in page


@pytest.mark.parametrize("path", ["/customers/1", "/customers/1/notes", "/customers/1/orders", "/limits", "/staff"])
def test_delivery_may_open_nothing_else(at_desk, path: str) -> None:
    assert at_desk("del").get(path).status_code == 403


@pytest.mark.parametrize("path", ["", "/1", "/print?day=2026-03-14", "/find?order=O-2"])
def test_the_board_is_for_staff_only(visitor, path: str) -> None:
    answer = visitor.get(f"{BOARD}{path}")
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


@pytest.mark.parametrize("act", ["card", "written", "packed", "card/packed"])
def test_another_site_cannot_write_here(at_desk, db: Database, parcel: int, url: str, act: str) -> None:
    answer = at_desk("del").post(f"{url}/{act}", data={"text": WORDS}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert kept(db, parcel).packed_at is None


@pytest.mark.parametrize("path", ["/404", "/404/card", "/99999999999999999999", "/-1", "/x"])
def test_a_delivery_that_is_not_there_is_not_found(at_desk, path: str) -> None:
    client = at_desk("del")
    assert client.get(f"{BOARD}{path}").status_code in {404, 405}
    assert client.post(f"{BOARD}{path}/packed").status_code == 404


# --- the print -------------------------------------------------------------------------------------------------------


def test_a_sheet_has_the_card_or_how_it_may_begin_and_a_slip_with_gift_initials_and_number(at_desk, url: str) -> None:
    client = at_desk("del")
    sheet = f"{BOARD}/print?delivery={url.rsplit('/', 1)[1]}"
    begun = client.get(sheet).text
    for words in ("Dear Carla Núñez", "to be written", 'class="dots"'):
        assert words in begun
    assert "kitchen" not in begun  # what lies in the parcel says nothing that nobody chose to write
    saved_by(client, url)
    written = client.get(sheet).text
    assert WORDS in written
    assert "not signed" in written
    assert "to be written" not in written
    slip = written[written.index('class="slip"') :]
    for words in ("CN", "O-2", "Plum jam", "<b>1 ×</b>", "Blue mug", "The card, written", "Packed by"):
        assert words in slip
    for words in ("Núñez", "Carla", "kitchen", WORDS):
        assert words not in slip


def test_cards_are_printed_four_to_a_page(at_desk, db: Database) -> None:
    with db.writing() as session:
        for number in range(9):
            order_and_deliver(session, number)
    page = at_desk("del").get(f"{BOARD}/print?day={TODAY}").text
    assert page.count('class="cut"') == page.count('class="slip"') == 9
    assert page.count('class="print-page four"') == 3


@pytest.mark.parametrize(("what", "cards", "slips"), [("cards", 1, 0), ("slips", 0, 1), ("both", 1, 1)])
def test_cards_and_slips_are_printed_together_or_apart(at_desk, url: str, what: str, cards: int, slips: int) -> None:
    page = at_desk("del").get(f"{BOARD}/print?delivery={url.rsplit('/', 1)[1]}&what={what}").text
    assert (page.count('class="cut"'), page.count('class="slip"')) == (cards, slips)


def test_the_page_of_a_print_leads_to_its_other_kinds_and_parts(at_desk, parcel: int, monkeypatch) -> None:
    monkeypatch.setattr("deskapp.desk.card_sheet._MOST", 1)
    page = at_desk("del").get(f"{BOARD}/print?day={TODAY}").text
    assert f'href="{BOARD}/print?day={TODAY}&amp;what=slips"' in page
    page = at_desk("del").get(f"{BOARD}/print?delivery={parcel}&what=slips").text
    assert f'href="{BOARD}/print?delivery={parcel}"' in page


def test_who_wishes_no_card_gets_a_slip_alone(at_desk, db: Database, url: str) -> None:
    with db.writing() as session:
        prefer(session, PreferenceKind.NO_CARDS, "")
    page = at_desk("del").get(f"{BOARD}/print?day={TODAY}").text
    assert (page.count('class="cut'), page.count('class="slip"')) == (0, 1)


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("", 404, "nothing to print"),
        ("day=2020-01-01", 404, "nothing to print"),
        ("day=tomorrow", 422, "year-month-day"),
        ("delivery=1&what=everything", 422, "cards, slips or both"),
        ("delivery=x", 422, "choose deliveries from the board"),
        ("delivery=-1", 422, "choose deliveries from the board"),
        ("delivery=99999999999999999999", 422, "choose deliveries from the board"),
        ("delivery=9223372036854775808", 422, "choose deliveries from the board"),
        ("delivery=404", 404, "nothing to print"),
        ("delivery=%D9%A1", 422, "choose deliveries from the board"),
        ("&".join(f"delivery={n}" for n in range(1, 202)), 422, "at most 200"),
    ],
)
def test_a_print_that_cannot_be_made_is_said_plainly(
    at_desk, parcel: int, query: str, status: int, sentence: str
) -> None:
    answer = at_desk("del").get(f"{BOARD}/print?{query}")
    assert answer.status_code == status
    assert sentence in answer.text


def test_words_of_people_are_text_everywhere(at_desk, db: Database, parcel: int, url: str) -> None:
    nasty = "<img src=x onerror=alert(1)> {{ 7919*7907 }} <b hx-swap-oob=true>"
    client = at_desk("del")
    saved_by(client, url, text=nasty)
    with db.writing() as session:
        order = session.exec(select(Delivery).where(Delivery.id == parcel)).one()
        assert order.card_text == nasty
        note(session, f"Told us {nasty} and more.", at=cast.NOW)
    for page in everything_del_can_open(client, url):
        assert "<img src=x" not in page
        assert "<b hx-swap" not in page
        assert "62615533" not in page


# --- whether it arrived ----------------------------------------------------------------------------------------------


def test_the_door_ticks_what_arrived_and_what_came_back_by_the_plain_forms(at_desk, db: Database, parcel: int) -> None:
    client = at_desk("del")
    for tick in ("packed", "delivered", "returned", "delivered"):
        path = f"{BOARD}/{parcel}/{tick}"
        page = client.get(BOARD)
        assert client.post(path, data=form(page, path)).status_code == 303
        assert "$" not in client.get(BOARD).text
    row = kept(db, parcel)
    assert (row.delivered_at, row.returned_at) == (cast.NOW, None)


@pytest.mark.parametrize("where", ["", "/card"])
def test_a_tick_that_cannot_be_taken_back_says_so_where_it_was_tapped(at_desk, htmx, url: str, where: str) -> None:
    client = at_desk("del")
    client.post(f"{url}/delivered", data={"form_key": "tick-key-1"})
    sent = {"form": "tick-delivery", "form_key": "tick-key-2"}
    answer = client.post(f"{url}{where}/undelivered", data=sent, headers=htmx)
    assert answer.status_code == 409
    assert "counts as handed over now" in answer.text
    assert f'id="{"delivery" if where else "deliveries"}"' in answer.text


def test_what_left_before_today_waits_under_a_link_of_its_own(at_desk, db: Database, parcel: int) -> None:
    with db.writing() as session:
        row = session.get_one(Delivery, parcel)
        row.ship_on, row.handed_at = TODAY - timedelta(days=3), cast.NOW - timedelta(days=3)
    assert "On the way (1)" in at_desk("del").get(BOARD).text
    assert f"{BOARD}/{parcel}/delivered" in at_desk("del").get(f"{BOARD}?day=on-the-way").text
