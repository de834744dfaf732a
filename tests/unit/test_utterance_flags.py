"""What a translation misses travels with its clause: into the record, the captions and the metrics."""

from __future__ import annotations

from typing import cast

import pytest

from app.api.schemas import UtteranceView
from app.demo.captions import caption
from app.domain.events import SpeechReady, TranslationReady
from app.domain.legs import Leg
from app.domain.meaning import MeaningCheck, MissKind
from app.domain.records import UtteranceRecord
from app.runtime.observers import Measuring
from app.runtime.session import Session
from app.telemetry.metrics import Metrics
from tests.unit.core_driver import CoreDriver


def spoken(misses: tuple[MissKind, ...]) -> UtteranceRecord:
    driver = CoreDriver()
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "I owe 20 euros.", "en")
    driver.give(TranslationReady(1, "Debo 30 euros.", misses, MeaningCheck.FLAGGED))
    driver.give(SpeechReady(1, b"\x33" * 800))
    (record,) = driver.records()
    return record


@pytest.mark.parametrize("misses", [(), (MissKind.NUMBER,), (MissKind.NUMBER, MissKind.NEGATION)])
def test_the_record_of_a_clause_tells_what_its_translation_misses(misses: tuple[MissKind, ...]) -> None:
    assert spoken(misses).flags == misses


def test_what_the_guard_found_is_counted() -> None:
    metrics = Metrics()
    session = cast(Session, None)  # Not looked at: the event says it all.
    for check, misses in ((MeaningCheck.CLEAN, ()), (MeaningCheck.FLAGGED, (MissKind.DATE, MissKind.PHONE))):
        Measuring(metrics).observe(session, TranslationReady(1, "x", misses, check), [], 0)
    counts = dict(
        line.rsplit(" ", 1) for line in metrics.render().decode().splitlines() if line.startswith("puente_mean")
    )
    assert {name: value for name, value in counts.items() if value != "0.0" and "_created" not in name} == {
        'puente_meaning_checks_total{result="clean"}': "1.0",
        'puente_meaning_checks_total{result="flagged"}': "1.0",
        'puente_meaning_misses_total{kind="date"}': "1.0",
        'puente_meaning_misses_total{kind="phone"}': "1.0",
    }


def test_a_caption_is_marked_only_where_something_is_missing() -> None:
    flagged = caption(UtteranceView.model_validate(spoken((MissKind.AMOUNT, MissKind.DATE))))
    clean = caption(UtteranceView.model_validate(spoken(())))
    assert flagged == clean + "  ! check: amount, date"
