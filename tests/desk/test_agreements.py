"""Whoever sets a limit cannot make sure that nobody else has to agree to it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import cast
import pytest
from sqlmodel import Session

from deskapp.desk import agreements, audit, limits, staff
from deskapp.desk.limit_forms import NewLimit
from deskapp.rules.people import Actor, Role
from deskapp.store.gift_tables import LimitVersion
from deskapp.store.tables import Staff

People = dict[str, Actor]
Turning = Callable[[Session, People], None]


def shut_out(session: Session, people: People) -> None:
    staff.disable(session, people["ada"], people["mo"].staff_id, now=cast.NOW)


def make_less(session: Session, people: People) -> None:
    staff.set_role(session, people["ada"], people["mo"].staff_id, Role.AGENT, now=cast.NOW)


def has_to_wait(session: Session, actor: Actor, now: datetime) -> bool:
    audit.write(session, actor, "staff.signed-in", f"staff:{actor.staff_id}", now=now)
    form = NewLimit(form_key="limit-key-1", giver="role:admin", per_gift="500", per_giver_per_week="500")
    version_id = limits.set_limit(session, actor, form, terms=cast.TERMS, now=now)
    return session.get_one(LimitVersion, version_id).needs_agreement


@pytest.mark.parametrize("turn_away", [shut_out, make_less])
def test_who_was_turned_away_lately_still_has_to_agree(session: Session, people: People, turn_away: Turning) -> None:
    turn_away(session, people)
    assert not agreements.is_alone(session, people["ada"])
    assert agreements.list_agreers(session, people["ada"]) == ["Mo"]
    assert has_to_wait(session, people["ada"], cast.NOW + timedelta(days=30))


@pytest.mark.parametrize("turn_away", [shut_out, make_less])
def test_after_thirty_days_who_is_left_is_alone(session: Session, people: People, turn_away: Turning) -> None:
    turn_away(session, people)
    assert not has_to_wait(session, people["ada"], cast.NOW + timedelta(days=31))
    assert agreements.is_alone(session, people["ada"])


def test_who_never_set_limits_is_nobody_to_agree(session: Session, people: People) -> None:
    session.get_one(Staff, people["mo"].staff_id).is_active = False
    staff.disable(session, people["ada"], people["bo"].staff_id, now=cast.NOW)
    assert agreements.is_alone(session, people["ada"])
