import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.desk.tongues import tongue
from deskapp.desk.wording import number
from deskapp.rules.people import Role
from deskapp.rules.reranking import Around, Candidate, Drop, because_words, drop, judged, pinned_words, sure_words
from deskapp.rules.stops import Stop, StopKind

MUG = Candidate(1, "Blue mug Kitchen Shop", "Kitchen", 480, is_giftable=True, stock=3)
TODAY = date(2026, 3, 14)
ANYTHING = Around((), frozenset(), frozenset(), frozenset(), most_minor=500, today=TODAY)


def stopped_by(kind: StopKind, said: str = "") -> Around:
    return replace(ANYTHING, stops=(Stop(kind, said),))


@pytest.mark.parametrize(
    ("candidate", "around", "why"),
    [
        (MUG, ANYTHING, None),
        (replace(MUG, value_minor=500), ANYTHING, None),
        (replace(MUG, value_minor=501), ANYTHING, Drop.TOO_DEAR),
        (replace(MUG, value_minor=10**12), replace(ANYTHING, most_minor=None), None),
        (replace(MUG, value_minor=0), replace(ANYTHING, most_minor=0), None),
        (replace(MUG, value_minor=1), replace(ANYTHING, most_minor=0), Drop.TOO_DEAR),
        (replace(MUG, is_giftable=False), ANYTHING, Drop.NOT_GIFTABLE),
        (replace(MUG, stock=0), ANYTHING, Drop.OUT_OF_STOCK),
        (replace(MUG, stock=0, has_capacity=True), ANYTHING, None),
        (replace(MUG, has_capacity=True), replace(ANYTHING, used_up=frozenset({1})), Drop.USED_UP),
        (replace(MUG, has_capacity=True), replace(ANYTHING, used_up=frozenset({1}), is_gift=False), None),
        (replace(MUG, least_role=Role.AGENT), ANYTHING, None),
        (replace(MUG, least_role=Role.LEAD), ANYTHING, Drop.NOT_YOURS),
        (replace(MUG, least_role=Role.LEAD), replace(ANYTHING, giver=Role.AGENT), Drop.NOT_YOURS),
        (replace(MUG, least_role=Role.LEAD), replace(ANYTHING, giver=Role.LEAD), None),
        (replace(MUG, least_role=Role.LEAD), replace(ANYTHING, giver=Role.MANAGER), None),
        (replace(MUG, least_role=Role.LEAD), replace(ANYTHING, giver=Role.DELIVERY), Drop.NOT_YOURS),
        (replace(MUG, least_role=Role.LEAD), replace(ANYTHING, is_gift=False), None),
        (MUG, replace(ANYTHING, owned=frozenset({1})), Drop.OWNED),
        (MUG, replace(ANYTHING, in_basket=frozenset({1})), Drop.IN_BASKET),
        (MUG, replace(ANYTHING, given_before=frozenset({1})), Drop.GIVEN_BEFORE),
        (MUG, replace(ANYTHING, hidden=frozenset({1})), Drop.HIDDEN),
        (replace(MUG, name="Mug"), replace(ANYTHING, basket_names=frozenset({"Mug"})), Drop.ALIKE_IN_BASKET),
        (replace(MUG, is_gift_card=True), ANYTHING, Drop.GIFT_CARD),
        (replace(MUG, currency="EUR"), replace(ANYTHING, currency="USD"), Drop.OTHER_CURRENCY),
        (replace(MUG, currency="EUR"), ANYTHING, None),
        (replace(MUG, first_day=TODAY, last_day=TODAY), ANYTHING, None),
        (replace(MUG, first_day=date(2026, 3, 15)), ANYTHING, Drop.NOT_YET),
        (replace(MUG, last_day=date(2026, 3, 13)), ANYTHING, Drop.NO_LONGER),
        (replace(MUG, stores=frozenset({"north"})), replace(ANYTHING, store="main st"), Drop.ELSEWHERE),
        (replace(MUG, stores=frozenset({"north"})), replace(ANYTHING, store="north"), None),
        (replace(MUG, stores=frozenset({"north"})), ANYTHING, None),
        (MUG, stopped_by(StopKind.ALLERGY, "mug"), Drop.ALLERGY),
        (MUG, stopped_by(StopKind.DISLIKE, "mugs"), Drop.DISLIKE),
        (MUG, stopped_by(StopKind.NO_GIFTS), Drop.NO_GIFTS),
    ],
)
def test_a_candidate_is_dropped_for_its_reason(candidate, around, why):
    assert drop(candidate, around) is why


