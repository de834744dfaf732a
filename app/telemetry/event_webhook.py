"""Call events posted to somebody else's server: in order per call, signed, from behind a bounded queue."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import httpx
import msgspec
import structlog

from app.domain.policies import Transcripts
from app.privacy.transcripts import kept_text
from app.telemetry.call_events import CallEvent, CaptionEvent, PartialCaption, encode
from app.telemetry.metrics import Metrics
from app.vendor_connections import tls_context

log = structlog.get_logger(__name__)

SIGNATURE_HEADER = "Puente-Signature"
_LANES = 8
"""Each call's events take one lane, one after another; the lanes are delivered side by side."""
_RETRYABLE = frozenset({408, 425, 429})


class Delivery(StrEnum):
    DELIVERED = "delivered"
    REFUSED = "refused"
    """The receiver answered that it does not want it."""
    ABANDONED = "abandoned"
    """Every attempt failed."""
    DROPPED = "dropped"
    """The queue was full."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    attempts: int = 6
    timeout_s: float = 5.0
    """Of one attempt."""
    first_pause_s: float = 0.5
    """After the first failure; each further pause is twice as long."""


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """Return the header's value: ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``."""
    digest = hmac.new(secret.encode(), f"{timestamp_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp_s},v1={digest}"


@dataclass(frozen=True, slots=True)
class _Post:
    event_id: str
    body: bytes


class EventWebhook:
    """A sink of call events. The owner runs ``run()`` as a task, calls ``drain()`` before it cancels that task."""

    def __init__(
        self,
        url: str,
        secret: str,
        metrics: Metrics,
        *,
        captions: Transcripts,
        capacity: int = 4000,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._url = url
        self._secret = secret
        self._metrics = metrics
        self._captions = captions
        self._retry = retry or RetryPolicy()
        self._lanes = [asyncio.Queue[_Post](max(1, capacity // _LANES)) for _ in range(_LANES)]
        self._unsettled = 0
        self._http = httpx.AsyncClient(verify=tls_context(), timeout=self._retry.timeout_s, follow_redirects=False)

    @property
    def queued(self) -> int:
        """Events that are not settled yet, those being delivered included."""
        return self._unsettled

    def take(self, event: CallEvent) -> None:
        """Queue one event; never blocks. Partial captions are not for webhooks; what finds the queue full is counted.

        A receiver sees by the gap in ``sequence`` that something is missing.
        """
        if isinstance(event, PartialCaption):
            return
        if isinstance(event, CaptionEvent):
            event = msgspec.structs.replace(
                event,
                source_text=kept_text(self._captions, event.source_text, event.source_language),
                translated_text=kept_text(self._captions, event.translated_text, event.target_language),
            )
        post = _Post(f"{event.call_sid}-{event.sequence}", encode(event))
        try:
            self._lanes[zlib.crc32(event.call_sid.encode()) % _LANES].put_nowait(post)
        except asyncio.QueueFull:
            self._count(Delivery.DROPPED)
        else:
            self._unsettled += 1

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes:
                tasks.create_task(self._serve(lane))

    async def drain(self, timeout_s: float) -> int:
        """Give ``run()`` that much time to deliver what is queued; return how many events are left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*(lane.join() for lane in self._lanes))
        return self.queued

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._http.aclose()

    async def _serve(self, lane: asyncio.Queue[_Post]) -> None:
        while True:
            post = await lane.get()
            self._count(await self._deliver(post))
            self._unsettled -= 1
            lane.task_done()

    async def _deliver(self, post: _Post) -> Delivery:
        pause_s = self._retry.first_pause_s
        for attempt in range(1, self._retry.attempts + 1):
            status = await self._attempt(post)
            if 200 <= status < 300:
                return Delivery.DELIVERED
            if 300 <= status < 500 and status not in _RETRYABLE:
                log.warning("event_webhook.refused", status=status, event_id=post.event_id)
                return Delivery.REFUSED
            if attempt < self._retry.attempts:
                await asyncio.sleep(pause_s)
                pause_s *= 2
        log.error("event_webhook.abandoned", status=status, event_id=post.event_id, attempts=self._retry.attempts)
        return Delivery.ABANDONED

    async def _attempt(self, post: _Post) -> int:
        """Return the HTTP status; 0 when there was no answer in time."""
        headers = {
            "Content-Type": "application/json",
            "Puente-Event-Id": post.event_id,
            SIGNATURE_HEADER: signature(self._secret, int(time.time()), post.body),
        }
        try:
            async with asyncio.timeout(self._retry.timeout_s):
                response = await self._http.post(self._url, content=post.body, headers=headers)
        except (TimeoutError, httpx.HTTPError):
            return 0
        return response.status_code

    def _count(self, result: Delivery) -> None:
        self._metrics.webhook_events.labels(result).inc()
