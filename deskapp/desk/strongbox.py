"""Secrets of other systems, sealed so that a copy of the database alone opens none of them."""

import base64
from datetime import datetime
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


def seal(secret: str, *, purpose: str, signing_key: bytes, now: datetime) -> str:
    """`purpose` is no secret, but what was sealed for one opens for no other. About 4/3 of the length and 100 more."""
    return _box(signing_key, purpose).encrypt_at_time(secret.encode(), int(now.timestamp())).decode()


def unseal(sealed: str, *, purpose: str, signing_key: bytes) -> str | None:
    """None for what cannot be opened: the desk's signing key was changed since, or somebody wrote into the table."""
    try:
        return _box(signing_key, purpose).decrypt(sealed.encode(errors="replace")).decode()
    except InvalidToken:
        return None


@lru_cache(maxsize=256)
def _box(signing_key: bytes, purpose: str) -> Fernet:
    """The signing key signs other things too, so each purpose has a key of its own. Kept: a launch must not wait for it."""
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"deskapp strongbox {purpose}".encode()).derive(signing_key)
    return Fernet(base64.urlsafe_b64encode(key))
