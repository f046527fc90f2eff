"""What became of each edition of a line: from when to when it counted and who ended that, or why it never counted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from deskapp.desk.wording import day_words
from deskapp.rules.budget_words import is_lift
from deskapp.rules.periods import day_of, day_starts_at
from deskapp.rules.words import Said, psay, say
from deskapp.store.gift_tables import Agreement, LimitVersion

Row = tuple[LimitVersion, Agreement | None]


def histories(rows: Sequence[Row], names: Mapping[int, str], *, today: date) -> dict[int, str]:
    """By edition, "" for what counts now, is to come or waits. `rows`: of one line, newest first; times in its zone."""
    return {row[0].id: _history(row, rows[:place], names, today) for place, row in enumerate(rows)}


def _history(row: Row, newer: Sequence[Row], names: Mapping[int, str], today: date) -> str:
    version, said = row
    if said and not said.is_agreed:
        name = _name(said.said_by, names)
        if said.said_by == version.set_by:
            return say("never counted: taken back by {name}", name=name)
        return say("never counted: declined by {name}", name=name)
    ended_by = min((one for one in reversed(newer) if _is_agreed(one)), key=_began_at, default=None)
    whose = _whose(ended_by, names) if ended_by else ""
    if not _is_agreed(row):
        return say("never counted: {whose} before anybody agreed", whose=whose) if whose else ""
    began = _began_at(row)
    if _is_stop(version):
        at = _moment(began, version.zone, today)
        return say("stopped by {name} {moment}", name=_name(version.set_by, names), moment=at)
    return _span(version, began, _began_at(ended_by) if ended_by else None, whose, today)


def _span(version: LimitVersion, began: datetime, ended: datetime | None, whose: str, today: date) -> str:
    over = day_starts_at(version.valid_until + timedelta(days=1), version.zone) if version.valid_until else None
    if ended and ended <= began:
        return say("never counted: {whose} before it began", whose=whose)
    if over and over <= began:
        return say("never counted: its last day was over")
    since = _moment(began, version.zone, today)
    if version.valid_until and over and (ended is None or over <= ended):
        if version.valid_until >= today:
            return ""
        return say("counted {moment} to the end of {day}", moment=since, day=day_words(version.valid_until, today))
    if ended is None or day_of(ended, version.zone) > today:
        return ""
    is_one_day = day_of(began, version.zone) == day_of(ended, version.zone)
    until = _clock(ended, version.zone) if is_one_day else _moment(ended, version.zone, today)
    return say("counted {moment} to {until}; {whose}", moment=since, until=until, whose=whose)


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


def _whose(row: Row, names: Mapping[int, str]) -> Said:
    name = _name(row[0].set_by, names)
    return say("stopped by {name}", name=name) if _is_stop(row[0]) else say("replaced by {name}", name=name)


def _name(staff_id: int, names: Mapping[int, str]) -> str:
    return names.get(staff_id, psay("by whom", "somebody"))


def _moment(at: datetime, zone: str, today: date) -> Said:
    return say("{day} {time}", day=day_words(day_of(at, zone), today), time=_clock(at, zone))


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
