"""A shop in which Ana has to ask: what a lamp costs is more than she may give, and less than Bo may approve."""

import cast
from sqlmodel import Session

from deskapp.desk import approvals
from deskapp.desk.approvals import Ask
from deskapp.rules.authority import Basis, GiverKind
from deskapp.rules.people import Actor, Role
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import LimitVersion

REASON = "Her parcel came a week late."
MOST = {Role.AGENT: (500, None, 1200), Role.LEAD: (1500, 5000, 6000), Role.MANAGER: (5000, 20000, 20000)}


def let_approve(session: Session, people: dict[str, Actor], **more: object) -> None:
    """One customer may be given $100 a month; `more`: of the lead's limit."""
    for role, (gift, approves, day) in MOST.items():
        said = {"per_gift_minor": gift, "approves_up_to_minor": approves, "per_giver_per_day_minor": day}
        set_limit(session, people["mo"], role, **said | (more if role is Role.LEAD else {}))


def set_limit(session: Session, by: Actor, role: Role, **said: object) -> None:
    both = {"currency": "USD", "basis": Basis.PRICE, "zone": "UTC", "per_customer_per_month_minor": 10000}
    set_by = {"set_by": by.staff_id, "set_at": cast.NOW}
    session.add(LimitVersion(giver_kind=GiverKind.ROLE, role=role, **both | said | set_by))
    session.flush()


def ask(
    session: Session, actor: Actor, sku: str = "lamp", key: str = "ask-key-1", customer: str = "C-1", now=cast.NOW
) -> int:
    carla, item = get_customer(session, cast.customer_id(session, customer)), items.get_by_sku(session, sku)
    return approvals.ask(session, actor, carla, item, None, Ask(form_key=key, reason=REASON), now=now)
