from datetime import date, timedelta

import cast
import pytest
from sqlmodel import Session, col, select

from deskapp.desk import promises
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store import customers
from deskapp.store.memory_tables import Promise
from deskapp.store.tables import Audit, Delivery

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


# --- what becomes of it ---------------------------------------------------------------------------------------------


def row(session: Session) -> promises.PromiseRow:
    (one,) = promises.panel(session, cast.customer_id(session), today=TODAY).open
    return one


def promised(session: Session, people: People) -> int:
    promises.make(session, people["ana"], cast.customer_id(session), call_back(), now=cast.NOW)
    return row(session).id


def not_kept(is_told: bool, key: str = "not-kept-1") -> promises.NotKept:
    return promises.NotKept(reason="The maker stopped making it", is_told=is_told, form_key=key)


def hand_to(somebody: Actor, key: str = "hand-over-1") -> promises.HandTo:
    return promises.HandTo(to=somebody.staff_id, form_key=key)


def lines(session: Session) -> list[tuple[str, str, dict]]:
    found = session.exec(select(Audit).where(col(Audit.action).startswith("promise.")).order_by(col(Audit.id)))
    return [(line.action, line.subject, line.details) for line in found]


def test_a_promise_may_be_a_colleagues_and_about_an_order(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    order = customers.get_order(session, carla, "O-2")
    form = call_back().model_copy(update={"owner_id": people["bo"].staff_id, "order_id": order.id})
    promises.make(session, people["ana"], carla, form, now=cast.NOW)
    assert (row(session).owner, row(session).promised_by, row(session).order) == ("Bo", "Ana", "O-2")


@pytest.mark.parametrize(
    ("field", "who", "words"),
    [
        ("owner_id", "del", "a colleague who still works here"),
        ("owner_id", "nobody", "a colleague who still works here"),
        ("order_id", "nobody", "one of their latest orders"),
    ],
)
def test_nobody_who_serves_no_customers_and_no_order_of_others_is_taken(
    session: Session, people: People, field: str, who: str, words: str
) -> None:
    number = people[who].staff_id if who in people else 10**9
    with pytest.raises(Invalid, match=words):
        promises.make(
            session,
            people["ana"],
            cast.customer_id(session),
            call_back().model_copy(update={field: number}),
            now=cast.NOW,
        )


def test_words_that_nobody_should_keep_are_not_kept_in_a_promise_either(session: Session, people: People) -> None:
    form = call_back().model_copy(update={"text": "Send the bill to card 4111 1111 1111 1111"})
    with pytest.raises(Invalid):
        promises.make(session, people["ana"], cast.customer_id(session), form, now=cast.NOW)
    assert session.exec(select(Promise)).all() == []


def test_what_cannot_be_kept_is_off_the_list_once_the_customer_knows(session: Session, people: People) -> None:
    number = promised(session, people)
    promises.drop(session, people["bo"], number, not_kept(is_told=False), now=cast.NOW)
    assert row(session).cannot_because == "The maker stopped making it"
    promises.tell(session, people["ana"], number, now=cast.NOW)
    assert promises.panel(session, cast.customer_id(session), today=TODAY).open == []
    stored = session.exec(select(Promise)).one()
    assert (stored.dropped_at, stored.dropped_by, stored.kept_at) == (cast.NOW, people["ana"].staff_id, None)


def test_told_at_once_it_is_off_the_list_at_once(session: Session, people: People) -> None:
    number = promised(session, people)
    for _ in range(2):
        promises.drop(session, people["bo"], number, not_kept(is_told=True), now=cast.NOW)
    assert promises.panel(session, cast.customer_id(session), today=TODAY).open == []
    assert [action for action, *_ in lines(session)] == ["promise.made", "promise.dropped"]


def test_what_is_done_is_not_undone_by_a_later_tap(session: Session, people: People) -> None:
    number = promised(session, people)
    promises.keep(session, people["ana"], number, now=cast.NOW)
    with pytest.raises(Conflict, match="what became of this promise"):
        promises.drop(session, people["bo"], number, not_kept(is_told=True), now=cast.NOW)
    with pytest.raises(Conflict, match="what became of this promise"):
        promises.hand(session, people["bo"], number, hand_to(people["mo"]), now=cast.NOW)
    with pytest.raises(Conflict, match="say why first"):
        promises.tell(session, people["bo"], number, now=cast.NOW)


def test_a_promise_handed_over_says_who_promised_and_with_whom_it_is(session: Session, people: People) -> None:
    number = promised(session, people)
    for _ in range(2):
        promises.hand(session, people["ana"], number, hand_to(people["bo"]), now=cast.NOW)
    assert (row(session).owner, row(session).promised_by, row(session).handed_by) == ("Bo", "Ana", "Ana")
    promises.hand(session, people["mo"], number, hand_to(people["mo"], "hand-over-2"), now=cast.NOW)
    assert (row(session).owner, row(session).promised_by, row(session).handed_by) == ("Mo", "Ana", "Mo")
    promises.hand(session, people["mo"], number, hand_to(people["ana"], "hand-over-3"), now=cast.NOW)
    assert (row(session).owner, row(session).promised_by) == ("Ana", "")
    carla, (ana, bo, mo) = cast.customer_id(session), (people[who].staff_id for who in ("ana", "bo", "mo"))
    handed = [(subject, details["was"], details["owner"]) for action, subject, details in lines(session)[1:]]
    assert handed == [(f"customer:{carla}", was, to) for was, to in ((ana, bo), (bo, mo), (mo, ana))]


def test_only_the_owner_or_a_lead_hands_over(session: Session, people: People) -> None:
    promises.make(session, people["bo"], cast.customer_id(session), call_back(), now=cast.NOW)
    with pytest.raises(Forbidden, match="or a lead"):
        promises.hand(session, people["ana"], row(session).id, hand_to(people["ana"]), now=cast.NOW)
    assert row(session).owner == "Bo"


def test_the_audit_holds_none_of_the_words(session: Session, people: People) -> None:
    number = promised(session, people)
    promises.drop(session, people["bo"], number, not_kept(is_told=False), now=cast.NOW)
    assert not any(word in repr(lines(session)) for word in ("lamp", "maker"))


def test_an_order_that_is_there_is_needed_no_more(session: Session, people: People) -> None:
    carla = cast.customer_id(session)
    order = customers.get_order(session, carla, "O-2")
    session.add(Delivery(order_id=order.id, ship_on=TODAY, need_by_on=TODAY, delivered_at=cast.NOW))
    session.flush()
    assert promises.panel(session, carla, today=TODAY + timedelta(days=3)).need_by == []
