"""Deepgram's Aura voices over WebSocket (its AsyncAPI description and developers.deepgram.com/docs, November 2026).

Its speech is that of ``tests.vendors.speaking``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal, SocketVendor
from tests.vendors.speaking import SpeakingVendor

MODELS = {
    *("aura-2-thalia-en", "aura-2-apollo-en", "aura-2-viktoria-de", "aura-2-julius-de", "aura-2-carina-es"),
    *("aura-2-nestor-es", "aura-2-agathe-fr", "aura-2-hector-fr", "aura-2-livia-it", "aura-2-dionisio-it"),
    *("aura-2-izanami-ja", "aura-2-fujin-ja", "aura-2-rhea-nl", "aura-2-sander-nl"),
}
QUERY = {"encoding", "mip_opt_out", "model", "sample_rate", "speed"}
RATES = {
    "linear16": {"8000", "16000", "24000", "32000", "48000"},
    "mulaw": {"8000", "16000"},
    "alaw": {"8000", "16000"},
}
FIELDS = {"Speak": {"type", "text"}, "Flush": {"type"}, "Clear": {"type"}, "Close": {"type"}}
FLUSHES_A_MINUTE = 20
MAXIMUM_CHARACTERS = 2000
GARBAGE = '{"type": '


class DeepgramAura(SocketVendor, SpeakingVendor):
    """Closes with 1008 whatever is no message of its own."""

    says_why_in = "err_msg"

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.clock: Callable[[], float] = time.monotonic
        self.is_late_with_flushed = False
        """Whether "Flushed" about a text that was cleared comes nevertheless, behind "Cleared"."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/speak", self.speak)]

    @property
    def open_connections(self) -> int:
        return sum(connection.is_open for connection in self.connections)

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("authorization") != f"Token {self.key}":
            return 401, "Invalid credentials."
        problem = _problem(socket)
        return (400, problem) if problem else None

    async def speak(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


def _problem(socket: WebSocket) -> str | None:
    options = socket.query_params
    unknown = set(options) - QUERY
    if unknown:
        return f"unknown parameter {unknown.pop()}"
    if options.get("model") not in MODELS:
        return "No such model/version combination found."
    if options.get("sample_rate", "24000") not in RATES.get(options.get("encoding", "linear16"), ()):
        return "unsupported encoding or sample rate"
    return None


class Connection:
    """One socket. What is said is spoken when it is flushed, in order."""

    def __init__(self, vendor: DeepgramAura, socket: WebSocket, fault: Fault | None) -> None:
        self.options = socket.query_params
        self.said: list[str] = []
        self.is_open = True
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, self.close)
        self._buffer = ""
        self._flushes: deque[float] = deque()
        self._sequence = 0
        self._speaking: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        try:
            await self._answer("Metadata", request_id="1", model_name=self.options["model"], model_version="2")
            while True:
                if await self._ordeal.ends_it():
                    return
                message = json.loads(await self._socket.receive_text())
                if FIELDS.get(message.get("type")) != set(message):
                    self._vendor.refused.append("not a message of the API")
                    await self._socket.close(1008)
                    return
                if not await self._obey(message):
                    return
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self.is_open = False
            if self._speaking is not None:
                self._speaking.cancel()

    async def close(self, code: int) -> None:
        await self._socket.close(code)

    def exhaust(self) -> None:
        """Take no more "Flush" for a minute."""
        self._flushes.extend([self._vendor.clock()] * FLUSHES_A_MINUTE)

    async def _obey(self, message: dict[str, str]) -> bool:
        """Do what the message says; return whether more may come."""
        match message["type"]:
            case "Speak":
                self._buffer += message["text"]
                if len(self._buffer) > MAXIMUM_CHARACTERS:
                    await self._warn("too many characters")
                    self._buffer = ""
            case "Flush":
                await self._flush()
            case "Clear":
                await self._clear()
            case "Close":
                await self._socket.close(1000)
                return False
        return True

    async def _flush(self) -> None:
        now_s = self._vendor.clock()
        while self._flushes and self._flushes[0] <= now_s - 60:
            self._flushes.popleft()
        if len(self._flushes) >= FLUSHES_A_MINUTE:
            await self._warn("too many Flush messages within 60 seconds")
            return
        self._flushes.append(now_s)
        text, self._buffer = self._buffer, ""
        self.said.append(text)
        self._speaking = asyncio.create_task(self._speak(text, self._speaking))

    async def _clear(self) -> None:
        self._buffer = ""
        was_speaking = self._speaking is not None and not self._speaking.done()
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
            self._speaking = None
        await self._answer("Cleared", sequence_id=self._sequence)
        if was_speaking and self._vendor.is_late_with_flushed:
            await self._answer("Flushed", sequence_id=self._sequence)

    async def _speak(self, text: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await asyncio.sleep(self._vendor.faults.latency_s)
            async for piece in self._vendor.pieces(text):
                await self._socket.send_bytes(piece)
            await self._answer("Flushed", sequence_id=self._sequence)
            self._sequence += 1
        except (WebSocketDisconnect, RuntimeError):
            return

    async def _warn(self, description: str) -> None:
        self._vendor.refused.append(description)
        await self._answer("Warning", description=description, code="WARNING")

    async def _answer(self, kind: str, **fields: object) -> None:
        if kind == "Metadata":
            fields["model_uuid"] = "1"
        await self._socket.send_json({"type": kind, **fields})
