"""Speaking over a translation: it goes on, is ducked or stops, and an acknowledgement stops nothing."""

from __future__ import annotations

import pytest

from app.audio.mixing import attenuate
from app.core.acknowledgements import is_acknowledgement
from app.core.call import CallCore
from app.domain.commands import ClearPlayout, PlayAudio, ReportUtterance
from app.domain.events import MarkReached, SpeechFinished, SpeechReady, TranscriptHeard, TranslationReady
from app.domain.legs import Leg
from app.domain.policies import Overlap
from app.domain.records import Outcome
from app.domain.transcripts import Transcript
from tests.unit.core_driver import CoreDriver, call_config

VOICE = b"\x20" * 40_000


def playing(overlap: Overlap, texts: tuple[str, ...] = ("Buenos días.",)) -> CoreDriver:
    """The agent hears five seconds of each of these; the agent's policy is ``overlap``."""
    driver = CoreDriver(CallCore(call_config(overlap={Leg.CLIENT: Overlap.KEEP, Leg.AGENT: overlap})))
    driver.connect()
    for number, text in enumerate(texts, start=1):
        driver.say(Leg.CLIENT)
        driver.final(Leg.CLIENT, number, f"Sentence {number}.", "en")
        driver.give(TranslationReady(number, text))
    speak_clause(driver, 1)
    driver.wait(200)
    driver.log.clear()
    return driver


def speak_clause(driver: CoreDriver, clause: int) -> None:
    driver.give(SpeechReady(clause, VOICE))
    driver.give(SpeechFinished(clause))


def cleared_at(driver: CoreDriver) -> int | None:
    return next((at_ms for at_ms, command in driver.log if command == ClearPlayout(Leg.AGENT)), None)


def test_by_default_it_goes_on() -> None:
    driver = playing(Overlap.KEEP)
    driver.hear(Leg.AGENT, [True] * 100)
    driver.wait(4000)
    assert cleared_at(driver) is None
    assert set(driver.played(Leg.AGENT)) == {0x20}


def test_ducking_lasts_as_long_as_the_listener_speaks() -> None:
    driver = playing(Overlap.DUCK)
    began_ms = driver.now_ms
    driver.hear(Leg.AGENT, [True] * 100 + [False] * 40)
    driver.wait(1500)
    ducked = attenuate(b"\x20", -12.0)
    messages = [(at_ms, each.ulaw) for at_ms, each in driver.log if isinstance(each, PlayAudio)]
    quiet = [at_ms - began_ms for at_ms, ulaw in messages if set(ulaw) == set(ducked)]
    assert quiet[0] <= 300
    assert quiet[-1] <= 2600
    assert set(messages[-1][1]) == {0x20}
    assert cleared_at(driver) is None
    assert 0x20 not in b"".join(ulaw for at_ms, ulaw in messages if quiet[0] <= at_ms - began_ms <= quiet[-1])


def test_who_is_no_longer_heard_of_ducks_nothing() -> None:
    driver = playing(Overlap.DUCK)
    driver.hear(Leg.AGENT, [True] * 20)
    driver.wait(2000)
    messages = [each.ulaw for _, each in driver.log if isinstance(each, PlayAudio)]
    assert set(messages[-1]) == {0x20}


def test_stop_ends_it_and_says_how_much_was_heard() -> None:
    driver = playing(Overlap.STOP)
    began_ms = driver.now_ms
    driver.hear(Leg.AGENT, [True] * 60)
    stopped_ms = cleared_at(driver)
    assert stopped_ms is not None
    assert 700 <= stopped_ms - began_ms <= 800
    driver.wait(6000)
    after = [each for at_ms, each in driver.log if at_ms > stopped_ms and isinstance(each, PlayAudio)]
    assert after == []
    (report,) = (command for _, command in driver.log if isinstance(command, ReportUtterance))
    assert report.is_amended, "it was reported as spoken when it began"
    assert report.utterance.outcome is Outcome.INTERRUPTED
    assert report.utterance.heard_ms == stopped_ms - began_ms + 200, "it had been heard for 200 ms"


