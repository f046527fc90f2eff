"""The page of limits, its form, and what a second person says to it."""

import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.store.gift_tables import Agreement, LimitVersion

RULE = "last order late or customer for 2 years"
GOOD = {"giver": "role:agent", "per_gift": "8", "per_giver_per_week": "40", "basis": "price"}
DEAR = GOOD | {"per_gift": "120", "per_giver_per_week": "500"}
KEY = {"form_key": "key-of-a-test"}


def editions(db) -> list[LimitVersion]:
    with db.reading() as session:
        return list(session.exec(select(LimitVersion).order_by(LimitVersion.id)))


def filled(client, giver: str = "role:agent") -> dict[str, str]:
    return form(client.get(f"/limits/new?giver={giver}"), "/limits")


def ready(client, **typed: str) -> dict[str, str]:
    """The agents' form as a browser sends it, with other words in it; what is blank is no ceiling."""
    empty = {"per_giver_per_day": "", "per_customer_per_month": ""}
    return filled(client) | empty | GOOD | typed


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_manager_reads_each_limit_as_a_sentence(at_desk) -> None:
    page = at_desk("mo").get("/limits").text
    assert "An agent may give up to $5.00 a gift and $12.00 a day, $10.00 per customer a month." in page
    assert "Counted at the price in the shop; since 14 March; set by Mo." in page


def test_with_htmx_the_panel_comes_alone(at_desk, htmx) -> None:
    for path, panel in (("/limits", "limits"), ("/limits/new", "limit"), ("/limits/1/change", "limit")):
        assert at_desk("mo").get(path, headers=htmx).text.lstrip().startswith(f'<section id="{panel}"')


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_see_set_stop_and_agree(at_desk, who: str) -> None:
    client = at_desk(who)
    for path in ("/limits", "/limits/new", "/limits/1/change"):
        assert client.get(path).status_code == 403
    for path in ("/limits", "/limits/try", "/limits/1/stop", "/agreements/limit/1"):
        assert client.post(path, data=GOOD | KEY).status_code == 403


def test_a_limit_of_no_number_is_not_there(at_desk) -> None:
    mo = at_desk("mo")
    assert mo.get("/limits/999/change").status_code == 404
    assert mo.post("/limits/999/stop", data=KEY).status_code == 404
    assert mo.post("/agreements/budget/999", data=KEY | {"is_agreed": "true"}).status_code == 404


# --- setting --------------------------------------------------------------------------------------------------------


def test_a_change_opens_filled_and_is_switched_on(at_desk, db) -> None:
    mo = at_desk("mo")
    sent = form(mo.get("/limits/1/change"), "/limits")
    assert (sent["per_gift"], sent["per_giver_per_day"], sent["seen"]) == ("5.00", "12.00", "1")
    response = mo.post("/limits", data=sent | {"per_gift": "8"})
    assert (response.status_code, response.headers["Location"]) == (303, "/limits")
    assert "up to $8.00 a gift and $12.00 a day" in mo.get("/limits").text
    newest = editions(db)[-1]
    assert (newest.per_gift_minor, newest.per_customer_per_month_minor) == (800, 1000)


def test_a_new_line_asks_never_to_bait_and_never_to_come_like_clockwork(at_desk) -> None:
    sent = filled(at_desk("mo"), "person:1")
    assert (sent["is_never_bait"], sent["is_never_regular"], sent["seen"]) == ("true", "true", "0")


