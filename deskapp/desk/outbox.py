"""Letters and calls that go out at most once, ever, whatever crashes.

What is to go out is written down in the transaction that wants it. A sender commits SENDING before it touches the wire; a
row found so after its lease may have gone out and becomes DOUBTFUL, which no machine sends again: a person decides.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

import structlog
from sqlmodel import Session

from deskapp.desk import audit
from deskapp.outgoing.wire import Deliver, Delivered, NotAccepted, Outcome, Unknown
from deskapp.rules.errors import DeskError
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import outbox as rows
from deskapp.store.card_tables import Carrier, Outbox, Sending
from deskapp.store.db import Database

Clock = Callable[[], datetime]

LEASE = timedelta(minutes=5)  # several times what any carrier may take
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240, 360))  # after the first refusal, the second …
MOST_ATTEMPTS = len(WAITS) + 1
KEPT = timedelta(days=30)  # so long somebody may still send what failed
_LOOKS_AGAIN = timedelta(seconds=1)  # at the earliest, or one that waits for a moment of now would be asked without end
_FOR = "for"  # whose it was when it was put; joined customers take their rows along
DOUBTED = "doubted"  # it may have gone out before, and somebody sends it anew
_OURS = (_FOR, DOUBTED)  # of the payload: no carrier is given them
_WIPED_AT_ONCE = 500
_CUT_SHORT = say("The desk stopped while it was being sent. It may have gone out.")
_JOINED = say("Not sent: the customer was joined with another meanwhile.")
_GONE = say("Not sent: what it is about is not there any more.")
_ERASED = say("Not sent: the customer was erased meanwhile.")
_NOBODY_CARRIED = say("Not sent: nobody carried it for a month.")

log = structlog.get_logger()


class Check(Protocol):
    """Asked just before something goes out, of its row. "", a sentence why it should not any more, or when to ask again."""

    def __call__(self, session: Session, row: Outbox, *, now: datetime) -> str | datetime: ...


class Ending(Protocol):
    """Told of what certainly did not go out, and will not unless somebody sends it anew; in the transaction that says so."""

    def __call__(self, session: Session, row: Outbox, *, now: datetime) -> None: ...


Checks = Mapping[str, Check]  # by kind
Endings = Mapping[str, Ending]  # by kind
_NO_ENDINGS: Endings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Taken:
    """The right to send one row, once; `attempt` is what it is known by."""

    id: int
    attempt: int
    carrier: Carrier
    key: str
    payload: dict[str, Any]
    customer_id: int | None = None


def put(
    session: Session, *, key: str, carrier: Carrier, customer_id: int | None, payload: Mapping[str, Any], now: datetime
) -> bool:
    """False, and nothing is put, if the key was there already, or the customer is erased or joined with another.

    `key`: at most 200 characters, ids and no words; what stands before its first colon is the kind, by which a check of
    `postman.CHECKS` is asked again just before it goes out. Payload of MAIL: to, subject, text, language
    [, unsubscribe: a link]; of WEBHOOK: event and ids. The key goes along, so that a receiver can tell a duplicate.
    """
    if customer_id is not None and not rows.is_reachable(session, customer_id):
        return False
    return rows.add_once(
        session,
        key=key,
        carrier=carrier,
        customer_id=customer_id,
        payload={**payload, _FOR: customer_id},
        state=Sending.WAITING,
        run_at=now,
        made_at=now,
    )


def kind_of(key: str) -> str:
    return key.partition(":")[0]


# --- sending --------------------------------------------------------------------------------------------------------


def send_due(
    database: Database,
    carriers: Mapping[Carrier, Deliver],
    checks: Checks,
    *,
    now: Clock,
    limit: int,
    endings: Endings = _NO_ENDINGS,
) -> Counter[Sending]:
    """How many went which way, at most `limit` carried. Looks without the write lock if there is nothing to do.

    One row at a time, and never within a transaction: a server may take as long as it likes. Whatever is not carried by
    one of `carriers` waits.
    """
    ended: Counter[Sending] = Counter()
    with database.reading() as session:
        has_abandoned = rows.has_abandoned(session, list(carriers), now())
        is_due = rows.is_due(session, list(carriers), now())
    if has_abandoned:
        ended[Sending.DOUBTFUL] += doubt_abandoned(database, carriers, now=now)
    for _ in range(limit if is_due else 0):
        if (taken := take(database, carriers, checks, now=now, endings=endings)) is None:
            break
        outcome = carry(taken, carriers[taken.carrier], now=now)
        ended[record(database, taken, outcome, now=now, endings=endings)] += 1
    return ended


def doubt_abandoned(database: Database, carriers: Mapping[Carrier, Deliver], *, now: Clock) -> int:
    """Whoever sent these is gone, and did not say how far it came."""
    with database.writing() as session:
        abandoned = rows.list_abandoned(session, list(carriers), now())
        for row in abandoned:
            row.state, row.words = Sending.DOUBTFUL, _CUT_SHORT
            _log(session, None, row, Sending.DOUBTFUL, now())
        return len(abandoned)


def take(
    database: Database,
    carriers: Mapping[Carrier, Deliver],
    checks: Checks,
    *,
    now: Clock,
    endings: Endings = _NO_ENDINGS,
) -> Taken | None:
    """The longest due, SENDING from now on and on the disk as such; None if nothing is. What must not go out any more fails,
    and what must not go out yet waits on.
    """
    with database.writing() as session:
        while (row := rows.next_due(session, list(carriers), now())) is not None:
            if says := _why_not(session, row, checks, now()):
                if isinstance(says, datetime):
                    row.run_at = says
                else:
                    _stop(session, row, says, endings, now())
                session.flush()
                continue
            row.state, row.attempts, row.run_at = Sending.SENDING, row.attempts + 1, now() + LEASE
            session.flush()
            payload = {name: value for name, value in row.payload.items() if name not in _OURS}
            return Taken(row.id, row.attempts, row.carrier, row.key, payload, row.customer_id)
    return None


def _stop(session: Session, row: Outbox, words: str, endings: Endings, now: datetime) -> None:
    row.state, row.words = Sending.FAILED, words
    _tell_end(session, row, endings, now)
    row.payload = {}
    _log(session, None, row, Sending.FAILED, now)


def _tell_end(session: Session, row: Outbox, endings: Endings, now: datetime) -> None:
    if (ending := endings.get(kind_of(row.key))) is not None and not row.payload.get(DOUBTED):
        ending(session, row, now=now)


def _why_not(session: Session, row: Outbox, checks: Checks, now: datetime) -> str | datetime:
    if row.customer_id != row.payload.get(_FOR):
        return _JOINED
    if row.customer_id is not None and not rows.is_reachable(session, row.customer_id):
        return _ERASED
    check = checks.get(kind_of(row.key))
    try:
        says = check(session, row, now=now) if check else ""
    except DeskError:  # whose own words may name somebody
        return _GONE
    return says if isinstance(says, str) else max(says, now + _LOOKS_AGAIN)


def carry(taken: Taken, deliver: Deliver, *, now: Clock) -> Outcome:
    """What a carrier raises is our own fault, and nobody knows how far it had come."""
    try:
        return deliver(taken.key, taken.payload, now())
    except Exception as error:  # noqa: BLE001 - whatever it is; its words may name somebody, so they are not logged
        log.error("outbox", outbox=taken.id, kind=type(error).__name__)  # noqa: TRY400 - the same
        return Unknown(
            say(
                "Something went wrong on our side while it was being sent ({kind}). It may have gone out.",
                kind=type(error).__name__,
            )
        )


def record(
    database: Database, taken: Taken, outcome: Outcome, *, now: Clock, endings: Endings = _NO_ENDINGS
) -> Sending:
    """How it ended. News that come after the lease are believed, as long as nobody began to send it anew."""
    state, values = _ended(taken, outcome, now())
    believed = [Sending.SENDING, Sending.DOUBTFUL]
    if state is Sending.SENT:
        believed += [Sending.WAITING, Sending.FAILED]  # somebody decided meanwhile, not knowing that it went out
    with database.writing() as session:
        if taken.customer_id is not None:  # before the row, as whoever joins or erases them does
            rows.hold_customer(session, taken.customer_id)
        row = rows.change_held(session, taken.id, taken.attempt, believed, state=state, **values)
        if row is not None and state is not Sending.WAITING:
            _log(session, None, row, state, now())
        if row is not None and state is Sending.FAILED:
            _tell_end(session, row, endings, now())
    log.info("outbox", outbox=taken.id, carrier=taken.carrier.value, attempt=taken.attempt, state=state.value)
    return state


def _ended(taken: Taken, outcome: Outcome, now: datetime) -> tuple[Sending, dict[str, Any]]:
    match outcome:
        case Delivered():
            return Sending.SENT, {"payload": {}, "words": "", "sent_at": now}
        case NotAccepted(words, is_final):
            if is_final or taken.attempt >= MOST_ATTEMPTS:
                return Sending.FAILED, {"words": words}
            return Sending.WAITING, {"words": words, "run_at": now + WAITS[taken.attempt - 1]}
        case Unknown(words):
            return Sending.DOUBTFUL, {"words": words}


def _log(session: Session, actor: Actor | None, row: Outbox, what: str, now: datetime) -> None:
    """As "mail.sent" of the customer whose page may show it, or of the row itself where it is nobody's."""
    subject = f"outbox:{row.id}" if row.customer_id is None else f"customer:{row.customer_id}"
    audit.write(session, actor, f"{row.carrier.value}.{what}", subject, now=now, outbox=row.id, attempt=row.attempts)


def wipe(session: Session, *, now: datetime) -> int:
    """Words and addresses of what did not go out for a month, or is doubtful: nobody will send that any more."""
    old = rows.list_unsent_before(session, now - KEPT, _WIPED_AT_ONCE)
    for row in old:
        if row.state is Sending.WAITING:
            row.state, row.words = Sending.FAILED, _NOBODY_CARRIED
            _log(session, None, row, Sending.FAILED, now)
        row.payload = {}
    return len(old)
