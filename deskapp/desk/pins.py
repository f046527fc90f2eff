"""PINs: with one an approver decides on a colleague's tablet, whose seat stays, and staff change on a shared one.

Three steps, as at the door: knock, prove, act.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from sqlmodel import Session

from deskapp.desk import audit, passwords, throttle
from deskapp.desk.inputs import Keyed
from deskapp.desk.sign_in import Knock
from deskapp.desk.staff import TypedPassword
from deskapp.rules import pins
from deskapp.rules.errors import Conflict, Invalid, SignInNeeded
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import staff
from deskapp.store.staff import as_actor

NO_MATCH = say("This PIN does not belong to that person. Whoever has none yet sets one on the page “Your password”.")

TypedPin = Annotated[str, StringConstraints(max_length=20), Field(repr=False)]


class NewPin(Keyed):
    current: TypedPassword
    pin: TypedPin

    @field_validator("pin")
    @classmethod
    def _is_not_guessed_first(cls, pin: str) -> str:
        if problem := pins.problem_with(pin):
            raise ValueError(problem)
        return pin


@dataclass(frozen=True, slots=True)
class PinKnock:
    """A PIN about to be tried, counted as a failure until it matches; `decider` and `stored` None where there is none."""

    decider: Actor | None
    stored: str | None
    keys: throttle.Keys


def knock(session: Session, asker: Actor, decider_id: int, *, signing_key: bytes, now: datetime) -> PinKnock:
    """Raises TooManyTries where this PIN, or any from this person's seats, was tried too often."""
    return _knock(session, throttle.pin_keys(signing_key, decider_id, asker.staff_id), decider_id, now)


def knock_on_tablet(
    session: Session, tablet_id: int, owner_id: int, *, is_named: bool, signing_key: bytes, now: datetime
) -> PinKnock:
    """`is_named`: whether that tablet is the owner's. Raises TooManyTries where this PIN, or any on this tablet, was tried too often."""
    keys = throttle.tablet_keys(signing_key, owner_id, tablet_id)
    return _knock(session, keys, owner_id, now, is_known=is_named)


def _knock(session: Session, keys: throttle.Keys, owner_id: int, now: datetime, *, is_known: bool = True) -> PinKnock:
    throttle.count(session, keys, now=now)
    row = staff.find_staff(session, owner_id)
    if row is None or not row.is_active or not is_known:
        return PinKnock(None, None, keys)
    return PinKnock(as_actor(row), row.pin_hash, keys)


def prove(knock: PinKnock, pin: str, *, signing_key: bytes) -> Actor:
    """Who decides. Raises Invalid; the same words after the same time whoever it was. No transaction, please."""
    if not passwords.matches(_peppered(pin, signing_key), knock.stored) or knock.decider is None:
        raise Invalid({"pin": NO_MATCH})
    return knock.decider


def accept(session: Session, knock: PinKnock) -> Actor:
    """Whose it is, as of now. It matched, so the try is given back; what failed before goes on counting, or each success would pay for more guesses.

    Raises Conflict if the PIN was changed, or its owner turned away, since it was compared.
    """
    row = staff.find_staff(session, knock.decider.staff_id) if knock.decider else None
    if row is None or not row.is_active or row.pin_hash != knock.stored:
        raise Conflict(say("That PIN was changed at this moment. Nothing was done; please try again."))
    throttle.give_back(session, knock.keys)
    return as_actor(row)


def hash_pin(pin: str, *, signing_key: bytes) -> str:
    """About 25 ms; call it outside of transactions."""
    return passwords.hash_password(_peppered(pin, signing_key))


def _peppered(pin: str, signing_key: bytes) -> str:
    """A million PINs are tried through in hours, however slow the hash; without the desk's key they are no use."""
    return hmac.new(signing_key, f"pin:{pin}".encode(), hashlib.sha256).hexdigest()


def set_pin(session: Session, actor: Actor, knock: Knock, pin_hash: str, *, now: datetime) -> None:
    """One's own, after a knock and `compare` with the present password."""
    row = staff.find_staff(session, actor.staff_id)
    if row is None or row.password_hash != knock.stored:
        raise SignInNeeded(say("Your password was changed meanwhile. Please sign in with the new one."))
    throttle.succeed(session, knock.keys, now=now)
    row.pin_hash = pin_hash
    audit.write(session, actor, "staff.pin-set", f"staff:{row.id}", now=now)
