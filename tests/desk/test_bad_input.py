"""Shops that nobody would think of. Each is imported, learnt from, asked in bulk and drawn on the panel, and is answered in words."""

from datetime import datetime, timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from desk.shops import Desk, Folder, lines, things
from sqlmodel import Session

from deskapp.rules.errors import Conflict, Invalid
from deskapp.store.db import Database
from deskapp.store.purchases import read_all

NOTHING = "There are no purchases to learn from yet. Import some first."


@pytest.fixture
def desk(sqlite: Database, tmp_path: Path) -> Desk:
    return Desk(sqlite, tmp_path)


def spent(session: Session) -> list[int]:
    return read_all(session, until=NOW).spent_minor.tolist()


NOTHING_TO_LEARN = {
    "an empty catalogue": Folder(items=[]),
    "a catalogue and no orders": Folder(),
    "orders without lines": Folder(orders=[("C-1", []), ("C-2", [])]),
    "nothing but returns": Folder(orders=[("C-1", lines(1, 2, quantity=-1)), ("C-2", lines(3, quantity=-2))]),
    "nothing but gift cards": Folder(
        items=[thing | {"kind": "gift_card"} for thing in things(3)], orders=[("C-1", lines(0, 1)), ("C-2", lines(2))]
    ),
    "nothing but orders of tomorrow": Folder(
        orders=[("C-1", lines(1, 2)), ("C-2", lines(1))], newest_at=NOW + timedelta(days=30)
    ),
}


@pytest.mark.parametrize("shop", NOTHING_TO_LEARN.values(), ids=NOTHING_TO_LEARN.keys())
def test_where_there_is_nothing_to_learn_from_every_place_says_so(desk: Desk, shop: Folder) -> None:
    assert not desk.bring(shop).is_refused
    with pytest.raises(Invalid, match=NOTHING):
        desk.learn()
    with pytest.raises(Conflict, match="There is no model yet"):
        desk.ask(basket=["s1"])
    for who in desk.customers():
        shown = desk.panel(who)
        assert (shown.gifts, shown.new_products) == ([], [])
        assert shown.why_none == "There is no model yet; somebody with the admin role can train one."


EVERYONE = tuple(f"C-{n}" for n in range(20))
ODD = {
    "one order of one thing": Folder(orders=[("C-1", lines(1))]),
    "one customer with one order": Folder(orders=[("C-1", lines(1, 2, 3))]),
    "one customer with many orders": Folder(orders=[("C-1", lines(n % 12, (n + 1) % 12)) for n in range(60)]),
    "a shop of one item": Folder(items=things(1), orders=[(who, lines(0)) for who in EVERYONE]),
    "everybody buys everything": Folder(orders=[(who, lines(*range(12))) for who in EVERYONE]),
    "one thing is in every order": Folder(orders=[(who, lines(0, 1 + n % 11)) for n, who in enumerate(EVERYONE * 3)]),
    "nothing is bought with anything": Folder(orders=[(who, lines(n % 12)) for n, who in enumerate(EVERYONE)]),
    "the same line many times": Folder(orders=[(who, lines(1, 1, 1, 2, 2, n % 12)) for n, who in enumerate(EVERYONE)]),
    "bought and returned": Folder(
        orders=[(who, lines(1, n % 12) + lines(1, quantity=-1)) for n, who in enumerate(EVERYONE)]
    ),
    "all at one moment": Folder(
        orders=[(who, lines(n % 12, n % 5)) for n, who in enumerate(EVERYONE)],
        newest_at=datetime(1900, 3, 1, tzinfo=NOW.tzinfo),
    ),
    "quantities and prices beyond all measure": Folder(
        items=things(12, price="999999999999.99"),
        orders=[(who, lines(1, n % 12, quantity=1_000_000, price="999999999999.99")) for n, who in enumerate(EVERYONE)],
    ),
    "everything is free": Folder(
        items=things(12, price="0"), orders=[(who, lines(1, n % 12, price="0")) for n, who in enumerate(EVERYONE)]
    ),
    "everything is called the same and of no kind": Folder(
        items=[thing | {"name": "Thing", "category": ""} for thing in things(12)],
        orders=[(who, lines(1, n % 12)) for n, who in enumerate(EVERYONE)],
    ),
    "everything is sold out": Folder(
        items=things(12, stock="0"), orders=[(who, lines(1, n % 12)) for n, who in enumerate(EVERYONE)]
    ),
    "nothing may be given away": Folder(
        items=things(12, giftable="0"), orders=[(who, lines(1, n % 12)) for n, who in enumerate(EVERYONE)]
    ),
    "another currency than the limits": Folder(
        items=things(12, currency="EUR"), orders=[(who, lines(1, n % 12)) for n, who in enumerate(EVERYONE)]
    ),
    "among gift cards": Folder(
        items=[thing | {"kind": "gift_card" if n % 2 else "goods"} for n, thing in enumerate(things(12))],
        orders=[(who, lines(1, 3, n % 12)) for n, who in enumerate(EVERYONE)],
    ),
    "all is too dear": Folder(
        items=things(12, price="1000.00"), orders=[(who, lines(1, n % 12)) for n, who in enumerate(EVERYONE)]
    ),
}


