"""Twilio's own SDK against the emulator's REST API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.emulator import Answer, AnswerKind, CallEvent, CallScript, Emulator, EmulatorConfig, Party
from app.emulator.telephone import Telephone
from tests.integration.emulator_bridge import ACCOUNT_SID, AGENT, AUTH_TOKEN, PUBLIC_URL, Bridge, Misdeeds, serving

T = TypeVar("T")
TWIML = "<Response><Pause length='30'/></Response>"
FROM = "+34910000001"


class _Redirected(TwilioHttpClient):
    def __init__(self, origin: str) -> None:
        super().__init__(timeout=30)
        self._origin = origin

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self._origin), *args, **kwargs)


async def ask(emulator: Emulator, question: Callable[[Client], T], token: str = AUTH_TOKEN) -> T:
    """Put one question to the API with the SDK, which blocks."""

    def blocking() -> T:
        http = _Redirected(emulator.rest_url)
        try:
            return question(Client(ACCOUNT_SID, token, http_client=http))
        finally:
            assert http.session is not None
            http.session.close()

    return await asyncio.to_thread(blocking)


async def refusal(emulator: Emulator, question: Callable[[Client], object], token: str = AUTH_TOKEN) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as raised:
        await ask(emulator, question, token)
    return raised.value.status, raised.value.code


class Live:
    """A client who is on the line, and what has happened to the call."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._told: asyncio.Queue[str] = asyncio.Queue()

    def tell(self, event: CallEvent) -> None:
        self._told.put_nowait(event.detail)

    async def until(self, detail: str) -> None:
        async with asyncio.timeout(20):
            while await self._told.get() != detail:
                pass

    @property
    def client(self) -> Telephone:
        return self.emulator.telephones[0]


@asynccontextmanager
async def live_call(script: CallScript) -> AsyncIterator[Live]:
    async with serving(Bridge(Misdeeds(twiml=TWIML))) as bridge:
        config = EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=bridge.url, public_url=PUBLIC_URL)
        async with Emulator(replace(config, propagation_s=0.1)) as emulator:
            live = Live(emulator)
            call = asyncio.create_task(emulator.call(script, live.tell))
            await live.until("in-progress")
            try:
                yield live
            finally:
                live.client.hang_up()
                await call


RINGING = CallScript(agent=Party(answer=Answer(AnswerKind.NO_ANSWER, 60.0)), max_duration_s=90)


async def test_a_call_is_placed_read_cancelled_and_gone() -> None:
    async with live_call(RINGING) as live:
        emulator = live.emulator
        placed = await ask(emulator, lambda twilio: twilio.calls.create(to=AGENT, from_=FROM, twiml=TWIML, timeout=60))
        assert (placed.status, placed.direction, placed.to) == ("queued", "outbound-api", AGENT)
        assert placed.sid is not None
        sid = placed.sid
        read = await ask(emulator, lambda twilio: twilio.calls(sid).fetch())
        assert (read.status, read.account_sid, read.start_time is not None) == ("ringing", ACCOUNT_SID, True)
        assert await refusal(emulator, lambda twilio: twilio.calls(sid).update(twiml=TWIML)) == (400, 21220)
        await ask(emulator, lambda twilio: twilio.calls(sid).update(status="canceled"))
        await live.until("canceled")
        read = await ask(emulator, lambda twilio: twilio.calls(sid).fetch())
        assert (read.status, read.duration) == ("canceled", "0")
        assert await refusal(emulator, lambda twilio: twilio.calls(sid).update(status="completed")) == (404, 20404)
        assert await refusal(emulator, lambda twilio: twilio.calls(sid).update(twiml=TWIML)) == (400, 21220)


async def test_an_answered_call_is_not_cancelled_but_completed() -> None:
    async with live_call(CallScript(max_duration_s=90)) as live:
        emulator, sid = live.emulator, live.client.sid
        await ask(emulator, lambda twilio: twilio.calls(sid).update(status="canceled"))
        assert (await ask(emulator, lambda twilio: twilio.calls(sid).fetch())).status == "in-progress"
        assert await refusal(emulator, lambda twilio: twilio.calls(sid).update(status="paused")) == (400, 21218)
        await ask(emulator, lambda twilio: twilio.calls(sid).update(status="completed"))
        await live.until("completed")
        assert (await ask(emulator, lambda twilio: twilio.calls(sid).fetch())).duration in ("0", "1", "2")
        assert live.client.log.report.ended_by == "server"


async def test_what_twilio_refuses_is_refused() -> None:
    async with Emulator(EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN)) as emulator:

        async def create(**fields: object) -> tuple[int, int]:
            arguments = {"to": AGENT, "from_": FROM, "twiml": TWIML, **fields}
            return await refusal(emulator, lambda twilio: twilio.calls.create(**arguments))  # type: ignore[arg-type]

        assert await create(to="600 000 001") == (400, 21211)
        assert await create(to="") == (400, 21201)
        assert await create(from_="me") == (400, 21212)
        assert await create(from_="") == (400, 21213)
        assert await create(twiml="") == (400, 21205)
        assert await create(twiml="x" * 4001) == (400, 20001)
        assert await create(status_callback="/status") == (400, 21609)
        assert await create(status_callback_event=["answered", "sneezed"]) == (400, 21626)
        assert await create(timeout=601) == (400, 20001)
        unknown = "CA" + "0" * 32
        assert await refusal(emulator, lambda twilio: twilio.calls(unknown).fetch()) == (404, 20404)
        assert await refusal(emulator, lambda twilio: twilio.calls(unknown).fetch(), "wrong") == (401, 20003)
        assert await refusal(emulator, lambda twilio: twilio.messages("SM1").fetch()) == (404, 20404)


async def test_a_call_that_nobody_waits_for_is_counted() -> None:
    async with Emulator(EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN)) as emulator:
        placed = await ask(emulator, lambda twilio: twilio.calls.create(to=AGENT, from_=FROM, twiml=TWIML))
        assert placed.status == "queued"
        assert emulator.unexpected_dials == 1
