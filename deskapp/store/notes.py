"""Notes and their revisions. What was retracted is in no answer but those that say so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from deskapp.rules.errors import NotFound
from deskapp.rules.notes import has_faded
from deskapp.rules.words import say
from deskapp.store.db import asked_once
from deskapp.store.memory_tables import Channel, Interaction, Note, NoteKind, NoteRevision, ProposalDeclined, Source
from deskapp.store.privacy_tables import Hold
from deskapp.store.rows import Rows
from deskapp.store.tables import Audit, Customer, Item, Order, Staff

REWORDED = "opinion.reworded"  # of the audit

_LATEST = 50


class Seen(NamedTuple):
    """A note with the names of what it hangs on; `channel` in words, `order` and `item` "" where it is about none."""

    note: Note
    interaction: Interaction
    author: str
    channel: str
    order: str
    item: str


@dataclass(frozen=True, slots=True)
class Sift:
    """Which notes of a customer are asked for. `until` is the first moment that is not."""

    kind: NoteKind | None = None
    channel: str = ""
    author_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


# Their own words are not said to be anybody's of ours, though somebody of ours put the question.
AUTHOR: Any = case((col(Note.source) == Source.CUSTOMER, "the customer"), else_=Staff.name)
_SEEN: Any = (  # sqlmodel has types for no more than four columns
    select(Note, Interaction, AUTHOR, func.coalesce(Channel.words, Interaction.channel))
    .add_columns(func.coalesce(Order.external_id, ""), func.coalesce(Item.name, ""))
    .select_from(Note)
    .join(Interaction, col(Interaction.id) == Note.interaction_id)
    .join(Staff, col(Staff.id) == Note.author_id)
    .outerjoin(Channel, col(Channel.code) == Interaction.channel)
    .outerjoin(Order, col(Order.id) == Interaction.order_id)
    .outerjoin(Item, col(Item.id) == Interaction.item_id)
)
_NEWEST_FIRST = (col(Note.written_at).desc(), col(Note.id).desc())
_IS_MARKED = or_(
    col(Note.is_alert),
    col(Note.pinned_until).is_not(None),
    and_(col(Note.retracted_at).is_not(None), col(Note.wiped_at).is_(None)),
)
_NEWEST = Rows(
    _SEEN.where(Note.customer_id == bindparam("customer"), col(Note.wiped_at).is_(None))
    .order_by(case((_IS_MARKED, 0), else_=1), *_NEWEST_FIRST)
    .limit(_LATEST)
)


@asked_once
def _newest(session: Session, customer_id: int) -> list[Seen]:
    """The newest fifty and before them whatever carries a mark, in the order of time; retracted ones among them. One query."""
    found = [Seen(*row) for row in _NEWEST.all(session, customer=customer_id)]
    return sorted(found, key=lambda seen: (seen.note.written_at, seen.note.id), reverse=True)


def list_seen(session: Session, customer_id: int, *, today: date | None = None, with_faded: bool = False) -> list[Seen]:
    """The newest fifty and those with a pin or an alert, newest first, none that was retracted. One query for all who ask.

    Opinions only if `today` says which of them have faded; those too `with_faded`, which is for leads alone.
    """
    standing = (seen for seen in _newest(session, customer_id) if seen.note.retracted_at is None)
    return [seen for seen in standing if _is_to_see(seen.note, today, with_faded=with_faded)]


def _is_to_see(note: Note, today: date | None, *, with_faded: bool) -> bool:
    if note.kind is NoteKind.OBSERVATION:
        return True
    return today is not None and (with_faded or not has_faded(note.review_on, today))


def list_notes(
    session: Session, customer_id: int, *, today: date | None = None, with_faded: bool = False
) -> list[tuple[Note, Interaction, str]]:
    """As `list_seen`, with the author's name."""
    return [seen[:3] for seen in list_seen(session, customer_id, today=today, with_faded=with_faded)]


def list_retracted(session: Session, customer_id: int) -> list[Note]:
    """Those that are not wiped yet, newest first. Asks nothing beyond `list_seen`."""
    return [seen.note for seen in _newest(session, customer_id) if seen.note.retracted_at is not None]


def find_notes(
    session: Session,
    customer_id: int,
    sift: Sift,
    *,
    today: date,
    with_faded: bool,
    limit: int,
    offset: int = 0,
) -> list[Seen]:
    """Of all of a customer's notes, newest first, none that was retracted. One query."""
    query = _SEEN.where(Note.customer_id == customer_id, col(Note.retracted_at).is_(None), *_sifted(sift))
    if not with_faded:
        query = query.where(or_(col(Note.review_on).is_(None), col(Note.review_on) > today))
    return [Seen(*row) for row in session.exec(query.order_by(*_NEWEST_FIRST).limit(limit).offset(offset)).all()]


def _sifted(sift: Sift) -> list[Any]:
    written_at = col(Note.written_at)
    same = {Note.kind: sift.kind, Interaction.channel: sift.channel, Note.author_id: sift.author_id}
    conditions = [col(column) == wanted for column, wanted in same.items() if wanted]
    conditions += [written_at >= sift.since] if sift.since else []
    return conditions + ([written_at < sift.until] if sift.until else [])


