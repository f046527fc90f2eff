"""The tab of a customer's page for leads and managers: who looked, what is held, the export and the erasure."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk import holds, launches, personal_export, views
from deskapp.desk.holds import HoldRow
from deskapp.desk.personal_export import ExportRow
from deskapp.desk.views import ViewsPanel
from deskapp.rules.errors import Forbidden
from deskapp.rules.people import Actor, Permission, who_can
from deskapp.store import customers, personal

_LONGEST_PAGE = 6  # digits


@dataclass(frozen=True, slots=True)
class PrivacyPanel:
    """`exports` None: not this actor's to see. `has_open_order`: goods are on their way to somebody without a name, if erased now."""

    customer_id: int
    customer_name: str
    external_id: str
    views: ViewsPanel
    holds: list[HoldRow]
    exports: list[ExportRow] | None
    has_open_order: bool
    today: date

    @property
    def is_held(self) -> bool:
        return any(hold.lifted_at is None for hold in self.holds)


def by_hand(session: Session, username: str, number: str, customer_id: int | None = None) -> tuple[Actor, int]:
    """Who acts and on which customer, for the command line. Raises Forbidden for whoever is no manager."""
    actor = launches.owner(session, username)
    if not actor.may(Permission.MANAGE_PRIVACY):
        raise Forbidden(f"{actor.name}'s role does not include this. {who_can(Permission.MANAGE_PRIVACY)}")
    return actor, customer_id or customers.get_by_external_id(session, number).id


def panel(
    session: Session, actor: Actor, customer_id: int, *, page: str = "", today: date, now: datetime
) -> PrivacyPanel:
    """`page`: of the log of views, as it was typed into the address; nonsense is the first. About eight queries."""
    customer = customers.get_customer(session, customer_id)
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= _LONGEST_PAGE else 1
    may_manage = actor.may(Permission.MANAGE_PRIVACY)
    return PrivacyPanel(
        customer_id=customer.id,
        customer_name=customer.name,
        external_id=customer.external_id,
        views=views.of_customer(session, actor, customer_id, page=max(1, number)),
        holds=holds.list_rows(session, personal.find_selves(session, customer_id), today=today),
        exports=personal_export.list_rows(session, customer_id, now=now) if may_manage else None,
        has_open_order=customers.find_open_order(session, customer_id) is not None,
        today=today,
    )
