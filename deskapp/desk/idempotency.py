"""The same key twice is one act with one answer; claim and effect commit together or not at all."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store.insert import once
from deskapp.store.ready import Part, Ready
from deskapp.store.tables import Idempotency

Answer = dict[str, Any]

_THIS = (col(Idempotency.scope) == bindparam("of_scope"), col(Idempotency.key) == bindparam("of_key"))
_FIRST = Ready(select(col(Idempotency.request_hash), col(Idempotency.answer)).where(*_THIS))
_SETTLED = Ready(update(Idempotency).where(*_THIS).values(answer=bindparam("said")))


def claim(session: Session, actor: Actor, act: str, key: str, request: object, *, now: datetime) -> Answer | None:
    """None: the key is new and now ours, to be settled. Else the first answer. Raises Conflict if the request differs."""
    if claiming(session, actor, act, key, request, now=now).all(session):
        return None
    return first_answer(session, actor, act, key, request)


def claiming(session: Session, actor: Actor, act: str, key: str, request: object, *, now: datetime) -> Part:
    """To be run together with others: one row if the key is new and now ours, else there is a `first_answer`."""
    return once(session, Idempotency, scope=_scope(actor, act), key=key, request_hash=_digest(request), created_at=now)


def first_answer(session: Session, actor: Actor, act: str, key: str, request: object) -> Answer:
    """Raises Conflict if the request differs."""
    first, answer = _FIRST.one(session, of_scope=_scope(actor, act), of_key=key)
    if first != _digest(request):
        raise Conflict(
            say("This was sent before with other words. Nothing was changed; please look, then send it anew.")
        )
    return answer or {}


def settle(session: Session, actor: Actor, act: str, key: str, answer: Answer) -> None:
    settling(actor, act, key, answer).all(session)


def settling(actor: Actor, act: str, key: str, answer: Answer) -> Part:
    """The same, to be written together with what was done."""
    return _SETTLED.of(of_scope=_scope(actor, act), of_key=key, said=answer)


def find(session: Session, actor: Actor, act: str, key: str) -> Answer | None:
    found = _FIRST.first(session, of_scope=_scope(actor, act), of_key=key)
    return found[1] if found else None


def _scope(actor: Actor, act: str) -> str:
    return f"{act}:{actor.staff_id}"


def _digest(request: object) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
