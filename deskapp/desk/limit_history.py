"""What became of each edition of a line: from when to when it counted and who ended that, or why it never counted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from deskapp.desk.wording import day_words
from deskapp.rules.budget_words import is_lift
from deskapp.rules.periods import day_of, day_starts_at
from deskapp.store.gift_tables import Agreement, LimitVersion

Row = tuple[LimitVersion, Agreement | None]


def histories(rows: Sequence[Row], names: Mapping[int, str], *, today: date) -> dict[int, str]:
    """By edition, "" for what counts now, is to come or waits. `rows`: of one line, newest first; times in its zone."""
    return {row[0].id: _history(row, rows[:place], names, today) for place, row in enumerate(rows)}


def _history(row: Row, newer: Sequence[Row], names: Mapping[int, str], today: date) -> str:
    version, said = row
    if said and not said.is_agreed:
        verb = "taken back" if said.said_by == version.set_by else "declined"
        return f"never counted: {verb} by {names.get(said.said_by, 'somebody')}"
    ended_by = min((one for one in reversed(newer) if _is_agreed(one)), key=_began_at, default=None)
    whose = _whose(ended_by, names) if ended_by else ""
    if not _is_agreed(row):
        return f"never counted: {whose} before anybody agreed" if whose else ""
    began = _began_at(row)
    if _is_stop(version):
        return f"stopped by {names.get(version.set_by, 'somebody')} {_moment(began, version.zone, today)}"
    return _span(version, began, _began_at(ended_by) if ended_by else None, whose, today)


def _span(version: LimitVersion, began: datetime, ended: datetime | None, whose: str, today: date) -> str:
    over = day_starts_at(version.valid_until + timedelta(days=1), version.zone) if version.valid_until else None
    if ended and ended <= began:
        return f"never counted: {whose} before it began"
    if over and over <= began:
        return "never counted: its last day was over"
    since = f"counted {_moment(began, version.zone, today)}"
    if version.valid_until and over and (ended is None or over <= ended):
        return f"{since} to the end of {day_words(version.valid_until, today)}" if version.valid_until < today else ""
    if ended is None or day_of(ended, version.zone) > today:
        return ""
    is_one_day = day_of(began, version.zone) == day_of(ended, version.zone)
    until = _clock(ended, version.zone) if is_one_day else _moment(ended, version.zone, today)
    return f"{since} to {until}; {whose}"


def _is_agreed(row: Row) -> bool:
    version, said = row
    return said.is_agreed if said else not version.needs_agreement


def _is_stop(version: LimitVersion) -> bool:
    return is_lift(version.valid_until, day_of(version.set_at, version.zone))


def _began_at(row: Row) -> datetime:
    """Of an edition that was agreed to."""
    version, said = row
    known = said.said_at if said else version.set_at
    return max(known, day_starts_at(version.valid_from, version.zone)) if version.valid_from else known


def _whose(row: Row, names: Mapping[int, str]) -> str:
    verb = "stopped" if _is_stop(row[0]) else "replaced"
    return f"{verb} by {names.get(row[0].set_by, 'somebody')}"


def _moment(at: datetime, zone: str, today: date) -> str:
    return f"{day_words(day_of(at, zone), today)} {_clock(at, zone)}"


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
