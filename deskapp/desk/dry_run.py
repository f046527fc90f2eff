"""What a limit would do before it is switched on: who may be given something, who gains and loses, what it costs."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from deskapp.rules.authority import AuthorityLimit


@dataclass(frozen=True, slots=True)
class DryRun:
    """For the macro `dry_run` in parts/dry_run.html."""

    sentence: str
    rule: str


def run(session: Session, candidate: AuthorityLimit, before: AuthorityLimit | None, *, now: datetime) -> DryRun:
    """`before`: what is in force for the same giver, None where nothing is."""
    del session, candidate, before, now
    return DryRun("Nobody has tried this yet.", "")
