"""Live captions of one call, for screens beside the telephone."""

from __future__ import annotations

import asyncio
import time

from fastapi import APIRouter, WebSocket
from fastapi.websockets import WebSocketDisconnect

from app.access.message_budget import MessageBudget
from app.api.errors import ApiError, ErrorCode, error_answer, process_unreachable
from app.api.security import admit_watcher
from app.api.state import state_of
from app.errors import FleetError
from app.runtime.captions import Subscription

router = APIRouter()

_SEND_TIMEOUT_S = 5.0
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_MESSAGES_AT_ONCE = 20
_MESSAGES_PER_S = 1.0
"""A watcher has nothing to say; some keep their connection alive."""


@router.websocket("/ws/captions/{call_sid}")
async def captions(websocket: WebSocket, call_sid: str) -> None:
    """Send a live call's events as JSON (docs/events.md), partial captions included, until it ends.

    Needs a key that may watch calls or a token for this call, in the header ``Authorization: Bearer`` or as the
    subprotocol ``bearer.<token>``. 404 for a call that is not live, 503 where its process cannot be reached.
    """
    try:
        protocol = await admit_watcher(websocket, call_sid)
        subscription = await _subscribe(websocket, call_sid)
    except ApiError as error:
        await websocket.send_denial_response(error_answer(error))
        return
    with subscription:
        await websocket.accept(protocol)
        leaving = asyncio.create_task(_until_gone(websocket, subscription))
        try:
            await _send_all(websocket, subscription)
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)


async def _subscribe(websocket: WebSocket, call_sid: str) -> Subscription:
    bridge = state_of(websocket).bridge
    if bridge.captions.is_crowded(call_sid):
        raise ApiError(503, ErrorCode.NO_CAPACITY, "too many watch this call, or this server")
    try:
        subscription = await bridge.neighbours.watch(call_sid)
    except FleetError as error:
        raise process_unreachable(error) from error
    if subscription is None:
        raise ApiError(404, ErrorCode.NOT_FOUND, "no live call has this CallSid; GET /calls?live=true lists those")
    return subscription


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
    """Ignore what a watcher sends, unless it is too much; end the subscription when they leave."""
    budget = MessageBudget(_MESSAGES_AT_ONCE, _MESSAGES_PER_S)
    while (await websocket.receive())["type"] != "websocket.disconnect":
        if not budget.take(time.monotonic()):
            await websocket.close(_POLICY_VIOLATION, "too many messages")
            break
    subscription.close()
