"""Whether the books of a desk are right, judged from its rows alone and by other means than those that wrote them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from money.crowd import Answer, ask
from sqlmodel import Session, select

from deskapp.rules.authority import YEAR_DAYS, AuthorityLimit, Basis
from deskapp.rules.periods import day_of
from deskapp.store.db import Database
from deskapp.store.gift_tables import KEPT, Bucket, Budget, BudgetVersion, Grant, Ledger, LedgerKind, LimitVersion
from deskapp.store.limits import as_limit
from deskapp.store.tables import Audit, Idempotency, Item

Problems = list[str]


_ALWAYS = ("giver-day", "giver-week", "giver-month", "customer-month")


def problems(database: Database, *, stock: dict[int, int] | None = None) -> Problems:
    """Nothing where all is right. `stock`: item -> what there was before anybody gave."""
    with database.reading() as session:
        return (
            _buckets(session)
            + _ledger(session)
            + _answers(session)
            + _givers(session)
            + _customers(session)
            + _budgets(session)
            + _things(session, stock or {})
        )


def unjustified(answers: Sequence[Answer], fresh: Database) -> Problems:
    """One after the other, in a desk where nobody has given yet: what was granted again, in its order, then what was not.

    Since nothing was taken back, what found no room once finds none at the end.
    """
    granted = sorted((one for one in answers if one.said == "granted"), key=lambda one: one.grant_id or 0)
    keys = {one.request.key for one in granted}
    turned_away = [one for one in answers if one.said in {"refused", "needs-approval"} and one.request.key not in keys]
    wrong = [f"{one.request.key} was granted, {found.said} alone" for one in granted if (found := _again(one, fresh))]
    return wrong + [
        f"{one.request.key} was {one.said}, granted alone"
        for one in turned_away
        if ask(fresh, one.request).said == "granted"
    ]


def _again(one: Answer, fresh: Database) -> Answer | None:
    found = ask(fresh, one.request)
    return None if found.said == "granted" else found


# --- money ----------------------------------------------------------------------------------------------------------


def _buckets(session: Session) -> Problems:
    found = session.exec(select(Bucket)).all()
    booked: Counter[str] = Counter()
    for line in session.exec(select(Ledger)).all():
        booked[line.bucket_key] += line.amount_minor
    over = [
        f"{one.key} holds {one.spent_minor} of {one.limit_minor}" for one in found if one.spent_minor > one.limit_minor
    ]
    below = [f"{one.key} holds {one.spent_minor}" for one in found if one.spent_minor < 0]
    drift = [
        f"{one.key} holds {one.spent_minor}, the ledger says {booked[one.key]}"
        for one in found
        if one.spent_minor != booked[one.key]
    ]
    return over + below + drift


def _ledger(session: Session) -> Problems:
    """Every gift's money is in the buckets that its limit names, and out of each again if it was not kept."""
    lines: dict[int, dict[LedgerKind, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for line in session.exec(select(Ledger)).all():
        lines[line.grant_id][line.kind][line.bucket_key] += line.amount_minor
    wrong = []
    for grant in session.exec(select(Grant)).all():
        booked = lines[grant.id]
        scopes = Counter(key.split("|")[0] for key in booked[LedgerKind.RESERVE] if not key.startswith("budget"))
        if scopes != Counter(_scopes(session, grant)):
            wrong.append(f"grant {grant.id} is booked under {dict(scopes)}")
        released = {key: -amount for key, amount in booked[LedgerKind.RELEASE].items()}
        if released != ({} if grant.state in KEPT else dict(booked[LedgerKind.RESERVE])):
            wrong.append(f"grant {grant.id} is {grant.state} and {released} was released")
    return wrong


def _scopes(session: Session, grant: Grant) -> list[str]:
    """Always the giver's three periods and the customer's month, at price and at cost, whatever ceilings stand over them."""
    of_person = [f"{scope}{at}" for scope in _ALWAYS for at in ("", "-cost")]
    is_counted = session.get_one(Item, grant.item_id).capacity_per_day is not None
    return [*of_person, "capacity-day"] if is_counted else of_person


def _answers(session: Session) -> Problems:
    """One grant for each key that was told so, one line of the audit for each grant."""
    told = Counter(
        row.answer["grant_id"]
        for row in session.exec(select(Idempotency)).all()
        if row.scope.startswith("grant:") and row.answer and row.answer["kind"] == "granted"
    )
    there = Counter(session.exec(select(Grant.id)).all())
    lines = Counter(row.details["grant"] for row in session.exec(select(Audit)).all() if row.action == "gift.granted")
    wrong = [] if told == there else [f"{told - there} promised and not given, {there - told} given and not promised"]
    return wrong if lines == there else [*wrong, f"the audit has {lines}, the gifts are {there}"]


# --- every ceiling, reckoned from the gifts themselves ---------------------------------------------------------------


def _limit(session: Session, grant: Grant) -> AuthorityLimit:
    return as_limit(session.get_one(LimitVersion, grant.limit_version_id))


def _kept(session: Session) -> list[tuple[Grant, AuthorityLimit, date]]:
    """In the order in which they were given, with the limit that judged each and the day there."""
    found = session.exec(select(Grant).where(Grant.state.in_(KEPT)).order_by(Grant.id)).all()
    return [(one, (limit := _limit(session, one)), day_of(one.granted_at, limit.zone)) for one in found]


def _givers(session: Session) -> Problems:
    spent: Counter[tuple[object, ...]] = Counter()
    most: dict[tuple[object, ...], int] = {}
    wrong = []
    for grant, limit, day in _kept(session):
        if grant.value_minor > limit.per_gift_minor and grant.approval_id is None:
            wrong.append(f"grant {grant.id} is worth {grant.value_minor} of {limit.per_gift_minor}")
        for period, ceiling in (
            (day, limit.per_giver_per_day_minor),
            (day.isocalendar()[:2], limit.per_giver_per_week_minor),
            ((day.year, day.month, "month"), limit.per_giver_per_month_minor),
        ):
            if ceiling is not None and grant.approval_id is None:
                spent[grant.staff_id, period] += grant.value_minor
                most[grant.staff_id, period] = max(ceiling, most.get((grant.staff_id, period), 0))
    return wrong + [f"giver {key} gave {held} of {most[key]}" for key, held in spent.items() if held > most[key]]


def _customers(session: Session) -> Problems:
    """Of each gift: whether it, with those kept before it, is within what the limit that judged it says of its customer."""
    before: dict[int, list[tuple[date, Grant]]] = defaultdict(list)
    wrong = []
    for grant, limit, day in _kept(session):
        earlier = before[grant.customer_id]
        earlier.append((day, grant))

        def within(days: int, count: Callable[[Grant], int], since: date = day, all_: list = earlier) -> int:
            return sum(count(one) for on, one in all_ if on > since - timedelta(days=days))

        def value(one: Grant, basis: Basis = limit.basis) -> int:
            return one.price_minor if basis is Basis.PRICE else one.cost_minor

        for name, days, most, count in (
            ("gap", limit.gap_days, 1, lambda _: 1),
            ("gifts", limit.per_customer_days, limit.per_customer_gifts, lambda _: 1),
            ("money", limit.per_customer_days, limit.per_customer_minor, value),
            ("year", YEAR_DAYS, limit.per_customer_per_year_gifts, lambda _: 1),
        ):
            if days is not None and most is not None and (held := within(days, count)) > most:
                wrong.append(f"grant {grant.id}: customer {grant.customer_id} has {held} of {most} ({name})")
    return wrong


def _budgets(session: Session) -> Problems:
    """Of a budget without a team every gift counts, whatever bucket the desk booked it in."""
    wrong = []
    for version in session.exec(select(BudgetVersion).where(BudgetVersion.team == "", BudgetVersion.period == "whole")):
        name = session.get_one(Budget, version.budget_id).name
        held = sum(grant.price_minor for grant, _, _ in _kept(session))
        if held > version.most_minor:
            wrong.append(f"budget {name} holds {held} of {version.most_minor}")
    return wrong


def _things(session: Session, stock: dict[int, int]) -> Problems:
    given: Counter[int] = Counter()
    by_day: Counter[tuple[int, date]] = Counter()
    for grant, _, day in _kept(session):
        given[grant.item_id] += 1
        by_day[grant.item_id, day] += 1
    wrong = []
    for item in session.exec(select(Item)).all():
        if item.stock < 0:
            wrong.append(f"{item.sku} has a stock of {item.stock}")
        if item.capacity_per_day is None and item.stock != stock.get(item.id, item.stock) - given[item.id] * (
            item.id in stock
        ):
            wrong.append(f"{item.sku} has a stock of {item.stock}, {given[item.id]} were given")
        wrong += [
            f"{item.sku} was given {count} times on {day}"
            for (item_id, day), count in by_day.items()
            if item_id == item.id and item.capacity_per_day is not None and count > item.capacity_per_day
        ]
    return wrong
