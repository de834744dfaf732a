"""Past calls are deleted when an administrator, or a caller, asks for it."""

from __future__ import annotations

import asyncio

from app.config import E164, Settings
from app.errors import CallIsLive, StoreError
from app.privacy.callers import caller_hash
from app.runtime.recording_care import RecordingCare
from app.runtime.registry import Registry
from app.runtime.retention import Deleted
from app.store.erasure import Eraser
from app.store.recorder import Recorder

_WRITE_TIMEOUT_S = 5.0


class Deletion:
    def __init__(
        self, settings: Settings, registry: Registry, recorder: Recorder, eraser: Eraser, care: RecordingCare
    ) -> None:
        self._registry = registry
        self._recorder = recorder
        self._eraser = eraser
        self._care = care
        self._pepper = settings.privacy_pepper.get_secret_value() or settings.twilio_auth_token.get_secret_value()

    @property
    def knows_callers(self) -> bool:
        """Whether calls can be found by their caller's number."""
        return bool(self._pepper)

    def hash_of(self, number: str) -> str | None:
        """Return what stands for a caller in the call's row; None where nothing does."""
        return caller_hash(number, self._pepper) if self.knows_callers and E164.fullmatch(number) else None

    async def delete_call(self, call_sid: str) -> Deleted:
        """Delete a past call. Raises CallIsLive, StoreError or RecordingError."""
        if self._registry.find(call_sid) is not None:
            raise CallIsLive("this call goes on")
        await self._write_what_waits()
        was_there = await self._eraser.delete_call(call_sid)
        return Deleted(int(was_there), await self._care.delete_deleted([call_sid]))

    async def delete_caller(self, number: str) -> Deleted:
        """Delete the past calls from an E.164 number. Raises StoreError or RecordingError."""
        await self._write_what_waits()
        live = [session.call_sid for session in self._registry.sessions()]
        calls = await self._eraser.delete_caller(caller_hash(number, self._pepper), live)
        return Deleted(calls, await self._care.delete_deleted() if calls else 0)

    async def _write_what_waits(self) -> None:
        """What waits to be written would come back after it was deleted. Raises StoreError."""
        try:
            async with asyncio.timeout(_WRITE_TIMEOUT_S):
                await self._recorder.flush()
        except TimeoutError:
            raise StoreError("the database is behind") from None
