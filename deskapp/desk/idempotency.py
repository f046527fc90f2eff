"""The same key twice is one act with one answer; claim and effect commit together or not at all."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.store.insert import insert_once
from deskapp.store.tables import Idempotency

Answer = dict[str, Any]


def claim(session: Session, actor: Actor, act: str, key: str, request: object, *, now: datetime) -> Answer | None:
    """None: the key is new and now ours, to be settled. Else the first answer. Raises Conflict if the request differs."""
    scope, digest = _scope(actor, act), _digest(request)
    if insert_once(session, Idempotency, scope=scope, key=key, request_hash=digest, created_at=now):
        return None
    row = session.get_one(Idempotency, (scope, key))
    if row.request_hash != digest:
        raise Conflict("This was sent before with other words. Nothing was changed; please look, then send it anew.")
    return row.answer or {}


def settle(session: Session, actor: Actor, act: str, key: str, answer: Answer) -> None:
    session.get_one(Idempotency, (_scope(actor, act), key)).answer = answer


def find(session: Session, actor: Actor, act: str, key: str) -> Answer | None:
    row = session.get(Idempotency, (_scope(actor, act), key))
    return row.answer if row else None


def _scope(actor: Actor, act: str) -> str:
    return f"{act}:{actor.staff_id}"


def _digest(request: object) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
