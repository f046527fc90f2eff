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
    assert re.findall(r'value="(\w*)" checked', page.text) == ["dark", "compact"]
    assert root(here.get("/nothing-here")) == root(page)
    assert root(colleague.get("/password")) == '<html lang="en">'
    here.post("/look", data=DARK | {"theme": "", "density": ""})
    assert root(here.get("/password")) == '<html lang="en">'


def test_in_a_frame_the_first_answer_looks_so_already(db, staff, clock, at_desk, visitor) -> None:
    at_desk("ana").post("/look", data=DARK)
    with db.writing() as session:
        code = launches.make(session, staff["ana"], None, secret="s" * 40, now=clock())
    opened = visitor.get(f"/launch/{code}")
    assert "on-embed" in opened.text
    assert 'data-theme="dark"' in root(opened)


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"density": "huge"}, {"theme": "dark", "font": "big"}])
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