def test_stop_takes_what_waits_behind_it_too_but_not_what_is_said_later() -> None:
    driver = playing(Overlap.STOP, ("Uno.", "Dos.", "Tres."))
    driver.hear(Leg.AGENT, [True] * 60 + [False] * 40)
    assert [(record.sequence, record.outcome, record.heard_ms) for record in driver.records()[1:]] == [
        (2, Outcome.INTERRUPTED, 0),
        (3, Outcome.INTERRUPTED, 0),
    ]
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 4, "Four.", "en")
    driver.give(TranslationReady(4, "Cuatro."))
    speak_clause(driver, 4)
    driver.log.clear()
    driver.wait(500)
    assert driver.played(Leg.AGENT)


def test_a_short_voice_stops_nothing() -> None:
    driver = playing(Overlap.STOP)
    driver.hear(Leg.AGENT, [True] * 30 + [False] * 40)
    assert cleared_at(driver) is None


@pytest.mark.parametrize(("text", "stops"), [("Ajá, sí, sí...", False), ("Sí, pero", True), ("", True)])
def test_an_acknowledgement_stops_nothing_however_long_it_is(text: str, stops: bool) -> None:
    driver = playing(Overlap.STOP)
    driver.hear(Leg.AGENT, [True] * 20)
    driver.give(TranscriptHeard(Leg.AGENT, Transcript(1, "", text, language="es")))
    driver.hear(Leg.AGENT, [True] * 50 + [False] * 40)
    assert (cleared_at(driver) is not None) is stops


def test_an_acknowledgement_that_becomes_a_sentence_stops_it_then() -> None:
    driver = playing(Overlap.STOP)
    driver.hear(Leg.AGENT, [True] * 10)
    driver.give(TranscriptHeard(Leg.AGENT, Transcript(1, "", "Vale", language="es")))
    driver.hear(Leg.AGENT, [True] * 40)
    assert cleared_at(driver) is None
    driver.give(TranscriptHeard(Leg.AGENT, Transcript(1, "", "Vale, espere", language="es")))
    driver.hear(Leg.AGENT, [True])
    assert cleared_at(driver) is not None


def test_who_was_speaking_when_it_began_does_not_stop_it() -> None:
    driver = CoreDriver(CallCore(call_config(overlap=dict.fromkeys(Leg, Overlap.STOP))))
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.hear(Leg.AGENT, [True] * 50)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.give(TranslationReady(1, "Hola."))
    speak_clause(driver, 1)
    driver.hear(Leg.AGENT, [True] * 100)
    assert cleared_at(driver) is None


def test_the_source_speaker_going_on_cancels_nothing() -> None:
    driver = CoreDriver(CallCore(call_config(overlap=dict.fromkeys(Leg, Overlap.STOP))))
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.give(TranslationReady(1, "Hola."))
    speak_clause(driver, 1)
    driver.hear(Leg.CLIENT, [True] * 100)
    assert cleared_at(driver) is None


def test_marks_that_the_carrier_answers_after_a_clear_mean_nothing() -> None:
    driver = playing(Overlap.STOP)
    marks = driver.marks(Leg.AGENT)
    driver.hear(Leg.AGENT, [True] * 60)
    before = driver.records()
    for name in (*marks, "clause-1-end"):
        driver.give(MarkReached(Leg.AGENT, name))
    assert driver.records() == before
    assert not driver.has_ended


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Ajá.", "es", True),
        ("Sí, sí, vale.", "es", True),
        ("De acuerdo", "es", True),
        ("No.", "es", False),
        ("Sí, pero espere", "es", False),
        ("OK", "de", True),
        ("Alles klar!", "de", True),
        ("D’accord, très bien", "fr", True),
        ("نعم", "ar", True),
        ("Mhm", None, True),
        ("sim sim", "xx", True),
        ("", "es", False),
        ("...", "es", False),
    ],
)
def test_acknowledgements(text: str, language: str | None, expected: bool) -> None:
    assert is_acknowledgement(text, language) is expected
