"""The voice speaks ahead of the commit, and nobody hears it before; what was spoken in vain is stopped."""

from __future__ import annotations

import pytest

from app.core.call import CallCore
from app.domain.audio import FRAME_MS
from app.domain.commands import ReportSpeculation, Speak, StopSpeaking
from app.domain.events import EndRequested, SpeechFailed, SpeechFinished, SpeechReady, TranscriptHeard, TranslationReady
from app.domain.legs import EndReason, Leg
from app.domain.policies import Listening
from app.domain.records import Outcome, SpeculationOutcome
from app.domain.transcripts import Transcript
from app.domain.usage import Stage
from app.domain.voices import Register
from tests.unit.core_driver import CoreDriver, call_config

VOICE = b"\x33" * 1600


def pausing(speech_ms: int = 1000, pitch_hz: float | None = None, **changes: object) -> CoreDriver:
    """The client has asked something and pauses; the translation ahead is there, and the voice is asked for it."""
    driver = CoreDriver(CallCore(call_config(translates_ahead=True, speaks_ahead=True, **changes)))
    driver.connect()
    driver.hear(Leg.CLIENT, [True] * (speech_ms // FRAME_MS), pitch_hz=pitch_hz)
    driver.give(
        TranscriptHeard(Leg.CLIENT, Transcript(1, "", "where is my order?", language="en", language_probability=0.99))
    )
    driver.hear(Leg.CLIENT, [False] * 8)
    (translate,) = driver.translations()
    driver.give(TranslationReady(translate.clause, "¿Dónde está mi pedido?"))
    return driver


def hear(driver: CoreDriver, unstable: str) -> None:
    driver.give(TranscriptHeard(Leg.CLIENT, Transcript(1, "", unstable, language="en", language_probability=0.99)))


def finish(driver: CoreDriver, text: str) -> None:
    """The utterance ends, and its final comes."""
    driver.hear(Leg.CLIENT, [False] * 30)
    driver.final(Leg.CLIENT, 1, text, "en")


def ahead(driver: CoreDriver) -> Speak:
    (speak,) = (speak for speak in driver.speeches() if speak.is_ahead)
    return speak


def became(driver: CoreDriver) -> list[SpeculationOutcome]:
    reports = [command for _, command in driver.log if isinstance(command, ReportSpeculation)]
    return [report.outcome for report in reports if report.stage is Stage.SPEECH]


def stopped(driver: CoreDriver) -> list[int]:
    return [command.clause for _, command in driver.log if isinstance(command, StopSpeaking)]


def test_what_is_translated_ahead_is_spoken_ahead_and_heard_at_the_commit() -> None:
    driver = pausing()
    speak = ahead(driver)
    driver.give(SpeechReady(speak.clause, VOICE))
    driver.hear(Leg.CLIENT, [False] * 10)
    assert driver.played(Leg.AGENT) == b"", "nothing is heard before it is certain"
    finish(driver, "Where is my order?")
    assert driver.played(Leg.AGENT), "the first sound does not wait for the voice"
    driver.give(SpeechReady(speak.clause, VOICE))
    driver.give(SpeechFinished(speak.clause))
    driver.wait(1000)
    assert driver.played(Leg.AGENT).count(VOICE[:1]) == 2 * len(VOICE), "what comes later is heard too, all of it once"
    assert driver.speeches() == [speak]
    assert became(driver) == [SpeculationOutcome.PROMOTED]
    (record,) = driver.records()
    assert (record.outcome, record.synthesis_ms) == (Outcome.SPOKEN, 0)


def test_a_voice_that_is_done_before_the_commit_is_heard_to_its_end() -> None:
    driver = pausing()
    driver.give(SpeechReady(ahead(driver).clause, VOICE))
    driver.give(SpeechFinished(ahead(driver).clause))
    finish(driver, "Where is my order?")
    driver.wait(1000)
    assert driver.played(Leg.AGENT).count(VOICE[:1]) == len(VOICE)
    assert driver.marks(Leg.AGENT) == [f"clause-{ahead(driver).clause}-end"]


def test_what_was_spoken_in_vain_is_stopped_and_never_heard() -> None:
    driver = pausing()
    driver.give(SpeechReady(ahead(driver).clause, VOICE))
    finish(driver, "Where was my order?")
    assert stopped(driver) == [ahead(driver).clause]
    assert became(driver) == [SpeculationOutcome.WASTED]
    driver.give(SpeechReady(ahead(driver).clause, VOICE))
    driver.wait(1000)
    assert driver.played(Leg.AGENT) == b""
    translate = driver.translations()[-1]
    assert not translate.is_ahead
    driver.give(TranslationReady(translate.clause, "¿Dónde estaba mi pedido?"))
    assert [speak.text for speak in driver.speeches() if not speak.is_ahead] == ["¿Dónde estaba mi pedido?"]


def test_a_voice_that_fails_ahead_of_time_is_asked_again() -> None:
    driver = pausing()
    driver.give(SpeechFailed(ahead(driver).clause, "timeout"))
    finish(driver, "Where is my order?")
    assert [speak.text for speak in driver.speeches() if not speak.is_ahead] == ["¿Dónde está mi pedido?"]


def test_the_newest_guess_takes_the_place_of_an_older_one() -> None:
    driver = pausing()
    first = ahead(driver)
    driver.hear(Leg.CLIENT, [True] * 20)
    driver.give(
        TranscriptHeard(
            Leg.CLIENT, Transcript(1, "", "where is my order now?", language="en", language_probability=0.99)
        )
    )
    driver.hear(Leg.CLIENT, [False] * 8)
    driver.give(TranslationReady(driver.translations()[-1].clause, "¿Dónde está mi pedido ahora?"))
    assert stopped(driver) == [first.clause]
    finish(driver, "Where is my order now?")
    assert [speak.text for speak in driver.speeches()] == ["¿Dónde está mi pedido?", "¿Dónde está mi pedido ahora?"]


def test_nothing_is_spoken_ahead_to_who_reads() -> None:
    driver = pausing(listening={Leg.CLIENT: Listening.TRANSLATION, Leg.AGENT: Listening.CAPTIONS})
    assert driver.speeches() == []


@pytest.mark.parametrize(("speech_ms", "registers"), [(1900, []), (2000, [Register.LOW])])
def test_whose_voice_is_to_be_matched_is_not_spoken_for_before_it_is_known(
    speech_ms: int, registers: list[Register]
) -> None:
    driver = pausing(speech_ms, 110.0, matches_voices=True)
    assert [speak.register for speak in driver.speeches()] == registers
    finish(driver, "Where is my order?")
    assert [speak.text for speak in driver.speeches()] == ["¿Dónde está mi pedido?"]


def test_a_call_that_ends_stops_its_voice() -> None:
    driver = pausing()
    clause = ahead(driver).clause
    driver.give(EndRequested(EndReason.ADMINISTRATOR))
    assert stopped(driver) == [clause]
    assert became(driver) == [SpeculationOutcome.WASTED]
