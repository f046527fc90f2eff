"""In whose place a limit comes: a narrower one, or an exception, counts instead of the wider one and not beside it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from deskapp.desk.limit_lines import EditionView, Line
from deskapp.desk.wording import money
from deskapp.rules.authority import AuthorityLimit, in_force
from deskapp.rules.limit_words import left_out
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import day_of
from deskapp.rules.words import Said, say, together

_NEWEST = 2**63  # of an edition that is not stored yet


def replaced(
    found: Sequence[Line], line: Line, limit: AuthorityLimit, active: Sequence[Actor], *, now: datetime
) -> list[EditionView]:
    """What counts in other lines for those whom `limit`, of `line`, is for, and no longer does once it has begun.

    Of a team there may be several, since its people may have several roles.
    """
    others = [one for one in found if one.now and (one.giver, one.exception) != (line.giver, line.exception)]
    begun = replace(limit, version_id=limit.version_id or _NEWEST, valid_from=None, valid_until=None)
    held = [one for one in active if one.may(Permission.GIVE) and line.giver.covers(one)]
    ids = {_before(others, begun, one, now) for one in held}
    return [one.now for one in others if one.now and one.now.version_id in ids]


def _before(others: Sequence[Line], begun: AuthorityLimit, giver: Actor, now: datetime) -> int | None:
    """The edition that counts for one giver until `begun` does, None where that changes nothing for them."""
    theirs = [one.now.limit for one in others if one.now and one.giver.covers(giver)]
    counts = partial(in_force, day_in=lambda zone: day_of(now, zone))
    before, after = counts(theirs), counts([*theirs, begun])
    return before.version_id if before and after is begun else None


def in_words(taken: Sequence[EditionView], limit: AuthorityLimit) -> list[Said]:
    """A paragraph for each edition that `limit` takes the place of."""
    return [together([say("Takes the place of: {limit}", limit=one.sentence), _left_out(one, limit)]) for one in taken]


def _left_out(taken: EditionView, limit: AuthorityLimit) -> Said:
    if said := left_out(taken.limit, limit, partial(money, currency=limit.currency)):
        return say("It leaves out: {what}.", what=together(said, say("; ")))
    return say("It leaves out: nothing of that.")
