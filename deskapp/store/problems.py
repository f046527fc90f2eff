"""What went wrong and is not solved yet."""

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.words import say
from deskapp.store.rows import Rows
from deskapp.store.tables import Order, Problem, Staff

_OPEN = Rows(
    select(Problem, Order.external_id, Staff.name)
    .join(Staff, col(Staff.id) == Problem.noted_by)
    .outerjoin(Order, col(Order.id) == Problem.order_id)
    .where(Problem.customer_id == bindparam("customer"), col(Problem.solved_at).is_(None))
    .order_by(col(Problem.id))
)


def list_open_problems(session: Session, customer_id: int) -> list[tuple[Problem, str | None, str]]:
    """Oldest first, with the order's number and the name of who noted it."""
    return list[tuple[Problem, str | None, str]](_OPEN.all(session, customer=customer_id))


def get_problem_to_change(session: Session, problem_id: int) -> Problem:
    """Locked until the transaction ends, so that it is solved once."""
    query = select(Problem).where(Problem.id == problem_id).with_for_update()
    if (found := session.exec(query).one_or_none()) is None:
        raise NotFound(say("Nobody noted such a problem."))
    return found
