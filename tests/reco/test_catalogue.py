import numpy as np
import pytest
from reco.toys import (
    BREAD,
    BUTTER,
    JAM,
    MILK,
    RARE,
    SOAP,
    TOWEL,
    breakfast_and_bath,
    everything,
    fitted,
    quiet,
    random_shop,
)

from deskapp.reco import catalogue
from deskapp.reco.artefacts import load, save
from deskapp.reco.catalogue import Catalogue, informed, with_variants
from deskapp.reco.model import train
from deskapp.reco.ranking import suggest

NAMELESS = [(item, "", "", 100) for item in (BREAD, BUTTER, JAM, MILK)]


def named(*items, brand="", price=100):
    return [(item, "Yogurt", brand, price) for item in sorted(items)]


def share_of(model, speaker, target):
    """What the speaker says for the target, and in how many orders both are said to have been."""
    one, other = model.vocabulary.columns([speaker, target])
    pair, _ = model.new_in_orders.pairs(np.array([one]))
    found = pair[model.new_in_orders.column[pair] == other]
    return (float(model.new_in_orders.weight[found].sum()), int(model.new_in_orders.together[found].sum()))


def test_items_of_one_name_speak_for_each_other_though_never_sold_together():
    model = with_variants(fitted(), Catalogue.of(named(MILK, RARE)))
    answer = suggest(model, basket=[MILK], history={}, allowed=everything(model), novel=True, k=9)
    rare = next(candidate for candidate in answer if candidate.item == RARE)
    assert (rare.because, rare.together) == ((MILK,), 0)
    assert share_of(fitted(), MILK, RARE) == (0, 0)


def test_what_was_counted_of_a_pair_stays_and_its_weight_grows():
    before, after = (share_of(model, SOAP, TOWEL) for model in (fitted(), with_variants(fitted(), both_ways())))
    assert after[0] > before[0]
    assert after[1] == before[1] == 30


def both_ways():
    return Catalogue.of(named(SOAP, TOWEL))


@pytest.mark.parametrize("other", [{"brand": "Alpina"}, {"price": 150}])
def test_those_of_one_brand_and_price_too_speak_louder(other):
    alike = with_variants(fitted(), both_ways())
    unlike = with_variants(fitted(), Catalogue.of([*named(SOAP), *named(TOWEL, **other)]))
    assert share_of(fitted(), SOAP, TOWEL) < share_of(unlike, SOAP, TOWEL) < share_of(alike, SOAP, TOWEL)


def test_nothing_else_is_touched_by_a_name():
    named_model = with_variants(fitted(), Catalogue.of(named(MILK, RARE)))
    assert share_of(named_model, BREAD, BUTTER) == share_of(fitted(), BREAD, BUTTER)
    np.testing.assert_array_equal(named_model.in_orders.weight, fitted().in_orders.weight)


@pytest.mark.parametrize("rows", [[], NAMELESS, named(1, 2, 3)], ids=["no items", "no names", "nothing ever sold"])
def test_a_catalogue_that_knows_nothing_changes_nothing(rows):
    before, after = fitted().new_in_orders, with_variants(fitted(), Catalogue.of(rows)).new_in_orders
    for name in ("start", "column", "weight", "together"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_of_a_great_group_only_the_best_known_are_spoken_for(monkeypatch):
    monkeypatch.setattr(catalogue, "MOST", 2)
    model = with_variants(fitted(), Catalogue.of(named(JAM, MILK, RARE, SOAP)))
    louder = {item: share_of(model, SOAP, item)[0] > share_of(fitted(), SOAP, item)[0] for item in (JAM, MILK, RARE)}
    assert louder == {JAM: True, MILK: True, RARE: False}


def test_it_can_be_saved_and_trusted(tmp_path):
    model = with_variants(fitted(random_shop(3)), Catalogue.of(named(*range(100, 140))))
    save(model, tmp_path / "one")
    np.testing.assert_array_equal(load(tmp_path / "one").new_in_orders.column, model.new_in_orders.column)


def test_an_informed_trainer_knows_the_catalogue():
    model = informed(train, both_ways())(breakfast_and_bath(), seed=1, progress=quiet)
    assert share_of(model, SOAP, TOWEL) == share_of(with_variants(fitted(), both_ways()), SOAP, TOWEL)
