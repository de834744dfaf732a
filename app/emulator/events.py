"""What a call tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.legs import Leg


class Guest(StrEnum):
    """Who may join a call besides its two legs."""

    INTERPRETER = "interpreter"
    """A person whom the server dials into a conference with both."""


Role = Leg | Guest
ROLES: tuple[Role, ...] = (*Leg, *Guest)


class EventKind(StrEnum):
    STATUS = "status"
    """The leg's telephone changed its state; the detail is Twilio's ``CallStatus``."""
    VERB = "verb"
    STREAM_OPENED = "stream-opened"
    STREAM_CLOSED = "stream-closed"
    TURN_STARTED = "turn-started"
    TURN_ENDED = "turn-ended"
    CONFERENCE_ENTERED = "conference-entered"
    CONFERENCE_LEFT = "conference-left"
    DIGIT = "digit"
    HEARING_STARTED = "hearing-started"
    HEARING_ENDED = "hearing-ended"
    WARNING = "warning"
    PROBE = "probe"
    """An intruder's stream was dealt with; the detail says how."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    at_s: float
    """Seconds since the call began."""
    leg: Role
    kind: EventKind
    detail: str


EventHook = Callable[[CallEvent], None]
