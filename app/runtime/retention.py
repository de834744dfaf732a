"""Old calls and their recordings are deleted every hour, and when the server starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from app.errors import RecordingError, StoreError
from app.runtime.recording_care import RecordingCare
from app.store.erasure import Eraser

log = structlog.get_logger(__name__)

RUN_LIMIT_S = 60.0
"""How long one run may delete; what is left waits for the next."""
_INTERVAL_S = 3600.0
_RETRY_S = 600.0


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much a deletion took away."""

    calls: int
    recordings: int


class Retention:
    """The job; its owner runs ``run()`` as a task once the schema is up to date."""

    def __init__(self, eraser: Eraser, care: RecordingCare, days: int) -> None:
        """``days`` is 0 where calls are kept for ever."""
        self._eraser = eraser
        self._care = care
        self._days = days

    async def run(self) -> None:
        """Delete until cancelled."""
        while True:
            try:
                await self._care.delete_deleted()
                if self._days:
                    await self.delete_old()
            except (StoreError, RecordingError) as error:
                log.error("retention.failed", why=str(error))
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(_INTERVAL_S)

    async def delete_old(self) -> Deleted:
        """Delete what is too old, once. Raises StoreError or RecordingError."""
        older_than = datetime.now(UTC) - timedelta(days=self._days)
        calls = await self._eraser.delete_older(older_than, RUN_LIMIT_S)
        recordings = await self._care.delete_older(older_than)
        log.info("retention.done", calls=calls, recordings=recordings, days=self._days)
        return Deleted(calls, recordings)
