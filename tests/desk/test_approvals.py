"""A second yes: who may say it, once, at the price that was asked for, within the approver's own room."""

from datetime import timedelta

import cast
import pytest
from approving import REASON, ask, let_approve, set_limit
from given import put
from rivals import at_once
from sqlmodel import Session, col, select

from deskapp.desk import approvals, asked, grants, settling
from deskapp.desk.approvals import Ask
from deskapp.desk.grants import Outcome
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor, Role
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Approval, ApprovalState, Bucket, Grant, GrantState, Ledger
from deskapp.store.tables import Audit, Staff

LINES = 8  # of the ledger for one gift: four periods, at price and at cost
People = dict[str, Actor]


@pytest.fixture
def shop(session: Session, people: People) -> Session:
    let_approve(session, people)
    return session


@pytest.fixture
def opened(database: Database, people: People) -> Database:
    """As `shop`, for those who come by several sessions."""
    with database.writing() as session:
        let_approve(session, people)
    return database


def decide(
    session: Session, decider: Actor, approval: int, key: str = "decide-1", now=cast.NOW, **more: object
) -> Outcome | None:
    said = {"is_approved": True, "answer": "Gladly."} | more
    return approvals.decide(session, decider, approval, key=key, now=now, **said)


def row(session: Session, approval: int) -> Approval:
    session.expire_all()
    return session.get_one(Approval, approval)


def given(session: Session) -> list[Grant]:
    return list(session.exec(select(Grant)))


def lines(session: Session) -> list[tuple[str, str, int | None]]:
    found = session.exec(select(Audit).where(col(Audit.action).like("approval.%")).order_by(col(Audit.id)))
    return [(one.action, one.subject, one.staff_id) for one in found]


# --- asking ---------------------------------------------------------------------------------------------------------


def test_what_is_asked_keeps_price_value_and_reason_and_waits_four_hours(shop: Session, people: People) -> None:
    kept = row(shop, ask(shop, people["ana"]))
    assert (kept.price_minor, kept.cost_minor, kept.value_minor, kept.currency) == (4900, 2600, 4900, "USD")
    assert (kept.state, kept.reason, kept.asked_by) == (ApprovalState.WAITING, REASON, people["ana"].staff_id)
    assert kept.expires_at - kept.asked_at == timedelta(hours=4)
    carla = f"customer:{cast.customer_id(shop)}"
    assert lines(shop) == [("approval.asked", carla, people["ana"].staff_id)]
    assert REASON not in str([one.details for one in shop.exec(select(Audit))])


def test_asking_again_is_the_one_that_waits(shop: Session, people: People) -> None:
    assert ask(shop, people["ana"]) == ask(shop, people["ana"]) == ask(shop, people["ana"], key="ask-key-2")
    assert len(lines(shop)) == 1


def test_two_taps_at_once_wait_once(opened: Database, people: People) -> None:
    def tap(n: int) -> int:
        with opened.writing() as session:
            return ask(session, people["ana"], key=f"ask-key-{n}")

    ids = at_once(4, tap)
    assert len(set(ids)) == 1, ids
    with opened.reading() as session:
        assert len(session.exec(select(Approval)).all()) == 1


def test_another_customer_or_another_asker_waits_apart(shop: Session, people: People) -> None:
    first, other = ask(shop, people["ana"]), ask(shop, people["ana"], key="ask-key-2", customer="C-2")
    assert first != other
    assert ask(shop, people["bo"], key="ask-key-3") not in {first, other}


def test_one_key_for_two_gifts_is_a_conflict(shop: Session, people: People) -> None:
    ask(shop, people["ana"])
    with pytest.raises(Conflict):
        ask(shop, people["ana"], customer="C-2")


def test_what_one_may_give_oneself_is_not_asked_for(shop: Session, people: People) -> None:
    with pytest.raises(Conflict, match="You may give Green tea, 20 bags yourself"):
        ask(shop, people["ana"], "tea")


