"""Pairing (in the manner of RFC 8628): a panel in a CRM's frame shows a code, its person says yes to it on the desk's own page.

The panel holds a secret of its own; from it and the desk's key comes the code that people see. Neither is kept, only hashes.
"""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency, strongbox, throttle
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.desk.seats import hash_token
from deskapp.hosts.launch import Hint, Launch
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import launching as stored

LASTS = timedelta(minutes=10)
NOT_GOOD = say(
    "This code is not good, or not any more. Please compare it with the one in the frame, or press Connect there again."
)

_ALPHABET = "BCDFGHJKMNPQRSTVWXZ23456789"  # neither vowels, which make words, nor what is read as something else
_LENGTH = 8

State = Literal["waiting", "approved", "over"]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(no_nul)]


class Answer(Keyed):
    code: Code


@dataclass(frozen=True, slots=True)
class Question:
    """`agent_ref`: whom the CRM vouches for from then on; "" where this one browser is remembered."""

    code: str
    connection_id: int
    connection_name: str
    agent_ref: str


def begin(
    session: Session, connection_id: int, agent_ref: str, *, secret: str, signing_key: bytes, now: datetime
) -> str:
    """The code to show. `secret`: the panel's, 32 fresh random characters or more; the same again begins nothing anew."""
    code = code_of(secret, signing_key)
    stored.put_pairing(
        session, connection_id, hash_token(secret), _hashed(code, signing_key), agent_ref, expires_at=now + LASTS
    )
    return code


def code_of(secret: str, signing_key: bytes) -> str:
    """Eight characters with a dash between, such as BCDF-2345: 38 bits, for ten minutes and a few tries."""
    number = int.from_bytes(hmac.digest(signing_key, f"pairing-code:{secret}".encode(), "sha256"))
    letters = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _hashed(code: str, signing_key: bytes) -> str:
    """With the desk's key: without it somebody with the table could try all codes through."""
    plain = "".join(one for one in code.upper() if one in _ALPHABET)
    return hmac.new(signing_key, f"pairing:{plain}".encode(), hashlib.sha256).hexdigest()


def keep_posted(launch: Launch, secret: str, *, signing_key: bytes, now: datetime) -> str:
    """What a host has posted, sealed, for the panel to keep until somebody says yes: it is posted once only."""
    said = {"agent_ref": launch.agent_ref, "hint": asdict(launch.hint), "is_customer_proven": launch.is_customer_proven}
    text = json.dumps({**said, "frame": dict(launch.frame)})
    return strongbox.seal(text, purpose=_purpose(secret), signing_key=signing_key, now=now)


def find_posted(posted: str, secret: str, *, signing_key: bytes) -> Launch | None:
    """None for what this panel was not given to keep."""
    text = strongbox.unseal(posted, purpose=_purpose(secret), signing_key=signing_key)
    if text is None:
        return None
    said = json.loads(text)
    return Launch(**{**said, "hint": Hint(**said["hint"])})


def _purpose(secret: str) -> str:
    return f"posted to the panel {secret}"


def state(session: Session, connection_id: int, secret: str, *, now: datetime) -> State:
    """What the panel hears when it asks. One query."""
    is_approved = stored.find_approval(session, connection_id, hash_token(secret), now)
    return "over" if is_approved is None else "approved" if is_approved else "waiting"


# --- the person's side ----------------------------------------------------------------------------------------------


def look_up(
    session: Session, actor: Actor, typed: str, address: str, *, signing_key: bytes, now: datetime
) -> Question | None:
    """Counted as a guess until it is found, so the transaction has to be kept either way. Raises TooManyTries."""
    keys = throttle.keys(signing_key, f"pairing code typed by {actor.staff_id}", address)
    throttle.count(session, keys, now=now)
    found = stored.find_asked(session, _hashed(typed, signing_key), now)
    if found is None:
        return None
    throttle.give_back(session, keys)
    plain = "".join(one for one in typed.upper() if one in _ALPHABET)
    code = f"{plain[:4]}-{plain[4:]}"
    return Question(code, found.connection_id, found.connection_name, found.agent_ref)


def approve(session: Session, actor: Actor, form: Answer, address: str, *, signing_key: bytes, now: datetime) -> bool:
    """The panel that shows the code becomes the actor's. False where it waits no more: then the guess counts, so the transaction
    has to be kept. Raises TooManyTries, and Conflict where the form's key was used for another code.
    """
    said = form.model_dump()
    if idempotency.find(session, actor, "pairing.approve", form.form_key) is not None:
        idempotency.first_answer(session, actor, "pairing.approve", form.form_key, said)
        return True
    asked = look_up(session, actor, form.code, address, signing_key=signing_key, now=now)
    code_hash = _hashed(form.code, signing_key)
    if asked is None or not stored.approve(session, code_hash, actor.staff_id, now):
        return False
    idempotency.claim(session, actor, "pairing.approve", form.form_key, said, now=now)
    idempotency.settle(session, actor, "pairing.approve", form.form_key, {})
    if asked.agent_ref:
        stored.end_other_pairings(session, asked.connection_id, asked.agent_ref, code_hash, now)
        _link(session, actor, asked, now)
    action = "agent.linked" if asked.agent_ref else "pairing.approved"
    audit.write(session, actor, action, f"staff:{actor.staff_id}", now=now, connection=asked.connection_id)
    return True


def _link(session: Session, actor: Actor, asked: Question, now: datetime) -> None:
    """Whoever the agent stood for before sits there no more."""
    before = stored.link(session, asked.connection_id, asked.agent_ref, actor.staff_id, now)
    if before is None or before == actor.staff_id:
        return
    stored.close_linked_seats(session, before, asked.connection_id, now)
    audit.write(session, actor, "agent.unlinked", f"staff:{before}", now=now, connection=asked.connection_id)


def refuse(session: Session, actor: Actor, form: Answer, *, signing_key: bytes, now: datetime) -> None:
    """Nobody can say yes to it any more. Refusing what is over is no matter."""
    if idempotency.claim(session, actor, "pairing.refuse", form.form_key, form.model_dump(), now=now) is not None:
        return
    if stored.refuse(session, _hashed(form.code, signing_key), now):
        audit.write(session, actor, "pairing.refused", f"staff:{actor.staff_id}", now=now)
