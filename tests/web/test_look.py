"""How the desk looks to one person: wherever that person sits, from the first byte of a page, and to nobody else."""

import re

import pytest
from parcels import deliver

from deskapp.desk import launches

DARK = {"form": "look", "form_key": "key-of-a-look", "theme": "dark", "density": "compact"}


def root(page) -> str:
    return re.search(r"<html[^>]*>", page.text)[0]


@pytest.mark.parametrize("who", ["ana", "del", "ada"])
def test_what_one_chooses_is_there_from_the_first_byte_and_for_oneself_alone(at_desk, who: str) -> None:
    here, colleague = at_desk(who), at_desk("bo")
    assert root(here.get("/password")) == '<html lang="en">'
    sent = here.post("/look", data=DARK)
    assert (sent.status_code, sent.location) == (303, "/password?set=look")
    page = here.get(sent.location)
    assert root(page) == '<html lang="en" data-theme="dark" data-density="compact">'
    assert '<meta name="color-scheme" content="dark">' in page.text
    assert "The desk looks so from now on." in page.text
    assert re.findall(r'value="(\w*)" checked', page.text) == ["dark", "", "compact"]
    assert root(here.get("/nothing-here")) == root(page)
    assert root(colleague.get("/password")) == '<html lang="en">'
    here.post("/look", data=DARK | {"theme": "", "density": ""})
    assert root(here.get("/password")) == '<html lang="en">'


@pytest.mark.parametrize(
    ("asked", "chosen", "root_of_page"),
    [
        ("de-AT, en;q=0.5", "", '<html lang="de">'),
        ("ar", "", '<html lang="ar" dir="rtl">'),
        ("fr, ja", "", '<html lang="en">'),
        ("de", "ar", '<html lang="ar" dir="rtl">'),
        ("ar", "en", '<html lang="en">'),
    ],
)
def test_a_page_is_in_the_tongue_one_chose_else_in_the_browser_s(
    at_desk, asked: str, chosen: str, root_of_page: str
) -> None:
    ana = at_desk("ana")
    ana.post("/look", data={"form": "look", "form_key": "key-of-a-look", "language": chosen})
    page = ana.get("/password", headers={"Accept-Language": asked})
    assert root(page) == root_of_page
    assert page.headers["Content-Language"] == re.search(r'lang="(\w+)"', root_of_page)[1]
    assert "Accept-Language" in page.headers["Vary"]


def test_whom_nobody_knows_is_asked_in_the_tongue_of_the_browser(visitor) -> None:
    assert root(visitor.get("/sign-in", headers={"Accept-Language": "ar-EG"})) == '<html lang="ar" dir="rtl">'
    assert root(visitor.get("/sign-in")) == '<html lang="en">'


def test_in_a_frame_the_first_answer_looks_so_already(db, staff, clock, at_desk, visitor) -> None:
    at_desk("ana").post("/look", data=DARK)
    with db.writing() as session:
        code = launches.make(session, staff["ana"], None, secret="s" * 40, now=clock())
    opened = visitor.get(f"/launch/{code}")
    assert "on-embed" in opened.text
    assert 'data-theme="dark"' in root(opened)


@pytest.mark.parametrize(
    "wrong", [{"theme": "pink"}, {"density": "huge"}, {"language": "la"}, {"theme": "dark", "font": "big"}]
)
def test_what_there_is_not_is_refused_and_changes_nothing(at_desk, wrong) -> None:
    ana = at_desk("ana")
    assert ana.post("/look", data={"form": "look", "form_key": "key-of-a-look"} | wrong).status_code == 422
    assert root(ana.get("/password")) == '<html lang="en">'


def test_a_printed_sheet_and_a_customers_page_know_nothing_of_it(db, at_desk, visitor) -> None:
    bo = at_desk("bo")
    bo.post("/look", data=DARK)
    with db.writing() as session:
        delivery = deliver(session)
    sheet = bo.get(f"/deliveries/print?delivery={delivery}")
    assert sheet.status_code == 200
    for page in (sheet, visitor.get("/how-was-it/done"), visitor.get("/sign-in")):
        assert "data-theme" not in page.text


def test_a_customers_own_pages_are_in_their_language_whoever_opens_them(visitor):
    page = visitor.get("/how-was-it/done?language=ar", headers={"Accept-Language": "de"})
    assert page.headers["Content-Language"] == "ar"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("DE", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, ar;q=0.9", "ar"),
        ("*", "en"),
        ("de;q=0, en", "en"),
        ("x" * 9999, "en"),
    ],
)
def test_the_door_reads_as_the_browser_asks(visitor, asked, code):
    page = visitor.get("/sign-in", headers={"Accept-Language": asked})
    assert page.headers["Content-Language"] == code
    assert f'<html lang="{code}"' in page.text


def test_what_somebody_chose_counts_before_the_browser(at_desk):
    ana = at_desk("ana")
    ana.post("/look", data={"form": "look", "form_key": "look-key-1", "language": "ar"})
    page = ana.get("/today", headers={"Accept-Language": "de"})
    assert '<html lang="ar" dir="rtl"' in page.text


def test_a_language_that_the_desk_does_not_speak_is_refused(at_desk):
    assert (
        at_desk("ana").post("/look", data={"form": "look", "form_key": "look-key-2", "language": "fr"}).status_code
        == 422
    )


def test_what_is_kept_for_everybody_is_not_changed_by_the_reader_of_a_form(at_desk):
    german = {"Accept-Language": "de"}
    channels = at_desk("mo").get("/channels", headers=german).text
    assert 'value="in person"' in channels
    assert 'value="persönlich"' not in channels
    added = at_desk("ada").get("/connections?host=extension", headers=german).text
    assert 'value="Browser side panel"' in added
