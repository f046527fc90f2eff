"""Order lines are looked up in whole chunks; a mistake must be found all the same, and cost nobody else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskapp.feeds.order_lines import order_lines
from deskapp.feeds.problems import Problems

HEADER = "order_id,sku,quantity,unit_price\n"
ORDERS = {"O1": (11, "USD"), "O2": (12, "JPY"), "O3": (13, "")}  # the third was itself refused
SKUS = {"tea": 21, "jam": 22}


def read(folder: Path, text: str) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, str]]]:
    path = folder / "order_lines.csv"
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    rows = [row for chunk in order_lines(path, problems, orders=ORDERS, items=SKUS) for row in chunk.rows]
    return rows, [(p.line, p.column) for p in problems.kept]


def test_lines_are_read_in_minor_units_of_their_order(tmp_path):
    rows, problems = read(tmp_path, HEADER + "O1,tea,2,3.50\nO1,jam,-1,4\nO2,tea,1,350\n")
    assert problems == []
    assert rows == [(11, 21, 2, 350), (11, 22, -1, 400), (12, 21, 1, 350)]


def test_columns_may_stand_in_another_order_among_others(tmp_path):
    rows, problems = read(tmp_path, "unit_price,note,quantity,sku,order_id\n3.50,hello,2,tea,O1\n")
    assert (rows, problems) == ([(11, 21, 2, 350)], [])


def test_blanks_around_a_field_do_not_matter(tmp_path):
    rows, problems = read(tmp_path, HEADER + " O1 , tea , 2 , 3.50 \nO1,jam,1,1\n")
    assert (rows, problems) == ([(11, 21, 2, 350), (11, 22, 1, 100)], [])


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("O9,tea,1,1", "order_id"), ("O1,wine,1,1", "sku"), ("O1,tea,0,1", "quantity"), ("O1,tea,,1", "quantity"),
        ("O1,tea,1.5,1", "quantity"), ("O1,tea,two,1", "quantity"), ("O1,tea,١,1", "quantity"),
        ("O1,tea,1_0,1", "quantity"), ("O1,tea,1000001,1", "quantity"), ("O1,tea,-1000001,1", "quantity"),
        ("O1,tea,1,-1", "unit_price"), ("O1,tea,1,1e3", "unit_price"), ("O1,tea,1,", "unit_price"),
        ("O1,tea,1,1.005", "unit_price"), ("O2,tea,1,1.5", "unit_price"), ("O1,tea,1,NaN", "unit_price"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_its_neighbours_are_taken(tmp_path, line, column):
    rows, problems = read(tmp_path, f"{HEADER}O1,jam,1,1\n{line}\nO1,jam,1,2\n")
    assert problems == [(3, column)]
    assert rows == [(11, 22, 1, 100), (11, 22, 1, 200)]


def test_every_bad_field_of_a_line_is_named(tmp_path):
    _, problems = read(tmp_path, HEADER + "O9,wine,0,free\n")
    assert problems == [(2, "order_id"), (2, "sku"), (2, "quantity"), (2, "unit_price")]


def test_a_price_is_not_blamed_when_its_order_was_refused(tmp_path):
    _, problems = read(tmp_path, HEADER + "O3,tea,1,1.234\n")
    assert problems == []
    _, problems = read(tmp_path, HEADER + "O3,tea,1,free\n")
    assert problems == [(2, "unit_price")]


fields = st.one_of(st.sampled_from(["O1", "tea", "1", "3.50", "", " ", "O9"]), st.text(max_size=8))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(fields, fields, fields, fields), max_size=6))
def test_a_chunk_with_a_mistake_gives_the_same_as_its_lines_alone(tmp_path, lines):
    """Each line is either taken or named, and its neighbours make no difference."""
    texts = [",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in lines]
    texts = [text for text in texts if text.isprintable() or ("\n" not in text[:-1] and "\r" not in text)]
    texts = [text for text in texts if text.encode("utf-8", "ignore").decode() == text]
    together, problems = read(tmp_path, HEADER + "".join(texts))
    alone = [read(tmp_path, HEADER + text) for text in texts]
    assert together == [row for rows, _ in alone for row in rows]
    assert len(problems) == sum(len(found) for _, found in alone)
    assert all(bool(rows) != bool(found) for rows, found in alone)
