"""What is asked about one customer's gifts costs the same however many gifts others were given."""

import re

import pytest
from sqlalchemy.dialects import sqlite as dialect

from deskapp.store import eligibility, grants
from deskapp.store.db import Database
from deskapp.store.rows import Rows

QUESTIONS = {
    "kept-since": grants._KEPT_SINCE,
    "newest-kept": grants._NEWEST_KEPT,
    "kept-with-an-order": grants._KEPT_WITH,
    "kept-items": grants._KEPT_ITEMS,
    "newest": grants._NEWEST,
    "days-since-the-last": eligibility._GIVEN,
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_only_this_customers_gifts_are_looked_at(sqlite: Database, question) -> None:
    statement = (question.ready if isinstance(question, Rows) else question).statement
    asked = re.sub(r"__\[POSTCOMPILE_\w+\]", "?", str(statement.compile(dialect=dialect.dialect())))
    with sqlite.engine.connect() as connection:
        plan = [
            str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", (1,) * asked.count("?"))
        ]
    ways = [one for one in plan if "grants" in one.split()]
    assert ways, plan
    theirs = ("ix_grants_customer_id", "ix_grants_order_id (order_id=?)")
    assert all(any(way in one for way in theirs) for one in ways), plan
    assert any("ix_grants_customer_id" in one for one in ways), plan
