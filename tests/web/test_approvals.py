"""Asking and deciding as browsers see it; the arithmetic is proved in tests/desk/test_approvals.py."""

from datetime import timedelta

import cast
import pytest
from approving import REASON, let_approve
from flask.testing import FlaskClient
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import pins
from deskapp.rules.people import Actor, Role
from deskapp.store.db import Database
from deskapp.store.gift_tables import Approval, ApprovalState, Delegation, Grant
from deskapp.store.tables import Audit, Item, Seat, Staff, Throttle

PIN = "739158"


@pytest.fixture
def carla(db: Database, staff: dict[str, Actor]) -> int:
    with db.writing() as session:
        let_approve(session, staff)
        return cast.customer_id(session)


@pytest.fixture
def panel(carla: int) -> str:
    return f"/customers/{carla}/plus-one"


@pytest.fixture
def offer(at_desk, carla: int, panel: str) -> int:
    """The lamp, looked up by Ana: above her limit, below what Bo approves."""
    return look_up(at_desk("ana"), carla, "lamp")


@pytest.fixture
def approval(at_desk, offer: int) -> int:
    assert ask(at_desk("ana"), offer).status_code == 303
    return 1


@pytest.fixture
def bos_pin(app, db: Database, staff: dict[str, Actor]) -> int:
    """Bo's number; his PIN is set."""
    hashed = pins.hash_pin(PIN, signing_key=app.extensions["deskapp"].signing_key)
    with db.writing() as session:
        session.get_one(Staff, staff["bo"].staff_id).pin_hash = hashed
    return staff["bo"].staff_id


def look_up(client: FlaskClient, carla: int, words: str) -> int:
    answer = client.post(f"/customers/{carla}/something-else", data={"form_key": "look-up-1", "item": words})
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("=")[2])


def ask(client: FlaskClient, offer: int, headers=None, **more: str):
    data = {"form": "ask", "form_key": "ask-key-1", "reason": REASON} | more
    return client.post(f"/offers/{offer}/ask", data=data, headers=headers)


def decide(client: FlaskClient, approval: int = 1, headers=None, **more: str):
    data = {"form": f"decide-{approval}", "form_key": "decide-key", "choice": "approve"} | more
    return client.post(f"/approvals/{approval}/decide", data=data, headers=headers)


def decide_here(client: FlaskClient, decider: int, pin: str = PIN, headers=None, **more: str):
    data = {"form": "decide-here-1", "form_key": "here-key-1", "choice": "approve", "decider": decider, "pin": pin}
    return client.post("/approvals/1/decide-here", data=data | more, headers=headers)


def state(db: Database) -> ApprovalState:
    with db.reading() as session:
        return session.exec(select(Approval)).one().state


def given(db: Database) -> int:
    with db.reading() as session:
        return len(session.exec(select(Grant)).all())


# --- something else -------------------------------------------------------------------------------------------------


def test_what_is_looked_up_is_shown_with_its_price_before_it_is_given(at_desk, carla, panel, db) -> None:
    client = at_desk("ana")
    answer = client.post(f"/customers/{carla}/something-else", data={"form_key": "look-up-1", "item": "green tea"})
    page = client.get(answer.location)
    assert is_whole_page(page)
    assert given(db) == 0
    offer = answer.location.rpartition("=")[2]
    given_it = client.post(f"/offers/{offer}/grant", data=form(page, f"/offers/{offer}/grant"))
    assert "Green tea, 20 bags is given." in client.get(given_it.location).text
    assert given(db) == 1


def test_what_needs_a_second_yes_says_so_and_asks_why(at_desk, carla, offer, panel) -> None:
    page = at_desk("ana").get(f"{panel}?offer={offer}")
    assert "Reading lamp is $44.00 more than what is left for one gift ($5.00)." in page.text
    assert "Ask Ada, Bo or Mo" in page.text
    assert form(page, f"/offers/{offer}/ask")["reason"].strip() == ""


def test_what_nobody_may_give_says_why_and_offers_no_button(at_desk, carla, panel) -> None:
    client = at_desk("ana")
    wine = look_up(client, carla, "wine")
    page = client.get(f"{panel}?offer={wine}")
    assert "House red is not something we give away." in page.text
    assert f"/offers/{wine}/" not in page.text


