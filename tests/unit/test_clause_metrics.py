"""What operators see of early clauses, translations ahead of time and finals that do not come."""

from __future__ import annotations

from typing import cast

from app.domain.commands import ReportMissingFinal, ReportSpeculation, Speak, Translate
from app.domain.events import TimePassed
from app.domain.legs import Leg
from app.domain.records import MissingFinal, SpeculationOutcome
from app.domain.usage import Stage
from app.runtime.observers import Measuring
from app.runtime.session import Session
from app.telemetry.metrics import Metrics


def test_speculation_and_missing_finals_are_counted() -> None:
    metrics = Metrics()
    commands = [
        Translate(1, "one two three", "en", "es", is_ahead=True),
        Translate(2, "one two four", "en", "es", is_ahead=True),
        Translate(3, "five", "en", "es"),
        ReportSpeculation(Leg.CLIENT, Stage.TRANSLATION, SpeculationOutcome.PROMOTED),
        ReportSpeculation(Leg.CLIENT, Stage.TRANSLATION, SpeculationOutcome.WASTED),
        Speak(1, "uno dos tres", "es", Leg.AGENT, is_ahead=True),
        ReportSpeculation(Leg.CLIENT, Stage.SPEECH, SpeculationOutcome.WASTED),
        ReportMissingFinal(Leg.AGENT, MissingFinal.LOST),
    ]
    no_session = cast(Session, None)
    Measuring(metrics).observe(no_session, TimePassed(), commands, 0)
    text = metrics.render().decode()
    for line in (
        'puente_speculations_total{result="called",stage="translation"} 2.0',
        'puente_speculations_total{result="promoted",stage="translation"} 1.0',
        'puente_speculations_total{result="wasted",stage="translation"} 1.0',
        'puente_speculations_total{result="called",stage="speech"} 1.0',
        'puente_speculations_total{result="wasted",stage="speech"} 1.0',
        'puente_finals_missing_total{leg="agent",outcome="lost"} 1.0',
        'puente_provider_requests_total{stage="translation"} 3.0',
    ):
        assert line in text
