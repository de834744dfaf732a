"""What each leg hears under each policy, and that it can be changed while the call goes on."""

from __future__ import annotations

import audioop

import pytest

from app.audio.mixing import attenuate
from app.core.call import CallCore
from app.domain.audio import FRAME_MS, AudioFrame
from app.domain.commands import ClearPlayout, ReportCatchUp, Speak
from app.domain.events import EndRequested, FrameHeard, PolicyChanged, SpeechFinished, SpeechReady, TranslationReady
from app.domain.legs import EndReason, Leg
from app.domain.policies import Listening, Overlap
from app.domain.records import Outcome
from tests.unit.core_driver import CoreDriver, call_config

VOICE = b"\x20" * 8000
"""A second of something that no original is."""


def driver_with(agent: Listening, **changes: object) -> CoreDriver:
    listening = {Leg.CLIENT: Listening.TRANSLATION, Leg.AGENT: agent}
    driver = CoreDriver(CallCore(call_config(listening=listening, **changes)))
    driver.connect()
    return driver


def speak_frames(driver: CoreDriver, leg: Leg, count: int, ulaw: bytes, start: int = 1) -> None:
    """Frames with a sound of their own, which voice activity takes for silence."""
    for sequence in range(start, start + count):
        driver.wait(FRAME_MS)
        driver.give(FrameHeard(AudioFrame(leg, sequence, (sequence - 1) * FRAME_MS, ulaw * 160), False))


def translate(driver: CoreDriver, text: str = "Hola.") -> None:
    driver.say(Leg.CLIENT)
    utterance = 1 + len(driver.records())
    driver.final(Leg.CLIENT, utterance, "Hello.", "en")
    clause = driver.translations()[-1].clause
    driver.give(TranslationReady(clause, text))


def voice(driver: CoreDriver, ulaw: bytes = VOICE) -> None:
    clause = driver.speeches()[-1].clause
    driver.give(SpeechReady(clause, ulaw))
    driver.give(SpeechFinished(clause))


def test_by_default_nothing_of_the_original_is_heard() -> None:
    driver = driver_with(Listening.TRANSLATION)
    speak_frames(driver, Leg.CLIENT, 100, b"\x30")
    assert driver.played(Leg.AGENT) == b""


def test_ducked_is_the_original_18_db_down_between_translations() -> None:
    driver = driver_with(Listening.DUCKED)
    speak_frames(driver, Leg.CLIENT, 100, b"\x30")
    heard = driver.played(Leg.AGENT)
    assert set(heard) == set(attenuate(b"\x30", -18.0))
    assert len(heard) >= 1900 * 8, "all but what is kept back against an uneven line"
    assert driver.played(Leg.CLIENT) == b""


def test_ducked_is_the_original_under_the_translation() -> None:
    driver = driver_with(Listening.DUCKED)
    translate(driver)
    speak_frames(driver, Leg.CLIENT, 15, b"\x30", start=200)
    voice(driver)
    speak_frames(driver, Leg.CLIENT, 60, b"\x30", start=215)
    both = audioop.lin2ulaw(
        audioop.add(audioop.ulaw2lin(b"\x20", 2), audioop.ulaw2lin(attenuate(b"\x30", -18.0), 2), 2), 2
    )
    heard = driver.played(Leg.AGENT)
    assert heard.count(both) >= 700 * 8


@pytest.mark.parametrize("listening", [Listening.CAPTIONS, Listening.ORIGINAL])
def test_what_is_not_spoken_is_translated_and_reported(listening: Listening) -> None:
    driver = driver_with(listening)
    translate(driver, "Hola.")
    assert driver.commands(Speak) == []
    (record,) = driver.records()
    assert (record.outcome, record.translated_text) == (Outcome.CAPTIONED, "Hola.")


def test_captions_are_silence() -> None:
    driver = driver_with(Listening.CAPTIONS)
    speak_frames(driver, Leg.CLIENT, 100, b"\x30")
    translate(driver)
    assert driver.played(Leg.AGENT) == b""


