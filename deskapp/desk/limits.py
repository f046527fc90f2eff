"""What each giver may give, set by a manager in new editions; and what is left of it for one giver."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from deskapp.desk import agreements, audit, dry_run, idempotency
from deskapp.desk.ceilings import rooms_of_gift, rooms_of_giver
from deskapp.desk.dry_run import DryRun
from deskapp.desk.limit_forms import NewLimit, Terms, candidate, giver_of, known_givers, mark_of
from deskapp.desk.limit_lines import Line, find_line, get_line, lines, sentence_of
from deskapp.desk.limit_places import in_words, replaced
from deskapp.desk.wording import money
from deskapp.rules.authority import AuthorityLimit, Room
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.limit_words import doubts
from deskapp.rules.people import Actor, Permission
from deskapp.rules.periods import day_of
from deskapp.rules.words import Said, say, together
from deskapp.store import customers, limits, staff
from deskapp.store.agreements import subject_of
from deskapp.store.gift_tables import LimitVersion
from deskapp.store.insert import insert_once
from deskapp.store.tables import Idempotency

# --- setting --------------------------------------------------------------------------------------------------------


def set_limit(session: Session, actor: Actor, form: NewLimit, *, terms: Terms, now: datetime) -> int:
    """The id of a new edition; grants keep the one that judged them. 0 where the same form was taken before.

    Raises Invalid, or Conflict where somebody set the line anew since the page was drawn.
    """
    _may(actor)
    limit = _read(session, form, terms, now)
    if idempotency.claim(session, actor, "limit", form.form_key, form.model_dump(mode="json"), now=now) is not None:
        return 0
    line = find_line(session, giver_of(limit), limit.exception, now=now)
    if form.seen is not None and form.seen != line.newest_id:
        raise Conflict(_newer(line))
    taken = replaced(lines(session, now=now), line, limit, staff.list_active(session), now=now)
    rules = {one.limit.eligibility for one in ([line.now] if line.now else taken)} or {""}
    if rules != {limit.eligibility} and form.tried != mark_of(limit.eligibility):
        first = say("Please try this rule first, and see whom it reaches. Then switch it on.")
        raise Invalid({"eligibility": together([first, *in_words(taken, limit)])})
    return _enter(session, actor, line, limit, _most(limit), terms, now)


def stop(session: Session, actor: Actor, version_id: int, *, form_key: str, terms: Terms, now: datetime) -> None:
    """A last edition that ended yesterday, so that what is narrower no longer counts, nor what was to come."""
    _may(actor)
    if idempotency.claim(session, actor, "limit.stop", form_key, [version_id], now=now) is not None:
        return
    line = get_line(session, version_id, now=now)
    if line.newest is None or line.newest_id != version_id:
        raise Conflict(_newer(line))
    counts = line.now or line.newest
    yesterday = day_of(now, counts.limit.zone) - timedelta(days=1)
    _enter(session, actor, line, replace(counts.limit, valid_from=None, valid_until=yesterday), 0, terms, now)


def _may(actor: Actor) -> None:
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden(say("Only managers set limits."))


def _read(session: Session, form: NewLimit, terms: Terms, now: datetime) -> AuthorityLimit:
    known = known_givers(staff.list_active(session))
    return candidate(form, known, terms=terms, today=day_of(now, terms.zone))


def _most(limit: AuthorityLimit) -> int:
    """What one gift under it may be worth."""
    return max(limit.per_gift_minor, limit.approves_up_to_minor or 0)


def _newer(line: Line) -> Said:
    if line.newest is None:
        return say("This limit has gone. Please look again before you set it.")
    return say(
        "{name} has set this anew in the meantime: “{limit}” Nothing was changed, and what you typed is still here."
        " Please look at both, then switch on what shall count.",
        name=line.newest.set_by or say("Somebody"),
        limit=line.newest.sentence,
    )


def _enter(
    session: Session, actor: Actor, line: Line, limit: AuthorityLimit, worth: int, terms: Terms, now: datetime
) -> int:
    _follow(session, line, now)
    covers = giver_of(limit).covers(actor)
    above = terms.agree_above_minor
    waits = agreements.needed(session, actor, worth_minor=worth, above_minor=above, covers_setter=covers)
    values = asdict(limit)
    del values["version_id"]
    row = LimitVersion(**values, needs_agreement=waits, set_by=actor.staff_id, set_at=now)
    session.add(row)
    session.flush()
    audit.write(session, actor, "limit.set", subject_of(row), now=now, version=row.id, **_noted(limit))
    return row.id


def _follow(session: Session, line: Line, now: datetime) -> None:
    """One edition follows another once: of two managers at one moment the second hears of the first."""
    named = hashlib.sha256(f"{line.giver.value}|{line.exception}".encode()).hexdigest()
    key = f"{named}:{line.newest_id}"
    if not insert_once(session, Idempotency, scope="limit-line", key=key, request_hash="", created_at=now):
        raise Conflict(say("Somebody has set this anew at this very moment. Please look again before you set it."))


def _noted(limit: AuthorityLimit) -> dict[str, object]:
    """What the audit keeps of it: figures, days, and no words."""
    kept = {
        name: value
        for name, value in asdict(limit).items()
        if name.endswith(("_minor", "_days", "_gifts")) and value is not None
    }
    ends = {"valid_until": limit.valid_until.isoformat()} if limit.valid_until else {}
    return {"currency": limit.currency, **kept, **ends}


# --- trying it out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial:
    """What a limit would say and do, before anybody switches it on. `agreers` must agree first; nobody where it is empty.

    `instead`: what it takes the place of, in words.
    """

    sentence: str
    instead: list[Said]
    doubts: list[Said]
    mark: str
    agreers: list[str]
    dry_run: DryRun


def try_out(session: Session, actor: Actor, form: NewLimit, *, terms: Terms, now: datetime) -> Trial:
    """Changes nothing. Raises Invalid."""
    _may(actor)
    limit = _read(session, form, terms, now)
    line = find_line(session, giver_of(limit), limit.exception, now=now)
    covers, above = giver_of(limit).covers(actor), terms.agree_above_minor
    waits = agreements.needed(session, actor, worth_minor=_most(limit), above_minor=above, covers_setter=covers)
    taken = replaced(lines(session, now=now), line, limit, staff.list_active(session), now=now)
    before = next((one.limit for one in (line.now, *taken) if one), None)
    return Trial(
        sentence=sentence_of(limit, line.who),
        instead=in_words(taken, limit),
        doubts=doubts(limit, partial(money, currency=limit.currency)),
        mark=mark_of(limit.eligibility),
        agreers=agreements.list_agreers(session, actor) if waits else [],
        dry_run=dry_run.run(session, limit, before, now=now),
    )


# --- what is left ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Left:
    currency: str
    rooms: tuple[Room, ...]


def left(session: Session, actor: Actor, customer_id: int | None, *, now: datetime) -> Left | None:
    """What the giver may still give, to this customer if one is named; None where nobody set a limit for them."""
    if (limit := limits.find_limit(session, actor, now)) is None:
        return None
    if customer_id is None:
        return Left(limit.currency, rooms_of_giver(session, actor, limit, now=now))
    customer = customers.get_customer(session, customer_id)
    return Left(limit.currency, rooms_of_gift(session, actor, limit, customer, order_id=None, now=now))
