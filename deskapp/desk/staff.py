"""Who works here and as what. Whatever changes what a person may do ends their seats in the same transaction."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from sqlmodel import Session

from deskapp.desk import audit, handover, idempotency, seats
from deskapp.desk.colleagues import colleagues
from deskapp.desk.handover import LEADS, Work
from deskapp.desk.inputs import Keyed
from deskapp.desk.wording import ROLE_NAMES
from deskapp.rules import passwords
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import PERMISSIONS, Actor, Permission, Role
from deskapp.rules.words import Said, capital, say
from deskapp.store import seats as stored_seats
from deskapp.store import staff
from deskapp.store.insert import insert_once
from deskapp.store.tables import Staff

LAST_ADMIN = say("This is the last admin who can sign in. Make somebody else an admin first.")

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")

ROLE_WORDS = {
    Role.AGENT: say("Agent: customers, and gifts within their own limit"),
    Role.LEAD: say("Lead: also sees to other people's gifts"),
    Role.DELIVERY: say("Delivery: the delivery board only"),
    Role.MANAGER: say("Manager: also sets limits, and what the shop puts forward"),
    Role.ADMIN: say("Admin: also staff, imports and the model"),
}

# As typed, blanks at either end included: who types them means them.
TypedPassword = Annotated[str, StringConstraints(strip_whitespace=False), Field(repr=False)]


class NewStaff(Keyed):
    name: str = Field(min_length=1, max_length=120)
    username: str
    role: Role
    password: TypedPassword

    @field_validator("username")
    @classmethod
    def _is_plain(cls, username: str) -> str:
        return checked_username(username)

    @field_validator("password")
    @classmethod
    def _is_not_guessed_first(cls, password: str, info: ValidationInfo) -> str:
        return checked_password(password, info.data.get("username", ""), info.data.get("name", ""))


class NewRole(Keyed):
    role: Role


class NewTeam(Keyed):
    """Blank: in no team."""

    team: Annotated[str, Field(max_length=60)] = ""


class Leaving(Keyed):
    """`to`: who takes over what they still owe customers, by number, or "leads"."""

    to: Annotated[str, Field(max_length=20)] = ""


class NewPassword(Keyed):
    password: TypedPassword

    @field_validator("password")
    @classmethod
    def _is_not_guessed_first(cls, password: str) -> str:
        return checked_password(password)


def checked_username(username: str) -> str:
    """As it is stored. Raises ValueError with a sentence."""
    username = username.strip().casefold()
    if not _USERNAME.fullmatch(username):
        raise ValueError(say("Please use 2 to 60 plain letters, digits, dots or dashes, such as ana.lim."))
    return username


def checked_password(password: str, *names: str) -> str:
    """Raises ValueError with a sentence."""
    if problem := passwords.problem_with(password, *names):
        raise ValueError(problem)
    return password


@dataclass(frozen=True, slots=True)
class StaffRow:
    id: int
    name: str
    username: str
    role: Role
    is_active: bool
    seats: int  # live ones
    last_seen_at: datetime | None
    team: str
    work: Work  # what they owe customers

    @property
    def role_words(self) -> Said:
        return capital(ROLE_NAMES[self.role])


@dataclass(frozen=True, slots=True)
class StaffPanel:
    """`takers`: value and words of who may take over what somebody owes."""

    rows: list[StaffRow]
    roles: list[tuple[str, str]]  # value and words
    teams: list[str]
    takers: list[tuple[str, str]]


def panel(session: Session, *, lifetimes: seats.Lifetimes, now: datetime) -> StaffPanel:
    """Five queries."""
    found = staff.list_staff(session, now=now, seen_after=now - lifetimes.idle)
    work, nothing = handover.list_work(session, now=now), Work()
    rows = [
        StaffRow(one.id, one.name, one.username, one.role, one.is_active, live, at, one.team, work.get(one.id, nothing))
        for one, live, at in found
    ]
    teams = sorted({row.team for row in rows if row.team}, key=str.casefold)
    takers = [(LEADS, say("the team's leads")), *((str(one), name) for one, name in colleagues(session).choices())]
    return StaffPanel(rows, [(role.value, ROLE_WORDS[role]) for role in Role], teams, takers)


def add(session: Session, actor: Actor, form: NewStaff, *, password_hash: str, now: datetime) -> None:
    # The password stays out of what is remembered of the request: that digest is unsalted and quick to guess through.
    request = form.model_dump(exclude={"password"})
    if idempotency.claim(session, actor, "staff.hired", form.form_key, request, now=now) is None:
        hire(session, actor, form.username, form.name, form.role, password_hash=password_hash, now=now)


def hire(
    session: Session,
    actor: Actor | None,
    username: str,
    name: str,
    role: Role,
    *,
    password_hash: str,
    now: datetime,
) -> Actor:
    """`actor` None: the desk itself, from its command line. Raises Invalid where the name is taken."""
    taken = not insert_once(
        session,
        Staff,
        username=username,
        name=name,
        role=role,
        password_hash=password_hash,
        is_active=True,
        created_at=now,
    )
    row = staff.find_by_username(session, username)
    if taken or row is None:
        raise Invalid(
            {"username": say("Somebody else signs in as {username}. Please choose another name.", username=username)}
        )
    audit.write(session, actor, "staff.hired", f"staff:{row.id}", now=now, role=role.value)
    return Actor(row.id, row.username, row.name, row.role, row.team)


def set_role(session: Session, actor: Actor, staff_id: int, role: Role, *, now: datetime) -> None:
    """Ends the person's seats. Raises Conflict for the last admin, Invalid where the role could not do what they owe."""
    row = _get(session, staff_id)
    if row.role is role:
        return
    _keep_an_admin(session, row)
    _check_work(session, row, role, now)
    audit.write(session, actor, "staff.role-set", f"staff:{row.id}", now=now, was=row.role.value, role=role.value)
    row.role = role
    seats.leave_all(session, actor, row.id, now=now)


