"""A shop with a hundred orders, from its files to the panel: it works, and says how sure it is and no more."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from desk.shops import Desk, Folder, Line
from sqlmodel import select

from deskapp.store.db import Database
from deskapp.store.tables import ModelVersion

KINDS = {
    "Pasta": ("Spaghetti", "Penne", "Fusilli"),
    "Sauces": ("Tomato sauce", "Pesto"),
    "Coffee": ("Espresso beans", "Filter coffee"),
    "Biscuits": ("Oat biscuits", "Ginger nuts"),
    "Cheese": ("Parmesan", "Goat cheese"),
    "Soap": ("Lavender soap", "Pine soap"),
    "Towels": ("Hand towel",),
    "Rare": ("Truffle",),
}
MEALS = [
    ("Spaghetti", "Tomato sauce", "Parmesan"),
    ("Penne", "Pesto", "Parmesan"),
    ("Fusilli", "Tomato sauce"),
    ("Espresso beans", "Oat biscuits"),
    ("Filter coffee", "Ginger nuts"),
    ("Lavender soap", "Hand towel"),
]
ITEMS = [
    {"sku": name, "name": name, "price": "3.00", "category": kind} for kind, names in KINDS.items() for name in names
]
NOBODY = "C-nobody"


def order(*names: str) -> list[Line]:
    return [(name, 1, "3.00") for name in names]


def a_hundred_orders() -> list[tuple[str, list[Line]]]:
    chance = random.Random(7)
    orders = []
    for number in range(98):
        meal = chance.choices(MEALS, weights=(6, 4, 3, 5, 4, 3))[0]
        names = {name for name in meal if chance.random() < 0.9} | ({"Goat cheese"} if number % 9 == 0 else set())
        orders.append((f"C-{chance.randrange(25)}", order(*sorted(names or {"Parmesan"}))))
    return [*orders, ("C-last", order("Truffle", "Pine soap")), ("C-pasta", order("Spaghetti"))]


SHOP = Folder(items=ITEMS, orders=a_hundred_orders(), others=(NOBODY,))


@pytest.fixture
def desk(sqlite: Database, tmp_path: Path) -> Desk:
    return Desk(sqlite, tmp_path)


@pytest.fixture
def trained(desk: Desk) -> Desk:
    assert not desk.bring(SHOP).is_refused
    desk.learn()
    return desk


def together(one: str, other: str) -> int:
    return sum({one, other} <= {sku for sku, _, _ in bought} for _, bought in SHOP.orders)


def sentences(desk: Desk, who: str) -> dict[str, str]:
    shown = desk.panel(who)
    return {one.name: one.because for one in (*shown.gifts, *shown.new_products)}


def test_a_hundred_orders_are_enough_for_what_goes_with_what(trained: Desk) -> None:
    with trained.database.reading() as session:
        (version,) = session.exec(select(ModelVersion)).all()
    assert version.report["beats_popularity"]
    first, second = trained.answer(basket=["Spaghetti"], k=2)
    assert {first["sku"], second["sku"]} == {"Tomato sauce", "Parmesan"}
    assert first["because"] == second["because"] == ["Spaghetti"]


def test_the_panel_counts_what_was_bought_together(trained: Desk) -> None:
    said = sentences(trained, "C-pasta")
    often = together("Spaghetti", "Tomato sauce")
    assert often > 10
    assert said["Tomato sauce"] == f"Often bought with “Spaghetti” in this order. Together in {often} orders."


def test_what_was_bought_together_once_is_not_called_often(trained: Desk) -> None:
    said = trained.answer(basket=["Truffle"], k=1)
    assert [item["sku"] for item in said] == ["Pine soap"]
    desk_says = sentences(trained, "C-last")
    assert not [words for words in desk_says.values() if words.startswith("Often") and "Truffle" in words]
    trained.bring(replace(SHOP, orders=[*SHOP.orders, ("C-truffle", order("Truffle"))]))
    said_now = sentences(trained, "C-truffle")["Pine soap"]
    assert said_now == "Has been bought with “Truffle” in this order. Together in 1 order."


def test_who_never_bought_is_told_what_is_popular_and_what_is_not(trained: Desk) -> None:
    said = sentences(trained, NOBODY)
    assert "Popular with everyone." in said.values()
    sold = {name: sum(any(sku == name for sku, _, _ in bought) for _, bought in SHOP.orders) for name in said}
    for name, words in said.items():
        if words == "Popular with everyone.":
            assert sold[name] >= 5
        else:
            assert words == ("Hardly known yet." if sold[name] < 3 else "Bought by others now and then.")


def test_a_customer_and_an_item_of_today_count_without_a_training(trained: Desk) -> None:
    ragu = {"sku": "Ragù", "name": "Ragù", "price": "4.00", "category": "Sauces"}
    orders = [("C-new", order("Tomato sauce", "Pesto", "Parmesan")), ("C-new", order("Spaghetti"))]
    trained.bring(Folder(items=[*ITEMS, ragu], orders=[*SHOP.orders, *orders], others=(NOBODY,)))
    said = sentences(trained, "C-new")
    assert said["Ragù"] == "Hardly known yet. Goes with “Spaghetti” in this order."
    assert not {"Tomato sauce", "Pesto", "Parmesan", "Spaghetti"} & set(said)
    assert "Ragù" in trained.ask(basket=["Spaghetti"], k=20)


def test_an_item_of_today_that_was_bought_is_not_new_to_who_bought_it(trained: Desk) -> None:
    ragu = {"sku": "Ragù", "name": "Ragù", "price": "4.00", "category": "Sauces"}
    orders = [
        ("C-new", order("Ragù", "Tomato sauce", "Pesto")),
        ("C-new", order("Spaghetti")),
        ("C-both", order("Ragù")),
    ]
    trained.bring(Folder(items=[*ITEMS, ragu], orders=[*SHOP.orders, *orders]))
    assert "Ragù" not in sentences(trained, "C-new")
    assert "Ragù" not in sentences(trained, "C-both")
    assert "Ragù" not in trained.ask(customer="C-new", novel=True, k=20)
    assert "Ragù" in trained.ask(customer="C-new", novel=False, k=20)


def test_where_only_popularity_is_in_service_nothing_is_said_to_go_with_anything(desk: Desk) -> None:
    chance = random.Random(3)
    names = [item["sku"] for item in ITEMS]
    orders = [(f"C-{n % 25}", order(*sorted(chance.sample(names, 3)))) for n in range(100)]
    desk.bring(Folder(items=ITEMS, orders=orders, others=(NOBODY,)))
    verdict = desk.learn()
    assert "So small a lead over popularity may be chance." in verdict
    assert verdict.endswith("What is popular with everyone is in service for now.")
    for who in (NOBODY, "C-1", "C-2", "C-3"):
        assert set(sentences(desk, who).values()) <= {"Popular with everyone.", "Bought by others now and then."}
