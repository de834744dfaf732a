"""Posted call events against a real server: signed, in order per call, retried, bounded."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.legs import CallStatus, EndReason, Leg
from app.domain.policies import Transcripts
from app.domain.records import Outcome
from app.telemetry.call_events import CallEndedEvent, CaptionEvent, KeyPressedEvent, PartialCaption
from app.telemetry.event_webhook import Delivery, EventWebhook, RetryPolicy
from app.telemetry.metrics import Metrics

SECRET = "a secret for tests"
PATIENCE_S = 30
SID, OTHER_SID = "CA" + "1" * 32, "CA" + "2" * 32
AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Receiver:
    """Somebody else's server; refuses what is not signed right."""

    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; then 204."""
    received: list[dict[str, object]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    attempts: int = 0
    hangs: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.attempts += 1
        stamp, _, digest = request.headers["Puente-Signature"].partition(",v1=")
        signed = stamp.removeprefix("t=").encode() + b"." + body
        assert hmac.compare_digest(digest, hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())
        assert abs(int(stamp.removeprefix("t=")) - time.time()) < 60
        if self.hangs:
            await self.released.wait()
        status = self.answers.pop(0) if self.answers else 204
        if status == 204:
            self.received.append(json.loads(body))
            self.ids.append(request.headers["Puente-Event-Id"])
        return Response(status_code=status)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        server = _Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.should_exit = True
            await task


@asynccontextmanager
async def posting(receiver: Receiver, **changes: object) -> AsyncIterator[tuple[EventWebhook, Metrics]]:
    metrics = Metrics()
    values: dict[str, object] = {"captions": Transcripts.OFF, "retry": RetryPolicy(first_pause_s=0.01), **changes}
    webhook = EventWebhook(receiver.url, SECRET, metrics, **values)  # type: ignore[arg-type]
    running = asyncio.create_task(webhook.run())
    try:
        yield webhook, metrics
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await webhook.aclose()


def count(metrics: Metrics, result: Delivery) -> float:
    value = metrics.registry.get_sample_value("puente_webhook_events_total", {"result": result})
    return value or 0.0


def key(sequence: int, call_sid: str = SID) -> KeyPressedEvent:
    return KeyPressedEvent(
        call_sid=call_sid, at=AT, sequence=sequence, leg=Leg.CLIENT, digit="5", action=None, language=None
    )


def caption() -> CaptionEvent:
    return CaptionEvent(
        call_sid=SID,
        at=AT,
        sequence=1,
        utterance=1,
        speaker=Leg.CLIENT,
        source_language="en",
        target_language="es",
        source_text="my secret is 612345678",
        translated_text="mi secreto es 612345678",
        outcome=Outcome.SPOKEN,
        flags=("number",),
        error_code=None,
        speech_ms=900,
        recognition_ms=1,
        translation_ms=2,
        synthesis_ms=3,
        queue_ms=0,
        total_ms=6,
        heard_ms=None,
    )


async def test_events_arrive_signed_and_in_order_per_call_in_spite_of_failures() -> None:
    failing = Receiver(answers=[503, 204, 429, 500, 204, 502])
    async with receiving(failing) as receiver, posting(receiver) as (webhook, metrics):
        for sequence in range(1, 21):
            webhook.take(key(sequence))
            webhook.take(key(sequence, OTHER_SID))
        assert await webhook.drain(PATIENCE_S) == 0
    by_call: dict[object, list[object]] = defaultdict(list)
    for event in receiver.received:
        by_call[event["call_sid"]].append(event["sequence"])
    assert by_call == {SID: list(range(1, 21)), OTHER_SID: list(range(1, 21))}
    assert receiver.attempts == 40 + 4
    assert count(metrics, Delivery.DELIVERED) == 40
    assert f"{SID}-7" in receiver.ids


async def test_what_was_said_leaves_only_on_request() -> None:
    async with receiving(Receiver()) as receiver:
        for captions in Transcripts:
            async with posting(receiver, captions=captions) as (webhook, _):
                webhook.take(caption())
                await webhook.drain(PATIENCE_S)
    without, redacted, full = receiver.received
    assert (without["source_text"], without["translated_text"], without["flags"]) == (None, None, ["number"])
    assert (redacted["source_text"], redacted["translated_text"]) == ("my secret is [phone]", "mi secreto es [phone]")
    assert (full["source_text"], full["translated_text"]) == ("my secret is 612345678", "mi secreto es 612345678")


async def test_partial_captions_are_not_posted() -> None:
    async with receiving(Receiver()) as receiver, posting(receiver, captions=Transcripts.FULL) as (webhook, _):
        webhook.take(
            PartialCaption(
                call_sid=SID, at=AT, speaker=Leg.CLIENT, utterance=1, text="my", language="en", is_final=False
            )
        )
        webhook.take(
            CallEndedEvent(
                call_sid=SID, at=AT, sequence=1, status=CallStatus.COMPLETED, reason=EndReason.CLIENT_HUNG_UP
            )
        )
        await webhook.drain(PATIENCE_S)
        assert [event["type"] for event in receiver.received] == ["call.ended"]


@pytest.mark.parametrize("status", [302, 400, 410])
async def test_what_the_receiver_refuses_is_not_sent_again(status: int) -> None:
    async with receiving(Receiver(answers=[status])) as receiver, posting(receiver) as (webhook, metrics):
        webhook.take(key(1))
        webhook.take(key(2))
        await webhook.drain(PATIENCE_S)
        assert [event["sequence"] for event in receiver.received] == [2]
        assert (count(metrics, Delivery.REFUSED), count(metrics, Delivery.DELIVERED)) == (1, 1)


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_receiver_that_is_down_is_given_up(hangs: bool) -> None:
    async with receiving(Receiver(hangs=hangs, answers=[500] * 3)) as receiver:
        retry = RetryPolicy(attempts=3, timeout_s=0.1, first_pause_s=0.01)
        async with posting(receiver, retry=retry) as (webhook, metrics):
            webhook.take(key(1))
            await webhook.drain(PATIENCE_S)
            assert receiver.attempts == 3
            assert count(metrics, Delivery.ABANDONED) == 1


async def test_the_queue_is_bounded_and_the_loss_is_counted() -> None:
    async with receiving(Receiver(hangs=True)) as receiver, posting(receiver, capacity=80) as (webhook, metrics):
        for sequence in range(1, 101):
            webhook.take(key(sequence))
        assert count(metrics, Delivery.DROPPED) == 90, "a call may take its lane: an eighth"
        assert await webhook.drain(0.05) == 10


async def test_nobody_listening_is_a_failure_like_any() -> None:
    receiver = Receiver(url="http://127.0.0.1:9/hook")
    retry = RetryPolicy(attempts=2, timeout_s=1, first_pause_s=0.01)
    async with posting(receiver, retry=retry) as (webhook, metrics):
        webhook.take(key(1))
        await webhook.drain(PATIENCE_S)
        assert count(metrics, Delivery.ABANDONED) == 1
