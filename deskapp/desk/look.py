"""How the desk looks to one person, wherever that person sits: light or dark, roomy or compact."""

from typing import Literal

from sqlmodel import Session

from deskapp.desk.inputs import Input
from deskapp.desk.seats import AS_THE_DEVICE, Look
from deskapp.rules.people import Actor
from deskapp.store import staff


class NewLook(Input):
    """`theme` "": as the device, or the page around a frame; `density` "": the roomy one."""

    theme: Literal["", "light", "dark"] = ""
    density: Literal["", "compact"] = ""


def own(session: Session, actor: Actor) -> Look:
    """One query; a request whose seat was looked up knows it already."""
    row = staff.find_staff(session, actor.staff_id)
    return Look(row.theme, row.density) if row else AS_THE_DEVICE


def choose(session: Session, actor: Actor, form: NewLook) -> None:
    """For oneself alone, so nothing of it is in the audit."""
    row = staff.find_staff(session, actor.staff_id)
    if row is not None:
        row.theme, row.density = form.theme, form.density
        session.add(row)
