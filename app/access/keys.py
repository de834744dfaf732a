"""What an API key looks like: ``puente_<id>_<secret>``.

The prefix lets scanners of repositories and logs know one, the id finds its row, and the secret has 256 random bits.
That is why its hash is a plain SHA-256: slow and salted hashes make up for secrets that people choose, and nobody
guesses one of 2^256. docs/decisions/0013.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_ID_BYTES = 6
_SECRET_BYTES = 32
_KEY = re.compile(r"puente_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyParts:
    key_id: str
    secret_hash: str
    """SHA-256 in hexadecimal digits: what is stored."""


def new_key() -> tuple[str, KeyParts]:
    """Return a new key, which is shown once and stored nowhere, and what is kept of it."""
    key = f"puente_{secrets.token_hex(_ID_BYTES)}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    parts = read_key(key)
    assert parts is not None
    return key, parts


def read_key(given: str) -> KeyParts | None:
    """Return the parts of a key; None for what cannot be one, which costs no look-up."""
    found = _KEY.fullmatch(given)
    if found is None:
        return None
    return KeyParts(found[1], hashlib.sha256(found[2].encode()).hexdigest())


def same_secret(given_hash: str, stored_hash: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given_hash, stored_hash)