@pytest.mark.parametrize("shop", ODD.values(), ids=ODD.keys())
def test_an_odd_shop_is_learnt_from_asked_and_shown(desk: Desk, shop: Folder) -> None:
    assert not desk.bring(shop).is_refused
    assert desk.learn()
    skus = {item["sku"]: item for item in shop.items}
    cards = {sku for sku, item in skus.items() if item.get("kind") == "gift_card"}
    gone = {sku for sku, item in skus.items() if item.get("stock") == "0"}
    found = desk.ask(basket=["s0", "s0", "no-such-thing"], k=1000)
    assert sorted(found) == sorted(set(skus) - {"s0"} - cards - gone)
    for who in desk.customers():
        shown = desk.panel(who)
        assert bool(shown.gifts) != bool(shown.why_none)
        bought = {
            skus[sku]["name"] for owner, order in shop.orders if owner == who for sku, many, _ in order if many > 0
        }
        names = [one.name for one in (*shown.gifts, *shown.new_products)]
        assert not bought & set(names)
        assert not {skus[sku]["name"] for sku in cards | gone} & set(names)
        assert all(gift.price_minor <= cast.LIMITS["lead"][0] for gift in shown.gifts)
        assert all(one.because.endswith(".") for one in (*shown.gifts, *shown.new_products))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("all is too dear", "Nothing that fits and costs at most $15.00."),
        ("another currency than the limits", "Nothing that fits and costs at most $15.00."),
        ("everything is sold out", "Nothing that fits and costs at most $15.00."),
        ("nothing may be given away", "Nothing that fits and costs at most $15.00."),
    ],
)
def test_without_a_gift_the_panel_says_why_and_may_still_show_what_is_new(desk: Desk, name: str, why: str) -> None:
    desk.bring(ODD[name])
    desk.learn()
    shown = desk.panel("C-none")
    assert shown.gifts == []
    assert shown.why_none == why
    assert bool(shown.new_products) == (name != "everything is sold out")


def test_what_a_line_may_count_for_has_an_end(database: Database, tmp_path: Path) -> None:
    """Else two slips of the keyboard overflow what a shop ever took."""
    Desk(database, tmp_path).bring(ODD["quantities and prices beyond all measure"])
    with database.reading() as session:
        assert set(spent(session)) == {10**12}


@pytest.mark.slow
def test_a_basket_of_five_thousand_things_is_learnt_from_and_answered(desk: Desk) -> None:
    size = 5_000
    usual = [(who, lines(*range(n, n + 5))) for n, who in enumerate(EVERYONE * 5)]
    desk.bring(Folder(items=things(size + 10), orders=[*usual, ("C-bulk", lines(*range(size)))]))
    assert desk.learn()
    shown = desk.panel("C-bulk")
    assert {int(one.name.split()[1]) for one in (*shown.gifts, *shown.new_products)} <= set(range(size, size + 10))
    assert set(desk.ask(basket=[f"s{n}" for n in range(size)], k=100)) == {f"s{n}" for n in range(size, size + 10)}
