from datetime import date, timedelta

import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import promises
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store import customers
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Delivery

People = dict[str, Actor]
TODAY = cast.NOW.date()


def call_back(due_on: date = TODAY, key: str = "promise-1") -> promises.NewPromise:
    return promises.NewPromise(text="Call back about the lamp", due_on=due_on, form_key=key)


def test_an_open_promise_names_its_owner_and_is_late_from_the_next_day(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    promises.make(session, people["ana"], carla, call_back(), now=cast.NOW)
    (row,) = promises.panel(session, carla, today=TODAY).open
    assert (row.owner, row.is_late) == ("Ana", False)
    (row,) = promises.panel(session, carla, today=TODAY + timedelta(days=1)).open
    assert row.is_late


def test_nobody_promises_a_day_that_has_passed(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    with pytest.raises(Invalid, match="today or a later day"):
        promises.make(session, people["ana"], carla, call_back(TODAY - timedelta(days=2)), now=cast.NOW)
    assert promises.panel(session, carla, today=TODAY).open == []


def test_a_kept_promise_leaves_the_panel_and_stays_kept(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    promises.make(session, people["ana"], carla, call_back(), now=cast.NOW)
    (row,) = promises.panel(session, carla, today=TODAY).open
    promises.keep(session, people["bo"], row.id, now=cast.NOW)
    promises.keep(session, people["bo"], row.id, now=cast.NOW + timedelta(days=1))
    assert promises.panel(session, carla, today=TODAY).open == []
    assert session.exec(select(Promise)).one().kept_at == cast.NOW


def test_promising_twice_with_one_form_is_one_promise(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    for _ in range(2):
        promises.make(session, people["ana"], carla, call_back(), now=cast.NOW)
    assert len(promises.panel(session, carla, today=TODAY).open) == 1


@pytest.mark.parametrize(
    ("estimated", "is_late"), [(TODAY + timedelta(days=3), False), (TODAY + timedelta(days=6), True), (None, False)]
)
def test_an_order_wanted_for_a_day_raises_the_alarm_when_the_estimate_is_past_it(
    session: Session, people: People, estimated: date | None, is_late: bool
) -> None:
    carla = cast.customer_id(session)
    order = customers.get_order(session, carla, "O-2")
    need_by = TODAY + timedelta(days=5)
    session.add(Delivery(order_id=order.id, ship_on=TODAY, need_by_on=need_by, estimated_on=estimated))
    session.flush()
    (row,) = promises.panel(session, carla, today=TODAY).need_by
    assert (row.order, row.need_by_on, row.is_late) == ("O-2", need_by, is_late)


def test_an_unknown_promise_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        promises.keep(session, people["ana"], 10**9, now=cast.NOW)