def _check_work(session: Session, row: Staff, role: Role, now: datetime) -> None:
    owes = (
        ""
        if Permission.WRITE_MEMORY in PERMISSIONS[role]
        else handover.list_work(session, now=now).get(row.id, Work()).words
    )
    if owes:
        raise Invalid({"role": say("{name} still has {work}. Please hand them over first.", name=row.name, work=owes)})


def set_team(session: Session, actor: Actor, staff_id: int, team: str, *, now: datetime) -> None:
    """Counts with the person's next gift; a team that is there keeps its spelling. Raises Conflict for one's own.

    A team decides how much may be given, so nobody but a single admin puts themself into one.
    """
    row = _get(session, staff_id)
    team = _spelling(session, " ".join(team.split()))
    if row.team == team:
        return
    if row.id == actor.staff_id and staff.lock_admins(session) != [actor.staff_id]:
        raise Conflict(say("A team decides how much you may give, so another admin has to put you into one."))
    audit.write(session, actor, "staff.team-set", f"staff:{row.id}", now=now, was=row.team, team=team)
    row.team = team


def _spelling(session: Session, team: str) -> str:
    known = (one.team for one in staff.list_active(session))
    return next((one for one in known if one.casefold() == team.casefold()), team)


def disable(session: Session, actor: Actor, staff_id: int, *, to: str = "", now: datetime) -> None:
    """Ends the person's seats and API tokens. Raises Conflict for the last admin, Invalid for `to` where they owe something and
    nobody takes it over; "leads" or somebody's number does.
    """
    row = _get(session, staff_id)
    if not row.is_active:
        return
    _keep_an_admin(session, row)
    handover.hand_over(session, actor, row, to, now=now)
    row.is_active = False
    audit.write(session, actor, "staff.disabled", f"staff:{row.id}", now=now)
    seats.leave_all(session, actor, row.id, now=now)
    stored_seats.revoke_all_tokens(session, row.id, now)


def hand_over(session: Session, actor: Actor, staff_id: int, form: Leaving, *, now: datetime) -> None:
    """Of somebody who stays, but is away or has other things to do; also of who left before. See `disable`."""
    row = _get(session, staff_id)
    handover.hand_over(session, actor, row, form.to, now=now)


def enable(session: Session, actor: Actor, staff_id: int, *, now: datetime) -> None:
    row = _get(session, staff_id)
    if row.is_active:
        return
    row.is_active = True
    audit.write(session, actor, "staff.enabled", f"staff:{row.id}", now=now)


def set_password(session: Session, actor: Actor | None, staff_id: int, password_hash: str, *, now: datetime) -> None:
    """Ends the person's seats, on whatever device; set by somebody else it ends the PIN too, which an intruder may have set."""
    row = _get(session, staff_id)
    row.password_hash = password_hash
    if actor is None or actor.staff_id != staff_id:
        row.pin_hash = None
    audit.write(session, actor, "staff.password-set", f"staff:{row.id}", now=now)
    seats.leave_all(session, actor, row.id, now=now)


def sign_out_everywhere(session: Session, actor: Actor, staff_id: int, *, now: datetime) -> None:
    seats.leave_all(session, actor, _get(session, staff_id).id, now=now)


def _get(session: Session, staff_id: int) -> Staff:
    if (row := staff.find_staff(session, staff_id)) is None:
        raise NotFound(say("There is nobody of this number here."))
    return row


def _keep_an_admin(session: Session, row: Staff) -> None:
    """Two admins who demote each other at once: the second waits for the first, and then is the last one."""
    if row.role is Role.ADMIN and row.is_active and staff.lock_admins(session) == [row.id]:
        raise Conflict(LAST_ADMIN)
