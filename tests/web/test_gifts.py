"""The pages on gifts: my own, exceptions, register, and what businesses may be given."""

import cast
import pytest
from given import customers, put
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.store.gift_tables import GrantState, ReceiverVersion
from deskapp.store.tables import Customer

PAGES = ("/gifts", "/gifts/exceptions", "/gifts/register", "/receivers")
THRESHOLD = {
    "form": "set-receiver-business", "receiver": "business", "per_gift": "25", "per_year": "50",
    "register_from": "4", "form_key": "threshold-key",
}  # fmt: skip
KIND = {"form": "set-receiver-kind", "receiver": "business", "form_key": "kind-key-one"}


@pytest.fixture
def given(db, staff):
    """Ana gave Carla three of her twelve gifts, Bo and Mo twelve each to others."""
    with db.writing() as session:
        others = iter(customers(session, 40))
        for who, n in (("bo", 12), ("mo", 12), ("ana", 9)):
            for day in range(n):
                put(session, staff[who], next(others), days_ago=day + 1)
        for day in (10, 31, 50):
            put(session, staff["ana"], cast.customer_id(session), days_ago=day)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_own_place_among_the_others_and_an_empty_state(at_desk, path) -> None:
    page = at_desk("mo").get(path)
    assert page.status_code == 200
    assert is_whole_page(page)
    assert f'href="{path}" aria-current="page"' in page.text
    assert 'class="empty"' in page.text


@pytest.mark.parametrize(
    "path", [*PAGES, "/budgets", "/limits", "/limits/new", "/gifts/catalogue", "/gifts/catalogue/1"]
)
def test_the_tabs_of_a_section_stand_in_one_place_above_the_heading(at_desk, path) -> None:
    text = at_desk("mo").get(path).text
    assert 0 < text.find('class="sections"') < text.find("<h1")


@pytest.mark.parametrize(("path", "tab"), [("/gifts/catalogue/1", "/gifts/catalogue"), ("/limits/new", "/limits")])
def test_a_page_below_a_tab_marks_it_and_no_other(at_desk, path, tab) -> None:
    tabs = at_desk("mo").get(path).text.partition('class="sections"')[2].partition("</nav>")[0]
    assert f'href="{tab}" aria-current="true"' in tabs
    assert tabs.count("aria-current") == 1


@pytest.mark.parametrize("path", PAGES)
def test_by_htmx_the_panel_comes_alone(at_desk, htmx, path) -> None:
    answer = at_desk("mo").get(path, headers=htmx)
    assert not is_whole_page(answer)
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("ana", "/gifts", 200), ("del", "/gifts", 403), ("bo", "/gifts/exceptions", 403), ("mo", "/gifts/exceptions", 200),
        ("ana", "/gifts/register", 403), ("ana", "/gifts/register.csv", 403), ("bo", "/receivers", 403),
    ],
)  # fmt: skip
def test_who_may_see_what(at_desk, who, path, status) -> None:
    assert at_desk(who).get(path).status_code == status


def test_a_finding_is_read_aloud_drawn_and_put_into_figures_with_links(at_desk, given) -> None:
    text = at_desk("mo").get("/gifts/exceptions").text
    assert "3 of Ana’s 12 gifts went to Carla Núñez; by chance about 0.4 would. Worth asking why." in text
    assert 'role="img" aria-label="Often to the same customer. 3 of Ana’s' in text
    assert '<a href="/customers/1"><bdi>Carla Núñez</bdi></a>' in text
    assert 'width="25.00%"' in text
    assert "Looked at too, and nothing stands out: Just under a limit" in text


def test_the_giver_is_shown_the_same(at_desk, given) -> None:
    text = at_desk("ana").get("/gifts").text
    assert "3 of your 12 gifts went to Carla Núñez" in text
    assert "Green tea, 20 bags" in text
    assert "<bdi>Bo</bdi>" not in text


def test_week_by_week_tells_what_was_given_alone_from_what_others_approved(at_desk, db, staff) -> None:
    with db.writing() as session:
        put(session, staff["ana"], 1, price=100, days_ago=0)
        put(session, staff["ana"], 1, price=4497, days_ago=0, approver=staff["bo"])
    ana, bo = at_desk("ana").get("/gifts").text, at_desk("bo").get("/gifts").text
    assert '<td class="num" data-label="On your own">$1.00</td>' in ana
    assert '<td class="num" data-label="Approved by others">$44.97</td>' in ana
    assert "With your yes" not in ana
    assert '<td class="num" data-label="With your yes">$44.97</td>' in bo
    assert "Approved by others" not in bo


@pytest.mark.parametrize(("days", "count"), [("30", "34"), ("365", "36"), ("0", "36"), ("x", "36"), ("٣٠", "36")])
def test_the_period_is_one_of_three_and_else_the_usual_one(at_desk, given, days, count) -> None:
    page = at_desk("mo").get("/gifts/exceptions", query_string={"days": days})
    assert f"{count} gifts of 3 givers" in page.text