@pytest.mark.parametrize("words", ["nothing like it", "", "x" * 201])
def test_what_is_not_found_is_said_at_the_field(at_desk, carla, htmx, words) -> None:
    data = {"form": "something-else", "form_key": "look-up-1", "item": words}
    answer = at_desk("ana").post(f"/customers/{carla}/something-else", data=data, headers=htmx)
    assert answer.status_code == 422
    assert 'id="something-else-item-problem"' in answer.text


def test_of_several_one_is_chosen(at_desk, carla, htmx, db) -> None:
    with db.writing() as session:
        session.exec(select(Item).where(Item.sku == "soap")).one().name = "Plum soap"
    client, data = at_desk("ana"), {"form": "something-else", "form_key": "look-up-1", "item": "plum"}
    answer = client.post(f"/customers/{carla}/something-else", data=data, headers=htmx)
    assert answer.status_code == 422
    assert 'value="jam"' in answer.text
    answer = client.post(f"/customers/{carla}/something-else", data=data | {"sku": "jam"}, headers=htmx)
    assert answer.status_code == 200
    assert "Plum jam" in answer.text


@pytest.mark.parametrize("offer", ["999999", "x", "-1", "9" * 40, "٣", "1.5"])
def test_an_address_with_a_made_up_offer_is_just_the_panel(at_desk, panel, offer) -> None:
    assert at_desk("ana").get(f"{panel}?offer={offer}").status_code == 200


def test_an_offer_to_somebody_else_is_not_shown(at_desk, db, offer) -> None:
    with db.reading() as session:
        dan = cast.customer_id(session, "C-2")
    assert "Reading lamp" not in at_desk("ana").get(f"/customers/{dan}/plus-one?offer={offer}").text


# --- asking ---------------------------------------------------------------------------------------------------------


def test_asking_without_htmx_comes_back_to_the_page_that_waits(at_desk, offer, panel, db) -> None:
    client = at_desk("ana")
    answer = ask(client, offer)
    assert (answer.status_code, answer.location) == (303, panel)
    page = client.get(panel)
    assert is_whole_page(page)
    assert "Waiting for Ada, Bo or Mo." in page.text
    assert REASON in page.text
    assert state(db) is ApprovalState.WAITING


def test_asking_by_htmx_draws_the_panel_and_tells_the_neighbours(at_desk, offer, htmx) -> None:
    answer = ask(at_desk("ana"), offer, headers=htmx)
    assert answer.status_code == 200
    assert 'id="plus_one"' in answer.text
    assert 'hx-get="/approvals/1/state"' in answer.text
    assert "plus-one-decided" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "Please say why"),
        ("ok", "Please say why"),
        ("x" * 301, "at most 300"),
        ("Card 4111 1111 1111 1111", "card number"),
    ],
)
def test_a_reason_that_cannot_be_taken_is_said_at_its_field_with_what_was_typed(
    at_desk, offer, htmx, reason, words, db
) -> None:
    answer = ask(at_desk("ana"), offer, headers=htmx, reason=reason)
    assert answer.status_code == 422
    assert words in answer.text.split('id="ask-reason-problem"')[1]
    assert reason in answer.text
    with db.reading() as session:
        assert session.exec(select(Approval)).all() == []


def test_words_that_the_guard_warns_of_can_be_meant(at_desk, offer, htmx, db) -> None:
    client, words = at_desk("ana"), {"reason": "She told us that she has diabetes."}
    warned = ask(client, offer, headers=htmx, **words)
    assert warned.status_code == 422
    assert 'name="is_confirmed"' in warned.text
    assert ask(client, offer, headers=htmx, is_confirmed="true", **words).status_code == 200
    assert state(db) is ApprovalState.WAITING


def test_a_price_that_moved_since_it_was_shown_is_a_conflict(at_desk, offer, htmx, db) -> None:
    with db.writing() as session:
        session.exec(select(Item).where(Item.sku == "lamp")).one().price_minor = 4800
    answer = ask(at_desk("ana"), offer, headers=htmx)
    assert answer.status_code == 409
    assert "The price of Reading lamp has changed since it was shown." in answer.text


