"""A WebSocket of uvicorn's whose messages may go straight to whoever listens, as soon as they are read.

ASGI hands each message over through a queue, wakes a task for it and pauses the connection until that has taken it. For
fifty small messages a second and stream that costs as much as what is done with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import cast

from starlette.types import Scope
from websockets.http11 import Request

from app.api.upgrades import UpgradeProtocol

Take = Callable[[str | bytes], None]
Listen = Callable[[Take], Awaitable[None]]

_EXTENSION = "puente.listen"
_SWITCHING_PROTOCOLS = 101
_INTERNAL_ERROR = 1011


def listen_of(scope: Scope) -> Listen | None:
    """Return how the messages of this socket can be listened to; None where another server than ours serves it."""
    extension = (scope.get("extensions") or {}).get(_EXTENSION)
    return None if extension is None else cast(Listen, extension["listen"])


class DirectSocket(UpgradeProtocol):
    """uvicorn's own but for odd upgrades and for messages that somebody listens to."""

    _take: Take | None = None
    _bug: Exception | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING_PROTOCOLS:
            self.scope["extensions"][_EXTENSION] = {"listen": self.listen}

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
        context = copy_context()
        self._take = lambda message: context.run(take, message)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        try:
            await queue.get()
        finally:
            self._take = None
        if self._bug is not None:
            raise self._bug

    def send_receive_event_to_app(self) -> None:
        take = self._take
        if take is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        try:
            message = data.decode() if self.curr_msg_data_type == "text" else data
        except UnicodeDecodeError:
            super().send_receive_event_to_app()
            return
        self.frames = []
        try:
            take(message)
        except Exception as bug:
            self._bug, self._take = bug, None
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _INTERNAL_ERROR})
