import pytest
from pages import form

GOOD = {"role": "agent", "per_gift": "8", "per_giver_per_day": "40", "per_customer_per_month": "20", "basis": "price"}


def test_a_manager_reads_each_limit_as_words_and_sets_it_anew(at_desk) -> None:
    client = at_desk("mo")
    page = client.get("/limits")
    assert "$5.00" in page.text
    assert client.post("/limits", data=form(page, "/limits") | GOOD).status_code == 303
    page = client.get("/limits").text
    assert "$8.00" in page
    assert "$40.00" in page
    assert "Mo" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_gift": "-1"},
        {"per_gift": "1e3"},
        {"per_gift": ""},
        {"role": "delivery"},
        {"role": "king"},
        {"basis": "love"},
    ],
)
def test_what_was_typed_is_kept_when_something_is_wrong(at_desk, wrong) -> None:
    client = at_desk("mo")
    fields = form(client.get("/limits"), "/limits") | GOOD | wrong
    answer = client.post("/limits", data=fields)
    assert answer.status_code == 422
    assert "40" in answer.text


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_see_and_set_limits(at_desk, who: str) -> None:
    client = at_desk(who)
    assert client.get("/limits").status_code == 403
    assert client.post("/limits", data=GOOD | {"form_key": "limit-key"}).status_code == 403


def test_a_limit_from_another_site_is_refused(at_desk) -> None:
    client = at_desk("mo")
    fields = form(client.get("/limits"), "/limits") | GOOD
    assert client.post("/limits", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