candidates = st.builds(
    Candidate,
    st.integers(1, 9),
    st.sampled_from(["Mug", "Tea", "Soap"]),
    st.sampled_from(["Kitchen", "Bath"]),
    st.integers(0, 1000),
    is_giftable=st.booleans(),
    stock=st.integers(0, 2),
    is_gift_card=st.booleans(),
    stores=st.sampled_from([frozenset(), frozenset({"north"})]),
    first_day=st.sampled_from([None, TODAY, date(2026, 3, 15)]),
    last_day=st.sampled_from([None, TODAY, date(2026, 3, 13)]),
)


@pytest.mark.asvs(22)
@given(st.lists(candidates, max_size=12), st.integers(0, 1000), st.integers(0, 5))
def test_whatever_there_is_nothing_is_proposed_that_could_not_be_given(shelf, most_minor, most):
    around = replace(ANYTHING, most_minor=most_minor, store="main st")
    proposed = [one for one, why in judged(shelf, around, most) if why is None]
    assert len(proposed) <= most
    for one in proposed:
        assert one.value_minor <= most_minor
        assert one.is_giftable
        assert one.stock
        assert not one.is_gift_card
        assert not one.stores or "main st" in one.stores
        assert (one.first_day or TODAY) <= TODAY <= (one.last_day or TODAY)


def test_a_stop_of_the_person_is_named_before_any_reason_of_the_shop():
    assert drop(replace(MUG, stock=0, value_minor=9999), stopped_by(StopKind.ALLERGY, "mug")) is Drop.ALLERGY


def test_to_buy_a_thing_need_not_be_a_gift_and_no_gifts_does_not_matter():
    to_buy = replace(stopped_by(StopKind.NO_GIFTS), is_gift=False)
    assert drop(replace(MUG, is_giftable=False), to_buy) is None


def test_an_allergy_matters_for_buying_too():
    assert drop(MUG, replace(stopped_by(StopKind.ALLERGY, "mug"), is_gift=False)) is Drop.ALLERGY


def chosen(candidates, most, around=ANYTHING):
    return [candidate.item_id for candidate, why in judged(candidates, around, most) if why is None]


def test_what_is_kept_keeps_its_order():
    candidates = [replace(MUG, item_id=i, stock=i % 2, category="") for i in range(6)]
    assert chosen(candidates, 6) == [1, 3, 5]


def test_no_two_gifts_are_of_one_category_and_the_best_of_each_stays():
    candidates = [
        replace(MUG, item_id=i, category=c) for i, c in enumerate(["Tea", "Tea", "Jam", "Tea", "Bath", "Book"])
    ]
    assert chosen(candidates, 3) == [0, 2, 4]


def test_items_without_a_category_are_not_alike():
    assert len(chosen([replace(MUG, item_id=i, category="") for i in range(5)], 3)) == 3


def test_one_name_is_offered_once_whatever_its_categories():
    named = [
        replace(MUG, item_id=i, category=f"Shelf {i}", name=name) for i, name in enumerate(["Chips", "Chips", "Jam"])
    ]
    assert chosen(named, 3) == [0, 2]


def test_what_may_not_be_proposed_stands_in_nobodys_way():
    candidates = [replace(MUG, stock=0), replace(MUG, item_id=2)]
    assert chosen(candidates, 3) == [2]


def test_whatever_is_not_chosen_is_told_why():
    kinds = ["Tea", "Tea", "Jam", "Bath"]
    candidates = [replace(MUG, item_id=i, category=kind) for i, kind in enumerate(kinds)]
    assert [why for _, why in judged(candidates, ANYTHING, 2)] == [None, Drop.ALIKE, None, Drop.ENOUGH]


