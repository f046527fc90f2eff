"""Passwords as argon2id in its small profile: 19 MiB, two passes, one lane (OWASP), about 25 ms of one core."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)  # a crowd at the door takes 38 MiB and two cores at most

# What is tried in the place of a hash where there is no such person, so that the answer takes as long as for anybody. It was
# made of random bytes that were thrown away; a test holds its parameters to those above.
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$AQdUUPLkH0zrZO4+UpL5Ag$9fWsW6T2Fs1E62xk5wxHiU827Wz8/Pyw0bXsjh73Yoo"


def hash_password(password: str) -> str:
    """About 25 ms; call it outside of transactions."""
    with _AT_ONCE:
        return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Equally slow for everybody, nobody (None) included; call it outside of transactions."""
    with _AT_ONCE:
        try:
            _hasher.verify(stored or NOBODYS_HASH, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)
