"""Status callbacks: delivered in order, one at a time, beside the call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from app.emulator.carrier import Carrier
from app.emulator.leglog import LegLog
from app.emulator.report import WebhookCall
from app.emulator.script import Faults

QUEUE_LIMIT = 64
SHUFFLE_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Callback:
    url: str
    event: str
    """``answered`` ..., or for streams ``stream-started`` ..."""
    fields: Mapping[str, str]


class CallbackSender:
    """One leg's callbacks, and what the faults do to them.

    At most QUEUE_LIMIT wait (a call has about ten); one more is a bug of the emulator and raises asyncio.QueueFull.
    """

    def __init__(self, carrier: Carrier, faults: Faults, log: LegLog) -> None:
        self._carrier = carrier
        self._faults = faults
        self._log = log
        self._queue: asyncio.Queue[Callback | None] = asyncio.Queue(QUEUE_LIMIT)

    def send(self, callback: Callback) -> None:
        """Queue one; never blocks."""
        self._queue.put_nowait(callback)

    def close(self) -> None:
        """Let ``run`` return when what is queued has been delivered."""
        self._queue.put_nowait(None)

    async def run(self) -> None:
        while (callback := await self._queue.get()) is not None:
            if not self._faults.shuffle_callbacks:
                await self._deliver(callback)
                continue
            follower = await self._follower()
            if follower is not None:
                await self._deliver(follower)
            await self._deliver(callback)

    async def _follower(self) -> Callback | None:
        """Return the next callback when there is one soon; None otherwise, and the end is left in the queue."""
        try:
            async with asyncio.timeout(SHUFFLE_WAIT_S):
                follower = await self._queue.get()
        except TimeoutError:
            return None
        if follower is None:
            self._queue.put_nowait(None)
        return follower

    async def _deliver(self, callback: Callback) -> None:
        if callback.event == "answered":
            await asyncio.sleep(self._faults.answered_late_s)
        for _ in range(2 if self._faults.duplicate_callbacks else 1):
            at_s = self._log.stamp()
            answer = await self._carrier.post(
                callback.url, callback.fields, wrongly_signed=self._faults.wrong_signature == "callback"
            )
            kind = "stream" if callback.event.startswith("stream") else "status"
            took_s = round(self._log.now() - at_s, 3)
            self._log.report.webhooks.append(WebhookCall(at_s, f"{kind}:{callback.event}", answer.status, took_s))
            if not 200 <= answer.status < 300:
                problem = answer.problem or f"HTTP {answer.status}"
                self._log.warn(11200, f"callback {callback.event}: {problem}")
