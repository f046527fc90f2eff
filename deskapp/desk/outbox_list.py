"""What waits to go out, went, did not go, and may have gone: for a manager, who decides where no machine can."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, idempotency, launches
from deskapp.desk.inputs import Keyed
from deskapp.desk.outbox import DOUBTED, MOST_ATTEMPTS, kind_of
from deskapp.rules.errors import Conflict, Forbidden
from deskapp.rules.people import Actor, Permission, who_can
from deskapp.rules.words import say, together
from deskapp.store import outbox as rows
from deskapp.store.card_tables import Carrier, Outbox, Sending

LATE = timedelta(hours=1)
_SHOWN = 50  # of each list
_WHAT = {"feedback": say("The question how it was")}  # by kind
_LEFT = say("Left as it was.")
_LEFT_IN_DOUBT = say("Left as it was: it may have gone out.")


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """`words`: why it did not go, or why nobody knows. `tries_again_at`: of one that was refused before."""

    id: int
    what: str
    is_letter: bool
    customer_id: int | None
    words: str
    attempts: int
    made_at: datetime
    sent_at: datetime | None
    tries_again_at: datetime | None
    is_under_way: bool
    can_be_sent: bool


@dataclass(frozen=True, slots=True)
class OutboxPanel:
    """The newest of each; `counts` by state are of all."""

    doubtful: list[OutboxRow]
    failed: list[OutboxRow]
    waiting: list[OutboxRow]
    sent: list[OutboxRow]
    closed: list[OutboxRow]  # left as they were, or withheld at the last moment
    counts: dict[str, int]
    most_attempts: int = MOST_ATTEMPTS


def panel(session: Session) -> OutboxPanel:
    """Six queries."""
    return OutboxPanel(
        doubtful=_listed(rows.list_newest(session, [Sending.DOUBTFUL], _SHOWN)),
        failed=_listed(rows.list_failed(session, _SHOWN, is_open=True)),
        waiting=_listed(rows.list_newest(session, [Sending.WAITING, Sending.SENDING], _SHOWN)),
        sent=_listed(rows.list_newest(session, [Sending.SENT], _SHOWN)),
        closed=_listed(rows.list_failed(session, _SHOWN, is_open=False)),
        counts=count(session),
    )


def count(session: Session) -> dict[str, int]:
    """By state; one query."""
    counts = dict.fromkeys((one.value for one in Sending), 0)
    for _, state, number in rows.count_by_state(session):
        counts[state.value] += number
    return counts


def _listed(found: list[Outbox]) -> list[OutboxRow]:
    return [_row(one) for one in found]


def _row(row: Outbox) -> OutboxRow:
    was_refused = row.state is Sending.WAITING and row.attempts > 0
    return OutboxRow(
        id=row.id,
        what=_what(row),
        is_letter=row.carrier is Carrier.MAIL,
        customer_id=row.customer_id,
        words=row.words,
        attempts=row.attempts,
        made_at=row.made_at,
        sent_at=row.sent_at,
        tries_again_at=row.run_at if was_refused else None,
        is_under_way=row.state is Sending.SENDING,
        can_be_sent=bool(row.payload),
    )


def _what(row: Outbox) -> str:
    """Never the words of a letter."""
    kind = kind_of(row.key)
    return _WHAT.get(kind, kind) if row.carrier is Carrier.MAIL else str(row.payload.get("event", kind))


def by_hand(session: Session, username: str) -> Actor:
    """Who decides, for the command line. Raises Forbidden for whoever is no manager."""
    actor = launches.owner(session, username)
    if not actor.may(Permission.MANAGE_FEEDBACK):
        raise Forbidden(f"{actor.name}'s role does not include this. {who_can(Permission.MANAGE_FEEDBACK)}")
    return actor


def send_again(session: Session, actor: Actor, outbox_id: int, form: Keyed, *, now: datetime) -> None:
    """Though it may have gone out. Raises Conflict where there is nothing to decide, or nothing left to send."""
    row = rows.get_to_change(session, outbox_id)
    if _was_done(session, actor, "outbox.again", outbox_id, form, now):
        return
    _ensure_open(row)
    if not row.payload:
        raise Conflict(say("Its words and its address are not kept any more, so it cannot be sent again."))
    if row.state is Sending.DOUBTFUL:
        row.payload = {**row.payload, DOUBTED: True}
    row.state, row.run_at, row.words = Sending.WAITING, now, ""
    _log(session, actor, row, "again", now)


def leave(session: Session, actor: Actor, outbox_id: int, form: Keyed, *, now: datetime) -> None:
    """For good: its words and its address are wiped. Raises Conflict where there is nothing to decide."""
    row = rows.get_to_change(session, outbox_id)
    if _was_done(session, actor, "outbox.leave", outbox_id, form, now):
        return
    _ensure_open(row)
    said = _LEFT_IN_DOUBT if row.state is Sending.DOUBTFUL else together([row.words, _LEFT])
    row.state, row.payload, row.words = Sending.FAILED, {}, said
    _log(session, actor, row, "left", now)


def _was_done(session: Session, actor: Actor, act: str, outbox_id: int, form: Keyed, now: datetime) -> bool:
    return idempotency.claim(session, actor, act, form.form_key, [outbox_id], now=now) is not None


def _ensure_open(row: Outbox) -> None:
    if row.state in {Sending.WAITING, Sending.SENDING}:
        raise Conflict(say("It waits to go out already."))
    if row.state is Sending.SENT:
        raise Conflict(say("It went out meanwhile, so there is nothing to decide any more."))
    if row.state is Sending.FAILED and not row.payload:
        raise Conflict(say("Somebody left it as it was, and its words are not kept any more."))


def _log(session: Session, actor: Actor, row: Outbox, what: str, now: datetime) -> None:
    subject = f"outbox:{row.id}" if row.customer_id is None else f"customer:{row.customer_id}"
    audit.write(session, actor, f"{row.carrier.value}.{what}", subject, now=now, outbox=row.id)


def warning(session: Session, *, now: datetime) -> str:
    """For whoever watches over the machine: "" while all is well. Two queries."""
    doubtful, failed = rows.count_open(session)
    late = rows.has_waited_since(session, now - LATE)
    told = [
        f"{doubtful:,} may have gone out or not" if doubtful else "",
        f"{failed:,} did not go" if failed else "",
        f"something has waited for more than {LATE.seconds // 3600} hour: does a worker run?" if late else "",
    ]
    return "; ".join(one for one in told if one)
