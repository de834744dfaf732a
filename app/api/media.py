"""The media socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
from fastapi import APIRouter, WebSocket
from fastapi.websockets import WebSocketDisconnect, WebSocketState

from app.access.message_budget import MessageBudget
from app.api.direct_socket import Take, direct_socket
from app.api.errors import ApiError, error_answer
from app.api.security import admit_media
from app.api.state import state_of

log = structlog.get_logger(__name__)

router = APIRouter()

_MESSAGES_AT_ONCE = 1000
_MESSAGES_PER_S = 100.0
"""Twilio sends fifty a second, and after a hole in the network what it kept, at once."""
_POLICY_VIOLATION = 1008


class _FloodedError(Exception):
    """A peer sends more than anybody may. Never leaves this module."""


class _SocketTransport:
    """A Starlette WebSocket as the runtime wants it."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._direct = direct_socket(websocket.scope)
        self._budget = MessageBudget(_MESSAGES_AT_ONCE, _MESSAGES_PER_S)

    async def receive(self) -> str | bytes | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        if not self._budget.take(time.monotonic()):
            await self._refuse_flood()
            return None
        text: str | None = message.get("text")
        if text is not None:
            return text
        return bytes(message.get("bytes") or b"")

    async def listen(self, take: Take) -> None:
        if self._direct is None:
            while (message := await self.receive()) is not None:
                take(message)
            return

        def take_within_budget(message: str | bytes) -> None:
            if not self._budget.take(time.monotonic()):
                raise _FloodedError
            take(message)

        try:
            await self._direct.listen(take_within_budget)
        except _FloodedError:
            await self._refuse_flood()

    def send_now(self, message: str) -> bool:
        return self._direct is not None and self._direct.send_now(message)

    async def send(self, message: str) -> None:
        with _closed_means_gone():
            await self._websocket.send_text(message)

    async def close(self, code: int, reason: str) -> None:
        if WebSocketState.DISCONNECTED in (self._websocket.client_state, self._websocket.application_state):
            return
        with _closed_means_gone():
            await self._websocket.close(code, reason)

    async def _refuse_flood(self) -> None:
        log.warning("media.flooded", messages_per_s=_MESSAGES_PER_S)
        with suppress(ConnectionError), _closed_means_gone():
            await self._websocket.close(_POLICY_VIOLATION, "too many messages")


@contextmanager
def _closed_means_gone() -> Iterator[None]:
    try:
        yield
    except (WebSocketDisconnect, RuntimeError) as error:
        # Starlette raises RuntimeError for a message after either side's close.
        raise ConnectionError("the media socket is closed") from error


@router.websocket("/ws/media-stream")
@router.websocket("/ws/media-stream/{session_id}")
async def media_stream(websocket: WebSocket, session_id: str = "") -> None:
    """Twilio Media Streams, one socket per leg; a wrong signature gets HTTP 403 instead of an upgrade."""
    state = state_of(websocket)
    try:
        await admit_media(websocket, session_id)
    except ApiError as error:
        state.bridge.metrics.refused_streams.inc()
        log.warning("media.refused", why=error.code)
        await websocket.send_denial_response(error_answer(error))
        return
    await websocket.accept()
    await state.bridge.media.serve(_SocketTransport(websocket), session_id)
