"""What waits to be spoken to one leg: clauses in the order in which they were said, then their voice, then playout."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.playout import Playout
from app.domain.commands import Command, ReportUtterance, Speak
from app.domain.legs import Leg
from app.domain.records import Outcome, UtteranceRecord

_MAXIMUM_CLAUSES = 64
_MAXIMUM_QUEUED_MS = 120_000


@dataclass(slots=True)
class Clause:
    """One unit of translation on its way to a listener. Times are milliseconds on the call's clock."""

    id: int
    listener: Leg
    text: str
    """What is spoken: None of it before the translation is there."""
    language: str
    sequence: int = 0
    """Its number among the call's utterances; 0 for what the bridge itself says."""
    source_text: str = ""
    flags: tuple[str, ...] = ()
    """What the translation misses."""
    source_language: str = ""
    began_ms: int = 0
    ended_ms: int = 0
    recognised_ms: int = 0
    translated_ms: int | None = None
    requested_ms: int | None = None
    voiced_ms: int | None = None
    sent_ms: int | None = None

    def report(self, outcome: Outcome, epoch: datetime, error_code: str | None = None) -> list[Command]:
        """Return the record of this clause, none for what the bridge itself said."""
        if self.sequence == 0:
            return []
        recognition_ms = self.recognised_ms - self.ended_ms
        translation_ms = _between(self.recognised_ms, self.translated_ms)
        synthesis_ms = _between(self.requested_ms, self.voiced_ms)
        total_ms = _between(self.ended_ms, self.sent_ms)
        queue_ms = None
        if total_ms is not None:
            queue_ms = max(0, total_ms - recognition_ms - (translation_ms or 0) - (synthesis_ms or 0))
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
            error_code=error_code,
            flags=self.flags,
        )
        return [ReportUtterance(record)]


def _between(start_ms: int | None, end_ms: int | None) -> int | None:
    return None if start_ms is None or end_ms is None else end_ms - start_ms


class SpeechQueue:
    """One listener's clauses. One of them is voiced at a time, and none overtakes another."""

    def __init__(self, leg: Leg, epoch: datetime) -> None:
        self.playout = Playout(leg)
        self._epoch = epoch
        self._waiting: deque[Clause] = deque()
        self._voicing: Clause | None = None
        self._voiced: dict[int, Clause] = {}
        """Clauses with audio in the playout of which nothing was sent yet."""

    def add(self, clause: Clause, now_ms: int) -> tuple[bool, list[Command]]:
        """Queue a clause, translated or not; False and its record when the listener is too far behind."""
        if len(self._waiting) >= _MAXIMUM_CLAUSES or self.playout.queued_ms(now_ms) > _MAXIMUM_QUEUED_MS:
            return False, clause.report(Outcome.DROPPED, self._epoch, "queue_full")
        self._waiting.append(clause)
        return True, self._voice_next(now_ms)

    def translated(self, clause_id: int, text: str, now_ms: int, misses: tuple[str, ...] = ()) -> list[Command]:
        clause = self._find_waiting(clause_id)
        if clause is None:
            return []
        clause.text = text
        clause.flags = misses
        clause.translated_ms = now_ms
        return self._voice_next(now_ms)

    def untranslated(self, clause_id: int, code: str, now_ms: int) -> list[Command]:
        clause = self._find_waiting(clause_id)
        if clause is None:
            return []
        self._waiting.remove(clause)
        return [*clause.report(Outcome.UNTRANSLATED, self._epoch, code), *self._voice_next(now_ms)]

    def voiced(self, clause_id: int, ulaw: bytes, now_ms: int) -> None:
        """Take the next audio of the clause that is being voiced; what comes late for another one is ignored."""
        clause = self._voicing
        if clause is None or clause.id != clause_id:
            return
        if clause.voiced_ms is None:
            clause.voiced_ms = now_ms
            self._voiced[clause_id] = clause
        self.playout.add(clause_id, ulaw)

    def voice_ended(self, clause_id: int, now_ms: int, code: str | None = None) -> list[Command]:
        """The clause has all its audio, or, with a ``code``, its voice failed."""
        clause = self._voicing
        if clause is None or clause.id != clause_id:
            return []
        self._voicing = None
        self.playout.finish(clause_id)
        report = (
            [] if clause.voiced_ms is not None else clause.report(Outcome.UNSPOKEN, self._epoch, code or "no_audio")
        )
        return [*report, *self._voice_next(now_ms)]

    def due(self, now_ms: int) -> list[Command]:
        """Return what is to be sent now, and the records of the clauses that begin to be heard."""
        commands, started = self.playout.due(now_ms)
        for clause_id in started:
            clause = self._voiced.pop(clause_id)
            clause.sent_ms = now_ms
            commands.extend(clause.report(Outcome.SPOKEN, self._epoch))
        return commands

    def abandon(self) -> list[Command]:
        """Forget everything; return the records of what was never heard."""
        commands: list[Command] = []
        unfinished = [*self._voiced.values(), *self._waiting]
        if self._voicing is not None and self._voicing.voiced_ms is None:
            unfinished.append(self._voicing)
        for clause in sorted(unfinished, key=lambda clause: clause.id):
            outcome = Outcome.UNTRANSLATED if clause.translated_ms is None else Outcome.UNSPOKEN
            commands.extend(clause.report(outcome, self._epoch, "call_ended"))
        self._waiting.clear()
        self._voiced.clear()
        self._voicing = None
        self.playout.close()
        return commands

    def _voice_next(self, now_ms: int) -> list[Command]:
        if self._voicing is not None or not self._waiting or self._waiting[0].translated_ms is None:
            return []
        clause = self._waiting.popleft()
        clause.requested_ms = now_ms
        self._voicing = clause
        return [Speak(clause.id, clause.text, clause.language)]

    def _find_waiting(self, clause_id: int) -> Clause | None:
        return next((clause for clause in self._waiting if clause.id == clause_id), None)
