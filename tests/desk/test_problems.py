from datetime import timedelta

import cast
import pytest
from parcels import order_id
from sqlmodel import Session, select

from deskapp.desk import problems
from deskapp.desk.problems import NewProblem
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.tables import Audit, Problem, ProblemKind

People = dict[str, Actor]


def note(session: Session, who: Actor, kind: str = "damaged", order: int = 0, *, key: str = "problem-key") -> None:
    form = NewProblem(kind=kind, order_id=order, form_key=key)
    problems.note(session, who, cast.customer_id(session), form, now=cast.NOW)


def look(session: Session) -> problems.ProblemsPanel:
    return problems.panel(session, cast.customer_id(session))


def test_what_went_wrong_is_open_until_it_is_solved_and_both_are_in_the_audit(session: Session, people: People) -> None:
    note(session, people["ana"], order=order_id(session, "O-2"))
    (row,) = look(session).open
    assert (row.words, row.order, row.by, row.at) == ("Damaged", "O-2", "Ana", cast.NOW)
    for who in ("bo", "ana"):
        problems.solve(session, people[who], row.id, now=cast.NOW + timedelta(days=1))
    assert look(session).open == []
    kept = session.get_one(Problem, row.id)
    assert (kept.solved_by, kept.solved_at) == (people["bo"].staff_id, cast.NOW + timedelta(days=1))
    lines = session.exec(select(Audit).order_by(Audit.id)).all()
    assert [(line.action, line.details) for line in lines] == [
        ("problem.noted", {"problem": row.id}),
        ("problem.solved", {"problem": row.id}),
    ]
    assert {line.subject for line in lines} == {f"customer:{cast.customer_id(session)}"}


def test_a_double_tap_notes_once(session: Session, people: People) -> None:
    for _ in range(2):
        note(session, people["ana"])
    assert len(look(session).open) == 1
    with pytest.raises(Conflict):
        note(session, people["ana"], "late")


def test_the_last_order_is_offered_first(session: Session) -> None:
    assert [one.order for one in look(session).orders] == ["O-2", "O-1"]


@pytest.mark.parametrize("order", [10**9, 2**63 - 1])
def test_an_order_of_nobody_is_refused(session: Session, people: People, order: int) -> None:
    with pytest.raises(Invalid) as refused:
        note(session, people["ana"], order=order)
    assert refused.value.problems == {"order_id": "Please choose one of their latest orders."}
    assert look(session).open == []


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_every_kind_has_its_words(session: Session, people: People, kind: ProblemKind) -> None:
    note(session, people["ana"], kind)
    assert look(session).open[0].words


def test_what_nobody_noted_is_not_there(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        problems.solve(session, people["ana"], 10**9, now=cast.NOW)
    with pytest.raises(NotFound):
        problems.panel(session, 10**9)
