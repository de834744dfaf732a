"""A WebSocket that notices within a second that its line went dead.

Sound in one direction without an answer is usual in speech to speech: somebody speaks the target language already. But
every peer answers a Ping (RFC 6455, 5.5.3), so the silence of a line can be told from the silence of an interpreter.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

TICK_S = 0.1
TICKS_PER_PING = 3
SILENT_TICKS = 9
"""A line on which so long nothing came, not even a Pong, is dead. It is counted in turns of the loop, and not by the
clock: a process that was busy does not blame its vendor.
"""


class AttentiveConnection(ClientConnection):
    """Ends at once, as a connection that was lost, where nobody is there any more."""

    _silent_ticks = 0

    def data_received(self, data: bytes) -> None:
        self._silent_ticks = 0
        super().data_received(data)

    async def keepalive(self) -> None:
        ticks = 0
        while self._silent_ticks < SILENT_TICKS:
            if ticks % TICKS_PER_PING == 0:
                await self.ping()
            await asyncio.sleep(TICK_S)
            self._silent_ticks += 1
            ticks += 1
        self.transport.abort()
