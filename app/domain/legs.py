"""The two parties of a call and the states of their telephones."""

from __future__ import annotations

from enum import StrEnum


class Leg(StrEnum):
    """One Twilio call with one Media Stream. A direction is named by the leg that speaks."""

    CLIENT = "client"
    AGENT = "agent"

    @property
    def other(self) -> Leg:
        return _OTHER[self]


_OTHER = {Leg.CLIENT: Leg.AGENT, Leg.AGENT: Leg.CLIENT}
"""A table, because it is asked several times for every frame."""


class CallDirection(StrEnum):
    """Who called whom, as Twilio calls it; what one party says to the other has a direction of another kind."""

    INBOUND = "inbound"
    """The client called."""
    OUTBOUND = "outbound"
    """We called the client."""


class LegStatus(StrEnum):
    """Twilio's ``CallStatus`` values."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL


_TERMINAL = frozenset({LegStatus.COMPLETED, LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.FAILED, LegStatus.CANCELED})


class CallStatus(StrEnum):
    """Where an interpreted call stands."""

    WAITING = "waiting"
    """The webhook was answered; the client's stream is not open yet."""
    RINGING = "ringing"
    """The client is on the line; the agent's telephone rings."""
    IN_PROGRESS = "in-progress"
    """Both parties are on the line."""
    COMPLETED = "completed"
    """They talked, and it ended."""
    FAILED = "failed"
    """It ended before the two were connected, or by an error of ours."""


class EndReason(StrEnum):
    """Why a call ended."""

    CLIENT_HUNG_UP = "client-hung-up"
    AGENT_HUNG_UP = "agent-hung-up"
    CLIENT_STREAM_LOST = "client-stream-lost"
    AGENT_STREAM_LOST = "agent-stream-lost"
    AGENT_BUSY = "agent-busy"
    AGENT_NO_ANSWER = "agent-no-answer"
    AGENT_FAILED = "agent-failed"
    CLIENT_NEVER_CONNECTED = "client-never-connected"
    CLIENT_BUSY = "client-busy"
    """Like the next two, of a client whom we called."""
    CLIENT_NO_ANSWER = "client-no-answer"
    CLIENT_FAILED = "client-failed"
    ADMINISTRATOR = "administrator"
    TIME_LIMIT = "time-limit"
    SHUTDOWN = "shutdown"
    INTERNAL_ERROR = "internal-error"
    PROCESS_LOST = "process-lost"
    """The process that held it died or lost the database; another one ended it."""
    HANDED_OVER = "handed-over"
    """Both parties went on with a person who interprets."""
