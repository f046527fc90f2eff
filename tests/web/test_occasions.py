import cast
import pytest
from pages import form, is_whole_page

from deskapp.store.db import Database


@pytest.fixture
def carla(db: Database) -> int:
    with db.reading() as session:
        return cast.customer_id(session)


def test_a_day_is_added_and_removed_by_plain_forms(at_desk, carla: int) -> None:
    client, page = at_desk("ana"), f"/customers/{carla}/preferences"
    url = f"/customers/{carla}/occasions"
    sent = form(client.get(page), url) | {"kind": "birthday", "day": "20", "month": "3"}
    answer = client.post(url, data=sent)
    assert (answer.status_code, answer.location) == (303, page)
    drawn = client.get(page)
    assert "20 March" in drawn.text
    assert "<bdi>Birthday</bdi> in 6 days" in drawn.text, "on top of the page too"
    client.post("/occasions/1/withdraw", data=form(drawn, "/occasions/1/withdraw"))
    assert "20 March" not in client.get(page).text


def test_a_leap_day_says_when_it_is_kept(at_desk, carla: int) -> None:
    client, url = at_desk("ana"), f"/customers/{carla}/occasions"
    client.post(url, data={"kind": "birthday", "day": "29", "month": "2", "form_key": "leap-key"})
    page = client.get(f"/customers/{carla}/preferences").text
    assert "29 February" in page
    assert "since that year has no 29 February" in page


@pytest.mark.parametrize("wrong", [{"day": "31", "month": "6"}, {"day": "x"}, {"month": "13"}, {"kind": "wedding"}])
def test_what_was_typed_is_kept_when_something_is_wrong(at_desk, carla: int, htmx, wrong: dict[str, str]) -> None:
    client, url = at_desk("ana"), f"/customers/{carla}/occasions"
    sent = {
        "form": "add-occasion",
        "kind": "other",
        "words": "Moved in",
        "day": "3",
        "month": "5",
        "form_key": "the-key-of-it",
    }
    answer = client.post(url, data=sent | wrong, headers=htmx)
    assert answer.status_code == 422
    assert not is_whole_page(answer)
    assert form(answer, url)["words"] == "Moved in"


def test_delivery_adds_none(at_desk, carla: int) -> None:
    assert at_desk("del").post(f"/customers/{carla}/occasions", data={}).status_code == 403
