"""Counts for those who watch over the machine."""

from dataclasses import dataclass

from sqlmodel import Session

from deskapp.store import grants, jobs, outbox


@dataclass(frozen=True, slots=True)
class Counted:
    jobs: dict[tuple[str, str], int]  # by kind and state
    grants: dict[str, int]  # by state
    outbox: dict[tuple[str, str], int]  # by carrier and state


def count(session: Session) -> Counted:
    """Three queries."""
    return Counted(
        jobs={(kind, state.value): number for kind, state, number in jobs.count_by_state(session)},
        grants={state.value: number for state, number in grants.count_by_state(session)},
        outbox={(carrier.value, state.value): number for carrier, state, number in outbox.count_by_state(session)},
    )