def test_after_a_tap_that_needs_a_second_yes_the_reason_is_asked_beside_it(at_desk, offer, panel, htmx) -> None:
    client, tap = at_desk("ana"), {"form": "grant", "form_key": "tap-key-0001"}
    answer = client.post(f"/offers/{offer}/grant", data=tap, headers=htmx)
    assert "This needs a second yes." in answer.text
    assert form(answer, f"/offers/{offer}/ask")["reason"].strip() == ""
    plain = client.post(f"/offers/{offer}/grant", data=tap)
    assert plain.location == f"{panel}?form_key=tap-key-0001&offer={offer}"
    assert form(client.get(plain.location), f"/offers/{offer}/ask")["reason"].strip() == ""


def test_withdrawn_it_is_gone_from_panel_and_queue(at_desk, approval, panel, db) -> None:
    ana = at_desk("ana")
    sent = form(ana.get(panel), "/approvals/1/withdraw")
    assert ana.post("/approvals/1/withdraw", data=sent).status_code == 303
    assert state(db) is ApprovalState.WITHDRAWN
    assert "Waiting for" not in ana.get(panel).text
    assert "Nothing waits for you." in at_desk("bo").get("/approvals").text
    assert at_desk("mo").post("/approvals/1/withdraw", data={"form_key": "not-mine-1"}).status_code == 403


# --- the answer reaches the asker -----------------------------------------------------------------------------------


def test_while_it_waits_nothing_is_swapped_and_once_decided_a_line_is(at_desk, approval, panel) -> None:
    ana = at_desk("ana")
    waiting = ana.get("/approvals/1/state")
    assert (waiting.status_code, waiting.text) == (204, "")
    decide(at_desk("bo"), answer="Gladly.")
    told = ana.get("/approvals/1/state")
    assert told.status_code == 286  # htmx swaps it and asks no more
    assert "Bo approved it: Reading lamp is theirs." in told.text
    assert not is_whole_page(told)
    page = ana.get(panel).text
    assert "Bo</bdi> approved" in page
    assert "Bo: “Gladly.”" in page


def test_declined_and_run_out_are_told_too(at_desk, approval, panel, clock) -> None:
    ana = at_desk("ana")
    clock.moves(minutes=30)
    assert "Waiting for" in ana.get(panel).text
    clock.moves(hours=3, minutes=31)
    ana = at_desk("ana")
    assert "Nobody decided in time." in ana.get("/approvals/1/state").text
    page = ana.get(panel).text
    assert "not decided in time" in page
    assert "Waiting for" not in page


def test_a_remembered_panel_knows_when_the_time_has_run_out(at_desk, approval, panel, clock) -> None:
    clock.moves(minutes=200)
    ana = at_desk("ana")
    assert "Waiting for" in ana.get(panel).text
    clock.moves(minutes=41)
    assert "Waiting for" not in ana.get(panel).text


def test_the_state_is_told_to_nobody_but_the_asker(at_desk, approval) -> None:
    assert at_desk("bo").get("/approvals/1/state").status_code == 404
    assert at_desk("del").get("/approvals/1/state").status_code == 403


def test_a_page_that_asks_by_itself_does_not_keep_a_seat_alive(at_desk, approval, db, clock) -> None:
    ana = at_desk("ana")
    for _ in range(6):
        clock.moves(minutes=9)
        assert ana.get("/approvals/1/state").status_code == 204
        assert ana.get("/approvals/count").status_code == 200
    clock.moves(minutes=7)
    assert ana.get("/approvals/count").status_code == 303
    with db.reading() as session:
        newest = session.exec(select(Seat).order_by(Seat.id.desc())).first()
        assert newest.last_seen_at == cast.NOW


def test_without_scripts_whoever_waits_can_look_again(at_desk, approval, panel) -> None:
    page = at_desk("ana").get(panel).text
    link = f'<noscript><a href="{panel}">Look again</a></noscript>'
    assert link in page
    decide(at_desk("bo"))
    assert link not in at_desk("ana").get(panel).text


