"""A budget as people say it, in one sentence."""

from collections.abc import Callable
from datetime import date, timedelta

from deskapp.rules.periods import Period, period_key
from deskapp.rules.words import Said, say

Day = Callable[[date], str]

LIFTED = say("Lifted: it holds nobody back any more.")


def is_lift(ends: date | None, set_on: date) -> bool:
    """An edition that was over before it was set takes back what the ones before it said."""
    return ends is not None and ends < set_on


def sentence(
    most: str, *, team: str, period: Period, day: Day, begins: date | None = None, ends: date | None = None
) -> Said:
    """`most`: the amount in words, "" for nothing at all. `begins`, `ends`: first and last day, where they are worth saying."""
    amount = _amount(most, period) if most else say("nothing")
    since, until = day(begins) if begins else "", day(ends) if ends else ""
    return _of_team(team, amount, since, until) if team else _of_everybody(amount, since, until)


def _amount(most: str, period: Period) -> str:
    match period:
        case Period.DAY:
            return say("{most} a day", most=most)
        case Period.WEEK:
            return say("{most} a week", most=most)
        case Period.MONTH:
            return say("{most} a month", most=most)
        case Period.QUARTER:
            return say("{most} a quarter", most=most)
        case Period.YEAR:
            return say("{most} a year", most=most)
        case Period.WHOLE:
            return most


def _of_team(team: str, most: str, since: str, until: str) -> Said:
    if since and until:
        return say(
            "The team {team} may give {most} from {since} until {until}.",
            team=team,
            most=most,
            since=since,
            until=until,
        )
    if since:
        return say("The team {team} may give {most} from {since}.", team=team, most=most, since=since)
    if until:
        return say("The team {team} may give {most} until {until}.", team=team, most=most, until=until)
    return say("The team {team} may give {most}.", team=team, most=most)


def _of_everybody(most: str, since: str, until: str) -> Said:
    if since and until:
        return say(
            "Everybody together may give {most} from {since} until {until}.", most=most, since=since, until=until
        )
    if since:
        return say("Everybody together may give {most} from {since}.", most=most, since=since)
    if until:
        return say("Everybody together may give {most} until {until}.", most=most, until=until)
    return say("Everybody together may give {most}.", most=most)


def counts_from(begun_on: date, period: Period, today: date) -> date | None:
    """`begun_on`, in its first period only and where that had begun before it: what was given earlier is not counted."""
    is_first = begun_on <= today and period_key(begun_on, period) == period_key(today, period)
    eve = begun_on - timedelta(days=1)
    return begun_on if is_first and period_key(eve, period) == period_key(begun_on, period) else None
