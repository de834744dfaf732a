"""Interpreting that fails: the parties are told once, hear each other meanwhile, and are told when it is back."""

from __future__ import annotations

import pytest

from app.domain.audio import FRAME_MS
from app.domain.events import (
    Event,
    RecogniserBack,
    RecogniserLost,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import Leg
from app.domain.phrases import Phrase, phrase_text
from tests.unit.core_driver import CoreDriver

VOICE = b"\x33" * 160
SOUND = b"\x44" * 1600


@pytest.fixture
def driver() -> CoreDriver:
    driver = CoreDriver()
    driver.connect()
    return driver


def told(driver: CoreDriver, leg: Leg) -> list[str]:
    return [speak.text for speak in driver.speeches() if speak.is_own and speak.listener is leg]


def fail(driver: CoreDriver, utterance: int, clause: int, failure: type[Event]) -> None:
    """The client says something, and its translation or its voice fails."""
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, utterance, f"Sentence {utterance}.", "en")
    if failure is SpeechFailed:
        driver.give(TranslationReady(clause, f"Frase {utterance}."))
    driver.give(failure(clause, "unavailable"))


def speak_all(driver: CoreDriver) -> None:
    """Let everything be spoken that is asked for, until nothing more is."""
    spoken = 0
    while spoken < len(driver.speeches()):
        speak = driver.speeches()[spoken]
        driver.give(SpeechReady(speak.clause, SOUND))
        driver.give(SpeechFinished(speak.clause))
        driver.wait(1000)
        spoken += 1


def hears(driver: CoreDriver, listener: Leg) -> bool:
    """Whether the listener hears the other party's own voice."""
    driver.log.clear()
    driver.hear(listener.other, [True] * 50, VOICE)
    driver.hear(listener.other, [False] * 30)
    driver.wait(200)
    return driver.played(listener).count(VOICE) > 20


@pytest.mark.parametrize("failure", [TranslationFailed, SpeechFailed])
def test_both_are_told_in_their_language_and_the_original_is_let_through(
    driver: CoreDriver, failure: type[Event]
) -> None:
    fail(driver, 1, 1, failure)
    assert told(driver, Leg.CLIENT) == [phrase_text(Phrase.INTERPRETING_FAILED, "en")]
    speak_all(driver)
    assert told(driver, Leg.AGENT) == [phrase_text(Phrase.INTERPRETING_FAILED, "es")]
    assert hears(driver, Leg.AGENT)
    assert not hears(driver, Leg.CLIENT), "the other direction still works"


def test_the_first_sentence_that_is_heard_again_ends_it(driver: CoreDriver) -> None:
    fail(driver, 1, 1, TranslationFailed)
    speak_all(driver)
    driver.log.clear()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 2, "Sentence 2.", "en")
    clause = driver.translations()[-1].clause
    driver.give(TranslationReady(clause, "Frase 2."))
    driver.give(SpeechReady(clause, SOUND))
    driver.give(SpeechFinished(clause))
    driver.wait(1000)
    assert told(driver, Leg.CLIENT) == [phrase_text(Phrase.INTERPRETING_AGAIN, "en")]
    assert not hears(driver, Leg.AGENT)


def test_a_leg_without_a_recogniser_is_heard_as_it_is(driver: CoreDriver) -> None:
    driver.give(RecogniserLost(Leg.AGENT))
    driver.give(RecogniserLost(Leg.AGENT))
    assert told(driver, Leg.CLIENT) == [phrase_text(Phrase.INTERPRETING_FAILED, "en")]
    assert told(driver, Leg.AGENT) == [phrase_text(Phrase.INTERPRETING_FAILED, "es")]
    speak_all(driver)
    assert hears(driver, Leg.CLIENT)
    driver.give(RecogniserBack(Leg.AGENT))
    assert told(driver, Leg.AGENT)[-1] == phrase_text(Phrase.INTERPRETING_AGAIN, "es")
    speak_all(driver)
    assert not hears(driver, Leg.CLIENT)


def test_what_comes_and_goes_is_not_explained_again_and_again(driver: CoreDriver) -> None:
    for _ in range(5):
        driver.give(RecogniserLost(Leg.AGENT))
        driver.give(RecogniserBack(Leg.AGENT))
        driver.wait(FRAME_MS)
    speak_all(driver)
    assert len(told(driver, Leg.AGENT)) == 2
    driver.wait(20_000)
    driver.give(RecogniserLost(Leg.AGENT))
    driver.wait(FRAME_MS)
    assert len(told(driver, Leg.AGENT)) == 3


def test_one_that_never_worked_is_explained_when_both_are_there() -> None:
    driver = CoreDriver()
    driver.give(RecogniserLost(Leg.CLIENT))
    assert driver.speeches() == []
    driver.connect()
    driver.wait(FRAME_MS)
    driver.give(RecogniserLost(Leg.CLIENT))
    assert not driver.has_ended
    assert hears(driver, Leg.AGENT)
