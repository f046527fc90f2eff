"""Budgets of teams and campaigns: set in editions, told in sentences, and never a cent over beside every giver's own limit."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import cast
import pytest
from cast import NOW
from sqlmodel import Session, select

from deskapp.desk import agreements, budget_pages, budgets, grants
from deskapp.desk.agreements import EditionOf
from deskapp.desk.budget_pages import BudgetRow, BudgetsPanel
from deskapp.desk.budgets import Changed, NewBudget, Terms
from deskapp.desk.inputs import Keyed
from deskapp.rules.authority import Basis
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor, Role
from deskapp.rules.periods import Period
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import Bucket, BudgetVersion, Ledger, LimitVersion
from deskapp.store.tables import Audit, Staff

People = dict[str, Actor]
TODAY = NOW.date()
TERMS = Terms("USD", "UTC", 10_000)


def add(session: Session, people: People, name: str = "Spring", *, now: datetime = NOW, **typed: object) -> int:
    free = {"name": name, "most": "10", "period": "month", "owner_id": str(people["bo"].staff_id)}
    form = NewBudget.model_validate(free | {"form_key": f"key-of-{name}".replace(" ", "-")} | typed)
    budgets.add(session, people["mo"], form, terms=TERMS, now=now)
    return session.exec(select(BudgetVersion.budget_id).order_by(BudgetVersion.id.desc())).first()


def change(
    session: Session, people: People, budget_id: int, most: str, key: str = "key-of-change", **typed: object
) -> None:
    newest = session.exec(
        select(BudgetVersion.id).where(BudgetVersion.budget_id == budget_id).order_by(BudgetVersion.id.desc())
    ).first()
    free = {"most": most, "owner_id": str(people["bo"].staff_id), "seen": newest, "form_key": key}
    form = Changed.model_validate(free | typed)
    budgets.change(session, people["mo"], budget_id, form, terms=TERMS, now=NOW)


def stop(session: Session, people: People, budget_id: int, key: str = "key-of-stop") -> None:
    budgets.stop(session, people["mo"], budget_id, Keyed(form_key=key), terms=TERMS, now=NOW)


def panel(session: Session, people: People, who: str = "mo", now: datetime = NOW) -> BudgetsPanel:
    return budget_pages.panel(session, people[who], currency="USD", now=now)


def only(session: Session, people: People, now: datetime = NOW) -> BudgetRow:
    (row,) = panel(session, people, now=now).running
    return row


def in_team(session: Session, actor: Actor, team: str) -> Actor:
    session.get_one(Staff, actor.staff_id).team = team
    session.flush()
    return replace(actor, team=team)


def give(session: Session, actor: Actor, sku: str, key: str, *, to: str = "C-2", now: datetime = NOW) -> grants.Outcome:
    customer = get_customer(session, cast.customer_id(session, to))
    return grants.give(session, actor, customer, items.get_by_sku(session, sku), None, key=key, now=now)


def books_balance(session: Session) -> bool:
    session.expire_all()
    sums: dict[str, int] = {}
    for row in session.exec(select(Ledger)).all():
        sums[row.bucket_key] = sums.get(row.bucket_key, 0) + row.amount_minor
    return sums == {bucket.key: bucket.spent_minor for bucket in session.exec(select(Bucket)).all()}


# --- what it does to gifts ------------------------------------------------------------------------------------------


def test_a_budget_that_is_used_up_is_named_with_what_is_left(session: Session, people: People) -> None:
    add(session, people, "Spring thank-yous", most="8")
    assert give(session, people["bo"], "mug", "k1").kind == "granted"
    refused = give(session, people["bo"], "jam", "k2")
    assert (refused.why, refused.ceiling, refused.most, refused.left) == ("over-budget", "budget", 800, 320)
    assert "what is left in the budget “Spring thank-yous” is $3.20" in refused.sentence
    assert refused.nearest_minor == 320
    assert books_balance(session)


def test_it_counts_at_the_price_in_the_shop_however_the_givers_limit_measures(session: Session, people: People) -> None:
    add(session, people, most="8")
    at_cost = {"role": Role.LEAD, "basis": Basis.COST, "currency": "USD", "zone": "UTC", "per_gift_minor": 9000}
    session.add(LimitVersion(**at_cost, set_by=people["mo"].staff_id, set_at=NOW))
    session.flush()
    assert give(session, people["bo"], "mug", "k1").value_minor == 250
    assert only(session, people).room.left == 320
    assert give(session, people["bo"], "jam", "k2").why == "over-budget"


def test_it_is_one_for_all_who_give(session: Session, people: People) -> None:
    add(session, people, most="8")
    assert give(session, people["bo"], "mug", "k1").kind == "granted"
    assert give(session, people["ana"], "tea", "k2", to="C-1").why == "over-budget"


def test_the_budget_of_another_team_is_neither_asked_nor_touched(session: Session, people: People) -> None:
    ana, bo = in_team(session, people["ana"], "Phone"), in_team(session, people["bo"], "Shop")
    add(session, people, "Phones", team="Phone", most="4")
    assert give(session, bo, "mug", "k1").kind == "granted"
    assert only(session, people).room.left == 400
    assert give(session, ana, "tea", "k2").kind == "granted"
    assert only(session, people).room.left == 50
    assert give(session, ana, "tea", "k3", to="C-1").why == "over-budget"


def test_of_two_budgets_the_tighter_one_decides_and_both_are_charged(session: Session, people: People) -> None:
    bo = in_team(session, people["bo"], "Shop")
    add(session, people, "Everybody's", most="9")
    add(session, people, "The shop's", team="Shop", most="7")
    assert give(session, bo, "mug", "k1").kind == "granted"
    assert {row.name: row.room.left for row in panel(session, people).running} == {
        "Everybody's": 420,
        "The shop's": 220,
    }
    refused = give(session, bo, "nuts", "k2")
    assert "in the budget “The shop's”" in refused.sentence
    assert books_balance(session)


def test_a_gift_taken_back_is_given_back_to_the_budget(session: Session, people: People) -> None:
    from deskapp.desk import settling

    add(session, people, most="8")
    outcome = give(session, people["bo"], "mug", "k1")
    settling.undo(session, people["bo"], outcome.grant_id, now=NOW)
    assert only(session, people).room.left == 800
    assert books_balance(session)


@pytest.mark.parametrize(
    ("period", "last_day"),
    [
        ("day", date(2026, 3, 14)),
        ("week", date(2026, 3, 15)),
        ("month", date(2026, 3, 31)),
        ("quarter", date(2026, 3, 31)),
        ("year", date(2026, 12, 31)),
    ],
)
def test_it_starts_afresh_with_its_period_and_not_a_second_before(
    session: Session, people: People, period: str, last_day: date
) -> None:
    last_moment = datetime.combine(last_day, time(23, 59, 59), UTC)
    add(session, people, most="5", period=period)
    give(session, people["bo"], "mug", "k1")
    assert give(session, people["bo"], "mug", "k2", to="C-1", now=last_moment).why == "over-budget"
    assert give(session, people["bo"], "mug", "k3", to="C-1", now=last_moment + timedelta(seconds=1)).kind == "granted"


def test_a_campaign_counts_for_its_whole_time_and_from_the_day_after_no_more(session: Session, people: People) -> None:
    add(session, people, most="5", period="whole", valid_from=TODAY + timedelta(1), valid_until=TODAY + timedelta(40))
    gifts = [
        (0, "tea", "granted"),  # it has not begun
        (1, "mug", "granted"),
        (40, "mug", "refused"),
        (41, "mug", "granted"),
    ]
    for days, sku, kind in gifts:
        outcome = give(session, people["bo"], sku, f"k{days}", to=f"C-{1 + days % 2}", now=NOW + timedelta(days))
        assert (days, outcome.kind) == (days, kind)


def test_lowered_below_what_is_spent_nothing_is_left_and_nothing_is_lost(session: Session, people: People) -> None:
    spring = add(session, people, most="10")
    give(session, people["bo"], "mug", "k1")
    change(session, people, spring, "3")
    assert give(session, people["bo"], "tea", "k2", to="C-1").why == "over-budget"
    row = only(session, people)
    assert (row.room.most, row.room.left) == (300, 0)
    assert row.notices == ["$4.80 is spent already, so nothing is left."]
    change(session, people, spring, "20", "key-of-raise")
    assert give(session, people["bo"], "tea", "k3", to="C-1").kind == "granted"
    assert books_balance(session)


def test_stopped_it_holds_nobody_back_and_zero_holds_everybody(session: Session, people: People) -> None:
    spring = add(session, people, most="0")
    assert give(session, people["bo"], "tea", "k1").why == "over-budget"
    for _ in range(2):
        stop(session, people, spring)
    assert give(session, people["bo"], "tea", "k2").kind == "granted"
    (row,) = panel(session, people).over
    assert [one.sentence for one in row.past] == [
        "Lifted: it holds nobody back any more.",
        "Everybody together may give nothing.",
    ]


def test_in_a_currency_that_is_not_the_limits_it_lets_nothing_through(session: Session, people: People) -> None:
    budgets.add(
        session,
        people["mo"],
        NewBudget(
            name="Old money", most="90", period=Period.YEAR, owner_id=str(people["bo"].staff_id), form_key="key-of-old"
        ),
        terms=replace(TERMS, currency="EUR"),
        now=NOW,
    )
    assert give(session, people["bo"], "tea", "k1").why == "over-budget"


# --- what the page says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"most": "400"}, "Everybody together may give $400.00 a month."),
        ({"most": "400", "team": "Phone", "period": "week"}, "The team Phone may give $400.00 a week."),
        (
            {"period": "quarter", "valid_until": "2026-06-30"},
            "Everybody together may give $10.00 a quarter until 30 June.",
        ),
        (
            {"period": "whole", "valid_from": "2026-03-14", "valid_until": "2027-01-06"},
            "Everybody together may give $10.00 from 14 March until 6 January 2027.",
        ),
        ({"most": "0"}, "Everybody together may give nothing."),
    ],
)
def test_each_is_one_sentence_with_its_owner(
    session: Session, people: People, typed: dict[str, object], sentence: str
) -> None:
    in_team(session, people["ana"], "Phone")
    add(session, people, **typed)
    now = only(session, people).now
    assert now.sentence.removesuffix(" Counts gifts from 14 March on.") == sentence
    assert (now.owner, now.set_by) == ("Bo", "Mo")


SINCE = " Counts gifts from 14 March on."


@pytest.mark.parametrize(
    ("typed", "days", "since"),
    [
        ({"period": "month"}, 0, SINCE),
        ({"period": "month"}, 17, SINCE),  # 31 March
        ({"period": "month"}, 18, ""),
        ({"period": "quarter"}, 17, SINCE),
        ({"period": "year"}, 200, SINCE),
        ({"period": "day"}, 0, ""),
        ({"period": "month", "valid_from": "2026-03-20"}, 6, " Counts gifts from 20 March on."),
        ({"period": "month", "valid_from": "2026-04-01"}, 20, ""),  # a month from its first day
        ({"period": "whole", "valid_until": "2026-12-31"}, 60, SINCE),
        ({"period": "whole", "valid_from": "2026-03-20", "valid_until": "2026-12-31"}, 60, ""),  # says so itself
    ],
)
def test_made_in_the_middle_of_its_period_it_says_from_when_on_it_counts(
    session: Session, people: People, typed: dict[str, object], days: int, since: str
) -> None:
    budget = add(session, people, **typed)
    later = NOW + timedelta(days)
    assert only(session, people, later).now.sentence.partition(" Counts")[1:] == since.partition(" Counts")[1:]
    if typed == {"period": "month"}:
        change(session, people, budget, "9")  # a new edition counts what the ones before it counted
        assert only(session, people, later).now.sentence == f"Everybody together may give $9.00 a month.{since}"


def test_what_is_to_come_does_not_say_from_when_on_it_counts_a_second_time(session: Session, people: People) -> None:
    add(session, people, valid_from="2026-03-20")
    (ahead,) = only(session, people).ahead
    assert ahead.sentence == "Everybody together may give $10.00 a month from 20 March."


def test_what_is_to_come_stands_beside_what_counts_now(session: Session, people: People) -> None:
    spring = add(session, people, most="10")
    change(session, people, spring, "20", valid_from=date(2026, 4, 1))
    row = only(session, people)
    assert row.now.sentence == "Everybody together may give $10.00 a month. Counts gifts from 14 March on."
    assert [one.sentence for one in row.ahead] == ["Everybody together may give $20.00 a month from 1 April."]
    later = only(session, people, datetime(2026, 4, 1, tzinfo=UTC))
    assert (later.now.sentence, later.room.most) == ("Everybody together may give $20.00 a month.", 2000)
    assert [one.state for one in later.past] == ["replaced"]


def test_that_it_is_used_up_or_ends_or_lost_its_owner_is_said(session: Session, people: People) -> None:
    add(session, people, most="4.80", valid_until=TODAY + timedelta(7))
    assert only(session, people).notices == ["It ends on 21 March; from then on it holds nobody back."]
    give(session, people["bo"], "mug", "k1")
    session.get_one(Staff, people["bo"].staff_id).is_active = False
    session.flush()
    assert only(session, people, NOW + timedelta(7)).notices == [
        "Used up: nothing more can be given from it until 1 April.",
        "It ends today; from then on it holds nobody back.",
        "Its owner does not work here any more. Please name another.",
    ]


def test_a_campaign_that_is_over_says_what_it_came_to(session: Session, people: People) -> None:
    add(session, people, most="20", period="whole", valid_until=TODAY)
    give(session, people["bo"], "mug", "k1")
    (row,) = panel(session, people, now=NOW + timedelta(30)).over
    assert (row.room.most, row.room.left) == (2000, 1520)


def test_managers_see_all_and_an_owner_only_the_own(session: Session, people: People) -> None:
    add(session, people, "Bo's")
    add(session, people, "Ana's", owner_id=str(people["ana"].staff_id))
    for who, names in {"mo": ["Ana's", "Bo's"], "ada": ["Ana's", "Bo's"], "bo": ["Bo's"], "ana": ["Ana's"]}.items():
        assert [row.name for row in panel(session, people, who).running] == names


# --- setting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"most": "ten"}, "most"),
        ({"most": "-1"}, "most"),
        ({"most": "1.234"}, "most"),
        ({"most": "9" * 12}, "most"),
        ({"owner_id": ""}, "owner_id"),
        ({"owner_id": "999"}, "owner_id"),
        ({"team": "Nobody's"}, "team"),
        ({"period": "whole"}, "valid_until"),
        ({"valid_until": TODAY - timedelta(1)}, "valid_until"),
        ({"valid_from": TODAY + timedelta(9), "valid_until": TODAY + timedelta(8)}, "valid_until"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, people: People, typed: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, people, **typed)
    assert list(refused.value.problems) == [field]
    assert session.exec(select(BudgetVersion)).all() == []


def test_the_owner_must_work_here_and_give(session: Session, people: People) -> None:
    session.get_one(Staff, people["ana"].staff_id).is_active = False
    session.flush()
    for who in ("ana", "del"):
        with pytest.raises(Invalid, match="works here and gives"):
            add(session, people, owner_id=str(people[who].staff_id))


def test_a_name_is_given_once(session: Session, people: People) -> None:
    add(session, people, "Spring")
    with pytest.raises(Invalid) as refused:
        add(session, people, "SPRING", form_key="another-key")
    assert list(refused.value.problems) == ["name"]


def test_a_campaign_stays_one_and_keeps_its_last_day(session: Session, people: People) -> None:
    spring = add(session, people, period="whole", valid_until=TODAY)
    with pytest.raises(Invalid, match="A campaign needs a last day"):
        change(session, people, spring, "12")


def test_a_double_tap_counts_once_and_everything_is_written_down(session: Session, people: People) -> None:
    spring = add(session, people)
    add(session, people)
    for _ in range(2):
        change(session, people, spring, "7", seen=session.exec(select(BudgetVersion.id)).first())
    stop(session, people, spring)
    assert len(session.exec(select(BudgetVersion)).all()) == 3
    lines = session.exec(select(Audit).where(Audit.subject == f"budget:{spring}").order_by(Audit.id)).all()
    assert [(line.action, line.staff_id) for line in lines] == [
        ("budget.added", people["mo"].staff_id),
        ("budget.changed", people["mo"].staff_id),
        ("budget.stopped", people["mo"].staff_id),
    ]
    assert "Spring" not in str([line.details for line in lines])


def test_a_form_older_than_what_is_set_is_a_conflict(session: Session, people: People) -> None:
    spring = add(session, people)
    drawn = only(session, people).newest_id
    change(session, people, spring, "7")
    with pytest.raises(Conflict, match="changed this budget meanwhile"):
        change(session, people, spring, "90", "key-of-stale", seen=drawn)


def test_only_who_sets_limits_sets_budgets(session: Session, people: People) -> None:
    spring = add(session, people)
    with pytest.raises(Forbidden):
        budgets.stop(session, people["bo"], spring, Keyed(form_key="key-of-stop"), terms=TERMS, now=NOW)
    with pytest.raises(NotFound):
        change(session, people, 10**9, "1", seen=1)


# --- a second person's yes ------------------------------------------------------------------------------------------


def test_a_new_budget_counts_at_once_since_it_only_narrows(session: Session, people: People) -> None:
    add(session, people, most="100000")
    assert only(session, people).now is not None


def test_raising_it_above_the_setting_waits_and_until_then_the_old_one_counts(session: Session, people: People) -> None:
    spring = add(session, people, most="4")
    change(session, people, spring, "100.01")
    row = only(session, people)
    assert (row.room.most, [one.state for one in row.ahead]) == (400, ["waiting"])
    assert give(session, people["bo"], "mug", "k1").why == "over-budget"
    agreements.answer(session, people["ada"], EditionOf.BUDGET, row.newest_id, is_agreed=True, now=NOW)
    row = only(session, people)
    assert (row.room.most, row.ahead, row.now.said_by) == (10_001, [], "Ada")
    assert give(session, people["bo"], "mug", "k2").kind == "granted"


@pytest.mark.parametrize(
    ("typed", "waits"),
    [
        ({"most": "100"}, False),  # raised, and still small
        ({"most": "499"}, False),  # lowered
        ({"most": "500"}, False),  # as it was
        ({"most": "501"}, True),
        ({"most": "500", "valid_until": TODAY + timedelta(1)}, True),  # lifted tomorrow
    ],
)
def test_only_what_lets_more_be_given_waits(
    session: Session, people: People, typed: dict[str, object], waits: bool
) -> None:
    spring = add(session, people, most="50" if typed["most"] == "100" else "500")
    change(session, people, spring, **typed)
    assert bool(only(session, people).ahead) is waits


def test_stopping_a_large_one_waits_too_and_says_what_is_agreed_to(session: Session, people: People) -> None:
    spring = add(session, people, most="500")
    for key in ("key-of-stop", "key-of-impatience"):
        stop(session, people, spring, key)
    row = only(session, people)
    assert (row.room.most, [one.sentence for one in row.ahead]) == (50_000, ["Lifted: it holds nobody back any more."])
    (asked,) = agreements.list_waiting(session, people["ada"], now=NOW)
    assert asked.words == "The budget “Spring” is lifted: from then on it holds nobody back."
    agreements.answer(session, people["ada"], EditionOf.BUDGET, asked.version_id, is_agreed=True, now=NOW)
    assert panel(session, people).running == []


def test_a_small_edition_to_come_hides_neither_a_lift_nor_a_raise(session: Session, people: People) -> None:
    spring = add(session, people, most="900")
    change(session, people, spring, "0.01", valid_from=date(2026, 12, 1))
    stop(session, people, spring)
    assert only(session, people).room.most == 90_000
    autumn = add(session, people, "Autumn", most="10")
    change(session, people, autumn, "5000", key="key-of-autumn", valid_from=date(2026, 12, 1))
    for asked in agreements.list_waiting(session, people["ada"], now=NOW):
        if "Autumn" in asked.words:
            agreements.answer(session, people["ada"], EditionOf.BUDGET, asked.version_id, is_agreed=True, now=NOW)
    change(session, people, autumn, "5000", key="key-of-now")
    rows = {row.name: row.room.most for row in panel(session, people).running}
    assert rows == {"Spring": 90_000, "Autumn": 1_000}


def test_what_was_declined_changes_nothing(session: Session, people: People) -> None:
    spring = add(session, people, most="4")
    change(session, people, spring, "500")
    agreements.answer(
        session, people["ada"], EditionOf.BUDGET, only(session, people).newest_id, is_agreed=False, now=NOW
    )
    row = only(session, people)
    assert (row.room.most, row.ahead, [one.state for one in row.past]) == (400, [], ["declined"])
