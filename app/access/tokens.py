"""Short-lived signed tokens (JWT, HS256) for pages and sockets: one call, one purpose, some minutes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import jwt

from app.domain.access import Grant, Purpose

_ALGORITHM = "HS256"
_ISSUER = "puente"
_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "call"]
_CONTEXT = b"puente: short-lived tokens, version 1"


def derived_secret(secret: str) -> bytes:
    """Return a signing key made of another secret, which it gives nothing away of (HMAC-SHA256 as a KDF)."""
    return hmac.digest(secret.encode(), _CONTEXT, hashlib.sha256)


class TokenMint:
    """Makes and reads tokens; stateless, so that every process with the same secret accepts them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mint(self, grant: Grant, now: datetime, ttl_s: int) -> tuple[str, datetime]:
        """Return a token and when it expires."""
        expires_at = now.replace(microsecond=0) + timedelta(seconds=ttl_s)
        claims = {
            "iss": _ISSUER,
            "aud": grant.purpose.value,
            "sub": grant.key_id,
            "call": grant.call_sid,
            "iat": now,
            "exp": expires_at,
        }
        return jwt.encode(claims, self._secret, _ALGORITHM), expires_at.astimezone(UTC)

    def read(self, token: str, purpose: Purpose) -> Grant | None:
        """Return what a token is good for; None for one that is forged, over, or for another purpose."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=purpose.value,
                issuer=_ISSUER,
                options={"require": _CLAIMS},
            )
        except jwt.PyJWTError:
            return None
        return Grant(purpose, str(claims["call"]), str(claims["sub"]))


def looks_like_token(given: str) -> bool:
    """Whether it has a JWT's three parts; keys have no dots."""
    return given.count(".") == 2
