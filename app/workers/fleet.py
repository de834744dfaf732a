"""The workers of one machine as a fleet, whose register their supervisor keeps."""

from __future__ import annotations

import asyncio

from app.errors import FleetError
from app.fleet.base import Fleet, Line, LineAnswer, Receive, Roll
from app.workers.siblings import Siblings
from app.workers.wire import FindHolder, Hold, HolderFound, LineTaken, OrderTaken, Post, Release, TakeLine, TakeOrder


class WorkersFleet(Fleet):
    """Nothing to be configured, and nothing to be lost while the supervisor lives; without it, workers stop."""

    def __init__(self, instance_id: str, siblings: Siblings) -> None:
        self.instance_id = instance_id
        self._siblings = siblings

    @property
    def trouble(self) -> str:
        return "" if self._siblings.is_connected else "the supervisor of the workers is gone; this process is stopping"

    @property
    def roll(self) -> Roll:
        return Roll(self._siblings.roster.workers, self._siblings.roster.calls)

    @property
    def is_full(self) -> bool:
        return self._siblings.roster.is_full

    async def run(self, receive: Receive) -> None:
        self._siblings.receive = receive
        await asyncio.Event().wait()

    async def take_line(self, session_id: str, call_sid: str) -> LineAnswer:
        try:
            reply = await self._siblings.ask(lambda number: TakeLine(number, session_id, call_sid))
        except FleetError:
            return LineAnswer(Line.GIVEN)
        assert isinstance(reply, LineTaken)
        return reply.answer

    def hold(self, session_id: str, call_sid: str) -> None:
        self._siblings.send(Hold(session_id, call_sid))

    def release(self, session_id: str) -> None:
        self._siblings.send(Release(session_id))

    async def holder(self, call_sid: str) -> str | None:
        reply = await self._siblings.ask(lambda number: FindHolder(number, call_sid))
        assert isinstance(reply, HolderFound)
        return None if reply.holder == self.instance_id else reply.holder

    async def take_order(self) -> float:
        try:
            reply = await self._siblings.ask(TakeOrder)
        except FleetError:
            return 0.0  # This process's own limit is left.
        assert isinstance(reply, OrderTaken)
        return reply.wait_s

    def send(self, message: bytes, to: str | None = None) -> None:
        self.dropped_messages += not self._siblings.send(Post(to, message))
