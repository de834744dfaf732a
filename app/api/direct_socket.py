"""A WebSocket of uvicorn's whose messages may go straight to whoever listens, and straight out.

ASGI hands each message over through a queue, wakes a task for it and pauses the connection until that has taken it. For
fifty small messages a second and stream that costs as much as what is done with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
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

    _take: Take | None = None
    _context: Context
    _bug: Exception | None = None

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
        self._context = copy_context()
        self._take = take
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        try:
            await queue.get()
        finally:
            self._take = None
        if self._bug is not None:
            raise self._bug

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
        for piece in self._cutter.cut(data, reads_text=self._take is not None):
            if self.transport.is_closing():
                return
            if isinstance(piece, bytes):
                super().data_received(piece)
            elif not self.close_sent:
                self._give(piece)

    def send_receive_event_to_app(self) -> None:
        if self._take is None or self.close_sent:
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
        if self._take is None:
            return
        try:
            self._context.run(self._take, message)
        except Exception as bug:
            self._bug, self._take = bug, None
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _INTERNAL_ERROR})
