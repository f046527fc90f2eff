"""The demo desk: a cast of five, what they may give, and what they remember of three dozen customers.

Run again it adds nothing and loses nothing; whatever people changed meanwhile stays as they left it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from deskapp.desk import (
    agreements,
    audit,
    demo_gifts,
    limits,
    note_marks,
    notes,
    occasions,
    passwords,
    preferences,
    promises,
    requests,
    staff,
    visits,
)
from deskapp.desk.demo_story import STORY, Asked, Coming, Memory, Piece, Told, Wish, Word, Yearly
from deskapp.desk.limit_forms import NewLimit, Terms, mark_of
from deskapp.desk.note_marks import Chosen, NewPin
from deskapp.desk.notes import NewNote
from deskapp.desk.occasions import NewOccasion
from deskapp.desk.preferences import NewPreference
from deskapp.desk.promises import NewPromise
from deskapp.desk.requests import NEW_TOPIC, NewVoice
from deskapp.desk.visits import NewVisit
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Role
from deskapp.store import agreements as stored_agreements
from deskapp.store import customers
from deskapp.store import limits as stored_limits
from deskapp.store import staff as stored_staff
from deskapp.store.db import Database
from deskapp.store.gift_tables import EditionOf
from deskapp.store.memory_tables import RequestTopic
from deskapp.store.tables import Audit

_FILLED = "demo.filled"
_AGREE_ABOVE = "100"


@dataclass(frozen=True, slots=True)
class Member:
    """The password is in the open, which is why a demo desk must not serve real customers."""

    username: str
    name: str
    role: Role
    password: str


CAST = (
    Member("ana", "Ana", Role.AGENT, "ana pours tea"),
    Member("bo", "Bo", Role.LEAD, "bo waters plants"),
    Member("del", "Del", Role.DELIVERY, "del drives slowly"),
    Member("mo", "Mo", Role.MANAGER, "mo counts twice"),
    Member("ada", "Ada", Role.ADMIN, "ada keeps keys"),
)
_RULE = "last order late or customer for 2 years"
_LIMITS: dict[Role, dict[str, object]] = {
    Role.AGENT: {"per_gift": "8", "per_giver_per_week": "40", "eligibility": _RULE, "tried": mark_of(_RULE)},
    Role.LEAD: {"per_gift": "15", "per_giver_per_week": "80", "approves_up_to": "50"},
    Role.MANAGER: {"per_gift": "50", "per_giver_per_month": "400", "approves_up_to": "200"},
    Role.ADMIN: {"per_gift": "50", "per_giver_per_month": "400", "approves_up_to": "200"},
}
_EVERYBODYS = {"per_customer_gifts": 1, "per_customer_days": 60, "is_never_bait": True, "is_never_regular": True}


@dataclass(frozen=True, slots=True)
class Filled:
    """How many were new."""

    staff: int
    limits: int
    remembered: int  # customers with a story


def fill(database: Database, *, currency: str, zone: str, now: datetime) -> Filled:
    """Hires the cast, sets limits where none are in force, and writes the stories of the customers that are there."""
    with database.reading() as session:
        missing = [member for member in CAST if stored_staff.find_by_username(session, member.username) is None]
    hashes = {member.username: passwords.hash_password(member.password) for member in missing}  # slow: outside
    with database.writing() as session:
        for one in missing:
            staff.hire(session, None, one.username, one.name, one.role, password_hash=hashes[one.username], now=now)
        cast = _cast(session)
        filled = Filled(len(missing), _set_limits(session, cast, currency, zone, now), _tell(session, cast, now))
        if filled.remembered:
            demo_gifts.give(session, cast, currency=currency, zone=zone, now=now)
        return filled


def _cast(session: Session) -> dict[str, Actor]:
    """Those who still work here."""
    rows = [stored_staff.find_by_username(session, member.username) for member in CAST]
    return {row.username: Actor(row.id, row.username, row.name, row.role, row.team) for row in rows if row is not None}


def _set_limits(session: Session, cast: dict[str, Actor], currency: str, zone: str, now: datetime) -> int:
    """Set by Mo; where that takes a second person, Ada agrees."""
    in_force = {version.role for version, _ in stored_limits.list_editions(session)}
    new = [role for role in _LIMITS if role not in in_force]
    terms = Terms(currency, zone, parse_minor(_AGREE_ABOVE, currency))
    for role in new:
        said = {"form_key": f"demo-limit-{role.value}", "giver": f"role:{role.value}"}
        form = NewLimit.model_validate(said | _EVERYBODYS | _LIMITS[role])
        version_id = limits.set_limit(session, cast["mo"], form, terms=terms, now=now)
        if _waits(session, version_id):
            agreements.answer(session, cast["ada"], EditionOf.LIMIT, version_id, is_agreed=True, now=now)
    return len(new)


def _waits(session: Session, version_id: int) -> bool:
    edition = stored_agreements.find_edition(session, EditionOf.LIMIT, version_id)
    return edition is not None and edition.needs_agreement


# --- stories --------------------------------------------------------------------------------------------------------


def _tell(session: Session, cast: dict[str, Actor], now: datetime) -> int:
    """Once and for all: what people withdraw or rewrite later is not written again."""
    if session.exec(select(Audit.id).where(col(Audit.action) == _FILLED).limit(1)).first() is not None:
        return 0
    told = sum(_remember(session, cast, mailbox, memory, now) for mailbox, memory in STORY.items())
    if told:
        audit.write(session, None, _FILLED, "desk", now=now, customers=told)
    return told


def _remember(session: Session, cast: dict[str, Actor], mailbox: str, memory: Memory, now: datetime) -> bool:
    """False if there is no such customer."""
    found = customers.find_customers(session, f"{mailbox}@example.com", 1)
    if not found:
        return False
    customer_id = found[0].id
    order = customers.find_open_order(session, customer_id)
    for number, piece in enumerate(memory):
        key = f"demo-{mailbox}-{number}"
        _write(session, cast[piece.by], customer_id, piece, key, order.external_id if order else "", now)
    return True


def _write(session: Session, actor: Actor, customer_id: int, piece: Piece, key: str, order: str, now: datetime) -> None:
    today = now.date()
    match piece:
        case Told():
            _note(session, actor, customer_id, piece, key, order if piece.is_about_order else "", now)
        case Wish():
            wish = NewPreference(form_key=key, kind=piece.kind, value=piece.value, is_stated=piece.is_stated)
            preferences.record(session, actor, customer_id, wish, now=_earlier(now, 20, key))
        case Word():
            word = NewPromise(form_key=key, text=piece.text, due_on=today + timedelta(days=piece.due_in))
            promises.make(session, actor, customer_id, word, now=_earlier(now, 2, key))
        case Yearly():
            on = today + timedelta(days=piece.in_days)
            day = NewOccasion(form_key=key, kind=piece.kind, words=piece.words, month=on.month, day=on.day)
            occasions.record(session, actor, customer_id, day, now=_earlier(now, 30, key))
        case Coming():
            on = today + timedelta(days=piece.in_days)
            said = {"form_key": key, "kind": piece.kind, "expected_on": on, "at": piece.at, "words": piece.words}
            visit = NewVisit.model_validate(said | {"with_id": actor.staff_id})
            visits.expect(session, actor, customer_id, visit, today=today, now=_earlier(now, 1, key))
        case Asked():
            said = {"form_key": key, "words": piece.words, "would_let": piece.would_let, "topic": piece.topic}
            voice = NewVoice.model_validate(said | {"choice": _topic(session, piece.topic)})
            requests.hear(session, actor, customer_id, voice, now=_earlier(now, piece.days_ago, key))


def _note(session: Session, actor: Actor, customer_id: int, piece: Told, key: str, order: str, now: datetime) -> None:
    at, today = _earlier(now, piece.days_ago, key), now.date()
    note = NewNote(
        form_key=key, text=piece.text, kind=piece.kind, channel=piece.channel, order=order, is_alert=piece.is_alert
    )
    note_id = notes.record(session, actor, customer_id, note, now=at)
    if piece.safe:
        chosen = Chosen(form_key=key, sentence=piece.safe, revision=1)
        note_marks.choose(session, actor, note_id, chosen, today=today, now=at)
    if piece.pinned:
        pin = NewPin(form_key=key, reason=piece.pinned, until=today + timedelta(days=60))
        note_marks.pin(session, actor, note_id, pin, today=today, now=at)


def _topic(session: Session, title: str) -> str:
    """Whoever asked for the same before asked for this topic."""
    known = session.exec(select(RequestTopic.id).where(RequestTopic.title == title)).first()
    return NEW_TOPIC if known is None else str(known)


def _earlier(now: datetime, days: int, key: str) -> datetime:
    """Within the opening hours of another day, and not all at the same minute."""
    minute = sum(key.encode()) % 540
    return (now - timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
