"""Import of a folder: nothing of files with a fault, twice is once, and every fault named. What happens when it is cut short
stands in test_imports_cut_short."""

import threading
from datetime import date

import pytest
from cast import NOW
from sqlmodel import func, select

from deskapp.desk import grants
from deskapp.desk.imports import run_import
from deskapp.rules.people import Role
from deskapp.store import models
from deskapp.store.gift_tables import Bucket, Grant
from deskapp.store.tables import Audit, Customer, Delivery, ImportReceipt, Item, ItemKind, Order, OrderLine

SHOP = {
    "customers.csv": "customer_id,name,email\nC-1,Carla Núñez,Carla@Example.com\nC-7,Ødegård,\n",
    "items.csv": "sku,name,price,cost,stock,giftable\ntea,Tea,3.50,2,10,1\njam,Jam,4.20,2.10,3,0\n",
    "orders.csv": (
        "order_id,customer_id,placed_at,status,ship_on,need_by_on\n"
        "A1,C-1,2026-03-01T10:00:00Z,delivered,,\nA2,C-7,2026-03-12T10:00:00Z,open,2026-03-15,2026-03-16\n"
    ),
    "order_lines.csv": "order_id,sku,quantity,unit_price\nA1,tea,2,3.50\nA1,jam,1,4.00\nA2,jam,1,4.20\nA2,jam,-1,4.20\n",
}
TABLES = (Customer, Item, Order, OrderLine, Delivery, ImportReceipt, Audit)


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    put(folder, **SHOP)
    return folder


