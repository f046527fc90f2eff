"""Nothing stays with somebody who left: on both engines."""

from datetime import timedelta

import cast
import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from deskapp.desk import handover, promises, request_board, requests, staff, today, visits
from deskapp.desk.handover import Work
from deskapp.desk.promises import NewPromise
from deskapp.desk.tongues import tongue
from deskapp.desk.visits import NewVisit
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor, Role
from deskapp.rules.words import said_in
from deskapp.store.memory_tables import Promise, RequestTopic, RequestVoice, TopicState, Visit, VisitKind
from deskapp.store.tables import Audit, Customer, Staff

People = dict[str, Actor]
TODAY = cast.NOW.date()


@pytest.fixture
def owing(session: Session, people: People) -> People:
    """Ana owes Carla and Dan a promise each, expects Dan's call, and heard what Carla asks for."""
    ana, carla, dan = people["ana"], cast.customer_id(session), cast.customer_id(session, "C-2")
    for who, key in ((carla, "promise-key-1"), (dan, "promise-key-2")):
        promises.make(session, ana, who, NewPromise(text="Call back", due_on=TODAY, form_key=key), now=cast.NOW)
    call = NewVisit(kind=VisitKind.CALL, expected_on=TODAY, with_id=ana.staff_id, form_key="visit-key-1")
    visits.expect(session, ana, dan, call, today=TODAY, now=cast.NOW)
    topic = RequestTopic(title="Oat milk", state=TopicState.NEW, opened_by=ana.staff_id, opened_at=cast.NOW)
    session.add(topic)
    session.flush()
    heard = {"topic_id": topic.id, "customer_id": carla, "heard_by": ana.staff_id, "heard_at": cast.NOW}
    session.add(RequestVoice(words="Do you have oat milk?", **heard))
    session.add(RequestVoice(words="And rice milk?", answered_at=cast.NOW, **heard))
    session.flush()
    return people


def leave(session: Session, people: People, to: str = "") -> None:
    staff.disable(session, people["ada"], people["ana"].staff_id, to=to, now=cast.NOW)
    session.flush()


def owners(session: Session) -> tuple[set[int], set[int | None], list[int]]:
    voices = select(func.coalesce(RequestVoice.owed_by, RequestVoice.heard_by)).order_by(col(RequestVoice.id))
    return (
        set(session.exec(select(Promise.owner_id))),
        set(session.exec(select(Visit.with_id))),
        list(session.exec(voices)),
    )


def test_who_heard_a_request_stays_who_heard_it_and_whoever_took_it_over_owes_the_answer(
    session: Session, owing: People
) -> None:
    leave(session, owing, str(owing["mo"].staff_id))
    found = session.exec(select(RequestTopic)).one()
    found.state, found.decided_at = TopicState.PLANNED, cast.NOW
    session.flush()
    owed = {who: len(requests.list_due(session, owing[who], now=cast.NOW).owed) for who in ("bo", "mo")}
    assert owed == {"bo": 0, "mo": 1}
    assert list(session.exec(select(RequestVoice.heard_by))) == [owing["ana"].staff_id] * 2
    topic = session.exec(select(RequestTopic.id)).one()
    told = request_board.topic(session, owing["mo"], topic, now=cast.NOW).voices
    assert [(one.words, one.heard_by) for one in told] == [("And rice milk?", "Ana"), ("Do you have oat milk?", "Ana")]


def test_who_owes_something_does_not_leave_before_somebody_takes_it_over(session: Session, owing: People) -> None:
    sentence = "2 promises, 1 expected visit or call and 1 owed answer. Please choose who takes them over."
    for to in ("", "nobody", str(owing["ana"].staff_id), str(owing["del"].staff_id), "9" * 20):
        with pytest.raises(Invalid) as told:
            leave(session, owing, to)
        assert told.value.problems == {"to": f"Ana still has {sentence}"}
    assert session.exec(select(Staff.is_active).where(Staff.username == "ana")).one()


def test_a_former_customer_is_owed_no_answer(session: Session, owing: People) -> None:
    session.get_one(Customer, cast.customer_id(session)).erased_at = cast.NOW
    session.flush()
    assert handover.list_work(session, now=cast.NOW)[owing["ana"].staff_id] == Work(promises=2, visits=1)
    leave(session, owing, "leads")
    assert owners(session)[2] == [owing["ana"].staff_id] * 2


def test_a_colleague_takes_over_all_of_it(session: Session, owing: People) -> None:
    ana, bo = owing["ana"].staff_id, owing["bo"].staff_id
    leave(session, owing, str(bo))
    assert owners(session) == ({bo}, {bo}, [bo, ana])  # an answer that was given stays whose it was
    (read,) = request_board.topic(
        session, owing["bo"], session.exec(select(RequestTopic.id)).one(), now=cast.NOW
    ).voices
    assert read.words == "Do you have oat milk?", "who owes the answer reads what was asked"
    assert ana not in handover.list_work(session, now=cast.NOW)
    row = promises.panel(session, cast.customer_id(session), today=TODAY).open[0]
    assert (row.promised_by, row.owner, row.handed_by) == ("Ana", "Bo", "Ada")