def test_what_businesses_may_be_given_is_set_in_one_form_and_said_in_a_sentence(at_desk, db) -> None:
    mo = at_desk("mo")
    filled = form(mo.get("/receivers"), "/receivers") | {key: THRESHOLD[key] for key in THRESHOLD if key != "form_key"}
    sent = mo.post("/receivers", data=filled)
    assert (sent.status_code, sent.location) == (303, "/receivers")
    text = mo.get("/receivers").text
    assert "A business may be given up to $25.00 at once and $50.00 within a year" in text
    assert 'value="25.00"' in text


def test_each_amount_of_a_threshold_says_what_it_is(at_desk) -> None:
    text = at_desk("mo").get("/receivers").text
    for words in (
        ">One gift, at most, USD<",
        ">Within a year, at most, USD<",
        ">In the register from, USD<",
        ">0: every gift.<",
    ):
        assert text.count(words) == 2, words  # businesses and public offices


def test_a_double_tap_on_a_threshold_counts_once(at_desk, db, htmx) -> None:
    for _ in range(2):
        assert at_desk("mo").post("/receivers", data=THRESHOLD, headers=htmx).status_code == 200
    with db.reading() as session:
        assert len(session.exec(select(ReceiverVersion)).all()) == 1


def test_a_wrong_amount_keeps_what_was_typed_and_says_so_beside_it(at_desk) -> None:
    answer = at_desk("mo").post("/receivers", data=THRESHOLD | {"per_gift": "two", "per_year": "77"})
    assert answer.status_code == 422
    assert "plain digits" in answer.text
    assert 'value="77"' in answer.text


def test_a_lead_says_what_a_customer_is_and_everybody_sees_it(at_desk, db) -> None:
    bo, ana = at_desk("bo"), at_desk("ana")
    assert "gifts have limits of their own" not in ana.get("/customers/1").text
    filled = form(bo.get("/customers/1"), "/customers/1/receiver")
    assert filled["receiver"] == "person"
    sent = bo.post("/customers/1/receiver", data=filled | {"receiver": "public-sector"})
    assert (sent.status_code, sent.location) == (303, "/customers/1")
    text = ana.get("/customers/1").text
    assert "A public office: gifts have limits of their own" in text
    assert "/customers/1/receiver" not in text


def test_by_htmx_the_customer_comes_back_and_the_plus_one_hears_of_it(at_desk, htmx) -> None:
    answer = at_desk("bo").post("/customers/1/receiver", data=KIND, headers=htmx)
    assert answer.status_code == 200
    assert "A business" in answer.text
    assert "receiver-set" in answer.headers["HX-Trigger"]
    assert "receiver-set from:body" in at_desk("bo").get("/customers/1").text


def test_an_agent_cannot_say_what_a_customer_is(at_desk, db) -> None:
    assert at_desk("ana").post("/customers/1/receiver", data=KIND).status_code == 403
    with db.reading() as session:
        assert session.get_one(Customer, 1).receiver.value == "person"


def test_what_nobody_can_be_is_said_on_the_customers_page(at_desk) -> None:
    answer = at_desk("bo").post("/customers/1/receiver", data=KIND | {"receiver": "friend"})
    assert answer.status_code == 422
    assert "Please choose one of the list." in answer.text


def test_a_business_without_a_threshold_is_given_nothing_and_the_panel_says_so(at_desk) -> None:
    bo = at_desk("bo")
    bo.post("/customers/1/receiver", data=KIND)
    assert "Nobody has set yet what a business or a public office may be given." in bo.get("/customers/1").text


def test_the_register_strikes_through_what_was_taken_back_and_is_downloaded_as_a_table(
    at_desk, db, staff, clock
) -> None:
    at_desk("bo").post("/customers/1/receiver", data=KIND)
    at_desk("mo").post("/receivers", data=THRESHOLD)
    clock.moves(hours=30)
    with db.writing() as session:
        put(session, staff["ana"], 1, sku="mug", now=clock())
        put(session, staff["bo"], 1, sku="lamp", state=GrantState.UNDONE, approver=staff["mo"], now=clock())
    mo = at_desk("mo")
    text = mo.get("/gifts/register").text
    assert "1 gift kept, worth $4.80." in text
    assert "<del><bdi>Reading lamp</bdi></del>" in text
    assert "Their parcel was lost twice." in text
    table = mo.get("/gifts/register.csv?year=2026")
    assert table.mimetype == "text/csv"
    assert table.data.startswith(b"\xef\xbb\xbfgift,date,")
    assert table.headers["Content-Disposition"] == 'attachment; filename="register-2026.csv"'
    assert table.text.splitlines()[1].endswith("Reading lamp,49.00,USD,Bo,Mo,Their parcel was lost twice.,taken back")
    assert len(mo.get("/gifts/register.csv?year=2025").text.splitlines()) == 1
