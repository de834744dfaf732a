"""When interpreting itself has failed: what one party says no longer reaches the other one.

Every provider of a stage has failed by then. The parties are told, they hear each other as they are, and what is
recognised still becomes a caption. It is over with the first thing that gets through again.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.commands import Command, ReportUtterance
from app.domain.legs import Leg
from app.domain.phrases import Phrase
from app.domain.records import Outcome

_TOLD_AGAIN_AFTER_MS = 20_000
"""An outage that returns sooner is not explained once more."""
_NO_FAULT = frozenset({"call_ended", "queue_full", "no_audio", "language-uncovered"})
"""Error codes of what was not spoken although everything works."""
_NOBODY: frozenset[Leg] = frozenset()


class Outages:
    """Which directions are out; a direction is named by the leg that speaks."""

    def __init__(self) -> None:
        self._unheard: set[Leg] = set()
        """No recogniser listens to them."""
        self._unspoken: set[Leg] = set()
        """What they said last could not be translated or spoken."""
        self._is_told = False
        self._told_ms: int | None = None

    @property
    def directions(self) -> frozenset[Leg]:
        """Those who are not interpreted."""
        return frozenset(self._unheard | self._unspoken) if self._unheard or self._unspoken else _NOBODY

    @property
    def is_settled(self) -> bool:
        """Whether the parties know how it is: ``news`` has none until something happens."""
        return bool(self._unheard or self._unspoken) == self._is_told

    def recogniser(self, speaker: Leg, is_lost: bool) -> None:
        (self._unheard.add if is_lost else self._unheard.discard)(speaker)

    def note(self, commands: Iterable[Command]) -> None:
        """Learn from what became of the parties' sentences."""
        for command in commands:
            if not isinstance(command, ReportUtterance):
                continue
            record = command.utterance
            if record.outcome is Outcome.SPOKEN:
                self._unspoken.discard(record.speaker)
            elif record.outcome in (Outcome.UNTRANSLATED, Outcome.UNSPOKEN) and record.error_code not in _NO_FAULT:
                self._unspoken.add(record.speaker)

    def news(self, now_ms: int) -> Phrase | None:
        """Return what the parties are to be told now, once."""
        if self.is_settled:
            return None
        if self._is_told:
            self._is_told = False
            return Phrase.INTERPRETING_AGAIN
        if self._told_ms is not None and now_ms - self._told_ms < _TOLD_AGAIN_AFTER_MS:
            return None
        self._is_told, self._told_ms = True, now_ms
        return Phrase.INTERPRETING_FAILED