def test_an_approved_gift_stands_once_with_the_word_that_came_with_it(at_desk, approval, panel) -> None:
    decide(at_desk("bo"), answer="Gladly.")
    page = at_desk("ana").get(panel).text
    assert 'class="asked"' not in page
    assert "Bo: “Gladly.”" in page.partition(">Given<")[2]


def test_a_declined_one_stands_with_its_answer(at_desk, approval, panel) -> None:
    decide(at_desk("bo"), choice="decline", answer="Not this time.")
    page = at_desk("ana").get(panel).text
    assert 'class="asked"' in page
    assert "Bo: “Not this time.”" in page


# --- the queue ------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_and_the_bar_how_many(at_desk, approval) -> None:
    bo = at_desk("bo")
    page = bo.get("/approvals")
    for words in ("Reading lamp", "Carla Núñez", "$49.00", REASON, "Ana", "1 waiting for your yes"):
        assert words in page.text, words
    assert "No gift kept in the last 60 days. <bdi>This would leave you $11.00 today.</bdi>" in page.text
    assert "1 waiting for your yes" in bo.get("/").text
    assert "waiting for your yes" not in at_desk("ana").get("/").text
    assert "waiting for your yes" in bo.get("/approvals/count").text
    assert at_desk("ana").get("/approvals/count").text.strip() == ""


def test_approved_without_htmx_comes_back_to_the_page_that_says_what_was_done(at_desk, approval, db) -> None:
    bo = at_desk("bo")
    sent = form(bo.get("/approvals"), "/approvals/1/decide") | {"choice": "approve", "answer": "Gladly."}
    answer = bo.post("/approvals/1/decide", data=sent)
    assert answer.status_code == 303
    page = bo.get(answer.location)
    assert "Reading lamp is given. Ana sees it now. You may still give $11.00 today." in page.text
    assert "for this customer" not in page.text
    assert "Nothing waits for you." in page.text
    german = bo.get(answer.location, headers={"Accept-Language": "de"}).text
    assert "Reading lamp wird geschenkt. Ana sieht es jetzt. Sie dürfen heute noch 11,00\xa0$ geben." in german
    assert (state(db), given(db)) == (ApprovalState.APPROVED, 1)


def test_declined_by_htmx_draws_the_queue(at_desk, approval, htmx, db) -> None:
    answer = decide(at_desk("bo"), headers=htmx, choice="decline")
    assert answer.status_code == 200
    assert "Declined. Whoever asked sees it now." in answer.text
    assert "plus-one-decided" in answer.headers["HX-Trigger"]
    assert (state(db), given(db)) == (ApprovalState.DECLINED, 0)


def test_a_second_decision_is_a_conflict_that_says_who_was_first(at_desk, approval, htmx) -> None:
    decide(at_desk("mo"), choice="decline")
    answer = decide(at_desk("bo"), headers=htmx)
    assert answer.status_code == 409
    assert "Mo declined Reading lamp just now." in answer.text


def test_a_price_that_moved_while_it_waited_is_a_conflict_with_both_prices(at_desk, approval, htmx, db) -> None:
    with db.writing() as session:
        session.exec(select(Item).where(Item.sku == "lamp")).one().price_minor = 4800
    answer = decide(at_desk("bo"), headers=htmx, answer="Gladly, and soon.")
    assert answer.status_code == 409
    assert "was $49.00 when it was asked for, and is $48.00 now" in answer.text
    assert "Gladly, and soon." in answer.text
    assert (state(db), given(db)) == (ApprovalState.WAITING, 0)


def test_an_approver_whose_day_is_used_up_is_told_so_and_it_waits_on(at_desk, approval, db, staff, htmx) -> None:
    with db.writing() as session:
        let_approve(session, staff, per_giver_per_day_minor=4000)
    bo = at_desk("bo")
    assert "what is left for you today is $40.00" in bo.get("/approvals").text
    answer = decide(bo, headers=htmx)
    assert answer.status_code == 409
    assert "Nothing is decided yet. Reading lamp costs $49.00; what is left for you today is $40.00." in answer.text
    assert state(db) is ApprovalState.WAITING


