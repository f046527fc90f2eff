"""How the desk looks to one person, wherever that person sits: light or dark, roomy or compact, in which language."""

from typing import Annotated, Literal

from pydantic import AfterValidator
from sqlmodel import Session

from deskapp.desk.inputs import Input
from deskapp.desk.seats import AS_THE_DEVICE, Look
from deskapp.desk.tongues import TONGUES
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import staff


def _is_ours(code: str) -> str:
    if code and code not in TONGUES:
        raise ValueError(say("Please choose one of the list."))
    return code


class NewLook(Input):
    """`theme` "": as the device, or the page around a frame; `density` "": the roomy one; `language` "": as the browser asks."""

    theme: Literal["", "light", "dark"] = ""
    density: Literal["", "compact"] = ""
    language: Annotated[str, AfterValidator(_is_ours)] = ""


def own(session: Session, actor: Actor) -> Look:
    """One query; a request whose seat was looked up knows it already."""
    row = staff.find_staff(session, actor.staff_id)
    return Look(row.theme, row.density, row.language) if row else AS_THE_DEVICE


def choose(session: Session, actor: Actor, form: NewLook) -> None:
    """For oneself alone, so nothing of it is in the audit."""
    row = staff.find_staff(session, actor.staff_id)
    if row is not None:
        row.theme, row.density, row.language = form.theme, form.density, form.language
        session.add(row)
