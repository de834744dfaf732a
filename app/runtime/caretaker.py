"""Says that this process lives, and ends the calls of processes that do not."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from app.domain.legs import EndReason
from app.errors import StoreError, TelephonyError
from app.store.instances import Instances, LostCall
from app.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

BEAT_S = 2.0
LOST_AFTER_S = 8.0
"""A process that did not beat for so long is dead: with the beat of who looks, 10 s after its last one."""
_ATTEMPTS = 5
"""How often ending a telephone is tried before its call is closed all the same: Twilio's time limit ends it then."""
_AT_ONCE = 10
"""Requests to the carrier."""


class Caretaker:
    """The owner runs ``run()`` as a task."""

    def __init__(
        self,
        instance_id: str,
        instances: Instances,
        hang_up: Callable[[str], Awaitable[None]],
        metrics: Metrics,
        *,
        is_caught_up: Callable[[], bool],
        judges_at_once: bool,
        beat_s: float = BEAT_S,
        lost_after_s: float = LOST_AFTER_S,
    ) -> None:
        """``hang_up`` ends a telephone call, takes a bounded time and raises TelephonyError.

        While ``is_caught_up`` is false the database does not know of every leg yet, and no call is ended.
        """
        self._instance_id = instance_id
        self._instances = instances
        self._hang_up = hang_up
        self._metrics = metrics
        self._is_caught_up = is_caught_up
        self._judges_at_once = judges_at_once
        self._beat_s = beat_s
        self._lost_after_s = lost_after_s
        self._beating_since_s: float | None = None
        """On the monotonic clock; None while the database does not take our own beat."""
        self._attempts: Counter[str] = Counter()

    async def run(self) -> None:
        """Beat and look after the others until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            tasks.create_task(self._look())

    async def _beat(self) -> None:
        while True:
            try:
                await self._instances.beat(self._instance_id)
            except StoreError:
                if self._beating_since_s is not None:
                    log.warning("instance.cannot_beat")
                self._beating_since_s = None
            else:
                if self._beating_since_s is None:
                    self._beating_since_s = time.monotonic()
            await asyncio.sleep(self._beat_s)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._beat_s / 2)
            if not self._may_judge():
                continue
            try:
                lost = await self._instances.lost_calls(self._instance_id, self._lost_after_s)
                await self._end(lost)
            except StoreError:
                log.warning("instance.cannot_look")

    def _may_judge(self) -> bool:
        """Return whether others' silence means anything: a database that was away hears nobody at first."""
        if self._beating_since_s is None or not self._is_caught_up():
            return False
        return self._judges_at_once or time.monotonic() - self._beating_since_s >= self._lost_after_s

    async def _end(self, lost: list[LostCall]) -> None:
        """End the telephones, then close the rows: what fails in between is done again by whoever looks next."""
        limit = asyncio.Semaphore(_AT_ONCE)
        are_down = await asyncio.gather(*(self._hang_up_all(call, limit) for call in lost))
        done = [
            call.call_sid
            for call, is_down in zip(lost, are_down, strict=True)
            if is_down or self._attempts[call.call_sid] >= _ATTEMPTS
        ]
        if not done:
            return
        closed = await self._instances.close(done)
        self._metrics.ended_calls.labels(EndReason.PROCESS_LOST).inc(closed)
        for call_sid in done:
            log.error("call.process_lost", call_sid=call_sid)
            del self._attempts[call_sid]

    async def _hang_up_all(self, call: LostCall, limit: asyncio.Semaphore) -> bool:
        self._attempts[call.call_sid] += 1
        is_down = True
        for leg_call_sid in call.leg_call_sids:
            try:
                async with limit:
                    await self._hang_up(leg_call_sid)
            except TelephonyError as error:
                is_down = False
                log.error("leg.not_hung_up", call_sid=call.call_sid, code=error.code, status=error.status)
        return is_down
