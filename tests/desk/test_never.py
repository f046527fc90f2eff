"""Whatever the catalogue, the limit, the shop's say and the history: what must not be proposed never is, and no answer is short."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from cast import NOW, agents_limit
from hypothesis import given, settings
from hypothesis import strategies as st
from reco.toys import fitted, random_shop
from sold import tiny_model

from deskapp.desk import suggestions
from deskapp.desk.shelf import Stand, _stand_beside
from deskapp.desk.suggestions import Suggestion, Taste, Wanted, as_gifts, shown, to_buy
from deskapp.reco.fitted import Model
from deskapp.rules.authority import Basis
from deskapp.rules.people import Role
from deskapp.rules.steering import Steer, Steered
from deskapp.rules.stops import Stop, StopKind
from deskapp.store.items import ItemRow
from deskapp.store.tables import Customer, ItemKind

TODAY = NOW.date()
SOLD = range(100, 140)  # what the random shop's model was fitted on
RETIRED = {103, 117, 138}  # the model knows them, the catalogue does not any more
NEW = (150, 151, 152)  # the other way round
CATALOGUE = [*sorted(set(SOLD) - RETIRED), *NEW]
CATEGORIES = ("Tea", "Jam", "Bath", "Book", "Nuts", "")
STORES = ("", "Main St", "North")


def catalogue(seed: int) -> dict[int, ItemRow]:
    """Of every kind that there is; about half of it may be proposed to anybody at all."""
    rng = np.random.default_rng(seed)

    def pick(*options: object) -> object:
        return options[rng.integers(len(options))]

    return {
        number: ItemRow(
            id=number,
            sku=f"s{number}",
            name=f"Thing {number}",
            category=pick(*CATEGORIES),
            department="Shop",
            price_minor=int(rng.integers(1, 600)),
            cost_minor=int(rng.integers(1, 600)),
            currency=pick("USD", "USD", "USD", "USD", "EUR"),
            stock=pick(0, 1, 1, 1, 9),
            is_giftable=pick(True, True, True, False),
            kind=pick(*[ItemKind.GOODS] * 5, ItemKind.SERVICE, ItemKind.GIFT_CARD),
            available_from=pick(None, None, None, TODAY - timedelta(1), TODAY, TODAY + timedelta(1)),
            available_until=pick(None, None, None, TODAY - timedelta(1), TODAY, TODAY + timedelta(1)),
            regions=pick("", "", "", "Main St", "north; Main St", "North"),
            capacity_per_day=pick(None, None, None, None, 0, 2),
            least_role=pick(None, None, None, Role.AGENT, Role.LEAD, Role.MANAGER),
        )
        for number in CATALOGUE
    }


some_items = st.sampled_from([*SOLD, *NEW])
stops = st.sampled_from(
    [
        Stop(StopKind.ALLERGY, "nuts"),
        Stop(StopKind.DISLIKE, "tea"),
        Stop(StopKind.DISLIKE, "Thing 110", 110),
        Stop(StopKind.DISLIKE, "thing 120"),
    ]
)
says = st.builds(
    Steered,
    some_items,
    st.sampled_from(Steer),
    st.just("why"),
    st.just("Mo"),
    st.sampled_from([TODAY - timedelta(1), TODAY, TODAY + timedelta(1)]),
    st.sampled_from([TODAY - timedelta(1), TODAY, TODAY + timedelta(1)]),
)


@dataclass(frozen=True)
class Asked:
    seed: int
    basket: list[int]
    history: dict[int, int]
    given: set[int]
    stops: list[Stop]
    steered: list[Steered]
    store: str
    most_minor: int
    basis: Basis
    k: int
    giver: Role | None = None
    used_up: frozenset[int] = frozenset()


asked = st.builds(
    Asked,
    seed=st.integers(0, 2**32 - 1),
    basket=st.lists(some_items, max_size=6),
    history=st.dictionaries(some_items, st.integers(1, 30), max_size=12),
    given=st.sets(some_items, max_size=4),
    stops=st.lists(stops, max_size=2),
    steered=st.lists(says, max_size=12),
    store=st.sampled_from(STORES),
    most_minor=st.integers(0, 700),
    basis=st.sampled_from(Basis),
    k=st.integers(1, 5),
    giver=st.sampled_from([None, Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN]),
    used_up=st.frozensets(some_items, max_size=4),
)


@pytest.fixture(scope="module", autouse=True)
def _in_memory():
    """Every example has its own catalogue; no database need be filled two hundred times over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suggestions.items, "list_items", lambda rows, ids: {i: rows[i] for i in ids if i in rows})
        yield


@cache
def model() -> Model:
    return fitted(random_shop(8))


def stand(rows: dict[int, ItemRow], it: Asked) -> Stand:
    return _stand_beside(model(), rows.values(), tuple(it.steered))


def taste(it: Asked) -> Taste:
    someone = Customer(id=7, external_id="C-7", name="Somebody", name_folded="somebody")
    return Taste(someone, None, it.basket, it.history, it.stops, [], it.given, it.store)


def as_gift(it: Asked) -> Wanted:
    limit = agents_limit(basis=it.basis, per_gift_minor=it.most_minor)
    return as_gifts(
        taste(it), limit, giver=it.giver, used_up=it.used_up, at_most_minor=it.most_minor, today=TODAY, k=it.k
    )


def says_now(it: Asked, steer: Steer) -> set[int]:
    return {one.item_id for one in it.steered if one.steer is steer and one.starts_on <= TODAY <= one.ends_on}


