"""Live captions of one call, for screens beside the telephone."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response, WebSocket
from fastapi.websockets import WebSocketDisconnect

from app.api.security import is_administrator
from app.api.state import state_of
from app.errors import FleetError
from app.runtime.captions import Subscription

router = APIRouter()

_SEND_TIMEOUT_S = 5.0
_TRY_AGAIN_LATER = 1013


@router.websocket("/ws/captions/{call_sid}")
async def captions(websocket: WebSocket, call_sid: str) -> None:
    """Send a live call's events as JSON (docs/events.md), partial captions included, until it ends.

    Needs the header ``Authorization: Bearer <ADMIN_API_KEY>``: 401 without, 404 for a call that is not live,
    503 where its process cannot be reached.
    """
    state = state_of(websocket)
    if not is_administrator(state, websocket.headers.get("authorization", "")):
        await websocket.send_denial_response(Response(status_code=401, headers={"WWW-Authenticate": "Bearer"}))
        return
    try:
        subscription = await state.bridge.neighbours.watch(call_sid)
    except FleetError as error:
        await websocket.send_denial_response(Response(str(error), status_code=503))
        return
    if subscription is None:
        await websocket.send_denial_response(Response("no live call has this CallSid", status_code=404))
        return
    with subscription:
        await websocket.accept()
        leaving = asyncio.create_task(_until_gone(websocket, subscription))
        try:
            await _send_all(websocket, subscription)
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)


async def _send_all(websocket: WebSocket, subscription: Subscription) -> None:
    try:
        async for message in subscription:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await websocket.send_text(message.decode())
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            if subscription.is_too_slow:
                await websocket.close(_TRY_AGAIN_LATER, "too slow")
            else:
                await websocket.close(1000, "the call has ended")
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        # Stuck or gone: Starlette raises RuntimeError for a message after either side's close.
        return


async def _until_gone(websocket: WebSocket, subscription: Subscription) -> None:
    """Ignore what a watcher sends; end the subscription when they leave."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    subscription.close()
