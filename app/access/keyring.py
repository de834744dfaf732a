"""Whose key it is: ADMIN_API_KEY, or one of the table's, remembered for a short time."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from pydantic import SecretStr

from app.access.keys import read_key, same_secret
from app.domain.access import BOOTSTRAP_KEY_ID, ApiKey, Caller, Role
from app.errors import StoreError

log = structlog.get_logger(__name__)

FRESH_S = 30.0
"""How long a key is used without a look at the table: so long a revoked one may still work in other processes."""
STALE_S = 900.0
"""How long a key that was seen is used while the database is away."""
_REMEMBERED = 1024


class KeyTable(Protocol):
    """Where keys are kept. Both methods raise StoreError."""

    async def find(self, key_id: str) -> ApiKey | None: ...

    async def touch(self, key_id: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    key: ApiKey
    at_s: float


class KeyRing:
    """Tells callers by their keys. For one event loop."""

    def __init__(
        self, bootstrap_key: SecretStr, table: KeyTable, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._bootstrap_key = bootstrap_key.get_secret_value().encode()
        self._table = table
        self._clock_s = clock_s
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    async def identify(self, given: str) -> Caller | None:
        """Return whose key this is; None for nobody's.

        Raises StoreError when only the database could tell and it is away.
        """
        if hmac.compare_digest(given.encode(), self._bootstrap_key):
            return Caller(BOOTSTRAP_KEY_ID, Role.ADMIN)
        parts = read_key(given)
        if parts is None:
            return None
        seen = self._seen.get(parts.key_id)
        is_fresh = seen is not None and self._clock_s() - seen.at_s < FRESH_S
        key = seen.key if seen is not None and is_fresh else await self._look_up(parts.key_id, seen)
        if key is None or key.revoked_at is not None or not same_secret(parts.secret_hash, key.secret_hash):
            return None
        if not is_fresh:
            await self._was_used(key)
        return Caller(key.key_id, key.role)

    async def _look_up(self, key_id: str, seen: _Seen | None) -> ApiKey | None:
        try:
            key = await self._table.find(key_id)
        except StoreError:
            if seen is None or self._clock_s() - seen.at_s > STALE_S:
                raise
            return seen.key
        self._seen.pop(key_id, None)
        if key is not None:
            self._seen[key_id] = _Seen(key, self._clock_s())
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return key

    async def _was_used(self, key: ApiKey) -> None:
        try:
            await self._table.touch(key.key_id, datetime.now(UTC))
        except StoreError as error:
            # It was good; that nobody wrote down when is no reason to turn its holder away.
            log.warning("key.use_not_written", key_id=key.key_id, why=str(error))
