"""What one listener's queue did to keep up, until it is reported."""

from __future__ import annotations

from collections import Counter

from app.core.playout import Playout
from app.domain.commands import CatchUp, Command, ReportCatchUp
from app.domain.legs import Leg


class CatchUpLedger:
    """Counts measures; the playout counts speeds and cut pauses."""

    def __init__(self, leg: Leg, playout: Playout) -> None:
        self._leg = leg
        self._playout = playout
        self._measures: Counter[CatchUp] = Counter()

    def count(self, measure: CatchUp, clauses: int = 1) -> None:
        if clauses:
            self._measures[measure] += clauses

    def settle(self) -> list[Command]:
        """Return the report of everything since the last one, none when there is nothing to say."""
        voice_ms, trimmed_ms, overrun_ms = self._playout.settle()
        measures, self._measures = self._measures, Counter()
        if not (voice_ms or trimmed_ms or overrun_ms or measures):
            return []
        return [ReportCatchUp(self._leg, voice_ms, trimmed_ms, overrun_ms, measures)]