def which_stand(session: Session, note_ids: Collection[int]) -> set[int]:
    """Those that were neither retracted nor wiped. One query."""
    query = select(Note.id).where(col(Note.id).in_(note_ids), col(Note.retracted_at).is_(None))
    return set(session.exec(query).all())


def list_authors(session: Session, customer_id: int) -> list[tuple[int, str]]:
    """Who wrote notes on this customer, by name. One query."""
    query = (
        select(Staff.id, Staff.name)
        .join(Note, col(Note.author_id) == Staff.id)
        .where(Note.customer_id == customer_id, col(Note.retracted_at).is_(None))
        .distinct()
        .order_by(col(Staff.name), col(Staff.id))
    )
    return [(staff_id, name) for staff_id, name in session.exec(query).all()]


def get_note(session: Session, note_id: int) -> Note:
    """NotFound too once its words are wiped; retracted ones are the caller's to hide."""
    found = session.get(Note, note_id)
    if found is None or found.wiped_at is not None:
        raise NotFound(say("There is no such note."))
    return found


def get_note_to_change(session: Session, note_id: int) -> Note:
    """Locked until the transaction ends, so that of two who change one the second sees the first. NotFound as `get_note`."""
    found = session.exec(select(Note).where(Note.id == note_id).with_for_update()).one_or_none()
    if found is None or found.wiped_at is not None:
        raise NotFound(say("There is no such note."))
    return found


def get_seen(session: Session, note_id: int) -> Seen:
    """As `get_note`."""
    row = session.exec(_SEEN.where(Note.id == note_id, col(Note.wiped_at).is_(None))).one_or_none()
    if row is None:
        raise NotFound(say("There is no such note."))
    return Seen(*row)


def list_revisions(
    session: Session,
    note_id: int,
    *,
    limit: int | None = None,
    before: int | None = None,
    since: datetime | None = None,
) -> list[tuple[int, str, str, datetime]]:
    """(number, text, author, written_at), newest first; of those with a number below `before`, written from `since` on."""
    query = (
        select(NoteRevision.number, NoteRevision.text, Staff.name, NoteRevision.written_at)
        .join(Staff, col(Staff.id) == NoteRevision.author_id)
        .where(NoteRevision.note_id == note_id)
        .order_by(col(NoteRevision.number).desc())
        .limit(limit)
    )
    query = query if before is None else query.where(col(NoteRevision.number) < before)
    query = query if since is None else query.where(col(NoteRevision.written_at) >= since)
    return [(number, text, author, at) for number, text, author, at in session.exec(query).all()]


def reworded_at(session: Session, note: Note) -> datetime | None:
    """When an opinion was made this observation, None where it was none. By the audit: the row itself says nothing of it."""
    # Older rewordings have a line of the customer's alone.
    subjects = [f"note:{note.id}", f"customer:{note.customer_id}"]
    lines = select(Audit.at, Audit.details).where(col(Audit.subject).in_(subjects), Audit.action == REWORDED)
    return max((at for at, details in session.exec(lines).all() if details.get("note") == note.id), default=None)


# --- opinions whose time is over ------------------------------------------------------------------------------------


def _is_for_review(until: date) -> list[Any]:
    return [col(Note.review_on) <= until, col(Note.retracted_at).is_(None), Note.kind == NoteKind.OPINION]


def list_for_review(session: Session, *, until: date, limit: int) -> list[tuple[Note, str, str]]:
    """Opinions to be reviewed on `until` or before, the longest waiting first, with their author and customer. One query."""
    query = (
        select(Note, Staff.name, Customer.name)
        .join(Staff, col(Staff.id) == Note.author_id)
        .join(Customer, col(Customer.id) == Note.customer_id)
        .where(*_is_for_review(until))
        .order_by(col(Note.review_on), col(Note.id))
        .limit(limit)
    )
    return [(note, author, customer) for note, author, customer in session.exec(query).all()]


def count_for_review(session: Session, *, until: date) -> int:
    return session.exec(select(func.count()).select_from(Note).where(*_is_for_review(until))).one()


# --- wiping ---------------------------------------------------------------------------------------------------------


def is_held(session: Session, customer_id: int) -> bool:
    """Whether a dispute is open, while which nothing of this customer is forgotten."""
    return bool(session.connection().scalar(select(_held(customer_id))))


def _held(customer_id: object) -> Any:
    return exists().where(col(Hold.customer_id) == customer_id, col(Hold.lifted_at).is_(None))


def list_to_wipe(session: Session, *, retracted_before: datetime, limit: int) -> Sequence[Note]:
    """None of a customer with an open dispute."""
    query = (
        select(Note)
        .where(
            col(Note.retracted_at) <= retracted_before,
            col(Note.wiped_at).is_(None),
            ~_held(col(Note.customer_id)),
        )
        .order_by(col(Note.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.exec(query).all()


def wipe(session: Session, note: Note, *, now: datetime) -> None:
    """Its words are gone, those of all its revisions, and what was read in them and declined; that there was one stays."""
    note.text = note.mentionable = note.pin_reason = ""
    note.pinned_until, note.is_alert, note.wiped_at = None, False, now
    session.add(note)
    session.connection().execute(update(NoteRevision).where(col(NoteRevision.note_id) == note.id).values(text=""))
    session.connection().execute(delete(ProposalDeclined).where(col(ProposalDeclined.note_id) == note.id))
