"""The demo shop: real purchases under invented names, written as the files that everybody imports."""

import csv
from datetime import date, timedelta

import pytest

from deskapp.feeds import complete_journey, demo_people
from deskapp.feeds.invented_names import person
from deskapp.feeds.item_titles import heading, is_gift, package, title

TODAY = date(2026, 3, 14)
PRODUCTS = {  # id: department, brand, category, kind, size
    1: ("GROCERY", "National", "TEAS", "TEA BAGS & BULK TEA", "20 CT"),
    2: ("GROCERY", "Private", "COOKIES/CONES", "SANDWICH COOKIES", "14 OZ"),
    3: ("PRODUCE", "National", "APPLES", "APPLES GALA (BULK&BAG)", "40 LB"),
    4: ("MISCELLANEOUS", "National", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None),
    5: ("GROCERY", "National", "BEERS/ALES", "BEERALEMALT LIQUORS", "6 PK"),
    6: ("DRUG GM", "National", None, None, None),
}


@pytest.fixture
def purchases(tmp_path, monkeypatch):
    """Four households, a week of orders; item 5 has two buyers only."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"product_id": list(PRODUCTS), "manufacturer_id": [7] * len(PRODUCTS)}
    for place, name in enumerate(("department", "brand", "product_category", "product_type", "package_size")):
        columns[name] = [row[place] for row in PRODUCTS.values()]
    parquet.write_table(pa.table(columns), tmp_path / "products.parquet")
    rows = [  # household, basket, product, quantity, value, day
        (household, 100 + household, product, 2, 3.0 + product, 1 + household)
        for household in range(1, 5)
        for product in (1, 2, 3, 6)
    ]
    rows += [(h, 200 + h, 5, 1, 7.0, 6) for h in (1, 2)]
    rows += [(1, 101, 4, 1, 9.0, 2), (1, 101, 1, 0, 3.0, 2), (1, 101, 1, 1, 0.0, 2), (2, 102, 1, 1, 4.0, 3)]
    parquet.write_table(
        pa.table(
            {
                "household_id": [r[0] for r in rows],
                "store_id": [330] * len(rows),
                "basket_id": [r[1] for r in rows],
                "product_id": [r[2] for r in rows],
                "quantity": [r[3] for r in rows],
                "sales_value": [r[4] for r in rows],
                "transaction_timestamp": pa.array([f"2017-12-{r[5]:02d}T10:00:00" for r in rows]).cast(
                    pa.timestamp("ns")
                ),
            }
        ),
        tmp_path / "transactions.parquet",
    )
    monkeypatch.setattr(complete_journey, "_data_folder", lambda: tmp_path)
    return tmp_path / "shop"


def written(folder):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.csv")}
    return {name: list(csv.DictReader(text.splitlines())) for name, text in texts.items()}


def test_what_is_no_goods_or_has_few_buyers_stays_out(purchases):
    counts = complete_journey.write(purchases, today=TODAY)
    shop = written(purchases)
    goods = {row["sku"] for row in shop["items"] if row["department"] != "Services"}
    assert goods == {"1", "2", "3", "6"}
    assert {row["sku"] for row in shop["order_lines"]} == goods
    assert counts == {f"{name}.csv": len(rows) for name, rows in shop.items()}
    assert len(shop["order_lines"]) == 17  # the lines without quantity or value are gone


def test_items_have_readable_names_prices_and_costs(purchases):
    complete_journey.write(purchases, today=TODAY)
    items = {row["sku"]: row for row in written(purchases)["items"]}
    assert items["2"]["name"] == "Corner & Co sandwich cookies, 14 oz"
    assert items["3"]["name"] == "Gala apples"
    assert items["1"]["brand"]
    assert items["1"]["name"] == f"{items['1']['brand']} tea bags, 20 ct"
    assert (items["1"]["price"], items["1"]["cost"]) == ("2.00", "1.20")  # four lines at 2.00, one at 4.00
    assert (items["1"]["giftable"], items["3"]["giftable"]) == ("1", "0")
    assert sum(row["department"] == "Services" for row in items.values()) >= 5


def test_dates_move_by_whole_weeks_to_just_before_today(purchases):
    complete_journey.write(purchases, today=TODAY)
    placed = {row["order_id"]: row["placed_at"] for row in written(purchases)["orders"]}
    first = date.fromisoformat(placed["101"][:10])
    assert first.weekday() == date(2017, 12, 2).weekday()
    last = max(date.fromisoformat(at[:10]) for at in placed.values())
    assert TODAY - timedelta(days=8) < last < TODAY


def test_the_same_day_writes_the_same_files(purchases):
    complete_journey.write(purchases, today=TODAY)
    before = {path.name: path.read_bytes() for path in purchases.iterdir()}
    complete_journey.write(purchases, today=TODAY)
    assert {path.name: path.read_bytes() for path in purchases.iterdir()} == before


def test_without_the_package_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(complete_journey, "find_spec", lambda _name: None)
    with pytest.raises(complete_journey.NoDemoData, match=r"deskapp\[demo\]"):
        complete_journey.write(tmp_path / "shop", today=TODAY)
    assert not (tmp_path / "shop").exists()


def year_of_orders():
    return [(h, 1000 * h + n, 8) for n in range(60) for h in range(1, 80)]


def test_a_few_dozen_last_baskets_are_on_their_way_and_carla_ships_tomorrow():
    coming = demo_people.coming_deliveries(year_of_orders(), TODAY)
    assert 30 <= len(coming) <= 40
    (carla,) = [delivery for delivery in coming.values() if "Carla" in delivery.person.name]
    assert carla.ship_on == TODAY + timedelta(days=1)
    assert carla.need_by_on == TODAY + timedelta(days=2)
    assert all(delivery.placed_at[:10] < TODAY.isoformat() for delivery in coming.values())
    assert any(d.need_by_on and d.need_by_on < d.estimated_on for d in coming.values())
    assert all(order == 1000 * d.household + 59 for order, d in coming.items())


def test_a_later_day_tells_the_same_stories_of_the_same_households():
    now = demo_people.coming_deliveries(year_of_orders(), TODAY)
    later = demo_people.coming_deliveries(year_of_orders(), TODAY + timedelta(days=90))
    assert {o: d.person for o, d in now.items()} == {o: d.person for o, d in later.items()}


def test_invented_people_are_the_same_at_every_run_and_many():
    assert person("17") == person("17")
    people = [person(str(n)) for n in range(2500)]
    assert len({one.email for one in people}) == 2500
    assert len({one.name for one in people}) > 1500
    assert not [one.name for one in people if "Carla" in one.name]
    assert all(one.email.endswith("@example.com") and one.email[0] != "." for one in people)
    assert all(" 555 01" in one.phone for one in people if one.phone)
    assert {one.language for one in people} == {"en", "es", "de", "ar"}


def test_names_show_a_page_what_names_can_be():
    names = [person(str(n)).name for n in range(2500)]
    assert any(not name.isascii() for name in names)
    assert any(" " not in name for name in names)
    assert any(len(name) > 40 for name in names)
    assert any("\u0600" <= letter <= "\u06ff" for name in names for letter in name)
    assert any("\u4e00" <= letter <= "\u9fff" for name in names for letter in name)


@pytest.mark.parametrize(
    ("category", "kind", "size", "maker", "words"),
    [
        ("COOKIES/CONES", "SANDWICH COOKIES", "14 OZ", "Larkfield", "Larkfield sandwich cookies, 14 oz"),
        ("SOFT DRINKS", "SFT DRNK 2 LITER BTL CARB INCL", "2 LTR", "Fern", "Fern soft drink, large bottle, 2 l"),
        ("APPLES", "APPLES GRANNY SMITH (BULK&BAG)", "", "", "Granny smith apples"),
        ("BEEF", "PRIMAL", "", "", "Beef roast"),
        ("MAGAZINE", "TV/MOVIE-MAGAZINE", "", "", "TV and movie magazine"),
        ("BREAKFAST SWEETS", "SW GDS:DONUTS", "", "", "Donuts"),
        (
            "FRZN MEAT/MEAT DINNERS",
            "FRZN SS PREMIUM ENTREES/DNRS/N",
            "9 OZ",
            "",
            "Frozen premium entrees and dinners, 9 oz",
        ),
        ("", "", "", "", "Item"),
        ("EGGS", "", "", "", "Eggs"),
    ],
)
def test_titles_can_be_read_aloud(category, kind, size, maker, words):
    assert title(category, kind, size, maker) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("6/24 OZ", "6 × 24 oz"), ("12.25   OZ", "12.25 oz"), (".5 L", "0.5 l"), ("PT", "1 pt"), ("A D   1 DZ", "1 dozen"),
        ("525428 CTN", ""), ("SIZE 9", ""), ("", ""), ("6.8 FL OZ", "6.8 fl oz"), ("CTN", "carton"),
    ],
)  # fmt: skip
def test_sizes_are_said_or_left_out(size, words):
    assert package(size) == words


def test_headings_do_not_shout():
    assert heading("PNT BTR/JELLY/JAMS") == "Peanut butter, jelly and jams"
    assert heading("DRUG GM") == "Drugstore and household"
    assert heading("") == "Other"


@pytest.mark.parametrize(
    "category", ["BEERS/ALES", "CIGARETTES", "BEEF", "FROZEN PIZZA", "INFANT FORMULA", "ANALGESICS"]
)
def test_nobody_is_given_what_is_no_gift(category):
    assert not is_gift(category)
