"""Whose names stand on a shared tablet, on both engines: whoever sat there lately, then the team of whoever enrolled it."""

from datetime import timedelta

import cast
from sqlmodel import Session

from deskapp.desk import seats, tablets
from deskapp.desk.tablets import NewTablet
from deskapp.rules.people import Actor
from deskapp.store.tables import Staff, Surface

LIFETIMES = seats.Lifetimes(timedelta(minutes=60), timedelta(hours=12))
NEW = NewTablet(form_key="key-of-a-tablet", name="By the till")


def sit(session: Session, who: Actor, tablet_id: int, days_ago: int) -> str:
    return seats.take(
        session,
        who,
        Surface.PAGE,
        secret=f"{who.username}-{days_ago}".ljust(40, "x"),
        lifetimes=LIFETIMES,
        now=cast.NOW - timedelta(days=days_ago),
        opener=seats.Opener(tablet_id=tablet_id),
    )


def test_the_last_one_stands_first_and_only_those_with_a_pin_who_may_sign_in(
    session: Session, people: dict[str, Actor]
) -> None:
    for name, team in (("ana", "Floor"), ("bo", "Floor"), ("mo", "Office"), ("ada", "Office"), ("del", "Floor")):
        row = session.get_one(Staff, people[name].staff_id)
        row.team, row.pin_hash = team, "hashed"
    session.flush()
    token = tablets.enrol(session, people["bo"], NEW, secret="s" * 40, seat_hash="", here="", now=cast.NOW)
    tablet_id = tablets.find_id(session, token)

    def names(*seat_tokens: str, is_locked: bool = False) -> list[str]:
        found = tablets.door(session, token, seat_tokens, is_locked=is_locked, now=cast.NOW)
        by_id = {one.id: one.name for one in found.people}
        return [*by_id.values(), f"last {by_id[found.last_id]}"] if found.last_id else list(by_id.values())

    assert names() == ["Ana", "Bo", "Del"]
    mos = sit(session, people["mo"], tablet_id, 2)
    sit(session, people["bo"], tablet_id, 5)
    sit(session, people["ada"], tablet_id, 31)
    assert names() == ["Mo", "Bo", "Ana", "Del"]
    assert names(mos, is_locked=True) == ["Mo", "Bo", "Ana", "Del", "last Mo"]
    session.get_one(Staff, people["mo"].staff_id).is_active = False
    session.get_one(Staff, people["bo"].staff_id).pin_hash = None
    session.flush()
    assert names(mos, is_locked=True) == ["Ana", "Del"]
    tablets.revoke(session, people["ada"], tablet_id, now=cast.NOW)
    session.flush()
    assert tablets.door(session, token, (), is_locked=False, now=cast.NOW) is None
