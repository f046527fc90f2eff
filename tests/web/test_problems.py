import cast
import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.tables import Problem, ProblemKind


@pytest.fixture
def url(db: Database) -> str:
    with db.reading() as session:
        return f"/customers/{cast.customer_id(session)}/problems"


def noted(db: Database) -> list[tuple[ProblemKind, bool]]:
    with db.reading() as session:
        return [(one.kind, one.solved_at is not None) for one in session.exec(select(Problem)).all()]


def test_a_problem_is_noted_and_solved_by_the_plain_forms_of_the_page(at_desk, db: Database, url: str) -> None:
    client = at_desk("ana")
    answer = client.post(url, data=form(client.get(url), url) | {"kind": "late"})
    assert (answer.status_code, answer.location) == (303, url)
    page = client.get(url)
    assert is_whole_page(page)
    assert "Came late" in page.text
    solved = "/problems/1/solved"
    assert client.post(solved, data=form(page, solved)).location == url
    assert noted(db) == [(ProblemKind.LATE, True)]
    assert solved not in client.get(url).text


def test_by_htmx_the_panel_comes_back_alone_and_the_plus_one_hears_of_it(at_desk, htmx, url: str) -> None:
    client = at_desk("ana")
    answer = client.post(url, data={"kind": "missing", "form_key": "problem-key"}, headers=htmx)
    assert 'id="problems"' in answer.text
    assert not is_whole_page(answer)
    assert "problem-saved" in answer.headers["HX-Trigger"]
    assert "problem-saved from:body" in client.get(url).text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"kind": "sulking"}, "choose"),
        ({}, "Please fill this in"),
        ({"kind": "late", "order_id": "x"}, "number"),
        ({"kind": "late", "order_id": "99999"}, "one of their latest orders"),
        ({"kind": "late", "order_id": str(2**63)}, "choose one of the list"),
    ],
)
def test_nonsense_is_said_in_the_panel(at_desk, db: Database, url: str, sent: dict[str, str], sentence: str) -> None:
    answer = at_desk("ana").post(url, data={"form": "note-problem", "form_key": "problem-key"} | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert noted(db) == []


def test_the_door_sees_no_problems(at_desk, url: str) -> None:
    client = at_desk("del")
    assert client.get(url).status_code == 403
    assert client.post(url, data={"kind": "late", "form_key": "problem-key"}).status_code == 403
    assert client.post("/problems/1/solved", data={"form_key": "problem-key"}).status_code == 403
