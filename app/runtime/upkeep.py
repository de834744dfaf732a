"""What a process does to its database beside the calls: the schema, the facts, the dead processes, what is too old."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from app.errors import StoreError
from app.runtime.caretaker import Caretaker
from app.runtime.retention import Retention
from app.store.database import Database
from app.store.recorder import Recorder

log = structlog.get_logger(__name__)

_MIGRATION_RETRY_S = 2.0
_MIGRATION_WAIT_S = 5.0


class Upkeep:
    """Runs until it is cancelled. A database that is not there yet is migrated when it comes."""

    def __init__(
        self, database: Database, recorder: Recorder, caretaker: Caretaker, retention: Retention, *, migrates: bool
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._caretaker = caretaker
        self._retention = retention
        self._migrates = migrates
        self._was_tried = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._migrate())
            await self._was_tried.wait()
            tasks.create_task(self._recorder.run())
            tasks.create_task(self._caretaker.run())
            tasks.create_task(self._retention.run())

    async def tried(self) -> None:
        """Wait, but not for long, until the database is ready or known not to be."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MIGRATION_WAIT_S):
                await self._was_tried.wait()

    async def _migrate(self) -> None:
        """Bring the schema up to date, however long the database takes to be there."""
        while self._migrates:
            try:
                await self._database.migrate()
                break
            except StoreError as error:
                log.error("database.not_migrated", why=str(error))
                self._was_tried.set()
                await asyncio.sleep(_MIGRATION_RETRY_S)
        self._was_tried.set()