def test_the_original_passes_untouched_and_at_once() -> None:
    driver = driver_with(Listening.ORIGINAL)
    for sequence in range(1, 101):
        driver.wait(FRAME_MS)
        frame = AudioFrame(Leg.CLIENT, sequence, (sequence - 1) * FRAME_MS, bytes([sequence]) * 160)
        driver.log.clear()
        driver.give(FrameHeard(frame, False))
        assert driver.played(Leg.AGENT) == frame.ulaw


def test_an_original_that_comes_in_a_burst_is_not_delayed_for_good() -> None:
    driver = driver_with(Listening.ORIGINAL)
    for sequence in range(1, 101):
        driver.give(FrameHeard(AudioFrame(Leg.CLIENT, sequence, (sequence - 1) * FRAME_MS, b"\x30" * 160), False))
    driver.wait(3000)
    played_ms = len(driver.played(Leg.AGENT)) // 8
    assert played_ms <= 1000
    driver.give(EndRequested(EndReason.ADMINISTRATOR))
    (report,) = (command for _, command in driver.log if isinstance(command, ReportCatchUp))
    assert played_ms + report.overrun_ms == 2000, "what is not heard is counted"


def test_echo_is_what_the_other_party_is_played_and_quiet() -> None:
    driver = CoreDriver(CallCore(call_config(listening={Leg.CLIENT: Listening.ECHO, Leg.AGENT: Listening.TRANSLATION})))
    driver.connect()
    translate(driver)
    voice(driver)
    driver.wait(2000)
    assert driver.played(Leg.AGENT) == VOICE
    assert set(driver.played(Leg.CLIENT)) == set(attenuate(b"\x20", -18.0))
    assert len(driver.played(Leg.CLIENT)) == len(VOICE)


def test_listening_changes_while_the_call_goes_on() -> None:
    driver = driver_with(Listening.TRANSLATION)
    speak_frames(driver, Leg.CLIENT, 50, b"\x30")
    assert driver.played(Leg.AGENT) == b""
    driver.give(PolicyChanged(Leg.AGENT, listening=Listening.ORIGINAL))
    speak_frames(driver, Leg.CLIENT, 50, b"\x30", start=51)
    assert set(driver.played(Leg.AGENT)) == {0x30}
    driver.give(PolicyChanged(Leg.AGENT, overlap=Overlap.STOP))
    driver.log.clear()
    speak_frames(driver, Leg.CLIENT, 50, b"\x30", start=101)
    assert set(driver.played(Leg.AGENT)) == {0x30}, "what is not named stays as it was"
    driver.give(PolicyChanged(Leg.AGENT, listening=Listening.TRANSLATION))
    driver.log.clear()
    speak_frames(driver, Leg.CLIENT, 50, b"\x30", start=151)
    assert driver.played(Leg.AGENT) == b""


def test_a_translation_that_plays_ends_when_it_is_no_longer_wanted() -> None:
    driver = driver_with(Listening.TRANSLATION)
    translate(driver)
    voice(driver)
    driver.wait(300)
    commands = driver.give(PolicyChanged(Leg.AGENT, listening=Listening.CAPTIONS))
    assert ClearPlayout(Leg.AGENT) in commands
    driver.log.clear()
    driver.wait(2000)
    assert driver.played(Leg.AGENT) == b""


def test_a_translation_that_was_not_heard_yet_is_captioned_when_it_is_no_longer_wanted() -> None:
    driver = driver_with(Listening.TRANSLATION)
    translate(driver)
    driver.give(PolicyChanged(Leg.AGENT, listening=Listening.CAPTIONS))
    voice(driver)
    driver.wait(1000)
    assert driver.played(Leg.AGENT) == b""
    assert [record.outcome for record in driver.records()] == [Outcome.CAPTIONED]


def test_what_was_heard_to_its_end_stays_as_it_was_recorded() -> None:
    driver = driver_with(Listening.TRANSLATION)
    translate(driver)
    voice(driver)
    driver.wait(3000)
    driver.give(PolicyChanged(Leg.AGENT, listening=Listening.CAPTIONS))
    assert [record.outcome for record in driver.records()] == [Outcome.SPOKEN]