@pytest.mark.parametrize(("who", "status"), [("ana", 403), ("del", 403)])
def test_whoever_may_not_decide_does_not(at_desk, approval, who, status, db) -> None:
    assert decide(at_desk(who)).status_code == status
    assert state(db) is ApprovalState.WAITING


@pytest.mark.parametrize("choice", ["", "perhaps"])
def test_a_decision_is_yes_or_no(at_desk, approval, choice, db) -> None:
    assert decide(at_desk("bo"), choice=choice).status_code == 422
    assert state(db) is ApprovalState.WAITING


def test_a_decision_from_another_site_is_refused(at_desk, approval, db) -> None:
    assert decide(at_desk("bo"), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert state(db) is ApprovalState.WAITING


# --- with a PIN on the asker's tablet -------------------------------------------------------------------------------


def test_bo_decides_on_anas_tablet_and_her_seat_stays(at_desk, approval, bos_pin, panel, db, staff) -> None:
    ana = at_desk("ana")
    answer = decide_here(ana, bos_pin)
    assert (answer.status_code, answer.location) == (303, panel)
    page = ana.get(panel)
    assert page.status_code == 200
    assert "<b>Ana</b>" in page.text
    assert "Bo</bdi> approved" in page.text
    with db.reading() as session:
        kept, grant = session.exec(select(Approval)).one(), session.exec(select(Grant)).one()
        assert (kept.asked_by, kept.decided_by) == (staff["ana"].staff_id, bos_pin)
        assert grant.staff_id == staff["ana"].staff_id
        seats = session.exec(select(Seat).where(Seat.staff_id == bos_pin)).all()
        assert seats == []


def test_bo_says_no_on_anas_tablet(at_desk, approval, bos_pin, htmx, db) -> None:
    answer = decide_here(at_desk("ana"), bos_pin, headers=htmx, choice="decline")
    assert answer.status_code == 200
    assert "declined" in answer.text
    assert (state(db), given(db)) == (ApprovalState.DECLINED, 0)


def test_a_wrong_pin_decides_nothing_and_is_not_echoed(at_desk, approval, bos_pin, htmx, db, capsys) -> None:
    answer = decide_here(at_desk("ana"), bos_pin, "508264", headers=htmx)
    assert answer.status_code == 422
    assert "does not belong to that person" in answer.text.split('id="decide-here-1-pin-problem"')[1]
    assert "508264" not in answer.text
    assert state(db) is ApprovalState.WAITING
    assert "508264" not in capsys.readouterr().out


def test_a_pin_is_in_no_table_and_no_log(at_desk, approval, bos_pin, db, capsys) -> None:
    decide_here(at_desk("ana"), bos_pin)
    assert PIN not in capsys.readouterr().out
    with db.reading() as session:
        assert PIN not in str(
            [row.model_dump() for table in (Audit, Throttle, Staff) for row in session.exec(select(table))]
        )


def test_the_sixth_try_has_to_wait_even_with_the_right_pin(at_desk, approval, bos_pin, clock, db) -> None:
    ana = at_desk("ana")
    statuses = [decide_here(ana, bos_pin, f"50826{n}").status_code for n in range(5)]
    late = decide_here(ana, bos_pin)
    assert [*statuses, late.status_code] == [422] * 5 + [429]
    assert "Too many tries" in late.text
    assert int(late.headers["Retry-After"]) > 0
    clock.moves(minutes=15)
    assert decide_here(ana, bos_pin).status_code == 303
    assert state(db) is ApprovalState.APPROVED


def test_a_double_tap_with_a_pin_decides_once(at_desk, approval, bos_pin, db) -> None:
    ana = at_desk("ana")
    assert [decide_here(ana, bos_pin).status_code for _ in range(2)] == [303, 303]
    assert given(db) == 1


def test_a_pin_is_tried_on_the_askers_seat_and_nowhere_else(at_desk, approval, bos_pin, db) -> None:
    assert decide_here(at_desk("mo"), bos_pin).status_code == 404
    with db.reading() as session:
        assert session.exec(select(Throttle)).all() == []


@pytest.mark.asvs(18)
def test_the_asker_cannot_approve_with_her_own_pin(app, at_desk, approval, db, staff) -> None:
    ana = staff["ana"].staff_id
    with db.writing() as session:
        hashed = pins.hash_pin(PIN, signing_key=app.extensions["deskapp"].signing_key)
        session.get_one(Staff, ana).pin_hash = hashed
    assert decide_here(at_desk("ana"), ana).status_code == 403
    assert state(db) is ApprovalState.WAITING


@pytest.mark.parametrize("decider", [2**63, -1, 10**40])
def test_who_can_be_nobody_decides_nothing(at_desk, approval, bos_pin, htmx, db, decider) -> None:
    answer = decide_here(at_desk("ana"), decider, headers=htmx)
    assert answer.status_code == 422
    assert "choose one of the list" in answer.text
    assert state(db) is ApprovalState.WAITING


def test_a_pin_of_somebody_with_too_little_authority_is_not_enough(app, at_desk, approval, db, bos_pin) -> None:
    with db.writing() as session:
        session.get_one(Staff, bos_pin).role = Role.AGENT
    assert decide_here(at_desk("ana"), bos_pin).status_code == 403
    assert state(db) is ApprovalState.WAITING


# --- while somebody is away -----------------------------------------------------------------------------------------


def lend(client: FlaskClient, to: int, headers=None, **more: str):
    today = cast.NOW.date().isoformat()
    data = {"form": "lend", "form_key": "lend-key-1", "colleague": to, "starts_on": today, "ends_on": today} | more
    return client.post("/delegations", data=data, headers=headers)


def test_a_delegate_finds_it_in_the_queue_and_both_names_stay(at_desk, db, staff, carla, panel) -> None:
    with db.writing() as session:
        cy = Staff(username="cy", name="Cy", role=Role.AGENT, password_hash="x", created_at=cast.NOW)
        session.add(cy)
        session.flush()
        cy_id = cy.id
    staff["cy"] = Actor(cy_id, "cy", "Cy", Role.AGENT)
    ana, bo, delegate = at_desk("ana"), at_desk("bo"), at_desk("cy")
    ask(ana, look_up(ana, carla, "lamp"))
    assert "Nothing waits for you." in delegate.get("/approvals").text
    assert lend(bo, cy_id).status_code == 303
    assert "Cy</bdi> decides for you" in bo.get("/approvals").text
    page = delegate.get("/approvals")
    assert "You decide for <bdi>Bo</bdi>" in page.text
    assert "1 waiting for your yes" in page.text
    assert decide(delegate).status_code == 303
    assert "<bdi>Cy for Bo</bdi> approved" in ana.get(panel).text
    assert "<bdi>Cy</bdi> for <bdi>Bo</bdi>" in bo.get("/approvals").text


def test_a_delegation_is_withdrawn(at_desk, db, staff, carla) -> None:
    bo = at_desk("bo")
    lend(bo, staff["ana"].staff_id)
    sent = form(bo.get("/approvals"), "/delegations/1/withdraw")
    assert at_desk("mo").post("/delegations/1/withdraw", data=sent).status_code == 403
    assert bo.post("/delegations/1/withdraw", data=sent).status_code == 303
    assert "Ana</bdi> decides for you" not in bo.get("/approvals").text
    with db.reading() as session:
        assert session.exec(select(Delegation)).one().withdrawn_at is not None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"ends_on": "2026-03-01"}, "ends_on"),
        ({"ends_on": (cast.NOW.date() + timedelta(days=60)).isoformat()}, "ends_on"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"colleague": "999999"}, "colleague"),
        ({"colleague": str(2**63)}, "colleague"),
        ({"colleague": "-1"}, "colleague"),
    ],
)
def test_days_and_colleagues_that_cannot_be_are_said_at_their_field(at_desk, carla, staff, htmx, more, field) -> None:
    answer = lend(at_desk("bo"), staff["ana"].staff_id, headers=htmx, **more)
    assert answer.status_code == 422
    assert f'id="lend-{field}-problem"' in answer.text


def test_an_agent_has_nothing_to_lend(at_desk, carla, staff) -> None:
    assert lend(at_desk("ana"), staff["bo"].staff_id).status_code == 403
    assert "/delegations" not in at_desk("ana").get("/approvals").text
