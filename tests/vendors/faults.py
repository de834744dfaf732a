"""A vendor's bad days, to order."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    STATUS = "status"
    """Answer with this HTTP status (``value``); of a WebSocket, refuse the upgrade with it."""
    GARBAGE = "garbage"
    """Answer with something that is not the protocol."""
    SILENCE = "silence"
    """Take the request, or accept the socket, and never say anything: a half-open connection."""
    DROP = "drop"
    """Begin to answer and let the connection die."""
    CLOSE = "close"
    """Close an open WebSocket with this code (``value``)."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    value: int = 0
    after: int = 0
    """How many messages of ours a WebSocket takes before it happens."""
    retry_after_s: int | None = 2
    """What a 429 says in its Retry-After; None says nothing."""

    @property
    def headers(self) -> dict[str, str]:
        """Those of the answer that a ``STATUS`` is."""
        return {} if self.value != 429 or self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read ``kind[:value[:after]]``, such as ``status:429`` or ``close:1011:50``. Raises ValueError."""
        kind, *numbers = text.split(":")
        return cls(FaultKind(kind), *(int(number) for number in numbers))


class Faults:
    """What goes wrong next: one fault for each request or connection, in order; none when none is left."""

    def __init__(self) -> None:
        self.latency_s = 0.0
        """Before every answer."""
        self.always: Fault | None = None
        self._planned: deque[Fault | None] = deque()

    def plan(self, *faults: Fault | None) -> None:
        """Let the next requests meet these, in order; None is a good one."""
        self._planned.extend(faults)

    async def next(self) -> Fault | None:
        """Wait as long as the vendor would, and return what this request meets."""
        await asyncio.sleep(self.latency_s)
        return self._planned.popleft() if self._planned else self.always
