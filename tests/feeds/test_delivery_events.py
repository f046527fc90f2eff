"""Lines of what happened to parcels, from text to records."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deskapp.feeds.delivery_events import Told, delivery_events
from deskapp.feeds.problems import Problems

HEADER = "order_id,kind,happened_at,estimated_on,event_id\n"


def read(folder: Path, text: str) -> tuple[list[Told], list[tuple[int, str]]]:
    path = folder / "delivery_events.csv"
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    rows = [row for batch in delivery_events(path, problems) for row in batch.rows]
    return rows, [(p.line, p.column) for p in problems.kept]


def test_each_line_is_what_it_says_in_utc(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path, HEADER + "O-1,Estimated,2026-03-14T08:00+01:00,2026-03-20,e1\nO-2,left,2026-03-14,,\n"
    )
    assert problems == []
    assert rows == [
        Told(2, "O-1", "estimated", datetime(2026, 3, 14, 7, tzinfo=UTC), date(2026, 3, 20), "e1"),
        Told(3, "O-2", "left", datetime(2026, 3, 14, tzinfo=UTC), None, "", is_day=True),
    ]


def test_columns_that_may_be_missing_may_be_missing(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "kind,happened_at,order_id\nreturned,2026-03-14,O-1\n")
    assert (rows[0].event_id, rows[0].estimated_on, problems) == ("", None, [])


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",left,2026-03-14,,", "order_id"),
        ("O-1,lost,2026-03-14,,", "kind"),
        ("O-1,left,yesterday,,", "happened_at"),
        ("O-1,left,,,", "happened_at"),
        ("O-1,estimated,2026-03-14,soon,", "estimated_on"),
        (f"O-1,left,2026-03-14,,{'x' * 121}", "event_id"),
        ("O-1,left,2026-03-14", ""),
    ],
)
def test_a_bad_line_is_named_and_its_neighbours_are_read(tmp_path: Path, line: str, column: str) -> None:
    rows, problems = read(tmp_path, f"{HEADER}O-1,left,2026-03-14,,a\n{line}\nO-1,left,2026-03-14,,b\n")
    assert problems == [(3, column)]
    assert [row.line for row in rows] == [2, 4]


def test_without_a_number_a_line_is_known_by_all_that_it_says(tmp_path: Path) -> None:
    lines = ["O-1,left,2026-03-14,,", "O-1,left,2026-03-15,,", "O-2,left,2026-03-14,,", "O-1,delivered,2026-03-14,,"]
    first, _ = read(tmp_path, HEADER + "\n".join(lines) + "\n")
    again, _ = read(tmp_path, HEADER + " O-1 , LEFT ,2026-03-14T00:00:00Z,,\n")
    assert len({row.key for row in first}) == 4
    assert again[0].key == first[0].key
