"""One unit of translation on its way to a listener, and the record that is left of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.commands import Command, ReportUtterance
from app.domain.legs import Leg
from app.domain.records import CommitReason, Outcome, UtteranceRecord


@dataclass(slots=True)
class Clause:
    """Times are milliseconds on the call's clock."""

    id: int
    listener: Leg
    text: str
    """What is spoken: None of it before the translation is there."""
    language: str
    sequence: int = 0
    """Its number among the call's utterances; 0 for what the bridge itself says."""
    is_repeat: bool = False
    """Whether the bridge says again what a party said."""
    source_text: str = ""
    flags: tuple[str, ...] = ()
    """What the translation misses."""
    source_language: str = ""
    began_ms: int = 0
    ended_ms: int = 0
    recognised_ms: int = 0
    """When it was committed."""
    commit_reason: CommitReason = CommitReason.FINAL
    translated_ms: int | None = None
    requested_ms: int | None = None
    voiced_ms: int | None = None
    sent_ms: int | None = None
    is_interrupted: bool = False
    """Its listener spoke over what came before it: it is not to be spoken any more."""
    spoken_text: str = ""
    """What the voice was asked for: this clause and those merged into it, perhaps shortened."""
    audio_ms: int = 0
    """How much of that the voice has given so far."""
    merged: list[Clause] = field(default_factory=list)
    """Clauses behind it that are spoken with it."""
    is_given: bool = False
    """Its sound is not asked of a voice: it comes as it is, from a speech-to-speech provider or from the speaker."""
    is_complete: bool = False
    """Of what is given: whether all of it came."""
    early: bytearray = field(default_factory=bytearray)
    """What was given of it before its turn."""
    heard_as: Outcome = Outcome.SPOKEN
    """What it is to have become of it once it is heard."""

    @property
    def is_own(self) -> bool:
        """Whether the bridge itself says it."""
        return self.sequence == 0

    def report(
        self,
        outcome: Outcome,
        epoch: datetime,
        error_code: str | None = None,
        *,
        heard_ms: int | None = None,
        is_amended: bool = False,
    ) -> list[Command]:
        """Return the record of this clause, none for what the bridge itself said."""
        if self.is_own:
            return []
        recognition_ms: int | None = self.recognised_ms - self.ended_ms
        translation_ms = _between(self.recognised_ms, self.translated_ms)
        synthesis_ms = _between(self.requested_ms, self.voiced_ms)
        total_ms = _between(self.ended_ms, self.sent_ms)
        queue_ms = None
        if self.is_given:
            recognition_ms = translation_ms = synthesis_ms = None
            queue_ms = _between(self.voiced_ms, self.sent_ms)
            # An interpreter who speaks before the speaker has come to an end is not late.
            total_ms = total_ms if total_ms is not None and total_ms >= 0 else None
        elif total_ms is not None:
            queue_ms = max(0, total_ms - (recognition_ms or 0) - (translation_ms or 0) - (synthesis_ms or 0))
        record = UtteranceRecord(
            sequence=self.sequence,
            speaker=self.listener.other,
            source_language=self.source_language,
            target_language=self.language,
            source_text=self.source_text,
            translated_text=self.text if self.translated_ms is not None else None,
            outcome=outcome,
            started_at=epoch + timedelta(milliseconds=self.began_ms),
            speech_ms=self.ended_ms - self.began_ms,
            recognition_ms=recognition_ms,
            translation_ms=translation_ms,
            synthesis_ms=synthesis_ms,
            queue_ms=queue_ms,
            total_ms=total_ms,
            heard_ms=heard_ms,
            error_code=error_code,
            flags=self.flags,
            commit_reason=self.commit_reason,
        )
        return [ReportUtterance(record, is_amended, self.id)]


def _between(start_ms: int | None, end_ms: int | None) -> int | None:
    return None if start_ms is None or end_ms is None else end_ms - start_ms
