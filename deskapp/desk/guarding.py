"""The one door for everything a person types about somebody: looked through before it is kept."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Literal

from sqlmodel import Session

from deskapp.desk.inputs import Keyed
from deskapp.rules import guard
from deskapp.rules.errors import Invalid
from deskapp.rules.guard import Finding, Kind
from deskapp.rules.people import Actor


class Reason(StrEnum):
    """Why words stay that the guard asked about: chosen, never typed, so that the reason tells nothing more of the person."""

    OTHER_MEANING = "other-meaning"
    ASKED_FOR = "asked-for"
    SAFETY = "safety"


class Guarded(Keyed):
    """A form with words about a person. The two fields are there once the guard has asked, see parts/guarded.html."""

    is_confirmed: bool = False
    guard_reason: Reason | Literal[""] = ""


class Stopped(Invalid):
    """The words were not kept; `found` says what was in the way."""

    def __init__(self, problems: dict[str, str], found: tuple[Finding, ...], where: str) -> None:
        super().__init__(problems)
        self.found = found
        self.where = where


def ensure(
    session: Session,
    actor: Actor,
    text: str,
    *,
    where: str,
    field: str = "text",
    is_confirmed: bool = False,
    reason: Reason | Literal[""] = "",
    expected: Collection[Kind] = (),
    now: datetime,
) -> None:
    """Call it before `text` is written anywhere. Raises Invalid for `field` where the words must go, and for "is_confirmed" or
    "guard_reason" too where they may stay once somebody ticks that they are meant so, or says why.

    `where`: what the text is part of, such as "note"; `field`: the form's name for it; `expected`: kinds that this field is for.
    """
    del session, actor, reason, now  # from here on they decide and log by the shop's own policy
    found = guard.in_the_way(text, is_confirmed=is_confirmed)
    if found := tuple(one for one in found if one.kind not in expected):
        asks = {} if any(one.is_refused for one in found) else {"is_confirmed": "Is this meant so?"}
        raise Stopped({field: guard.sentence(found)} | asks, found, where)
