"""Calls, as a carrier makes them: a webhook, the client's stream, the agent's call and stream, and a hang-up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from secrets import token_hex
from urllib.parse import urlsplit

from app.domain.legs import Leg
from bench.load.carrier import Exchange, Stream
from bench.load.pace import Pacer
from bench.load.phone import Findings, Phone
from bench.load.sockets import open_socket
from bench.load.wave import Wave

_DIAL_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 60.0
_TALK_AFTER_FRAMES = 50
"""A second after the agent's answer the conversation begins."""


class Call:
    """One call through the bridge. Raises what goes wrong: a load that is not what it says measures nothing."""

    def __init__(
        self, exchange: Exchange, pacer: Pacer, waves: Mapping[Leg, Wave], findings: Findings, stubs_ms: float
    ) -> None:
        self.greeting_ms: float | None = None
        """From the webhook to the first audio that the client hears."""
        self._exchange = exchange
        self._pacer = pacer
        self._call_sid = f"CA{token_hex(16)}"
        self._agent_call_sid = ""
        self._phones = {leg: Phone(f"MZ{token_hex(16)}", waves[leg], findings, stubs_ms) for leg in Leg}

    async def begin(self) -> None:
        """Bring both parties on the line."""
        began_s = time.monotonic()
        stream = await self._ring()
        dialled = self._exchange.expect_dial(stream.parameters["session"])
        client, agent = self._phones[Leg.CLIENT], self._phones[Leg.AGENT]
        await self._connect(client, self._call_sid, stream)
        try:
            async with asyncio.timeout(_DIAL_TIMEOUT_S):
                order = await dialled
        except TimeoutError:
            raise ConnectionError(
                f"the server ordered no call to the agent in {_DIAL_TIMEOUT_S:g} s: try fewer calls, or a longer --ramp"
            ) from None
        self._agent_call_sid = order.call_sid
        await self._exchange.status(order.call_sid, "ringing")
        await self._exchange.status(order.call_sid, "in-progress")
        await self._connect(agent, order.call_sid, order.stream)
        if client.first_audio_s is not None:
            self.greeting_ms = (client.first_audio_s - began_s) * 1000
        for phone, other in ((client, agent), (agent, client)):
            phone.other, phone.talk_from = other, phone.frames + _TALK_AFTER_FRAMES

    async def end(self) -> None:
        """The client hangs up, and the server lets the agent go."""
        agent = self._phones[Leg.AGENT]
        gone = agent.socket.gone if agent.socket is not None else asyncio.Event()
        self._phones[Leg.CLIENT].stop()
        await self._exchange.status(self._call_sid, "completed")
        async with asyncio.timeout(_END_TIMEOUT_S):
            await gone.wait()
        for phone in self._phones.values():
            self._pacer.remove(phone)

    def abort(self) -> None:
        """Let go of everything at once."""
        for phone in self._phones.values():
            self._pacer.remove(phone)
            if phone.socket is not None:
                phone.socket.abort()

    async def _ring(self) -> Stream:
        answer = await self._exchange.webhook(self._call_sid)
        if answer.status != 200:
            raise ConnectionError(f"the voice webhook was answered with {answer.status} {answer.problem}")
        return Stream.of(answer.text)

    async def _connect(self, phone: Phone, call_sid: str, stream: Stream) -> None:
        path, headers = self._exchange.socket_headers(stream.url)
        real = urlsplit(self._exchange.config.server_url)
        phone.socket = await open_socket(real.hostname or "", real.port or 80, path, phone.take, headers)
        self._exchange.on_hang_up(call_sid, phone.stop)
        phone.start(self._exchange.config.account_sid, call_sid, stream.parameters)
        self._pacer.add(phone)


class DirectCall:
    """Two streams on a server that takes every socket: what others are compared with."""

    def __init__(self, url: str, pacer: Pacer, waves: Mapping[Leg, Wave], findings: Findings) -> None:
        self._url = urlsplit(url)
        self._pacer = pacer
        self._phones = [Phone(f"MZ{token_hex(16)}", waves[leg], findings, 0.0) for leg in Leg]

    async def begin(self) -> None:
        for phone in self._phones:
            phone.socket = await open_socket(
                self._url.hostname or "", self._url.port or 80, self._url.path, phone.take, {}
            )
            phone.start(f"AC{token_hex(16)}", f"CA{token_hex(16)}", {})
            phone.talk_from = _TALK_AFTER_FRAMES
            self._pacer.add(phone)

    async def end(self) -> None:
        for phone in self._phones:
            self._pacer.remove(phone)
            phone.stop()
