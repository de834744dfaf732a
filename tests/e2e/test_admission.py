"""A server whose event loop is late: new callers hear why, in their language, and it takes calls again by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from app.domain.phrases import Phrase, phrase_text
from tests.e2e.harness import ACCOUNT_SID, AUTH_TOKEN, CLIENT_NUMBER, PUBLIC_URL, Desk, desk

PATIENCE_S = 60
FRENCH_NUMBER = "+33142685300"
MAXIMUM_MS = 20


async def ring(at: Desk, number: int, caller: str) -> str:
    """Post the webhook of a call that comes in; return the TwiML."""
    form = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": f"CA{number:032x}",
        "From": caller,
        "To": "+34910000001",
        "CallStatus": "ringing",
        "Direction": "inbound",
    }
    path = "/voice/webhook"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    reply = await at.http.post(path, content=urlencode(form), headers=headers)
    assert reply.status_code == httpx.codes.OK
    return reply.text


@asynccontextmanager
async def late_loop(late_s: float) -> AsyncIterator[None]:
    """Make this loop, which is the server's as well, late for everything."""

    async def block() -> None:
        while True:
            time.sleep(late_s)  # noqa: ASYNC251 - this is the point
            await asyncio.sleep(0)

    blocking = asyncio.create_task(block())
    try:
        yield
    finally:
        blocking.cancel()
        with suppress(asyncio.CancelledError):
            await blocking


async def until_ready(at: Desk, is_ready: bool) -> httpx.Response:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            reply = await at.http.get("/ready")
            if reply.json()["ready"] is is_ready:
                return reply
            await asyncio.sleep(0.05)


async def test_a_late_loop_refuses_callers_with_a_sentence_until_it_keeps_up_again(tmp_path: Path) -> None:
    settings = {"admission_max_lag_ms": MAXIMUM_MS, "outbound_allowed_prefixes": ("+44",), "stream_token_ttl_s": 600}
    async with desk(tmp_path, **settings) as at:
        assert "<Connect" in await ring(at, 1, CLIENT_NUMBER)
        async with late_loop(MAXIMUM_MS * 3 / 1000):
            closed = await until_ready(at, False)
            apology = await ring(at, 2, FRENCH_NUMBER)
            outbound = await at.http.post("/calls", json={"to": CLIENT_NUMBER})
            known = await ring(at, 1, CLIENT_NUMBER)
        assert closed.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "ADMISSION_MAX_LAG_MS" in closed.text
        assert phrase_text(Phrase.TOO_MANY_CALLS, "fr") in apology
        assert "<Connect" not in apology
        assert "<Connect" in known, "a call that was taken stays taken"
        assert (outbound.status_code, outbound.json()["code"]) == (503, "no-capacity")
        await until_ready(at, True)
        assert "<Connect" in await ring(at, 3, FRENCH_NUMBER)
        metrics = (await at.http.get("/metrics")).text
    assert 'puente_calls_refused_total{reason="event-loop-lag"} 1.0' in metrics
