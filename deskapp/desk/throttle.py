"""Slows down whoever tries passwords: so many failures per account and per address in a window, counted before each try.

Counting first leaves no gap: a hundred tries at once are a hundred counts, and a try that turns out well is given back.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.rules.errors import TooManyTries
from deskapp.rules.words import nsay
from deskapp.store import throttle

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_TABLET = 10  # PINs of whomever: several people share it, and a password still signs them in
PER_ADDRESS = 30  # a shop's whole staff may share one
PER_ADDRESS_LINKS = 60  # that lead nowhere, of customers of one office or one provider
_V6_SITE = 64  # bits: what one household or shop is given, and could walk through


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes: the table does not say whose failures it counts. Of whose secret is tried, and from where."""

    account: str
    address: str
    per_address: int = PER_ADDRESS


def keys(signing_key: bytes, username: str, address: str) -> Keys:
    return Keys(_hashed(signing_key, f"account:{username}"), _hashed(signing_key, f"address:{_site(address)}"))


def pin_keys(signing_key: bytes, owner_id: int, tried_by: int) -> Keys:
    """Of a PIN that is tried at the seat of a colleague: five tries for either of them."""
    owner, seat = _hashed(signing_key, f"pin:{owner_id}"), _hashed(signing_key, f"pin-from:{tried_by}")
    return Keys(owner, seat, PER_ACCOUNT)


def tablet_keys(signing_key: bytes, owner_id: int, tablet_id: int) -> Keys:
    """Of a PIN that is tried on a shared tablet, where nobody sits; the owner's tries count wherever they were made."""
    owner, tablet = _hashed(signing_key, f"pin:{owner_id}"), _hashed(signing_key, f"pin-on-tablet:{tablet_id}")
    return Keys(owner, tablet, PER_TABLET)


def _hashed(signing_key: bytes, text: str) -> str:
    return hmac.new(signing_key, f"throttle:{text}".encode(), hashlib.sha256).hexdigest()


def _site(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, _V6_SITE), strict=False)) if ip.version == 6 else address


def count(session: Session, keys: Keys, *, now: datetime) -> None:
    """Raises TooManyTries, and counts nothing, where either has failed too often. Always in this order, or two would deadlock."""
    for key, most in ((keys.account, PER_ACCOUNT), (keys.address, keys.per_address)):
        began_at = throttle.count(session, key, most=most, started_after=now - WINDOW, now=now)
        if began_at is not None:
            raise _too_many(began_at + WINDOW - now)


def count_link(session: Session, signing_key: bytes, address: str, *, now: datetime) -> None:
    """A link to a customer's page that we do not know. Raises TooManyTries, so that nobody can go on asking."""
    key = _hashed(signing_key, f"link-from:{_site(address)}")
    began_at = throttle.count(session, key, most=PER_ADDRESS_LINKS, started_after=now - WINDOW, now=now)
    if began_at is not None:
        raise _too_many(began_at + WINDOW - now)


def _too_many(wait: timedelta) -> TooManyTries:
    seconds = max(1, int(wait.total_seconds()))
    minutes = -(-seconds // 60)
    sentence = nsay(
        "Too many tries. Please wait a minute and try again.",
        "Too many tries. Please wait {n} minutes and try again.",
        minutes,
    )
    return TooManyTries(sentence, retry_after_seconds=seconds)


def give_back(session: Session, keys: Keys) -> None:
    """One try that turned out well; earlier ones go on counting."""
    throttle.give_back(session, keys.account)
    throttle.give_back(session, keys.address)


def succeed(session: Session, keys: Keys, *, now: datetime) -> None:
    throttle.forget(session, keys.account)
    throttle.give_back(session, keys.address)
    throttle.sweep(session, now - WINDOW)
