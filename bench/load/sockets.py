"""A WebSocket client for text messages (RFC 6455) that does as little as a peer may: a load generator must be cheap.

Its masking key is zero: legal for a client that nobody attacks, and the server unmasks all the same.
"""

from __future__ import annotations

import asyncio
import struct
from base64 import b64encode
from collections.abc import Callable
from secrets import token_bytes

_OPEN_TIMEOUT_S = 60.0
_HEADER_BYTES = 2
_SHORT = 126
_LONG = 127
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FIN = 0x80
_MASKED = 0x80


class PhoneSocket(asyncio.Protocol):
    """``take`` gets each text message; ``gone`` is set when the connection is over."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self.refused_bytes = 0
        """What could not be sent because the server does not read."""
        self._take = take
        self._rest = b""
        self._is_stalled = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server closed the connection during the handshake"))
        self.gone.set()

    def pause_writing(self) -> None:
        self._is_stalled = True

    def resume_writing(self) -> None:
        self._is_stalled = False

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            data = self._take_handshake(data)
        data = self._rest + data if self._rest else data
        at, end = 0, len(data)
        while end - at >= _HEADER_BYTES:
            length, body = data[at + 1], at + _HEADER_BYTES
            if length == _SHORT:
                length, body = int.from_bytes(data[body : body + 2]), body + 2
            elif length == _LONG:
                length, body = int.from_bytes(data[body : body + 8]), body + 8
            if end < body + length:
                break
            self._take_frame(data[at] & 0xF, data[body : body + length])
            at = body + length
        self._rest = data[at:]

    def upgrade(self, request: bytes) -> None:
        """Ask for a WebSocket."""
        assert self._transport is not None
        self._transport.write(request)

    def send(self, text: str) -> None:
        """Send one message; it is refused and counted while the server does not read."""
        self._send(_TEXT, text.encode())

    def close(self) -> None:
        self._send(_CLOSE, b"\x03\xe8")

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send(self, opcode: int, body: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._is_stalled:
            self.refused_bytes += len(body)
            return
        length = len(body)
        if length < _SHORT:
            head = struct.pack("!BBI", _FIN | opcode, _MASKED | length, 0)
        else:
            head = struct.pack("!BBHI", _FIN | opcode, _MASKED | _SHORT, length, 0)
        self._transport.write(head + body)

    def _take_handshake(self, data: bytes) -> bytes:
        head, found, rest = (self._rest + data).partition(b"\r\n\r\n")
        self._rest = b""
        if not found:
            self._rest = head
            return b""
        status = head.split(b" ", 2)[1]
        if status != b"101":
            self.opened.set_exception(ConnectionError(f"the server answered {status.decode()} instead of 101"))
            self.abort()
            return b""
        self.opened.set_result(None)
        return rest

    def _take_frame(self, opcode: int, body: bytes) -> None:
        if opcode == _TEXT:
            self._take(body)
        elif opcode == _PING:
            self._send(_PONG, body)
        elif opcode == _CLOSE:
            self._send(_CLOSE, body)
            assert self._transport is not None
            self._transport.close()


async def open_socket(
    host: str, port: int, path: str, take: Callable[[bytes], None], headers: dict[str, str]
) -> PhoneSocket:
    """Upgrade a connection. Raises ConnectionError or TimeoutError."""
    async with asyncio.timeout(_OPEN_TIMEOUT_S):
        _, socket = await asyncio.get_running_loop().create_connection(lambda: PhoneSocket(take), host, port)
        lines = {
            "Host": f"{host}:{port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": b64encode(token_bytes(16)).decode(),
            **headers,
        }
        request = "".join(
            [f"GET {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in lines.items()), "\r\n"]
        )
        assert socket._transport is not None
        socket._transport.write(request.encode())
        await socket.opened
    return socket