def test_a_double_tap_is_one_edition(at_desk, db) -> None:
    mo = at_desk("mo")
    sent = ready(mo)
    before = len(editions(db))
    assert [mo.post("/limits", data=sent).status_code for _ in range(3)] == [303] * 3
    assert len(editions(db)) == before + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_gift": "-1"},
        {"per_gift": "1e3"},
        {"per_gift": ""},
        {"giver": "role:delivery"},
        {"giver": "role:king"},
        {"basis": "love"},
        {"gap_days": "soon"},
        {"valid_from": "1 March"},
        {"exception": "Fair"},
        {"eligibility": "age over 60"},
        {"eligibility": "x" * 5000},
        {"per_giver_per_week": ""},
        {"seen": "no"},
        {"tried": "x" * 99},
    ],
)
@pytest.mark.parametrize("path", ["/limits", "/limits/try"])
def test_what_was_typed_is_kept_when_something_is_wrong(at_desk, db, path: str, wrong: dict[str, str]) -> None:
    mo = at_desk("mo")
    before = len(editions(db))
    answer = mo.post(path, data=ready(mo, per_customer_gifts="7", per_customer_days="71") | wrong)
    assert answer.status_code == 422
    assert 'class="problem' in answer.text
    sent = form(answer, "/limits")
    assert (sent["per_customer_gifts"], sent["per_customer_days"]) == ("7", "71")
    name, value = next(iter(wrong.items()))
    if name not in {"giver", "basis", "seen", "tried"}:  # the others may hold any words
        assert value in answer.text
    assert len(editions(db)) == before


