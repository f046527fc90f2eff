"""An allergy errs on caution, a dislike does not cost good gifts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.stops import Stop, StopKind, first_stop, fold, singular, words
from deskapp.store.memory_tables import PreferenceKind


def allergy(said: str, item: str) -> bool:
    return Stop(StopKind.ALLERGY, said).stops(1, item, "")


def dislike(said: str, item: str) -> bool:
    return Stop(StopKind.DISLIKE, said).stops(1, item, "")


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("nuts", "Peanut butter Spreads Grocery"),
        ("nuts", "Hazelnuts, roasted"),
        ("Nuts!", "Marzipan heart"),
        ("severe nut allergy", "WALNUT LOAF"),
        ("tree nuts and shellfish", "Prawn crackers"),
        ("peanuts", "Peanut brittle"),
        ("dairy", "Goat’s cheese"),
        ("she is allergic to eggs", "Egg noodles"),
        ("gluten", "Wholemeal bread"),
        ("lactose intolerant", "Milk chocolate"),
        ("Erdnüsse", "Erdnüsse gesalzen"),
        ("strawberries", "Strawberry jam"),
        ("strawberry", "Organic strawberries"),
        ("tomatoes", "Tomato chutney"),
        ("peaches", "Peach tea"),
        ("café au lait", "Cafe blend"),
        ("nu\u00adts", "Nut mix"),
        ("NUTS", "nut\u200bella"),
        ("wool", "Cashmere scarf"),
        ("🥜", "Blue mug"),
        ("", "Blue mug"),
        ("food", "Pet food"),
    ],
)
def test_an_allergy_stops_what_may_hold_it(said, item):
    assert allergy(said, item)


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("nuts", "Blue mug Kitchen Shop"),
        ("allergic to products with nuts", "Product catalogue"),
        ("ox", "Box of candles"),
        ("no food with dye", "Dog food"),
    ],
)
def test_an_allergy_does_not_stop_what_has_no_part_of_it(said, item):
    assert not allergy(said, item)


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("coffee", "Ground coffee"),
        ("mugs", "Blue mug"),
        ("mug", "Blue mugs"),
        ("dark chocolate", "Dark chocolate bar"),
        ("Dark Chocolate", "Organic dark-chocolate bar"),
        ("anything pink", "Pink tea towel"),
        ("coffee, figs or wine", "Fig jam"),
        ("doesn't like cookies", "Butter cookie"),
        ("crème brûlée", "Creme brulee kit"),
        ("nothing", "Much ado about nothing"),
    ],
)
def test_a_dislike_stops_its_whole_words_in_either_number(said, item):
    assert dislike(said, item)


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("dark chocolate", "Milk chocolate"),
        ("dark chocolate", "Chocolate, dark roast"),
        ("tea", "Steak knife"),
        ("nut", "Doughnut"),
        ("", "Blue mug"),
        ("👎", "Blue mug"),
    ],
)
def test_a_dislike_does_not_stop_part_of_a_word_or_another_order_of_words(said, item):
    assert not dislike(said, item)


def test_a_dislike_of_one_item_stops_that_item_alone():
    stop = Stop(StopKind.DISLIKE, "Blue mug", item_id=7)
    assert stop.stops(7, "Blue mug", "")
    assert not stop.stops(8, "Blue mug", "")


def test_an_allergy_to_one_item_stops_its_like_as_well():
    stop = Stop(StopKind.ALLERGY, "hazelnuts", item_id=7)
    assert stop.stops(7, "Mystery box", "")
    assert stop.stops(8, "Hazelnut spread", "")


def test_a_dislike_of_a_category_stops_all_of_it_and_nothing_else():
    stop = Stop(StopKind.DISLIKE, "anything scented", category="Candles")
    assert stop.stops(1, "Beeswax light", "candles")
    assert not stop.stops(1, "Anything scented for candles", "Kitchen")
    assert not stop.stops(1, "Candles", "")


def test_an_allergy_to_a_category_stops_all_of_it_and_what_its_words_name():
    stop = Stop(StopKind.ALLERGY, "nuts", category="Nuts & seeds")
    assert stop.stops(1, "Roasted pumpkin", "NUTS & SEEDS")
    assert stop.stops(1, "Hazelnut spread", "Preserves")
    assert not stop.stops(1, "Plum jam", "Preserves")


def test_who_wishes_no_gifts_is_given_nothing():
    assert Stop(StopKind.NO_GIFTS, "").stops(1, "Blue mug", "")


def test_the_first_stop_that_holds_is_named():
    coffee, nuts = Stop(StopKind.DISLIKE, "coffee"), Stop(StopKind.ALLERGY, "nuts")
    assert first_stop([coffee, nuts], 1, "Nut mix", "") == nuts
    assert first_stop([coffee, nuts], 1, "Blue mug", "") is None
    assert first_stop([], 1, "Blue mug", "") is None


def test_every_kind_of_stop_is_a_kind_of_preference():
    assert {kind.value for kind in StopKind} <= {kind.value for kind in PreferenceKind}


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("mug", "mugs"), ("berry", "berries"), ("cookie", "cookies"), ("glass", "glasses"), ("box", "boxes"),
        ("dish", "dishes"), ("tomato", "tomatoes"), ("shoe", "shoes"), ("olive", "olives"), ("pie", "pies"),
        ("cheese", "cheeses"), ("tie", "ties"), ("peach", "peaches"),
    ],
)  # fmt: skip
def test_one_and_many_fold_to_the_same_word(one, many):
    assert singular(one) == singular(many)


@pytest.mark.parametrize("word", ["glass", "hummus", "asparagus", "couscous", "oasis", "gas"])
def test_a_word_that_only_looks_like_many_is_let_be(word):
    assert singular(word) == word


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Carla   NÚÑEZ\n", "carla nunez"),
        ("Jørgen Łódź", "jorgen lodz"),
        ("STRASSE straße", "strasse strasse"),
        ("ﬁne ½", "fine 1⁄2"),
        ("İstanbul", "istanbul"),
        ("O’Brien", "o'brien"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("a\x00b\tc", "a b c"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_text_is_folded_to_what_people_type(text, folded):
    assert fold(text) == folded


@settings(deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


some_words = st.lists(
    st.sampled_from(
        ["nuts", "berries", "Strawberry", "no", "or", "Käse", "cookies", "ox", "y", "tea", "🥜", "ﷺ", "peach's"]
    ),
    max_size=4,
).map(" ".join) | st.text(max_size=30)


@given(
    st.builds(Stop, st.sampled_from(StopKind), some_words, st.sampled_from([None, None, 1]), some_words),
    some_words,
    some_words,
)
@settings(max_examples=300, deadline=None)
def test_what_a_stop_stops_holds_one_of_its_hints(stop, name, category):
    text = f"{name} {category} Shop"
    if stop.stops(0, text, category):
        assert any(hint in fold(text) for hint in stop.hints())


@pytest.mark.parametrize("kind", [StopKind.ALLERGY, StopKind.DISLIKE])
def test_what_has_nothing_of_a_stop_holds_none_of_its_hints(kind):
    """Or a whole catalogue would be taken apart into words at every allergy that is new."""
    assert not any(hint in "plum jam preserves shop" for hint in Stop(kind, "nuts or berries").hints())


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_an_allergy_stops_at_least_what_the_dislike_of_it_stops(said, item):
    if len("".join(words(said))) > 2 and dislike(said, item):
        assert allergy(said, item)