@pytest.mark.parametrize("most", [0, -1])
def test_none_asked_for_is_none_given(most):
    assert chosen([MUG], most) == []


def test_a_pinned_item_says_who_picked_it_until_when_and_why():
    assert pinned_words("New this week", "30 November") == "Picked by the shop until 30 November: New this week"


@pytest.mark.parametrize(
    ("source", "together", "known", "words"),
    [
        ("pinned", 0, "hardly", "the shop's own pick"),
        ("popular", 0, "widely", "popular with everyone"),
        ("popular", 0, "somewhat", "bought now and then"),
        ("popular", 0, "hardly", "hardly known yet"),
        ("basket", 14, "somewhat", "bought together 14 times"),
        ("basket", 4, "widely", "seldom bought together"),
        ("history", 1, "hardly", "bought together once"),
        ("history", 0, "somewhat", "goes with their taste"),
        ("history", 0, "hardly", "hardly known yet, of a kind that fits"),
    ],
)
def test_how_sure_a_candidate_is_is_said_without_a_score(source, together, known, words):
    assert sure_words(source, together, known) == words


@pytest.mark.parametrize(
    ("source", "names", "in_basket", "together", "sentence"),
    [
        ("popular", [], False, 0, "Popular with everyone."),
        ("popular", ["Blue mug"], True, 9, "Popular with everyone."),
        ("basket", ["Blue mug"], True, 0, "Goes with “Blue mug” in this order."),
        ("basket", ["Blue mug"], True, 1, "Has been bought with “Blue mug” in this order. Together in 1 order."),
        ("basket", ["Blue mug"], True, 4, "Has been bought with “Blue mug” in this order. Together in 4 orders."),
        ("basket", ["Tea", "Tea"], True, 5, "Often bought with “Tea” in this order. Together in 5 orders."),
        ("basket", ["A", "B"], True, 5, "Often bought with “A” and “B” in this order. With the first in 5 orders."),
        ("history", ["Green tea"], False, 14, "Goes with “Green tea”, bought before. Together in 14 orders."),
        (
            "history",
            ["A", "B", "C"],
            False,
            2000,
            "Goes with “A” and “B”, bought before. With the first in 2,000 orders.",
        ),
        ("history", ["A"], False, 0, "Goes with “A”, bought before."),
        ("basket", [], True, 3, "Goes with this order."),
        ("history", [], False, 3, "Goes with what they bought before."),
    ],
)
def test_why_is_said_plainly_and_no_surer_than_the_orders_are(source, names, in_basket, together, sentence):
    assert because_words(source, names, in_basket=in_basket, together=together) == sentence


@pytest.mark.parametrize(
    ("source", "together", "known", "sentence"),
    [
        ("popular", 0, "somewhat", "Bought by others now and then."),
        ("popular", 0, "hardly", "Hardly known yet."),
        ("basket", 0, "hardly", "Hardly known yet. Goes with “Tea” in this order."),
        ("basket", 2, "hardly", "Has been bought with “Tea” in this order. Together in 2 orders."),
        ("basket", 0, "somewhat", "Goes with “Tea” in this order."),
    ],
)
def test_what_hardly_anybody_bought_is_not_called_popular(source, together, known, sentence):
    assert because_words(source, ["Tea"], in_basket=True, together=together, known=known) == sentence


@pytest.mark.parametrize("in_basket", [True, False])
@pytest.mark.parametrize("together", [0, 1, 2, 5, 1234])
@pytest.mark.parametrize("names", [[], ["Tea"], ["Tea", "Jam"]])
def test_a_reason_is_arabic_but_for_the_names_of_the_items(in_basket, together, names) -> None:
    said = because_words("basket", names, in_basket=in_basket, together=together, known="hardly", number=number)
    arabic = said.inside(tongue("ar"))
    assert re.findall("[A-Za-z]+", arabic) == names
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)


def test_many_orders_are_counted_as_the_reader_counts() -> None:
    said = because_words("basket", ["Tea"], in_basket=True, together=1234, number=number)
    assert said.endswith("Together in 1,234 orders.")
    assert "1.234" in said.inside(tongue("de"))
    assert "1.234" in sure_words("basket", 1234, number=number).inside(tongue("de"))