def test_every_customers_page_hears_of_it_and_so_does_who_has_it_now(session: Session, owing: People) -> None:
    bo = owing["bo"].staff_id
    leave(session, owing, str(bo))
    lines = session.exec(select(Audit).where(col(Audit.action).contains("hand")).order_by(col(Audit.id))).all()
    carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
    assert [(line.action, line.subject) for line in lines] == [
        ("promise.handed", f"customer:{carla}"),
        ("promise.handed", f"customer:{dan}"),
        ("visit.handed", f"customer:{dan}"),
        ("request.answer-handed", f"customer:{carla}"),
        ("work.handed-over", f"staff:{bo}"),
    ]
    (row,) = today.panel(session, owing["bo"], today=TODAY, now=cast.NOW).handed
    assert (row.by, row.was, row.promises, row.visits, row.answers) == ("Ada", "Ana", 2, 1, 1)


def test_the_leads_share_it_a_customer_each(session: Session, owing: People) -> None:
    lead = staff.hire(session, owing["ada"], "lou", "Lou", Role.LEAD, password_hash="x", now=cast.NOW)
    leave(session, owing, "leads")
    two = {owing["bo"].staff_id, lead.staff_id}
    of_promises, _, _ = owners(session)
    assert of_promises == two
    for customer in session.exec(select(Customer.id)):
        mine = select(Promise.owner_id).where(Promise.customer_id == customer)
        calls = select(Visit.with_id).where(Visit.customer_id == customer)
        assert len({*session.exec(mine), *session.exec(calls)}) <= 1


def test_the_leads_of_the_team_come_before_others_and_a_manager_after_them(session: Session, owing: People) -> None:
    lou = staff.hire(session, owing["ada"], "lou", "Lou", Role.LEAD, password_hash="x", now=cast.NOW)
    for who in (owing["ana"].staff_id, lou.staff_id):
        staff.set_team(session, owing["ada"], who, "Phone", now=cast.NOW)
    session.flush()
    leave(session, owing, "leads")
    assert owners(session)[0] == {lou.staff_id}


def test_without_a_lead_whoever_stands_above_takes_it(session: Session, owing: People) -> None:
    staff.disable(session, owing["ada"], owing["bo"].staff_id, now=cast.NOW)
    leave(session, owing, "leads")
    assert owners(session)[0] <= {owing["mo"].staff_id, owing["ada"].staff_id}


def test_who_owes_nothing_leaves_at_once(session: Session, people: People) -> None:
    leave(session, people)
    assert session.exec(select(Audit).where(Audit.action == "work.handed-over")).all() == []
    assert not session.exec(select(Staff.is_active).where(Staff.username == "ana")).one()


def test_what_is_done_or_long_past_is_nobodys_to_take_over(session: Session, owing: People) -> None:
    for one in session.exec(select(Promise.id)).all():
        promises.keep(session, owing["ana"], one, now=cast.NOW)
    session.flush()
    later = cast.NOW + timedelta(days=3)
    assert handover.list_work(session, now=later) == {owing["ana"].staff_id: Work(answers=1)}


def test_a_role_that_could_not_keep_promises_has_to_hand_them_over_first(session: Session, owing: People) -> None:
    ana = owing["ana"].staff_id
    with pytest.raises(Invalid, match="hand them over first"):
        staff.set_role(session, owing["ada"], ana, Role.DELIVERY, now=cast.NOW)
    staff.set_role(session, owing["ada"], ana, Role.LEAD, now=cast.NOW)
    form = staff.Leaving(to=str(owing["bo"].staff_id), form_key="hand-key-1")
    for _ in range(2):
        staff.hand_over(session, owing["ada"], ana, form, now=cast.NOW)
    session.flush()
    staff.set_role(session, owing["ada"], ana, Role.DELIVERY, now=cast.NOW)
    assert ana not in handover.list_work(session, now=cast.NOW)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (Work(), ""),
        (Work(promises=1), "1 promise"),
        (Work(2, 1), "2 promises and 1 expected visit or call"),
        (Work(1, 2, 3), "1 promise, 2 expected visits and calls and 3 owed answers"),
    ],
)
def test_work_is_said_in_words(work: Work, words: str) -> None:
    assert work.words == words


def test_work_reads_whole_in_german() -> None:
    words = said_in(tongue("de"), Work(promises=2, visits=1, answers=3).words)
    assert words == "2 Zusagen, 1 Besuch oder Anruf und 3 offene Antworten"
