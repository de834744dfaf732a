"""One process, which knows everything there is to know."""

from __future__ import annotations

import asyncio

from app.fleet.base import Fleet, Line, LineAnswer, Receive, Roll

_GIVEN, _FULL = LineAnswer(Line.GIVEN), LineAnswer(Line.FULL)


class Alone(Fleet):
    """There are no others, so there is nobody to wait for and nothing to send."""

    def __init__(self, instance_id: str, max_calls: int) -> None:
        """``max_calls`` is the deployment's limit; 0 is none."""
        self.instance_id = instance_id
        self._max_calls = max_calls
        self._sessions: set[str] = set()

    @property
    def trouble(self) -> str:
        return ""

    @property
    def roll(self) -> Roll:
        return Roll(1, len(self._sessions))

    @property
    def is_full(self) -> bool:
        return 0 < self._max_calls <= len(self._sessions)

    async def run(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def take_line(self, session_id: str, call_sid: str) -> LineAnswer:
        if self.is_full:
            return _FULL
        self._sessions.add(session_id)
        return _GIVEN

    def hold(self, session_id: str, call_sid: str) -> None:
        self._sessions.add(session_id)

    def release(self, session_id: str) -> None:
        self._sessions.discard(session_id)

    async def holder(self, call_sid: str) -> str | None:
        return None

    async def take_order(self) -> float:
        return 0.0

    def send(self, message: bytes, to: str | None = None) -> None:
        """Nobody is there to be told."""
