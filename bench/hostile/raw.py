"""HTTP and WebSocket as bytes: what well-behaved clients cannot send."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Sequence
from contextlib import suppress

ANSWER_TIMEOUT_S = 60.0
_CLOSED = (ConnectionError, OSError, asyncio.IncompleteReadError)


def request(method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """Return a request as it was meant; a body gets its length unless a header says something else."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: bridge.example.com",
        *(f"{name}: {value}" for name, value in headers),
    ]
    if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def upgrade(target: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    wanted = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    ]
    return request("GET", target, [*wanted, *headers])


def frame(
    payload: bytes, opcode: int = 1, *, is_final: bool = True, reserved: int = 0, is_masked: bool = True
) -> bytes:
    """Return a frame of RFC 6455, 5.2, whatever may be wrong with it."""
    first = (0x80 if is_final else 0) | (reserved & 7) << 4 | (opcode & 15)
    mask_bit = 0x80 if is_masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, mask_bit | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, len(payload))
    return head + (b"\0\0\0\0" if is_masked else b"") + payload


class Connection:
    """One TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, data: bytes) -> bool:
        """Send; False when the server has closed."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._writer.drain()
        except _CLOSED:
            return False
        return True

    async def status(self) -> int:
        """Return the status of the next answer; 0 when the server closes without one."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                head = await self._reader.readuntil(b"\r\n\r\n")
        except _CLOSED:
            return 0
        return int(head.split()[1])

    async def read_until_closed(self, within_s: float) -> bytes:
        """Return what comes until the server closes or the time is up."""
        received = bytearray()
        with suppress(TimeoutError, *_CLOSED):
            async with asyncio.timeout(within_s):
                while data := await self._reader.read(65536):
                    received += data
        return bytes(received)

    async def close(self) -> None:
        self._writer.close()
        with suppress(*_CLOSED):
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()
