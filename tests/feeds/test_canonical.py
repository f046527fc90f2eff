"""Customers, items and orders: every rule about a field, and about a row."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskapp.feeds import canonical
from deskapp.feeds.problems import KEPT, Problem, Problems

CUSTOMERS = "customer_id,name,email,phone,language,tier,joined_on\n"
ITEMS = "sku,name,category,department,brand,price,cost,currency,stock,giftable\n"
ORDERS = "order_id,customer_id,placed_at,store,currency,status,ship_on,need_by_on,estimated_on\n"


def read(kind: str, folder: Path, text: str | bytes, **known: object) -> tuple[list[canonical.Record], list[Problem]]:
    path = folder / f"{kind}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    batches = getattr(canonical, kind)(path, problems, {}, **known)
    return [row for batch in batches for row in batch.rows], problems.kept


def customers(folder, text):
    return read("customers", folder, text)


def items(folder, text):
    return read("items", folder, text, currency="USD")


def orders(folder, text):
    return read("orders", folder, text, currency="USD", customers={"C1": 1})


def test_a_full_customer_row_is_read(tmp_path):
    rows, problems = customers(
        tmp_path, CUSTOMERS + ' C1 ,"Núñez, Carla",carla@example.com,+1 (415) 555-0142,en,club,2021-03-04\n'
    )
    assert problems == []
    assert rows == [
        {
            "external_id": "C1", "name": "Núñez, Carla", "email": "carla@example.com", "phone": "+1 (415) 555-0142",
            "language": "en", "tier": "club", "joined_on": date(2021, 3, 4), "receiver": None, "zone": None,
        }
    ]  # fmt: skip


def test_columns_may_be_missing_extra_reordered_and_written_in_capitals(tmp_path):
    rows, problems = customers(tmp_path, "Shoe Size,NAME,Customer_ID\n41,Dan,C2\n")
    assert problems == []
    assert (rows[0]["external_id"], rows[0]["name"], rows[0]["email"]) == ("C2", "Dan", None)


def test_where_a_customer_lives_is_a_zone_that_is_known_or_the_line_is_refused(tmp_path):
    rows, problems = customers(
        tmp_path,
        "customer_id,name,zone\nC1,Dan,asia/tokyo\nC2,Eve,America/Los Angeles\nC3,Fay, \nC4,Gus,Madrid\nC5,Hal,+02:00\n",
    )
    assert [row["zone"] for row in rows] == ["Asia/Tokyo", "America/Los_Angeles", None]
    assert [(one.line, one.column) for one in problems] == [(5, "zone"), (6, "zone")]
    assert (
        problems[0].reason == "This is no time zone that we know; write its city like Europe/Madrid, or leave it blank."
    )


def test_only_columns_of_the_file_are_given(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,name,phone\nC1,Dan,\n")
    (batch,) = canonical.customers(path, Problems(), {})
    assert batch.given == {"external_id", "name", "phone"}


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    rows, problems = customers(tmp_path, b"\xef\xbb\xbfcustomer_id,name\r\nC1,Dan\r\n\r\n  \r\nC2,Eve\r\n")
    assert problems == []
    assert [row["name"] for row in rows] == ["Dan", "Eve"]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (",Dan,,,,,", "customer_id", "empty"),
        ("C1,  ,,,,,", "name", "empty"),
        (f"C1,{'x' * 201},,,,,", "name", "at most 200"),
        (f"{'x' * 121},Dan,,,,,", "customer_id", "at most 120"),
        ("C1,Da\x07n,,,,,", "name", "control character"),
        ("C1,Da\u2028n,,,,,", "name", "control character"),
        ("C1,Dan,dan at example.com,,,,", "email", "name@example.com"),
        ("C1,Dan,dan@example,,,,", "email", "name@example.com"),
        ("C1,Dan,a@b@example.com,,,,", "email", "name@example.com"),
        ("C1,Dan,,call me,,,", "phone", "digits"),
        ("C1,Dan,,٠١٢٣,,,", "phone", "digits"),
        ("C1,Dan,,,english please,,", "language", "pt-BR"),
        ("C1,Dan,,,,,4.3.2021", "joined_on", "2017-03-01"),
        ("C1,Dan,,,,,2021-02-30", "joined_on", "2017-03-01"),
        ("C1,Dan,,,,,0021-02-03", "joined_on", "year"),
    ],
)
def test_a_bad_customer_field_is_named_with_its_line_and_column(tmp_path, row, column, words):
    rows, (problem,) = customers(tmp_path, CUSTOMERS + "C0,Eve,,,,,\n" + row + "\n")
    assert [r["external_id"] for r in rows] == ["C0"]
    assert (problem.file, problem.line, problem.column) == ("customers.csv", 3, column)
    assert words in problem.reason


def test_every_bad_field_of_a_row_is_named(tmp_path):
    _, problems = customers(tmp_path, CUSTOMERS + "C1,,x,y,,,z\n")
    assert [p.column for p in problems] == ["name", "email", "phone", "joined_on"]


def test_a_key_may_stand_in_a_file_only_once(tmp_path):
    rows, (problem,) = customers(tmp_path, "customer_id,name\nC1,Dan\nC2,Eve\n C1,Dan again\n")
    assert len(rows) == 2
    assert str(problem) == "customers.csv, line 4, customer_id: This customer_id is already on line 2."


def test_a_full_item_row_is_read_in_minor_units_of_its_own_currency(tmp_path):
    rows, problems = items(
        tmp_path,
        ITEMS
        + "tea,Green tea,Tea,Drinks,Larkfield,3.50,2.1,usd,12,1\nrice,Rice,,,,120,,JPY,0,no\noil,Oil,,,,1.234,1,KWD,3,YES\n",
    )
    assert problems == []
    assert [(r["price_minor"], r["cost_minor"], r["currency"]) for r in rows] == [
        (350, 210, "USD"),
        (120, 120, "JPY"),  # an unknown cost counts as the whole price
        (1234, 1000, "KWD"),
    ]
    assert [(r["stock"], r["is_giftable"]) for r in rows] == [(12, True), (0, False), (3, True)]


def test_an_item_needs_no_more_than_a_sku_a_name_and_a_price(tmp_path):
    rows, problems = items(tmp_path, "sku,name,price\ntea,Green tea,3.5\n")
    assert problems == []
    assert rows[0]["currency"] == "USD"
    assert rows[0]["stock"] == canonical.UNCOUNTED_STOCK
    assert rows[0]["is_giftable"] is True
    assert [rows[0][key] for key in ("kind", "available_from", "available_until", "regions")] == [
        "goods",
        None,
        None,
        "",
    ]


def test_an_item_may_say_how_often_a_day_it_is_given_and_by_whom(tmp_path):
    rows, problems = items(
        tmp_path,
        "sku,name,price,capacity_per_day,given_by\na,A,1,5,lead\nb,B,1,,\nc,C,1, 0 , Manager \nd,D,1,,agent\n",
    )
    assert problems == []
    assert [(row["capacity_per_day"], row["least_role"]) for row in rows] == [
        (5, "lead"),
        (None, None),
        (0, "manager"),
        (None, None),  # what agents may give everybody may
    ]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("capacity_per_day", "-1", "A day's capacity is from 0"),
        ("capacity_per_day", "1000001", "A day's capacity is from 0"),
        ("capacity_per_day", "few", "This is no whole number"),
        ("capacity_per_day", "2.5", "This is no whole number"),
        ("given_by", "delivery", "Write agent, lead, manager or admin here."),
        ("given_by", "everybody", "Write agent, lead, manager or admin here."),
    ],
)
def test_how_an_item_may_be_given_is_refused_where_it_cannot_be(tmp_path, column, value, words):
    rows, (problem,) = items(tmp_path, f"sku,name,price,{column}\na,A,1,{value}\n")
    assert (rows, problem.column) == ([], column)
    assert words in problem.reason


def test_an_item_may_say_what_it_is_and_where_and_when_it_is_to_be_had(tmp_path):
    rows, problems = items(
        tmp_path,
        "sku,name,price,kind,available_from,available_until,regions\n"
        "wrap,Gift wrapping,2,Service,2026-11-01,2026-12-24, North Gate ;Main St;;Main St\n"
        "card,Card,20,gift card,,,\n"
        "tea,Tea,3,,2026-11-01,,\n",
    )
    assert problems == []
    assert [r["kind"] for r in rows] == ["service", "gift_card", "goods"]
    assert (rows[0]["available_from"], rows[0]["available_until"]) == (date(2026, 11, 1), date(2026, 12, 24))
    assert rows[0]["regions"] == "North Gate; Main St"
    assert rows[0]["stock"] == canonical.UNCOUNTED_STOCK  # nobody counts a service unless the shop does


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "bread"),
        ("available_from", "soon"),
        ("available_until", "31.12.2026"),
        ("available_until", "2025-12-31"),
        ("regions", "x" * 501),
    ],
)
def test_a_kind_or_day_that_cannot_be_read_or_never_comes_is_named(tmp_path, column, value):
    values = {"kind": "", "available_from": "2026-01-01", "available_until": "", "regions": ""} | {column: value}
    rows, (problem,) = items(tmp_path, f"sku,name,price,{','.join(values)}\ntea,Tea,3,{','.join(values.values())}\n")
    assert (rows, problem.column) == ([], column)


@pytest.mark.parametrize(
    "price",
    [
        "",
        "-1",
        "1e2",
        "1_000",
        "NaN",
        "Infinity",
        "1,50",
        "0x10",
        "٣",
        "１",
        "1.",
        ".5",
        "$3",
        "1.005",
        "9" * 13,
        "+1",
        "1 000",
    ],
)
def test_a_price_that_is_no_plain_decimal_of_its_currency_is_refused(tmp_path, price):
    rows, problems = items(tmp_path, f'sku,name,price,currency\ntea,Tea,"{price}",USD\n')
    assert rows == []
    assert [p.column for p in problems] == ["price"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("currency", "DOLLAR"), ("currency", "U5D"), ("currency", "$"), ("cost", "2,5"), ("cost", "-1"), ("stock", "-1"),
        ("stock", "1.5"), ("stock", "many"), ("stock", "9999999999"), ("giftable", "maybe"), ("giftable", "2"),
    ],
)  # fmt: skip
def test_a_bad_item_field_is_named(tmp_path, column, value):
    rows, (problem,) = items(tmp_path, f'sku,name,price,{column}\ntea,Tea,1,"{value}"\n')
    assert rows == []
    assert (problem.line, problem.column) == (2, column)


def test_more_decimals_than_the_currency_has_are_refused(tmp_path):
    rows, (problem,) = items(tmp_path, "sku,name,price,currency\nrice,Rice,1.5,JPY\n")
    assert rows == []
    assert "JPY has 0 decimals" in problem.reason


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T14:30:00Z", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("2026-03-01T14:30:00+02:00", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("2026-03-01 14:30", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_iso_8601_and_utc_unless_it_says_otherwise(tmp_path, text, at):
    rows, problems = orders(tmp_path, f"order_id,customer_id,placed_at\nO1,C1,{text}\n")
    assert problems == []
    assert rows[0]["placed_at"] == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "03/01/2026",
        "2026-13-01",
        "2026-03-01T25:00",
        "0001-01-01T00:00+14:00",
        "1788-01-01",
        "２０２６-03-01",
    ],
)
def test_a_time_that_is_none_is_refused(tmp_path, text):
    rows, (problem,) = orders(tmp_path, f"order_id,customer_id,placed_at\nO1,C1,{text}\n")
    assert rows == []
    assert problem.column == "placed_at"


def test_an_order_is_given_to_the_customer_it_names(tmp_path):
    rows, problems = orders(tmp_path, ORDERS + "O1,C1,2026-03-01,Main St,EUR,open,2026-03-15,2026-03-17,2026-03-16\n")
    assert problems == []
    assert (rows[0]["customer_id"], rows[0]["currency"], rows[0]["status"]) == (1, "EUR", "open")
    assert (rows[0]["ship_on"], rows[0]["need_by_on"]) == (date(2026, 3, 15), date(2026, 3, 17))


def test_an_order_of_an_unknown_customer_is_refused(tmp_path):
    rows, (problem,) = orders(tmp_path, "order_id,customer_id,placed_at\nO1,C9,2026-03-01\n")
    assert rows == []
    assert (problem.column, problem.line) == ("customer_id", 2)


def test_a_day_to_be_there_needs_a_day_to_be_shipped(tmp_path):
    rows, (problem,) = orders(tmp_path, ORDERS + "O1,C1,2026-03-01,,,,,2026-03-17,\n")
    assert rows == []
    assert problem.column == "ship_on"


def test_all_problems_are_counted_and_the_first_thousand_kept(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,name\n" + "".join(f"C{n},\n" for n in range(KEPT + 500)))
    problems = Problems()
    assert [row for batch in canonical.customers(path, problems, {}) for row in batch.rows] == []
    assert (problems.count, len(problems.kept)) == (KEPT + 500, KEPT)


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.lists(st.tuples(names, names), min_size=1, max_size=20, unique_by=lambda row: row[0][:120]))
def test_whatever_can_be_seen_comes_back_as_it_was_written(tmp_path, rows):
    import csv

    path = tmp_path / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("customer_id", "name"), *((key[:120], name) for key, name in rows)])
    problems = Problems()
    read_back = [row for batch in canonical.customers(path, problems, {}) for row in batch.rows]
    assert problems.kept == []
    assert [(row["external_id"], row["name"]) for row in read_back] == [(key[:120], name) for key, name in rows]


@quick
@given(st.binary(max_size=300), st.sampled_from(["customers", "items", "orders"]))
def test_no_bytes_whatsoever_raise_anything(tmp_path, junk, kind):
    known = {"customers": {}, "items": {"currency": "USD"}, "orders": {"currency": "USD", "customers": {"1": 1}}}[kind]
    header = {
        "customers": b"customer_id,name\n",
        "items": b"sku,name,price\n",
        "orders": b"order_id,customer_id,placed_at\n",
    }
    for text in (junk, header[kind] + junk):
        path = tmp_path / f"{kind}.csv"
        path.write_bytes(text)
        problems = Problems()
        if scan_is_clean(path, problems):
            for batch in getattr(canonical, kind)(path, problems, {}, **known):
                assert all(isinstance(row, dict) for row in batch.rows)


def scan_is_clean(path: Path, problems: Problems) -> bool:
    from deskapp.feeds.csv_file import scan

    scan(path, problems)
    return not problems
