"""Whose call it was, without their number: a keyed hash that only whoever has the key can look for."""

from __future__ import annotations

import hashlib
import hmac


def caller_hash(number: str, pepper: str) -> str:
    """Return the HMAC-SHA256 of an E.164 number, in hexadecimal.

    There are few telephone numbers: without a secret key a hash would be undone by trying them all.
    """
    return hmac.new(f"puente-caller:{pepper}".encode(), number.encode(), hashlib.sha256).hexdigest()
