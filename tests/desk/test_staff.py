"""Who works here: what holds whoever asks and however many ask at once."""

import cast
import pytest
from rivals import at_once
from sqlmodel import select

from deskapp.desk import staff
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Role
from deskapp.store.staff import names
from deskapp.store.tables import Audit, Staff


def test_two_admins_who_demote_each_other_at_once_leave_one(database, people):
    with database.writing() as session:
        staff.set_role(session, people["ada"], people["mo"].staff_id, Role.ADMIN, now=cast.NOW)
    pairs = [("ada", "mo"), ("mo", "ada")]

    def demote(n: int) -> None:
        asks, goes = pairs[n]
        with database.writing() as session:
            staff.set_role(session, people[asks], people[goes].staff_id, Role.AGENT, now=cast.NOW)

    results = at_once(2, demote)
    assert sorted(type(result) for result in results if result is not None) == [Conflict]
    with database.reading() as session:
        assert len(session.exec(select(Staff).where(Staff.role == Role.ADMIN)).all()) == 1


def test_two_who_hire_the_same_name_at_once_hire_one(database, people):
    def hire(_: int):
        with database.writing() as session:
            return staff.hire(session, None, "zoe", "Zoë", Role.AGENT, password_hash="x", now=cast.NOW)

    results = at_once(4, hire)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert {type(result) for result in results if isinstance(result, Exception)} == {Invalid}


def test_the_first_admin_of_an_empty_desk_is_hired_by_the_desk_itself(session, people):
    actor = staff.hire(session, None, "zoe", "Zoë", Role.ADMIN, password_hash="x", now=cast.NOW)
    assert actor.role is Role.ADMIN
    line = session.exec(select(Audit).where(Audit.action == "staff.hired")).one()
    assert (line.staff_id, line.subject) == (None, f"staff:{actor.staff_id}")


def test_audit_lines_hold_no_names_and_no_passwords(session, people):
    ana = people["ana"].staff_id
    staff.hire(session, people["ada"], "zoe", "Zoë", Role.AGENT, password_hash="$hash", now=cast.NOW)
    staff.set_password(session, people["ada"], ana, "$hash", now=cast.NOW)
    staff.set_role(session, people["ada"], ana, Role.LEAD, now=cast.NOW)
    staff.disable(session, people["ada"], ana, now=cast.NOW)
    session.flush()
    lines = session.exec(select(Audit)).all()
    assert {"staff.hired", "staff.password-set", "staff.role-set", "staff.disabled", "seat.all-left"} <= {
        line.action for line in lines
    }
    assert not any(word in repr(line.details) + line.subject for line in lines for word in ("zoe", "Zoë", "$hash"))


def test_names_are_of_everybody_who_ever_worked_here(session, people):
    staff.disable(session, people["ada"], people["ana"].staff_id, now=cast.NOW)
    session.flush()
    assert names(session)[people["ana"].staff_id] == "Ana"
    assert names(session, [people["bo"].staff_id]) == {people["bo"].staff_id: "Bo"}


@pytest.mark.parametrize("act", [staff.disable, staff.enable, staff.sign_out_everywhere])
def test_somebody_who_is_not_here_is_not_found(session, people, act):
    with pytest.raises(NotFound):
        act(session, people["ada"], 10**9, now=cast.NOW)