def put(folder, **files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def bring(database, folder, progress=lambda _share, _words: None, actor=None):
    return run_import(database, actor, folder, currency="USD", now=NOW, progress=progress)


def sizes(database):
    with database.reading() as session:
        return {t.__tablename__: session.exec(select(func.count()).select_from(t)).one() for t in TABLES}


def lines(database, external_id):
    with database.reading() as session:
        query = (
            select(OrderLine.line, Item.sku, OrderLine.quantity, OrderLine.unit_price_minor)
            .join(Order, Order.id == OrderLine.order_id)
            .join(Item, Item.id == OrderLine.item_id)
            .where(Order.external_id == external_id)
            .order_by(OrderLine.line)
        )
        return [tuple(row) for row in session.exec(query).all()]


def test_a_shop_is_taken_in_with_its_deliveries(database, shop):
    report = bring(database, shop)
    assert report.counts == {"customers": 2, "items": 2, "orders": 2, "order_lines": 4}
    assert not report.is_refused
    assert lines(database, "A1") == [(1, "tea", 2, 350), (2, "jam", 1, 400)]
    assert lines(database, "A2") == [(1, "jam", 1, 420), (2, "jam", -1, 420)]
    with database.reading() as session:
        delivery = session.exec(select(Delivery)).one()
        assert (delivery.ship_on, delivery.need_by_on) == (date(2026, 3, 15), date(2026, 3, 16))
        found = session.exec(select(Customer.name_folded).order_by(Customer.name_folded)).all()
        assert found == ["carla nunez", "odegard"]


def test_lines_may_stand_in_any_sequence_and_keep_that_of_their_file_within_an_order(database, shop):
    rows = ["A2,jam,1,4.20", "A1,tea,2,3.50", "A2,tea,5,3.50", "A1,jam,1,4.00", "A2,jam,-1,4.20"]
    put(shop, **{"order_lines.csv": "order_id,sku,quantity,unit_price\n" + "\n".join(rows)})
    bring(database, shop)
    assert lines(database, "A1") == [(1, "tea", 2, 350), (2, "jam", 1, 400)]
    assert lines(database, "A2") == [(1, "jam", 1, 420), (2, "tea", 5, 350), (3, "jam", -1, 420)]


def test_the_import_leaves_one_audit_line_with_counts_and_a_newer_catalogue(database, people, shop):
    with database.reading() as session:
        before = models.marks(session).catalogue
    bring(database, shop, actor=people["ada"])
    with database.reading() as session:
        (line,) = session.exec(select(Audit).where(Audit.action == "import.done")).all()
        assert line.staff_id == people["ada"].staff_id
        assert line.details == {"customers": 2, "items": 2, "orders": 2, "order_lines": 4}
        begun = session.exec(select(Audit).where(Audit.action == "import.begun")).one()
        assert (begun.staff_id, begun.subject) == (line.staff_id, line.subject)
        assert models.marks(session).catalogue == before + 1


def test_the_same_files_again_change_nothing(database, shop):
    bring(database, shop)
    before = sizes(database)
    report = bring(database, shop)
    assert report.already_imported
    assert report.counts == {"customers": 2, "items": 2, "orders": 2, "order_lines": 4}
    assert sizes(database) == before


def test_a_way_back_to_older_files_is_no_repeat(database, shop):
    bring(database, shop)
    older = SHOP["items.csv"]
    put(shop, **{"items.csv": older.replace("3.50", "9.99")})
    bring(database, shop)
    put(shop, **{"items.csv": older})
    assert not bring(database, shop).already_imported
    with database.reading() as session:
        assert session.exec(select(Item.price_minor).where(Item.sku == "tea")).one() == 350


def test_another_currency_of_the_desk_is_another_import(database, shop):
    bring(database, shop)
    report = run_import(database, None, shop, currency="EUR", now=NOW, progress=lambda *_: None)
    assert not report.already_imported


def test_an_order_that_comes_again_gets_its_new_lines_only(database, shop):
    bring(database, shop)
    put(shop, **{"order_lines.csv": "order_id,sku,quantity,unit_price\nA1,jam,7,1\n"})
    bring(database, shop)
    assert lines(database, "A1") == [(1, "jam", 7, 100)]
    assert lines(database, "A2") == []  # its order is in these files, its lines are not any more
    assert sizes(database)["orders"] == 2


def test_lines_alone_leave_other_orders_as_they_are(database, shop):
    bring(database, shop)
    for name in ("customers.csv", "items.csv", "orders.csv"):
        (shop / name).unlink()
    put(shop, **{"order_lines.csv": "order_id,sku,quantity,unit_price\nA1,jam,7,1\n"})
    assert bring(database, shop).counts == {"order_lines": 1}
    assert lines(database, "A1") == [(1, "jam", 7, 100)]
    assert len(lines(database, "A2")) == 2


def test_orders_alone_keep_their_lines_and_refer_to_customers_of_the_desk(database, shop):
    bring(database, shop)
    for name in ("customers.csv", "items.csv", "order_lines.csv"):
        (shop / name).unlink()
    put(shop, **{"orders.csv": "order_id,customer_id,placed_at,status\nA2,C-1,2026-03-13,delivered\n"})
    assert bring(database, shop).counts == {"orders": 1}
    assert len(lines(database, "A2")) == 2


def test_where_and_when_an_item_is_to_be_had_comes_with_it(database, tmp_path):
    header = "sku,name,price,kind,available_from,available_until,regions\n"
    put(tmp_path, **{"items.csv": header + "wrap,Wrapping,2,service,2026-03-01,2026-03-31,Main St;North\n"})
    bring(database, tmp_path)
    with database.reading() as session:
        item = session.exec(select(Item)).one()
    assert (item.kind, item.regions) == (ItemKind.SERVICE, "Main St; North")
    assert (item.available_from, item.available_until) == (date(2026, 3, 1), date(2026, 3, 31))


def test_how_an_item_may_be_given_comes_with_it_and_stays_where_a_file_says_nothing(database, tmp_path):
    def item() -> Item:
        with database.reading() as session:
            return session.exec(select(Item)).one()

    put(tmp_path, **{"items.csv": "sku,name,price,capacity_per_day,given_by\nwrap,Wrapping,2,9,lead\n"})
    bring(database, tmp_path)
    assert (item().capacity_per_day, item().least_role) == (9, Role.LEAD)
    put(tmp_path, **{"items.csv": "sku,name,price\nwrap,Wrapping,3\n"})
    bring(database, tmp_path)
    assert (item().price_minor, item().capacity_per_day, item().least_role) == (300, 9, Role.LEAD)
    put(tmp_path, **{"items.csv": "sku,name,price,capacity_per_day,given_by\nwrap,Wrapping,3,,agent\n"})
    bring(database, tmp_path)
    assert (item().capacity_per_day, item().least_role) == (None, None)


def test_columns_that_a_file_lacks_keep_what_the_desk_knows(database, people, tmp_path):
    put(tmp_path, **{"customers.csv": "customer_id,name\nC-1,Carla N.\n", "items.csv": "sku,name,price\nwine,Red,5\n"})
    assert not bring(database, tmp_path).is_refused
    with database.reading() as session:
        carla = session.exec(select(Customer).where(Customer.external_id == "C-1")).one()
        assert (carla.name, carla.name_folded, carla.email) == ("Carla N.", "carla n.", "Carla@example.com")
        wine = session.exec(select(Item).where(Item.sku == "wine")).one()
        assert (wine.price_minor, wine.cost_minor, wine.is_giftable, wine.stock) == (500, 240, False, 50)


@pytest.mark.parametrize(
    ("name", "row", "place"),
    [
        ("customers.csv", "C-8,,\n", ("customers.csv", 4, "name")),
        ("items.csv", "wine,Red,free,,,\n", ("items.csv", 4, "price")),
        ("orders.csv", "A3,nobody,2026-03-01,open,,\n", ("orders.csv", 4, "customer_id")),
        ("order_lines.csv", "A9,tea,1,1\n", ("order_lines.csv", 6, "order_id")),
        ("order_lines.csv", "A1,wine,1,1\n", ("order_lines.csv", 6, "sku")),
    ],
)
def test_one_bad_row_and_nothing_at_all_is_taken(database, shop, name, row, place):
    before = sizes(database)
    put(shop, **{name: SHOP[name] + row})
    report = bring(database, shop)
    assert report.is_refused
    assert [(p.file, p.line, p.column) for p in report.problems] == [place]
    assert sizes(database) == before


def test_a_refused_row_is_no_second_problem_for_those_who_refer_to_it(database, shop):
    put(
        shop,
        **{
            "customers.csv": SHOP["customers.csv"].replace("C-7,Ødegård", "C-7,"),
            "items.csv": SHOP["items.csv"].replace("jam,Jam,4.20", "jam,Jam,lots"),
            "orders.csv": SHOP["orders.csv"].replace("2026-03-12", "2026-30-12"),
        },
    )
    report = bring(database, shop)
    assert [(p.file, p.column) for p in report.problems] == [
        ("customers.csv", "name"),
        ("items.csv", "price"),
        ("orders.csv", "placed_at"),
    ]


def test_a_file_that_is_no_text_stops_the_import_at_once(database, shop):
    (shop / "items.csv").write_bytes(b"sku,name,price\n\x00")
    report = bring(database, shop)
    assert [(p.file, p.line) for p in report.problems] == [("items.csv", 2)]
    assert report.counts == {}


def test_a_folder_without_any_of_the_files_says_what_it_lacks(database, tmp_path):
    (problem,) = bring(database, tmp_path).problems
    assert "customers.csv" in problem.reason
    (problem,) = bring(database, tmp_path / "nowhere").problems
    assert "customers.csv" in problem.reason


def test_progress_grows_to_one(database, shop):
    told = []
    bring(database, shop, lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert told[0][1] == "customers.csv, rows: 2"


def test_two_imports_at_once_are_one_after_the_other(database, shop, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    put(other, **SHOP | {"items.csv": SHOP["items.csv"].replace("Jam", "Jelly")})
    reports = []
    threads = [threading.Thread(target=lambda f=f: reports.append(bring(database, f))) for f in (shop, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.is_refused for r in reports] == [False, False]
    assert len(lines(database, "A1")) == 2


def with_a_gift(database, people):
    """Tea that goes along with the open order; the customer's id."""
    with database.writing() as session:
        order = session.exec(select(Order).where(Order.external_id == "A2")).one()
        customer, tea = (
            session.get_one(Customer, order.customer_id),
            session.exec(select(Item).where(Item.sku == "tea")).one(),
        )
        grants.give(session, people["ana"], customer, tea, order.id, key="gift-key-1", now=NOW)
    return customer.id


@pytest.mark.parametrize(
    ("status", "becomes"), [("delivered", "committed"), ("cancelled", "cancelled"), ("Refunded", "returned")]
)
def test_an_order_that_has_ended_settles_its_gifts_with_the_import(database, people, shop, status, becomes):
    bring(database, shop)
    customer_id = with_a_gift(database, people)
    put(shop, **{"orders.csv": SHOP["orders.csv"].replace("open", status)})
    for _ in range(2):
        bring(database, shop)
    with database.reading() as session:
        assert [grant.state for grant in session.exec(select(Grant)).all()] == [becomes]
        booked = {350, 200} if becomes == "committed" else {0}  # at price and at cost
        assert {bucket.spent_minor for bucket in session.exec(select(Bucket)).all()} == booked
        settled = session.exec(select(Audit).where(Audit.action == f"gift.{becomes}")).all()
        assert [line.subject for line in settled] == [f"customer:{customer_id}"]


def test_a_refused_import_settles_nothing(database, people, shop):
    bring(database, shop)
    with_a_gift(database, people)
    put(
        shop,
        **{
            "orders.csv": SHOP["orders.csv"].replace("open", "cancelled"),
            "order_lines.csv": "order_id,sku,quantity,unit_price\nA9,tea,1,1\n",
        },
    )
    assert bring(database, shop).is_refused
    with database.reading() as session:
        assert [grant.state for grant in session.exec(select(Grant)).all()] == ["reserved"]
