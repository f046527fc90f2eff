"""What may be proposed to Carla, with a small model fitted on invented orders."""

import cast
import numpy as np
import pytest
from sqlmodel import Session

from deskapp.desk import grants, offers, plus_one, preferences, suggestions
from deskapp.desk.shelf import Stand, _stand_beside
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train
from deskapp.rules.people import Actor, Role
from deskapp.store import items, models, steering
from deskapp.store import limits as limit_rows
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import LimitVersion
from deskapp.store.tables import Order

People = dict[str, Actor]
TODAY = cast.NOW.date()


def fit(session: Session) -> Stand:
    """Jam and nuts go with mugs; everybody buys wine; lamps are rare and dear."""
    rows = {sku: items.get_by_sku(session, sku) for sku in cast.ITEMS}
    baskets = (
        [["mug", "jam"]] * 9
        + [["mug", "nuts"]] * 6
        + [["tea", "wine"]] * 9
        + [["lamp", "mug"]] * 2
        + [["soap", "mug"]] * 4
    )
    lines = [(rows[sku].id, order, order % 7) for order, basket in enumerate(baskets) for sku in basket]
    item, order, customer = (np.array(column, np.int64) for column in zip(*lines, strict=True))
    day, store = np.full(len(lines), 20_000, np.int32), np.zeros(len(lines), np.int32)
    purchases = Purchases(item, order, customer, day, store, np.full(len(lines), 100))
    model = train(purchases, seed=1, progress=lambda *_: None)
    session.flush()
    return _stand_beside(model, models.read_catalogue(session), steering.list_in_force(session))


def carlas_panel(session: Session, people: People, stand: Stand, who: str = "ana") -> plus_one.PlusOnePanel:
    shown = plus_one.panel(session, people[who], stand, cast.customer_id(session), today=TODAY, now=cast.NOW)
    return plus_one.remember(session, shown) if shown.unseen else shown


def names(shown: plus_one.PlusOnePanel) -> list[str]:
    return [gift.name for gift in shown.gifts]


def test_a_gift_goes_with_todays_basket_and_says_so(session: Session, people: People) -> None:
    shown = carlas_panel(session, people, fit(session))
    assert names(shown)[0] == "Plum jam"
    assert shown.gifts[0].because == "Often bought with “Blue mug” in this order. Together in 9 orders."


def test_nothing_owned_in_the_basket_dear_out_of_stock_or_not_giftable_is_offered(
    session: Session, people: People
) -> None:
    offered = set(names(carlas_panel(session, people, fit(session))))
    assert offered <= {"Plum jam", "Roasted hazelnuts"}


def test_what_is_called_as_something_in_the_basket_is_no_surprise(session: Session, people: People) -> None:
    items.get_by_sku(session, "jam").name = "Blue mug"
    session.flush()
    assert names(carlas_panel(session, people, fit(session))) == ["Roasted hazelnuts"]


def test_an_allergy_a_dislike_and_a_wave_of_the_hand_count_at_once(session: Session, people: People) -> None:
    stand, carla = fit(session), cast.customer_id(session)
    wish = preferences.NewPreference.model_validate(
        {"kind": "allergy", "value": "nuts", "is_stated": True, "form_key": "wish-key"}
    )
    preferences.record(session, people["ana"], carla, wish, now=cast.NOW)
    shown = carlas_panel(session, people, stand)
    assert names(shown) == ["Plum jam"]
    assert shown.gifts[0].offer_id is not None
    offers.wave_away(session, people["ana"], shown.gifts[0].offer_id, now=cast.NOW)
    shown = carlas_panel(session, people, stand)
    assert names(shown) == []
    assert [waved.name for waved in shown.waved_away] == ["Plum jam"]


def test_waving_away_can_be_undone(session: Session, people: People) -> None:
    stand = fit(session)
    shown = carlas_panel(session, people, stand)
    assert shown.gifts[0].offer_id is not None
    offers.wave_away(session, people["ana"], shown.gifts[0].offer_id, now=cast.NOW)
    (waved,) = carlas_panel(session, people, stand).waved_away
    preferences.withdraw(session, people["ana"], waved.preference_id, now=cast.NOW)
    assert "Plum jam" in names(carlas_panel(session, people, stand))


def test_who_wants_no_gifts_is_offered_none_and_the_panel_says_why(session: Session, people: People) -> None:
    wish = preferences.NewPreference.model_validate({"kind": "no-gifts", "is_stated": True, "form_key": "wish-key"})
    preferences.record(session, people["ana"], cast.customer_id(session), wish, now=cast.NOW)
    shown = carlas_panel(session, people, fit(session))
    assert shown.gifts == []
    assert shown.why_none == "Carla Núñez asked for no gifts."
    assert shown.new_products != []


def test_a_gift_is_never_dearer_than_what_is_left(session: Session, people: People) -> None:
    stand = fit(session)
    limit = limit_rows.find_limit(session, people["ana"], cast.NOW)
    assert limit is not None
    taste = suggestions.taste_of(session, get_customer(session, cast.customer_id(session)), today=cast.NOW.date())
    for most in (0, 389, 390, 419, 420, 10_000):
        found = suggestions.gifts(session, stand, taste, limit, at_most_minor=most, today=TODAY, k=10)
        assert all(one.item.price_minor <= most for one in found)
    assert [
        one.item.sku for one in suggestions.gifts(session, stand, taste, limit, at_most_minor=390, today=TODAY, k=3)
    ] == ["nuts"]


