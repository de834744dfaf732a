"""A carrier's REST API on a loopback port: what Twilio would refuse, it refuses; faults on demand."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qs

import h11

ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
CALL_SID = "CA8a1d5b0c9e7f4a3b2d6c1e0f9a8b7c6d"

_CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
_CALL = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{CALL_SID}.json"
_AUTHORIZATION = b"Basic " + b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode())
_CREATE_FIELDS = {
    *("To", "From", "Twiml", "StatusCallback", "StatusCallbackEvent"),
    *("StatusCallbackMethod", "Timeout", "TimeLimit"),
}


class Fault(Enum):
    CUT = auto()
    """The connection ends without an answer."""
    SILENCE = auto()
    """No answer ever comes."""
    DRIP = auto()
    """An answer begins and never ends, a byte at a time."""


@dataclass
class Carrier:
    prefix: str = ""
    port: int = 0
    script: deque[Fault | tuple[int, str]] = field(default_factory=deque)
    """What happens to the next requests instead of a right answer: a fault, or a status and a body."""
    is_silent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a request is being met with silence."""
    requests: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    """(path, form) of every request that was complete and authorized."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while (request := await self._read(connection, reader)) is not None:
                status, body = self._answer(*request)
                step = self.script.popleft() if self.script else None
                if step is Fault.SILENCE:
                    self.is_silent.set()
                    await reader.read()
                if step is Fault.DRIP:
                    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    with suppress(ConnectionError):  # A client that leaves bytes unread resets: no end of file comes.
                        while not reader.at_eof():
                            writer.write(b"x")
                            await writer.drain()
                            await asyncio.sleep(0.01)
                if isinstance(step, Fault):
                    return
                if step is not None and status < 400:
                    status, body = step
                headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body.encode())))]
                writer.write(connection.send(h11.Response(status_code=status, headers=headers)) or b"")
                writer.write(connection.send(h11.Data(data=body.encode())) or b"")
                writer.write(connection.send(h11.EndOfMessage()) or b"")
                await writer.drain()
                connection.start_next_cycle()
        finally:
            writer.close()

    async def _read(self, connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes] | None:
        request: h11.Request | None = None
        body = b""
        while True:
            match connection.next_event():
                case h11.NEED_DATA:
                    connection.receive_data(await reader.read(65536))
                case h11.Request() as begun:
                    request = begun
                case h11.Data(data=data):
                    body += bytes(data)
                case h11.EndOfMessage() if request is not None:
                    return request, body
                case _:
                    return None

    def _answer(self, request: h11.Request, body: bytes) -> tuple[int, str]:
        headers = dict(request.headers)
        if headers.get(b"authorization") != _AUTHORIZATION:
            return 401, _error(20003, "Authenticate")
        if request.method != b"POST" or headers.get(b"content-type") != b"application/x-www-form-urlencoded":
            return 405, _error(20004, "Method not allowed")
        path = request.target.decode()
        form = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True)
        self.requests.append((path, form))
        if path == self.prefix + _CALLS:
            refusal = _refusal_of_create(form)
            return (400, refusal) if refusal else (201, json.dumps({"sid": CALL_SID, "status": "queued"}))
        if path == self.prefix + _CALL:
            is_twiml = form.keys() == {"Twiml"} and form["Twiml"][0].startswith("<?xml")
            if form != {"Status": ["completed"]} and not is_twiml:
                return 400, _error(21218, "Invalid update")
            return 200, json.dumps({"sid": CALL_SID, "status": "completed"})
        return 404, _error(20404, f"The requested resource {path} was not found")


def _refusal_of_create(form: dict[str, list[str]]) -> str | None:
    if form.keys() != _CREATE_FIELDS:
        return _error(21205, "Unexpected or missing fields")
    if form["StatusCallbackEvent"] != ["initiated", "ringing", "answered", "completed"]:
        return _error(21626, "Invalid status events")
    if not (form["Timeout"][0].isdigit() and form["TimeLimit"][0].isdigit()):
        return _error(21205, "Invalid numbers")
    if not form["To"][0].startswith(("+", "sip:", "client:")):
        return _error(21211, f"The number {form['To'][0]} is not valid")
    return None


def _error(code: int, message: str) -> str:
    return json.dumps({"code": code, "message": message, "more_info": "https://twilio.com", "status": 400})


@asynccontextmanager
async def running_carrier(prefix: str = "") -> AsyncIterator[Carrier]:
    """Run a carrier; leaving it waits until its last connection has ended."""
    carrier = Carrier(prefix)
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        await carrier.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    carrier.port = server.sockets[0].getsockname()[1]
    try:
        yield carrier
    finally:
        server.close()
        async with asyncio.timeout(30):
            await asyncio.gather(*connections)
