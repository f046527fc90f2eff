"""Where nothing is changed, rows say what entities would say."""

import cast
import pytest
from cast import NOW
from sqlalchemy import bindparam
from sqlmodel import col, select

from deskapp.rules.people import Role
from deskapp.store.db import Database
from deskapp.store.rows import Rows
from deskapp.store.tables import Audit, Staff

OF_ROLE = Rows(select(Staff).where(col(Staff.role) == bindparam("role")).order_by(col(Staff.id)))
WITH_THEIR_LINES = Rows(
    select(Staff, Audit, Staff.name).outerjoin(Audit, col(Audit.staff_id) == Staff.id).order_by(col(Staff.id))
)


@pytest.fixture
def staffed(database: Database) -> Database:
    with database.writing() as session:
        ana, *_ = cast.hire(session).values()
        session.flush()
        session.add(Audit(at=NOW, staff_id=ana.staff_id, action="tried", subject="item:1", details={"left": [1, "ü"]}))
    return database


def test_a_row_reads_like_the_entity(staffed: Database) -> None:
    with staffed.writing() as session:
        entities = OF_ROLE.all(session, role=Role.AGENT)
        names = Staff.__table__.columns.keys()
        told = [tuple(getattr(one, name) for name in names) for one in entities]
        assert all(isinstance(one, Staff) for one in entities)
    with staffed.reading() as session:
        rows = OF_ROLE.all(session, role=Role.AGENT)
    assert len(rows) > 0
    assert [tuple(getattr(row, name) for name in names) for row in rows] == told
    assert not any(isinstance(row, Staff) for row in rows)
    with pytest.raises(AttributeError):
        rows[0].name = "Somebody else"


def test_what_an_outer_join_does_not_find_is_none(staffed: Database) -> None:
    with staffed.reading() as session:
        found = WITH_THEIR_LINES.all(session)
    assert [line.details for _, line, _ in found if line] == [{"left": [1, "ü"]}]
    assert sum(line is None for _, line, _ in found) == len(found) - 1
    assert [name for _, _, name in found] == [staff.name for staff, _, _ in found]