def may_be_shown(row: ItemRow, it: Asked, *, is_gift: bool) -> bool:
    """What the rules come to, said anew and as plainly as can be."""
    at_home = {name.strip().casefold() for name in row.regions.split(";")} - {""}
    worth = row.price_minor if it.basis is Basis.PRICE else row.cost_minor
    return (
        row.kind is not ItemKind.GIFT_CARD
        and (row.stock > 0 or row.capacity_per_day is not None)
        and (row.available_from is None or row.available_from <= TODAY)
        and (row.available_until is None or row.available_until >= TODAY)
        and (not at_home or not it.store or it.store.casefold() in at_home)
        and row.id not in {*it.basket, *it.history, *it.given, *says_now(it, Steer.HIDE)}
        and not any(
            stop.stops(row.id, f"{row.name} {row.category} {row.department}", row.category) for stop in it.stops
        )
        and (not is_gift or (row.is_giftable and row.currency == "USD" and worth <= it.most_minor))
        and (not is_gift or (row.id not in it.used_up and is_theirs(row.least_role, it.giver)))
    )


def is_theirs(least: Role | None, giver: Role | None) -> bool:
    return (
        least
        in {
            None: {None, Role.AGENT},
            Role.AGENT: {None, Role.AGENT},
            Role.LEAD: {None, Role.AGENT, Role.LEAD},
            Role.MANAGER: {None, Role.AGENT, Role.LEAD, Role.MANAGER},
            Role.ADMIN: {None, *Role},
        }[giver]
    )


def hold(found: Sequence[Suggestion], rows: dict[int, ItemRow], it: Asked, *, is_gift: bool) -> None:
    free = {number for number, row in rows.items() if may_be_shown(row, it, is_gift=is_gift)}
    ids = [one.item.id for one in found]
    assert set(ids) <= free
    kinds = {rows[number].category or number for number in free}  # of each category one, of those without it all
    assert len(ids) == len(set(ids)) == min(it.k, len(kinds))
    pinned = free & says_now(it, Steer.PIN)
    assert [one.source.value == "pinned" for one in found] == [place == 0 and bool(pinned) for place in range(len(ids))]
    assert not pinned or ids[0] in pinned


@given(asked)
@settings(max_examples=150, deadline=None)
def test_a_gift_is_always_one_that_may_be_given_and_there_are_as_many_as_can_be(it: Asked) -> None:
    rows = catalogue(it.seed)
    hold(shown(rows, stand(rows, it), taste(it), as_gift(it)), rows, it, is_gift=True)


@given(asked)
@settings(max_examples=150, deadline=None)
def test_a_thing_to_buy_is_always_one_that_may_be_bought_and_there_are_as_many_as_can_be(it: Asked) -> None:
    rows = catalogue(it.seed)
    found = shown(rows, stand(rows, it), taste(it), to_buy(but=it.given, today=TODAY, k=it.k))
    hold(found, rows, it, is_gift=False)


@given(asked)
@settings(max_examples=50, deadline=None)
def test_what_is_passed_over_is_never_shown_and_always_for_a_reason_that_is_so(it: Asked) -> None:
    rows, wanted = catalogue(it.seed), as_gift(it)
    here = stand(rows, it)
    found = shown(rows, here, taste(it), wanted)
    left_out = suggestions.passed_over(rows, here, taste(it), wanted, found, most=30, also=NEW)
    assert {one.item.id for one in found}.isdisjoint(one.item.id for one, _ in left_out)
    assert set(NEW) <= {one.item.id for one in found} | {one.item.id for one, _ in left_out}
    for one, why in left_out:
        is_free = may_be_shown(rows[one.item.id], it, is_gift=True)
        assert is_free == (why in {"alike", "enough"})


@given(asked)
@settings(max_examples=30, deadline=None)
def test_who_wants_no_gifts_is_offered_none(it: Asked) -> None:
    rows = catalogue(it.seed)
    it.stops.append(Stop(StopKind.NO_GIFTS, ""))
    assert shown(rows, stand(rows, it), taste(it), as_gift(it)) == []


def test_an_answer_is_not_short_because_a_thousand_better_ones_are_too_dear_or_used_up() -> None:
    """They are more popular the later they come, and only the first three can be given."""
    it = Asked(1, [], {}, set(), [], [], "", 300, Basis.PRICE, 3)
    plain = next(iter(catalogue(1).values()))._replace(
        currency="USD",
        stock=1,
        is_giftable=True,
        kind=ItemKind.GOODS,
        available_from=None,
        available_until=None,
        least_role=None,
    )
    rows = {
        n: plain._replace(id=n, name=f"Thing {n}", category="", regions="", price_minor=100 * n) for n in range(1, 1001)
    }
    here = _stand_beside(tiny_model(range(1, 1001)), rows.values())
    assert [one.item.id for one in shown(rows, here, taste(it), as_gift(it))] == [3, 2, 1]
    worn_out = replace(it, most_minor=10**6, used_up=frozenset(range(4, 1001)))
    assert [one.item.id for one in shown(rows, here, taste(it), as_gift(worn_out))] == [3, 2, 1]


@pytest.mark.parametrize("on", [date(1970, 1, 1), date(9999, 12, 31)])
def test_days_at_the_edge_of_time_are_days(on: date) -> None:
    it = Asked(1, [], {}, set(), [], [], "", 700, Basis.PRICE, 3)
    rows = {i: row._replace(available_from=on, available_until=on) for i, row in catalogue(1).items()}
    assert shown(rows, stand(rows, it), taste(it), to_buy(but=(), today=TODAY, k=3)) == []
    assert shown(rows, stand(rows, it), taste(it), to_buy(but=(), today=on, k=3)) != []
