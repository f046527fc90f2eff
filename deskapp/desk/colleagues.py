"""Who may take over what somebody owes a customer."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from deskapp.rules.errors import Invalid
from deskapp.rules.people import PERMISSIONS, Permission, Role
from deskapp.rules.words import say
from deskapp.store import staff
from deskapp.store.staff import Colleague


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Everybody who ever worked here; `takers` are those who may be asked to do something for a customer."""

    names: dict[int, str]
    takers: list[Colleague]
    left: frozenset[int]

    def name(self, staff_id: int | None) -> str:
        return self.names.get(staff_id or 0, "")

    def choices(self) -> list[tuple[int, str]]:
        return [(one.id, one.name) for one in self.takers]

    def leads_of(self, team: str, *, but: int) -> list[Colleague]:
        """The leads of the team, else any lead, else whoever stands above."""
        above = [one for one in self.takers if Permission.REVIEW_MEMORY in PERMISSIONS[one.role] and one.id != but]
        leads = [one for one in above if one.role is Role.LEAD]
        return [one for one in leads if team and one.team == team] or leads or above


def colleagues(session: Session) -> Colleagues:
    """One query, once in a reading session."""
    found = staff.list_colleagues(session)
    return Colleagues(
        {one.id: one.name for one in found}, _takers(found), frozenset(o.id for o in found if not o.is_active)
    )


def a_taker(session: Session, staff_id: int, field: str) -> Colleague:
    """Raises Invalid for `field` where nobody of this number serves customers here any more."""
    found = next((one for one in colleagues(session).takers if one.id == staff_id), None)
    if found is None:
        raise Invalid({field: say("Please choose a colleague who still works here.")})
    return found


def _takers(found: Iterable[Colleague]) -> list[Colleague]:
    return [one for one in found if one.is_active and Permission.WRITE_MEMORY in PERMISSIONS[one.role]]
