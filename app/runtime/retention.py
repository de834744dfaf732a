"""Old calls are deleted every day, and when the server starts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from app.errors import StoreError
from app.store.erasure import Eraser

log = structlog.get_logger(__name__)

RUN_LIMIT_S = 60.0
"""How long one run may delete; what is left waits for the next."""
_DAY_S = 24 * 3600.0
_RETRY_S = 600.0


class Retention:
    """The job; its owner runs ``run()`` as a task once the schema is up to date."""

    def __init__(self, eraser: Eraser, days: int) -> None:
        self._eraser = eraser
        self._days = days

    async def run(self) -> None:
        """Delete until cancelled; returns at once where calls are kept for ever."""
        while self._days:
            try:
                await self.delete_old()
            except StoreError as error:
                log.error("retention.failed", why=str(error))
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(_DAY_S)

    async def delete_old(self) -> int:
        """Delete once; return how many calls there were. Raises StoreError."""
        older_than = datetime.now(UTC) - timedelta(days=self._days)
        calls = await self._eraser.delete_older(older_than, RUN_LIMIT_S)
        log.info("retention.done", calls=calls, days=self._days)
        return calls
