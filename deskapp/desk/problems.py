"""Something went wrong with an order or with us: noted in two taps, open until somebody solved it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, RowId
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import customers, problems
from deskapp.store.tables import Problem, ProblemKind

WORDS: dict[ProblemKind, str] = {
    ProblemKind.LATE: say("Came late"),
    ProblemKind.DAMAGED: say("Damaged"),
    ProblemKind.WRONG: say("Wrong item"),
    ProblemKind.MISSING: say("Something missing"),
    ProblemKind.SERVICE: say("Our service"),
}


class NewProblem(Keyed):
    """`order_id` 0: it concerns no order."""

    kind: ProblemKind
    order_id: RowId = 0


@dataclass(frozen=True, slots=True)
class ProblemRow:
    id: int
    words: str
    order: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderChoice:
    id: int
    order: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class ProblemsPanel:
    """`orders`: of the newest ten, the newest first."""

    customer_id: int
    customer_name: str
    open: list[ProblemRow]
    orders: list[OrderChoice]
    kinds: dict[ProblemKind, str]


def panel(session: Session, customer_id: int) -> ProblemsPanel:
    """Three queries."""
    customer = customers.get_customer(session, customer_id)
    rows = [
        ProblemRow(problem.id, WORDS[problem.kind], order, by, problem.noted_at)
        for problem, order, by in problems.list_open_problems(session, customer_id)
    ]
    orders = [
        OrderChoice(order.id, order.external_id, order.placed_at)
        for order, _ in customers.list_orders(session, customer_id)
    ]
    return ProblemsPanel(customer.id, customer.name, rows, orders, WORDS)


def note(session: Session, actor: Actor, customer_id: int, form: NewProblem, *, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    theirs = {order.id for order, _ in customers.list_orders(session, customer_id)}
    if form.order_id and form.order_id not in theirs:
        raise Invalid({"order_id": say("Please choose one of their latest orders.")})
    request = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "problem", form.form_key, request, now=now) is not None:
        return
    order_id = form.order_id or None
    problem = Problem(customer_id=customer.id, order_id=order_id, kind=form.kind, noted_by=actor.staff_id, noted_at=now)
    session.add(problem)
    session.flush()
    audit.write(session, actor, "problem.noted", f"customer:{customer.id}", now=now, problem=problem.id)


def solve(session: Session, actor: Actor, problem_id: int, *, now: datetime) -> int:
    """The customer's id. Solving what is solved changes nothing."""
    problem = problems.get_problem_to_change(session, problem_id)
    if problem.solved_at is None:
        problem.solved_at, problem.solved_by = now, actor.staff_id
        audit.write(session, actor, "problem.solved", f"customer:{problem.customer_id}", now=now, problem=problem.id)
    return problem.customer_id
