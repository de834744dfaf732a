"""What one leg has to tell: its report, filled while the call runs, and the live events."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.legs import LegStatus
from app.emulator.events import CallEvent, EventHook, EventKind, Role
from app.emulator.report import LegReport, StatusChange, VerbRun, Warned


class LegLog:
    def __init__(self, leg: Role, now: Callable[[], float], on_event: EventHook) -> None:
        self.leg = leg
        self.now = now
        """Seconds since the call began."""
        self.report = LegReport()
        self._on_event = on_event

    def stamp(self) -> float:
        """Return the time as reports write it."""
        return round(self.now(), 3)

    def emit(self, kind: EventKind, detail: str = "") -> None:
        self._on_event(CallEvent(self.stamp(), self.leg, kind, detail))

    def warn(self, code: int, detail: str, *, counts: bool = True) -> None:
        self.report.warnings.append(Warned(self.stamp(), code, detail, counts))
        self.emit(EventKind.WARNING, f"{code} {detail}")

    def status(self, status: LegStatus) -> None:
        self.report.statuses.append(StatusChange(self.stamp(), status))
        self.emit(EventKind.STATUS, status.value)

    def verb(self, verb: str, text: str = "") -> None:
        self.report.verbs.append(VerbRun(self.stamp(), verb, text))
        self.emit(EventKind.VERB, f"{verb} {text}".strip())