def test_a_limit_from_another_site_is_refused(at_desk) -> None:
    client = at_desk("mo")
    answer = client.post("/limits", data=ready(client), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_of_two_managers_the_second_sees_both_and_may_then_switch_on(at_desk, db) -> None:
    mo, ada = at_desk("mo"), at_desk("ada")
    of_mo, of_ada = ready(mo, per_gift="9"), ready(ada, per_gift="7")
    assert ada.post("/limits", data=of_ada).status_code == 303
    answer = mo.post("/limits", data=of_mo)
    assert answer.status_code == 409
    assert "Ada has set this anew in the meantime: “An agent may give up to $7.00 a gift" in answer.text
    again = form(answer, "/limits")
    assert again["per_gift"] == "9"
    assert mo.post("/limits", data=of_mo | again).status_code == 303
    assert editions(db)[-1].per_gift_minor == 900


def test_a_wrong_field_does_not_make_an_old_page_new(at_desk) -> None:
    mo, ada = at_desk("mo"), at_desk("ada")
    of_mo = ready(mo, per_gift="nine")
    ada.post("/limits", data=ready(ada))
    again = form(mo.post("/limits", data=of_mo), "/limits")
    assert mo.post("/limits", data=of_mo | again | {"per_gift": "9"}).status_code == 409


def test_a_new_limit_for_whom_there_is_one_is_not_set_unseen(at_desk) -> None:
    mo = at_desk("mo")
    fresh = filled(mo, "person:1") | GOOD
    answer = mo.post("/limits", data=fresh)
    assert answer.status_code == 409
    assert "An agent may give up to $5.00 a gift" in answer.text


def test_stopping_leaves_the_role_without(at_desk, htmx) -> None:
    mo = at_desk("mo")
    sent = form(mo.get("/limits"), "/limits/1/stop")
    answer = mo.post("/limits/1/stop", data=sent, headers=htmx)
    assert answer.status_code == 200
    assert "May give nothing yet." in answer.text
    assert "What is over (1)" in answer.text
    assert mo.post("/limits/1/stop", data=sent | KEY).status_code == 409


# --- a rule ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_tried_and_then_switched_on_without_javascript(at_desk, db) -> None:
    mo = at_desk("mo")
    sent = ready(mo, eligibility=RULE, per_customer_gifts="1", per_customer_days="60")
    refused = mo.post("/limits", data=sent)
    assert refused.status_code == 422
    assert "Please try this rule first" in refused.text
    tried = mo.post("/limits/try", data=sent)
    assert tried.status_code == 200
    assert is_whole_page(tried)
    assert "one gift per customer in 60 days, to customers whose last order arrived late" in tried.text
    again = form(tried, "/limits")
    assert again["eligibility"].strip() == RULE
    assert editions(db)[-1].eligibility == ""
    assert mo.post("/limits", data=sent | again | {"eligibility": "last order late"}).status_code == 422
    assert mo.post("/limits", data=sent | again).status_code == 303
    assert editions(db)[-1].eligibility == RULE


def test_what_an_exception_leaves_out_is_said_when_it_is_tried_and_where_it_counts(at_desk, db) -> None:
    mo = at_desk("mo")
    rule = ready(mo, eligibility=RULE)
    assert mo.post("/limits", data=rule | form(mo.post("/limits/try", data=rule), "/limits")).status_code == 303
    assert '<a href="/limits/new?from=5">' in mo.get("/limits/new").text
    fair = form(mo.get("/limits/new?from=5"), "/limits")
    assert (fair["per_gift"], fair["eligibility"].strip(), fair["seen"]) == ("8.00", RULE, "0")
    fair |= {
        "giver": "role:agent",
        "basis": "price",
        "exception": "Fair",
        "valid_from": "2026-03-14",
        "valid_until": "2026-03-22",
        "eligibility": "",
    }
    refused = mo.post("/limits", data=fair)
    assert refused.status_code == 422
    tried = mo.post("/limits/try", data=fair)
    for answer in (refused, tried):
        assert "Takes the place of: An agent may give up to $8.00 a gift" in answer.text
        assert f"It leaves out: the rule “{RULE}”." in answer.text
    assert mo.post("/limits", data=fair | form(tried, "/limits")).status_code == 303
    assert f"It leaves out: the rule “{RULE}”." in mo.get("/limits").text
    assert mo.get("/limits/new?from=99").status_code == 404
    assert mo.get("/limits/new?from=x").status_code == 200
    assert mo.get("/limits/new?from=99999999999999999999999").status_code == 200


def test_there_is_one_switch_and_after_a_trial_it_stands_beside_the_sum(at_desk) -> None:
    mo = at_desk("mo")
    sent = ready(mo)
    tried = mo.post("/limits/try", data=sent).text
    assert (tried.count(">Switch it on<"), tried.count(">Switch this on<")) == (0, 1)
    assert '<section class="trial" aria-labelledby="tried">' in tried
    before = mo.get("/limits/1/change").text
    assert (before.count(">Switch it on<"), before.count(">Switch this on<")) == (1, 0)


def test_ticks_stay_as_they_were_set_through_a_trial(at_desk) -> None:
    mo = at_desk("mo")
    sent = ready(mo, is_never_bait="true")
    sent.pop("is_never_regular", None)
    again = form(mo.post("/limits/try", data=sent), "/limits")
    assert again.get("is_never_bait") == "true"
    assert "is_never_regular" not in again


# --- a second person ------------------------------------------------------------------------------------------------


def test_a_second_person_agrees_on_the_page(at_desk, db, htmx) -> None:
    mo, ada = at_desk("mo"), at_desk("ada")
    mo.post("/limits", data=ready(mo) | DEAR)
    own = mo.get("/limits").text
    assert "You set it, so somebody else has to agree." in own
    assert 'name="is_agreed" value="true"' not in own
    url = f"/agreements/limit/{editions(db)[-1].id}"
    sent = form(ada.get("/limits"), url)
    assert mo.post(url, data=sent | {"is_agreed": "true"}).status_code == 403
    assert ada.post(url, data=sent).status_code == 422
    answers = [ada.post(url, data=sent | {"is_agreed": "true"}, headers=htmx) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert "set by Mo, agreed by Ada." in answers[0].text
    assert "Waiting for a second person" not in answers[0].text
    assert ada.post(url, data=sent | {"is_agreed": "false"}).status_code == 409
    with db.reading() as session:
        assert session.exec(select(Agreement.is_agreed)).all() == [True]


def test_what_was_declined_is_told_in_the_history(at_desk, db) -> None:
    mo, ada = at_desk("mo"), at_desk("ada")
    mo.post("/limits", data=ready(mo) | DEAR)
    url = f"/agreements/limit/{editions(db)[-1].id}"
    answer = ada.post(url, data=form(ada.get("/limits"), url) | {"is_agreed": "false"})
    assert answer.status_code == 303
    page = ada.get("/limits").text
    assert "declined" in page
    assert "An agent may give up to $5.00 a gift" in page


def test_the_page_asks_no_more_questions_for_more_limits(at_desk, db) -> None:
    from sqlalchemy import event

    mo, asked = at_desk("mo"), []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def count() -> int:
        asked.clear()
        mo.get("/limits")
        return len(asked)

    few = count()
    for number in (1, 2, 5):  # whoever gives
        sent = filled(mo, f"person:{number}") | GOOD | {"giver": f"person:{number}"}
        assert mo.post("/limits", data=sent).status_code == 303
    assert count() == few < 20