@pytest.mark.parametrize(("sku", "words"), [("wine", "not something we give away"), ("soap", "out of stock")])
def test_what_nobody_could_give_is_not_asked_for(shop: Session, people: People, sku: str, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        ask(shop, people["ana"], sku)


def test_what_nobody_may_approve_is_not_asked_for(session: Session, people: People) -> None:
    for role in (Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN):
        set_limit(session, people["mo"], role, per_gift_minor=500)
    with pytest.raises(Conflict, match="costs"):
        ask(session, people["ana"])


def test_delivery_asks_for_nothing(shop: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        ask(shop, people["del"])


@pytest.mark.parametrize(
    ("reason", "field"), [("Paid with 4111 1111 1111 1111.", "reason"), ("She has diabetes.", "is_confirmed")]
)
def test_the_guard_reads_the_reason(shop: Session, people: People, reason: str, field: str) -> None:
    carla, lamp = get_customer(shop, cast.customer_id(shop)), items.get_by_sku(shop, "lamp")
    with pytest.raises(Invalid) as caught:
        approvals.ask(shop, people["ana"], carla, lamp, None, Ask(form_key="ask-key-1", reason=reason), now=cast.NOW)
    assert field in caught.value.problems


@pytest.mark.parametrize("reason", ["", "  ", "ok", "x" * 301, "a\x00b late parcel"])
def test_a_reason_is_three_to_three_hundred_characters(reason: str) -> None:
    with pytest.raises(ValueError):
        Ask(form_key="ask-key-1", reason=reason)
    assert Ask(form_key="ask-key-1", reason=" ill ").reason == "ill"


# --- deciding -------------------------------------------------------------------------------------------------------


def test_approved_it_is_given_in_the_askers_name_from_the_approvers_day(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    outcome = decide(shop, people["bo"], approval)
    assert outcome is not None
    assert (outcome.kind, outcome.value_minor) == ("granted", 4900)
    (grant,) = given(shop)
    assert (grant.staff_id, grant.approval_id, grant.id) == (people["ana"].staff_id, approval, outcome.grant_id)
    kept = row(shop, approval)
    assert (kept.state, kept.decided_by, kept.on_behalf_of) == (ApprovalState.APPROVED, people["bo"].staff_id, None)
    assert (kept.answer, kept.decided_at) == ("Gladly.", cast.NOW)
    spent = {
        bucket.key.split("|")[0:2][1]: bucket.spent_minor
        for bucket in shop.exec(select(Bucket))
        if "giver" in bucket.key
    }
    assert spent == {str(people["bo"].staff_id): 4900}
    assert lines(shop)[-1] == ("approval.approved", f"customer:{kept.customer_id}", people["bo"].staff_id)


def test_declined_nothing_is_given_and_both_names_stay(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    assert decide(shop, people["bo"], approval, is_approved=False, answer="Too soon.") is None
    kept = row(shop, approval)
    assert (kept.state, kept.asked_by, kept.decided_by) == (
        ApprovalState.DECLINED,
        people["ana"].staff_id,
        people["bo"].staff_id,
    )
    assert given(shop) == []


def test_the_same_decision_twice_is_one(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    assert decide(shop, people["bo"], approval) == decide(shop, people["bo"], approval)
    assert len(given(shop)) == 1


def test_nobody_decides_on_what_they_asked_for(shop: Session, people: People) -> None:
    approval = ask(shop, people["bo"])
    with pytest.raises(Forbidden, match="You asked for this yourself"):
        decide(shop, people["bo"], approval)


def test_an_agent_decides_nothing_and_a_lead_nothing_above_what_they_may_approve(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    with pytest.raises(Forbidden, match="more than you may approve"):
        decide(shop, Actor(people["del"].staff_id, "cy", "Cy", Role.AGENT), approval)
    items.get_by_sku(shop, "lamp").price_minor = 5001
    shop.flush()
    with pytest.raises(Forbidden, match="more than you may approve"):
        decide(shop, people["bo"], approval)


def test_a_price_that_moved_is_a_conflict_with_both_prices_and_it_goes_on_waiting(
    opened: Database, people: People
) -> None:
    with opened.writing() as session:
        approval = ask(session, people["ana"])
        items.get_by_sku(session, "lamp").price_minor = 4500
    for is_done in (False, True):  # the key is free again after a conflict
        with opened.writing() as session:
            if is_done:
                items.get_by_sku(session, "lamp").price_minor = 4900
                assert decide(session, people["bo"], approval) is not None
                continue
            with pytest.raises(Conflict, match=r"was \$49\.00 when it was asked for, and is \$45\.00 now"):
                decide(session, people["bo"], approval)
            session.rollback()
    with opened.reading() as session:
        assert row(session, approval).state is ApprovalState.APPROVED


def test_asked_anew_after_the_price_moved_the_old_one_is_withdrawn(shop: Session, people: People) -> None:
    old = ask(shop, people["ana"])
    items.get_by_sku(shop, "lamp").price_minor = 4500
    shop.flush()
    new = ask(shop, people["ana"], key="ask-key-2")
    assert (row(shop, old).state, row(shop, new).value_minor) == (ApprovalState.WITHDRAWN, 4500)
    outcome = decide(shop, people["bo"], new)
    assert outcome is not None
    assert outcome.value_minor == 4500


def test_when_the_approvers_day_is_used_up_nothing_is_decided(shop: Session, people: People) -> None:
    first, second = ask(shop, people["ana"]), ask(shop, people["ana"], key="ask-key-2", customer="C-2")
    decide(shop, people["bo"], first)
    outcome = decide(shop, people["bo"], second, key="decide-2")
    assert outcome is not None
    assert (outcome.kind, outcome.ceiling) == ("refused", "per_giver_per_day")
    assert row(shop, second).state is ApprovalState.WAITING
    assert len(given(shop)) == 1
    assert [action for action, *_ in lines(shop)].count("approval.approved") == 1
    assert decide(shop, people["mo"], second).kind == "granted"


def test_when_the_last_piece_is_gone_nothing_is_decided(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    items.get_by_sku(shop, "lamp").stock = 0
    shop.flush()
    outcome = decide(shop, people["bo"], approval)
    assert outcome is not None
    assert outcome.why == "out-of-stock"
    assert row(shop, approval).state is ApprovalState.WAITING


def test_what_protects_the_customer_no_second_person_can_waive(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    set_limit(shop, people["mo"], Role.AGENT, per_gift_minor=500, per_customer_per_month_minor=1000)
    outcome = decide(shop, people["bo"], approval)
    assert outcome is not None
    assert (outcome.kind, outcome.ceiling) == ("refused", "per_customer_per_month")


@pytest.mark.parametrize(
    ("change", "words"), [({"is_active": False}, "does not work here"), ({"role": Role.DELIVERY}, "gives no gifts")]
)
def test_what_somebody_asked_who_gives_no_more_is_not_given(
    shop: Session, people: People, change: dict[str, object], words: str
) -> None:
    approval = ask(shop, people["ana"])
    shop.get_one(Staff, people["ana"].staff_id).sqlmodel_update(change)
    shop.flush()
    with pytest.raises(Conflict, match=words):
        decide(shop, people["bo"], approval)
    assert decide(shop, people["bo"], approval, key="decide-2", is_approved=False) is None


def test_what_was_decided_says_by_whom_and_when(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    decide(shop, people["bo"], approval, is_approved=False)
    with pytest.raises(Conflict, match=r"Bo declined Reading lamp 5 minutes ago\."):
        decide(shop, people["mo"], approval, now=cast.NOW + timedelta(minutes=5))


def test_of_two_who_decide_at_once_one_does(opened: Database, people: People) -> None:
    with opened.writing() as session:
        approval = ask(session, people["ana"])

    def press(n: int) -> Outcome | None:
        decider = people[("bo", "mo")[n % 2]]
        with opened.writing() as session:
            return decide(session, decider, approval, key=f"decide-{n}", is_approved=n != 3)

    results = at_once(4, press)
    conflicts = [one for one in results if isinstance(one, Conflict)]
    assert len(conflicts) == 3, results
    with opened.reading() as session:
        kept = row(session, approval)
        assert kept.state in {ApprovalState.APPROVED, ApprovalState.DECLINED}
        assert len(given(session)) == (kept.state is ApprovalState.APPROVED)
        assert len(session.exec(select(Ledger)).all()) == LINES * len(given(session))


def test_decided_and_withdrawn_at_once_is_one_of_both(opened: Database, people: People) -> None:
    with opened.writing() as session:
        approval = ask(session, people["ana"])

    def press(n: int) -> object:
        with opened.writing() as session:
            if n:
                return approvals.withdraw(session, people["ana"], approval, now=cast.NOW)
            return decide(session, people["bo"], approval)

    assert sum(isinstance(one, Conflict) for one in at_once(2, press)) == 1
    with opened.reading() as session:
        assert len(given(session)) == (row(session, approval).state is ApprovalState.APPROVED)


# --- what is over ---------------------------------------------------------------------------------------------------


def test_after_four_hours_nobody_can_approve_it_whether_or_not_it_was_swept(shop: Session, people: People) -> None:
    approval, later = ask(shop, people["ana"]), cast.NOW + approvals.LIVES
    with pytest.raises(Conflict, match="waited for 4 hours and is over"):
        decide(shop, people["bo"], approval, now=later)
    assert approvals.expire(shop, now=later - timedelta(seconds=1)) == 0
    assert approvals.expire(shop, now=later) == 1
    assert approvals.expire(shop, now=later) == 0
    assert row(shop, approval).state is ApprovalState.EXPIRED
    assert lines(shop)[-1] == ("approval.expired", f"customer:{cast.customer_id(shop)}", None)
    with pytest.raises(Conflict, match="is over"):
        decide(shop, people["bo"], approval, key="decide-2", now=later)
    assert ask(shop, people["ana"], key="ask-key-2", now=later) != approval


def test_the_asker_withdraws_once_and_nobody_else_does(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    with pytest.raises(Forbidden):
        approvals.withdraw(shop, people["bo"], approval, now=cast.NOW)
    for _ in range(2):
        approvals.withdraw(shop, people["ana"], approval, now=cast.NOW)
    assert [action for action, *_ in lines(shop)] == ["approval.asked", "approval.withdrawn"]
    with pytest.raises(Conflict, match="Ana withdrew this"):
        decide(shop, people["bo"], approval)


def test_what_was_approved_is_taken_back_like_any_gift(shop: Session, people: People) -> None:
    outcome = decide(shop, people["bo"], ask(shop, people["ana"]))
    assert outcome is not None
    settling.undo(shop, people["ana"], outcome.grant_id, now=cast.NOW)
    shop.expire_all()
    assert {bucket.spent_minor for bucket in shop.exec(select(Bucket))} == {0}


# --- what is shown --------------------------------------------------------------------------------------------------


def test_only_those_see_it_in_their_queue_who_may_decide_it(shop: Session, people: People) -> None:
    ask(shop, people["ana"])
    ask(shop, people["bo"], key="ask-key-2")
    waiting = {name: asked.count(shop, people[name], now=cast.NOW) for name in people}
    assert waiting == {"ana": 0, "bo": 1, "del": 0, "mo": 2, "ada": 2}
    (one,) = asked.list_to_decide(shop, people["bo"], now=cast.NOW)
    assert (one.asker, one.customer_name, one.value_minor, one.reason, one.obstacle) == (
        "Ana",
        "Carla Núñez",
        4900,
        REASON,
        "",
    )
    assert asked.count(shop, people["bo"], now=cast.NOW + approvals.LIVES) == 0


def test_the_queue_says_beforehand_what_stands_in_the_way(shop: Session, people: People) -> None:
    ask(shop, people["ana"])
    items.get_by_sku(shop, "lamp").stock = 0
    shop.flush()
    (one,) = asked.list_to_decide(shop, people["bo"], now=cast.NOW)
    assert one.obstacle == "Reading lamp is out of stock."
    items.get_by_sku(shop, "lamp").price_minor = 4800
    shop.flush()
    (one,) = asked.list_to_decide(shop, people["bo"], now=cast.NOW)
    assert "was $49.00 when it was asked for, and is $48.00 now" in one.obstacle


def test_the_queue_says_what_the_customer_kept_lately_and_what_it_would_leave(shop: Session, people: People) -> None:
    ask(shop, people["ana"])
    (one,) = asked.list_to_decide(shop, people["bo"], now=cast.NOW)
    assert (one.kept, one.would_leave) == (asked.Kept(60, 0, []), "This would leave you $11.00 today.")
    carla = cast.customer_id(shop)
    put(shop, people["mo"], carla, days_ago=59)
    put(shop, people["mo"], carla, days_ago=61)
    put(shop, people["mo"], carla, sku="jam", days_ago=2)
    put(shop, people["mo"], carla, days_ago=1, state=GrantState.UNDONE)
    (one,) = asked.list_to_decide(shop, people["bo"], now=cast.NOW)
    assert one.kept == asked.Kept(60, 2, ["$7.70"])


def test_the_queue_says_nothing_of_a_period_that_nobody_set_nor_of_what_cannot_be(
    shop: Session, people: People
) -> None:
    ask(shop, people["ana"])
    let_approve(shop, people, per_giver_per_day_minor=None)
    assert [one.would_leave for one in asked.list_to_decide(shop, people["bo"], now=cast.NOW)] == [""]
    let_approve(shop, people, per_giver_per_day_minor=100)
    assert [one.would_leave for one in asked.list_to_decide(shop, people["bo"], now=cast.NOW)] == [""]


def test_whoever_approved_is_told_who_sees_it_and_what_is_left_of_the_own_period(shop: Session, people: People) -> None:
    outcome = decide(shop, people["bo"], ask(shop, people["ana"]))
    assert outcome is not None
    assert outcome.sentence == "Reading lamp is given. Ana sees it now. You may still give $11.00 today."


def test_of_a_gift_without_a_period_only_the_gift_is_told(shop: Session, people: People) -> None:
    let_approve(shop, people, per_giver_per_day_minor=None)
    outcome = decide(shop, people["bo"], ask(shop, people["ana"]))
    assert outcome is not None
    assert outcome.sentence == "Reading lamp is given. Ana sees it now."


def test_the_panel_names_who_may_decide_and_later_who_did(shop: Session, people: People) -> None:
    carla, approval = cast.customer_id(shop), ask(shop, people["ana"])
    (one,) = asked.list_on_panel(shop, people["ana"], carla, now=cast.NOW)
    assert (one.state, [name for _, name in one.approvers]) == (ApprovalState.WAITING, ["Ada", "Bo", "Mo"])
    decide(shop, people["bo"], approval)
    (one,) = asked.list_on_panel(shop, people["ana"], carla, now=cast.NOW)
    assert (one.state, one.decided_by, one.answer, one.approvers) == (ApprovalState.APPROVED, "Bo", "Gladly.", [])
    assert asked.list_on_panel(shop, people["ana"], carla, now=cast.NOW + timedelta(hours=13)) == []
    assert asked.list_on_panel(shop, people["mo"], carla, now=cast.NOW) == []


def test_what_others_asked_for_is_not_there(shop: Session, people: People) -> None:
    approval = ask(shop, people["ana"])
    with pytest.raises(NotFound):
        asked.get_own(shop, people["bo"], approval, now=cast.NOW)
    with pytest.raises(NotFound):
        asked.get_mine(shop, people["del"], approval, now=cast.NOW)
    assert asked.get_mine(shop, people["bo"], approval, now=cast.NOW)[0].id == approval


def test_foreseeing_takes_nothing(shop: Session, people: People) -> None:
    carla, lamp = get_customer(shop, cast.customer_id(shop)), items.get_by_sku(shop, "lamp")
    foreseen = grants.foresee(shop, grants.Gift(people["ana"], carla, lamp, None), now=cast.NOW)
    assert (foreseen.kind, foreseen.approvers) == ("needs-approval", ["Ada", "Bo", "Mo"])
    assert given(shop) == []
    assert shop.exec(select(Bucket)).all() == []
