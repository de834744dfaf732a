"""Facts that outlive a call: what the recorder writes and the administrators read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.legs import CallDirection, CallStatus, EndReason, Leg, LegStatus
from app.domain.usage import Charge


class Outcome(StrEnum):
    """What became of an utterance."""

    SPOKEN = "spoken"
    """Its translation was sent to the other party."""
    PASSED_THROUGH = "passed-through"
    """Both speak the same language: the other party heard the speaker's own voice."""
    UNTRANSLATED = "untranslated"
    """The translator failed or does not know the language; the other party heard nothing of it."""
    UNSPOKEN = "unspoken"
    """It was translated, but the voice failed or the call ended first."""
    DROPPED = "dropped"
    """The listener was too far behind to follow."""
    INTERRUPTED = "interrupted"
    """The listener spoke over its translation, which ended for that: they heard only ``heard_ms`` of it."""
    CAPTIONED = "captioned"
    """It was not to be spoken: its listener reads, or hears the original."""


class CommitReason(StrEnum):
    """Why a clause was translated when it was."""

    SENTENCE = "sentence"
    """A full stop, a question mark or the like."""
    PAUSE = "pause"
    """The speaker was silent behind it."""
    COMMA = "comma"
    OPENER = "opener"
    """The next word begins a clause."""
    LONE_ANSWER = "lone-answer"
    """A yes or no, and a short silence."""
    SOFT = "soft"
    """It had waited long enough for a place that is not bad."""
    HARD = "hard"
    """It had waited long enough for any place at all."""
    WATCHDOG = "watchdog"
    """It had waited too long, even if this cuts a number."""
    FINAL = "final"
    """The utterance was over."""
    DIRECT = "direct"
    """A speech-to-speech provider translates when it likes."""


class MissingFinal(StrEnum):
    """What became of a final transcript that did not come in time."""

    PROMOTED = "promoted"
    """The last interim took its place."""
    LOST = "lost"
    """There was no interim either."""
    LATE = "late"
    """It came after all, and was ignored."""


class EventKind(StrEnum):
    """What can happen in a call besides speech."""

    STREAM_OPENED = "stream.opened"
    CONSENT_ANNOUNCED = "consent.announced"
    """The client has heard that a machine interprets the call, and whether it is written down or recorded."""
    RECORDING_STARTED = "recording.started"
    RECORDING_STOPPED = "recording.stopped"
    LANGUAGE_CHANGED = "language.changed"
    KEY_PRESSED = "key.pressed"
    VOICE_COMMAND = "voice.command"
    POLICY_CHANGED = "policy.changed"
    RECOGNISER_LOST = "recogniser.lost"
    RECOGNISER_BACK = "recogniser.back"
    TRANSLATION_FAILED = "translation.failed"
    SPEECH_FAILED = "speech.failed"
    DIRECT_FAILED = "direct.failed"
    DIRECT_LEFT = "direct.left"
    """Speech to speech gave way to recognition, translation and speech."""
    INTERPRETER_CALLED = "interpreter.called"
    INTERPRETER_STATUS = "interpreter.status"
    HAND_OVER_FAILED = "hand-over.failed"
    CALL_ENDED = "call.ended"


class SpeculationOutcome(StrEnum):
    """What became of what was made ahead of time."""

    PROMOTED = "promoted"
    WASTED = "wasted"


class DeletionReason(StrEnum):
    """Why calls were deleted."""

    RETENTION = "retention"
    """They were too old."""
    CALL = "call"
    """Somebody asked for it by the call."""
    CALLER = "caller"
    """Somebody asked for it by the caller's number."""


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One clause, from the end of its own last word to the first sound of its translation.

    Stage times are milliseconds; None where the stage was not reached.
    """

    sequence: int
    """Counts the clauses of a call from 1, both speakers together, in the order they were committed."""
    speaker: Leg
    source_language: str
    target_language: str
    source_text: str
    translated_text: str | None
    outcome: Outcome
    started_at: datetime
    """When the speaker began it (UTC)."""
    speech_ms: int
    """How long the speech was."""
    recognition_ms: int | None
    """From the end of the speech to the commit: it is certain what was said and that this was a clause."""
    translation_ms: int | None
    """From the commit to the translation; 0 where it was translated ahead."""
    synthesis_ms: int | None
    """From the request for speech to its first audio."""
    queue_ms: int | None
    """How long the clause waited for its turn: behind earlier clauses, or behind audio still playing."""
    total_ms: int | None
    """From the end of the speech to the first audio message sent to the listener."""
    heard_ms: int | None = None
    """How much of the translation was heard, where it was cut short."""
    error_code: str | None = None
    flags: tuple[str, ...] = ()
    """What the listener should doubt: the kinds of what the translation misses (``MissKind``)."""
    commit_reason: CommitReason = CommitReason.FINAL
    """Why it was translated when it was."""


@dataclass(frozen=True, slots=True)
class CallStarted:
    call_sid: str
    started_at: datetime
    agent_language: str
    status: CallStatus = CallStatus.WAITING
    instance_id: str | None = None
    """The process that holds the call."""
    caller_hash: str | None = None
    """The client's number, by ``app.privacy.callers``."""
    direction: CallDirection = CallDirection.INBOUND


@dataclass(frozen=True, slots=True)
class CallChanged:
    """What is None stays as it was."""

    call_sid: str
    status: CallStatus | None = None
    agent_call_sid: str | None = None
    client_language: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallEnded:
    call_sid: str
    status: CallStatus
    end_reason: EndReason
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class LegChanged:
    """What is None stays as it was."""

    call_sid: str
    """The client's CallSid, which names the call."""
    leg: Leg
    at: datetime
    leg_call_sid: str | None = None
    stream_sid: str | None = None
    status: LegStatus | None = None


@dataclass(frozen=True, slots=True)
class UtteranceFinished:
    call_sid: str
    utterance: UtteranceRecord


@dataclass(frozen=True, slots=True)
class UsageCounted:
    """The bill of a call so far: totals since its beginning, so that the last one is the whole."""

    call_sid: str
    charges: tuple[Charge, ...]
    currency: str
    """ISO 4217."""


@dataclass(frozen=True, slots=True)
class EventHappened:
    """One line of a call's history, which never holds what was said or which keys were pressed."""

    call_sid: str
    sequence: int
    """Counts the call's events from 1 in their order; told twice, it is one row."""
    at: datetime
    kind: EventKind
    detail: Mapping[str, str | int]


Fact = CallStarted | CallChanged | CallEnded | LegChanged | UtteranceFinished | UsageCounted | EventHappened
