"""Facts of one call, for the tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.records import (
    CallChanged,
    CallEnded,
    CallStarted,
    CommitReason,
    EventHappened,
    EventKind,
    Fact,
    LegChanged,
    Outcome,
    UsageCounted,
    UtteranceFinished,
    UtteranceRecord,
)
from app.domain.usage import Charge, Price, Stage, UsageKey, UsageUnit

START = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
SPEECH = "mi número es el seiscientos"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def utterance(sequence: int, *, source_text: str = SPEECH, speech_ms: int = 1200) -> UtteranceRecord:
    return UtteranceRecord(
        sequence=sequence,
        speaker=Leg.CLIENT if sequence % 2 else Leg.AGENT,
        source_language="en",
        target_language="es",
        source_text=source_text,
        translated_text=None if sequence % 3 == 0 else f"{source_text} {sequence}",
        outcome=Outcome.UNTRANSLATED if sequence % 3 == 0 else Outcome.SPOKEN,
        started_at=at(20 + sequence),
        speech_ms=speech_ms,
        recognition_ms=410,
        translation_ms=None if sequence % 3 == 0 else 95,
        synthesis_ms=150,
        queue_ms=0,
        total_ms=700,
        heard_ms=350 if sequence % 2 else None,
        error_code="timeout" if sequence % 3 == 0 else None,
        commit_reason=[*CommitReason][sequence % len(CommitReason)],
        flags=("number", "negation")[: sequence % 3],
    )


def said(call_sid: str, sequence: int, **changes: object) -> UtteranceFinished:
    return UtteranceFinished(call_sid, utterance(sequence, **changes))  # type: ignore[arg-type]


def charges(minutes: int) -> tuple[Charge, ...]:
    """Return a bill after so many minutes: the second line is longer and has no price at first."""
    deepgram = UsageKey(Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, "nova-3")
    elsewhere = UsageKey(Stage.SPEECH, "elsewhere", UsageUnit.CHARACTERS)
    price, other_price = Price(Decimal("0.0077"), 60_000), Price(Decimal(50), 1_000_000)
    is_priced = minutes > 1
    return (
        Charge(deepgram, minutes * 60_000, price, minutes * Decimal("0.0077")),
        Charge(
            elsewhere,
            minutes * 400,
            other_price if is_priced else None,
            minutes * Decimal("0.02") if is_priced else None,
        ),
    )


def whole_call(call_sid: str) -> list[Fact]:
    """Return every fact of one call, in the order they happen."""
    return [
        CallStarted(call_sid, at(0), agent_language="es"),
        LegChanged(call_sid, Leg.CLIENT, at(1), leg_call_sid=call_sid, stream_sid="MZ1", status=LegStatus.IN_PROGRESS),
        CallChanged(call_sid, status=CallStatus.RINGING, agent_call_sid="CA9"),
        LegChanged(call_sid, Leg.AGENT, at(2), leg_call_sid="CA9", status=LegStatus.INITIATED),
        LegChanged(call_sid, Leg.AGENT, at(3), status=LegStatus.RINGING),
        LegChanged(call_sid, Leg.AGENT, at(9), stream_sid="MZ2", status=LegStatus.IN_PROGRESS),
        CallChanged(call_sid, status=CallStatus.IN_PROGRESS, answered_at=at(9)),
        CallChanged(call_sid, client_language="en"),
        UsageCounted(call_sid, charges(1)[:1], "USD"),
        UsageCounted(call_sid, charges(1), "USD"),
        EventHappened(call_sid, 1, at(9), EventKind.STREAM_OPENED, {"leg": "agent"}),
        EventHappened(call_sid, 2, at(15), EventKind.TRANSLATION_FAILED, {"clause": 3, "code": "timeout"}),
        said(call_sid, 1),
        said(call_sid, 2),
        said(call_sid, 3),
        LegChanged(call_sid, Leg.CLIENT, at(60), status=LegStatus.COMPLETED),
        LegChanged(call_sid, Leg.AGENT, at(61), status=LegStatus.COMPLETED),
        CallEnded(call_sid, CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP, at(60)),
        UsageCounted(call_sid, charges(2), "USD"),
    ]
