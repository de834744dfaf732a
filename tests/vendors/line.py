"""The line to a vendor: a TCP relay that can be cut, stalled, garbled or throttled at any moment, whoever is behind it.

What a vendor does wrong at a certain message is ``faults``; this is what happens at a certain time.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

_PIECE_BYTES = 65_536
_TRICKLE_S = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_METHODS = (b"GET ", b"POST", b"PUT ", b"DELE")
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Trouble(StrEnum):
    CUT = "cut"
    """Connections are reset, and new ones as soon as they are there."""
    STALL = "stall"
    """Nothing goes through any more, and nobody is told: half-open connections."""
    THROTTLE = "throttle"
    """Requests and handshakes are answered with 429; open WebSockets are reset."""
    GARBLE = "garble"
    """What the vendor sends arrives as noise."""
    TRICKLE = "trickle"
    """What the vendor sends arrives a byte at a time, each soon enough for whoever waits for something to read."""


class Line:
    """A relay to ``127.0.0.1:port``. ``open`` counts the connections of ours that are there."""

    def __init__(self, behind: str) -> None:
        host, _, port = behind.rpartition(":")
        self._behind = (host, int(port))
        self._trouble: Trouble | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.accepted = 0

    @property
    def open(self) -> int:
        return len(self._connections)

    @property
    def trouble(self) -> Trouble | None:
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble | None) -> None:
        """Change the line's state, also for the connections that are there; None mends it for new ones."""
        if self._trouble is Trouble.STALL:
            self.reset()
        self._trouble = trouble
        if trouble is Trouble.STALL:
            self._flows.clear()
        else:
            self._flows.set()
        if trouble is Trouble.CUT:
            self.reset()

    def reset(self) -> None:
        """Let every connection die without a word, this once."""
        for task, writer in self._connections.items():
            _die(writer)
            task.cancel()

    async def serve(self, ours: asyncio.StreamReader, ours_out: asyncio.StreamWriter) -> None:
        """Relay one connection until either side ends it."""
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = ours_out
        theirs_out: asyncio.StreamWriter | None = None
        try:
            if self._trouble is Trouble.CUT:
                _die(ours_out)
                return
            theirs, theirs_out = await asyncio.open_connection(*self._behind)
            pumps = [
                asyncio.create_task(self._to_vendor(ours, ours_out, theirs_out), name="line-out"),
                asyncio.create_task(self._from_vendor(theirs, ours_out), name="line-in"),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except asyncio.CancelledError:
            _die(ours_out)
        finally:
            del self._connections[task]
            for writer in (ours_out, theirs_out):
                if writer is not None:
                    writer.close()

    async def aclose(self) -> None:
        tasks = tuple(self._connections)
        self.reset()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _to_vendor(
        self, ours: asyncio.StreamReader, ours_out: asyncio.StreamWriter, theirs_out: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await ours.read(_PIECE_BYTES):
                await self._flows.wait()
                if self._trouble is Trouble.THROTTLE:
                    if data.startswith(_METHODS):
                        ours_out.write(_TOO_MANY)
                        await ours_out.drain()
                    else:
                        _die(ours_out)
                    return
                theirs_out.write(data)
                await theirs_out.drain()

    async def _from_vendor(self, theirs: asyncio.StreamReader, ours_out: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await theirs.read(_PIECE_BYTES):
                await self._flows.wait()
                if self._trouble is Trouble.GARBLE:
                    data = bytes(byte ^ 0x5A for byte in data)
                elif self._trouble is Trouble.TRICKLE:
                    await self._trickle(data, ours_out)
                    continue
                ours_out.write(data)
                await ours_out.drain()

    @staticmethod
    async def _trickle(data: bytes, ours_out: asyncio.StreamWriter) -> None:
        for byte in data:
            ours_out.write(bytes([byte]))
            await ours_out.drain()
            await asyncio.sleep(_TRICKLE_S)


def _die(writer: asyncio.StreamWriter) -> None:
    """Reset the connection: not even its end is sent."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


@asynccontextmanager
async def line_to(behind: str) -> AsyncIterator[tuple[Line, str]]:
    """Put a line in front of ``127.0.0.1:port``; yield it and its own ``127.0.0.1:port``."""
    line = Line(behind)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    try:
        yield line, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await line.aclose()
