"""Streams that have no right to be: how does the server get rid of them?"""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.emulator.carrier import SocketAddress
from app.emulator.clock import FRAME_S
from app.emulator.speaker import SILENT_FRAME
from app.emulator.stream import StreamIdentity
from app.emulator.upgrade import StreamRefused, open_socket
from app.emulator.wire import PhoneMessages

PATIENCE_S = 3.0
TOLERATED = "tolerated: the socket stayed open"


async def intrude(address: SocketAddress, identity: StreamIdentity) -> str:
    """Open a socket, start a stream with somebody else's parameters, and speak silence into it.

    Returns how it ended: refused, closed (with what code, after how many messages), or TOLERATED.
    """
    try:
        connection = await open_socket(address)
    except StreamRefused as error:
        return f"refused: {error.code} {error.detail}"
    received = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            received = await _speak_until_closed(connection, identity)
    except TimeoutError:
        return TOLERATED
    finally:
        await connection.close()
    return f"closed with {connection.close_code} after {received} messages"


async def _speak_until_closed(connection: ClientConnection, identity: StreamIdentity) -> int:
    """Return how many messages the server sent before it closed."""
    messages = PhoneMessages(
        account_sid=identity.account_sid, call_sid=identity.call_sid, stream_sid=identity.stream_sid
    )
    received = 0
    timestamp_ms = 20
    try:
        await connection.send(messages.connected())
        await connection.send(messages.start(identity.parameters))
        while True:
            await connection.send(messages.media(SILENT_FRAME, timestamp_ms))
            timestamp_ms += 20
            try:
                async with asyncio.timeout(FRAME_S):
                    await connection.recv()
                received += 1
            except TimeoutError:
                continue
    except ConnectionClosed:
        return received
