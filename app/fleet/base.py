"""What the processes of one deployment offer each other, whatever carries it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Receive = Callable[[bytes], None]
"""Takes a message; must return at once and never raise."""


class Line(StrEnum):
    """What becomes of a call that wants in."""

    GIVEN = "given"
    FULL = "full"
    """The deployment has as many calls as it may have."""
    HELD_ELSEWHERE = "held-elsewhere"
    """Another process holds this very call: its webhook came twice."""


@dataclass(frozen=True, slots=True)
class LineAnswer:
    line: Line
    holder: str = ""
    """The process that holds the call, for HELD_ELSEWHERE."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is there, as far as this process knows; itself included."""

    processes: int
    calls: int


class Fleet(ABC):
    """A registry of live calls, the limits that all share, and messages between processes.

    No call's audio ever waits for any of this. Every method that waits does so for a second at most; while the others
    cannot be reached (``trouble``) it does not wait at all, and limits are those of this process.
    """

    instance_id: str
    dropped_messages: int = 0
    """Messages that were not sent: too many waited, or nobody could be reached."""

    @property
    @abstractmethod
    def trouble(self) -> str:
        """Why this process is on its own now, as a sentence for operators; empty while all is well."""

    @property
    @abstractmethod
    def roll(self) -> Roll:
        """Who was there a moment ago."""

    @property
    @abstractmethod
    def is_full(self) -> bool:
        """Whether all lines of the deployment were taken a moment ago."""

    @abstractmethod
    async def run(self, receive: Receive) -> None:
        """Keep in touch until cancelled; what others send is given to ``receive``. The owner runs it as a task."""

    @abstractmethod
    async def take_line(self, session_id: str, call_sid: str) -> LineAnswer:
        """Ask for one of the deployment's lines. An outbound call has no CallSid yet: an empty one."""

    @abstractmethod
    def hold(self, session_id: str, call_sid: str) -> None:
        """This process holds the call that the carrier has named so."""

    @abstractmethod
    def release(self, session_id: str) -> None:
        """The call is over, or was never placed. Idempotent."""

    @abstractmethod
    async def holder(self, call_sid: str) -> str | None:
        """Return the process that holds a live call, by its client's CallSid; None where no other one does.

        Raises FleetError when that cannot be known now.
        """

    @abstractmethod
    async def take_order(self) -> float:
        """Ask to place one call to a client; return 0, or for how many seconds the deployment's limit forbids it."""

    @abstractmethod
    def send(self, message: bytes, to: str | None = None) -> None:
        """Tell one process, or all others; never blocks. What cannot be sent is dropped and counted."""