def test_what_would_be_left_is_under_the_ceilings_that_fill(session: Session, people: People) -> None:
    """Ana's $5.00 a gift stays $5.00 after a gift; the $10.00 to Carla a month does not."""
    for gift in carlas_panel(session, people, fit(session)).gifts:
        assert gift.left_after_minor == 1000 - gift.price_minor


def test_a_price_that_rose_since_the_snapshot_counts(session: Session, people: People) -> None:
    stand = fit(session)
    items.get_by_sku(session, "jam").price_minor = 501
    session.flush()
    assert "Plum jam" not in names(carlas_panel(session, people, stand))


def test_what_was_given_is_not_offered_again(session: Session, people: People) -> None:
    from deskapp.desk import grants

    stand = fit(session)
    customer = get_customer(session, cast.customer_id(session))
    grants.give(session, people["ana"], customer, items.get_by_sku(session, "jam"), None, key="k1", now=cast.NOW)
    assert "Plum jam" not in names(carlas_panel(session, people, stand))


def test_new_products_are_kept_apart_from_gifts(session: Session, people: People) -> None:
    shown = carlas_panel(session, people, fit(session))
    products = {product.name for product in shown.new_products}
    assert "House red" in products
    assert products.isdisjoint(names(shown))


def test_the_same_is_shown_however_little_is_read_of_the_catalogue_at_once(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand, read, judged = fit(session), items.list_items, suggestions._judged
    asked: list[int] = []

    def shown(at_once: int) -> plus_one.PlusOnePanel:
        asked.append(0)
        monkeypatch.setattr(suggestions, "_judged", lambda *of, **_: judged(*of, at_once=at_once))
        return carlas_panel(session, people, stand)

    def counted(session: Session, ids: set[int]) -> dict[int, items.ItemRow]:
        asked[-1] += 1
        return read(session, ids)

    monkeypatch.setattr(items, "list_items", counted)
    shown(100)  # which remembers the offers
    assert shown(1) == shown(100)
    assert asked[1] > asked[2]


def test_what_several_lists_need_of_the_catalogue_is_read_once(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand, read = fit(session), items.list_items
    asked: list[int] = []

    def noted(session: Session, ids: set[int]) -> dict[int, items.ItemRow]:
        asked.extend(ids)
        return read(session, ids)

    monkeypatch.setattr(items, "list_items", noted)
    shown = carlas_panel(session, people, stand)
    assert shown.gifts
    assert shown.new_products
    assert len(asked) == len(set(asked))


def test_a_basket_from_the_till_stands_for_the_open_order(session: Session, people: People) -> None:
    customer = get_customer(session, cast.customer_id(session, "C-2"))
    taste = suggestions.taste_of(session, customer, [cast.item_id(session, "mug")], today=cast.NOW.date())
    limit = limit_rows.find_limit(session, people["ana"], cast.NOW)
    assert limit is not None
    first = suggestions.gifts(session, fit(session), taste, limit, at_most_minor=500, today=TODAY, k=1)[0]
    assert (first.item.sku, [item.sku for item in first.because]) == ("jam", ["mug"])


def test_offers_are_remembered_once_a_day_at_the_price_shown(session: Session, people: People) -> None:
    stand = fit(session)
    first = carlas_panel(session, people, stand)
    again = plus_one.panel(session, people["ana"], stand, cast.customer_id(session), today=TODAY, now=cast.NOW)
    assert again.unseen == []
    assert [gift.offer_id for gift in again.gifts] == [gift.offer_id for gift in first.gifts]
    items.get_by_sku(session, "jam").price_minor = 430
    session.flush()
    changed = carlas_panel(session, people, stand)
    assert changed.gifts[0].offer_id == first.gifts[0].offer_id
    assert changed.gifts[0].price_minor == 430


@pytest.mark.parametrize(("who", "words"), [("ana", "no model yet"), ("del", "Nobody has set yet")])
def test_a_panel_without_gifts_says_why(session: Session, people: People, who: str, words: str) -> None:
    stand = _stand_beside(None, ())
    assert words in carlas_panel(session, people, stand, who).why_none


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"gap_days": 60}, "Gifts to one customer are at least 60 days apart. The next is possible from 13 May."),
        ({"per_customer_per_year_gifts": 0}, "A customer is given at most 0 gifts within a year."),
        ({"per_giver_per_day_minor": 0}, "Nothing is left to give here for now."),
        ({"is_never_bait": True}, "Nothing is given before a sale: an offer to this customer is not ordered yet."),
    ],
)
def test_the_panel_says_beforehand_why_nothing_can_be_given(
    session: Session, people: People, said: dict[str, object], words: str
) -> None:
    carla = get_customer(session, cast.customer_id(session))
    grants.give(session, people["bo"], carla, items.get_by_sku(session, "tea"), None, key="a-gift-1", now=cast.NOW)
    session.get_one(Order, cast.order_id(session, "O-2")).status = "quote"
    new = {"role": Role.AGENT, "currency": "USD", "basis": "price", "zone": "UTC", "per_gift_minor": 800} | said
    session.add(LimitVersion(**new, set_by=people["mo"].staff_id, set_at=cast.NOW))
    session.flush()
    shown = carlas_panel(session, people, fit(session))
    assert (shown.gifts, shown.why_none) == ([], words)
