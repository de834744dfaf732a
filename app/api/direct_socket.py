"""A WebSocket of uvicorn's whose messages may go straight to whoever listens, and straight out.

ASGI hands each message over through a queue, wakes a task for it and pauses the connection until that has taken it. For
fifty small messages a second and stream that costs as much as what is done with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, cast

from starlette.types import Scope
from websockets.http11 import Request
from websockets.protocol import OPEN

from app.api.frame_cutter import FrameCutter, text_frame
from app.api.upgrades import UpgradeProtocol

Take = Callable[[str | bytes], None]

_EXTENSION = "puente.direct"
_SWITCHING_PROTOCOLS = 101
_INTERNAL_ERROR = 1011


def direct_socket(scope: Scope) -> DirectSocket | None:
    """Return the socket behind a connection; None where another server than ours serves it."""
    extension = (scope.get("extensions") or {}).get(_EXTENSION)
    return None if extension is None else cast(DirectSocket, extension["socket"])


class DirectSocket(UpgradeProtocol):
    """uvicorn's own but for odd upgrades and for messages that somebody listens to or sends directly."""

    _listener: _Listener | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cutter = FrameCutter(self.config.ws_max_size)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING_PROTOCOLS:
            self.scope["extensions"][_EXTENSION] = {"socket": self}

    async def listen(self, take: Take) -> None:
        """Give ``take`` what waits and then every message; return when the connection is over.

        ``take`` is called by the event loop, in the context of whoever listens: it returns at once. Raises what it
        raises.
        """
        queue = cast("asyncio.Queue[dict[str, object]]", self.queue)
        while not queue.empty():
            waiting = queue.get_nowait()
            if waiting["type"] != "websocket.receive":
                return
            take(cast("str | bytes", waiting.get("text") or waiting.get("bytes") or ""))
        self._listener = listener = _Listener(self, self._cutter, take)
        self.transport.set_protocol(listener)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        try:
            await queue.get()
        finally:
            self._stop_listening()
        if listener.bug is not None:
            raise listener.bug

    def send_now(self, text: str) -> bool:
        """Send a message before this returns; False where that has to wait, or cannot be: ``send`` knows."""
        is_open = self.handshake_complete and not self.close_sent and not self.disconnected
        is_plain = self.conn.state is OPEN and not self.conn.extensions
        if not is_open or not is_plain or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(text_frame(text.encode()))
        return True

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            return
        for piece in self._cutter.cut(data, reads_text=self._listener is not None):
            if self.transport.is_closing():
                return
            if isinstance(piece, bytes):
                super().data_received(piece)
            elif not self.close_sent:
                self._give(piece)

    def send_receive_event_to_app(self) -> None:
        if self._listener is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        try:
            message = data.decode() if self.curr_msg_data_type == "text" else data
        except UnicodeDecodeError:
            super().send_receive_event_to_app()
            return
        self.frames = []
        self._give(message)

    def _give(self, message: str | bytes) -> None:
        if self._listener is not None:
            self._listener.give(message)

    def fail(self) -> None:
        """Let ``listen`` end: who listened has raised."""
        self._stop_listening()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": _INTERNAL_ERROR})

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener = None
            self.transport.set_protocol(self)


class _Listener(asyncio.Protocol):
    """What the transport gives its reads to while somebody listens; all but plain texts goes on to the socket.

    Small, because it is looked at fifty times a second: uvicorn's class has too many attributes for Python to keep
    them together.
    """

    __slots__ = ("_context", "_cutter", "_socket", "_take", "_transport", "bug")

    def __init__(self, socket: DirectSocket, cutter: FrameCutter, take: Take) -> None:
        self._socket = socket
        self._cutter = cutter
        self._take = take
        self._context = copy_context()
        self._transport = socket.transport
        self.bug: Exception | None = None
        """What ``take`` raised: the end of listening."""

    def give(self, message: str | bytes) -> None:
        try:
            self._context.run(self._take, message)
        except Exception as bug:
            self.bug = bug
            self._socket.fail()

    def data_received(self, data: bytes) -> None:
        text = self._cutter.only_text(data)
        if text is None:
            self._socket.data_received(data)
        elif not self._transport.is_closing():
            self.give(text)

    def eof_received(self) -> None:
        self._socket.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._socket.connection_lost(error)

    def pause_writing(self) -> None:
        self._socket.pause_writing()

    def resume_writing(self) -> None:
        self._socket.resume_writing()
