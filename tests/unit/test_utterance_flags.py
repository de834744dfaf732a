"""What a translation misses travels with its clause: into the record, the captions and the metrics."""

from __future__ import annotations

import pytest

from app.api.schemas import UtteranceView
from app.demo.captions import caption
from app.domain.events import SpeechReady, TranslationReady
from app.domain.legs import Leg
from app.domain.meaning import MeaningCheck, MissKind
from app.domain.records import UtteranceRecord
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


def test_a_caption_is_marked_only_where_something_is_missing() -> None:
    flagged = caption(UtteranceView.model_validate(spoken((MissKind.AMOUNT, MissKind.DATE))))
    clean = caption(UtteranceView.model_validate(spoken(())))
    assert flagged == clean + "  ! check: amount, date"
