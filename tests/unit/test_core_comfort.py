"""Silence that a listener cannot explain is covered, and nothing else is."""

from __future__ import annotations

import pytest

from app.audio.tones import comfort_cycle
from app.audio.ulaw import ulaw_to_float
from app.core.call import CallCore
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import ClearPlayout, PlayAudio
from app.domain.events import PolicyChanged, SpeechFinished, SpeechReady, TranslationReady
from app.domain.legs import Leg
from app.domain.policies import Listening
from app.emulator.wav import is_audible
from tests.unit.core_driver import CoreDriver, call_config

TONE = b"\x70" * 4000
VOICE = b"\x20" * 8000


@pytest.fixture
def driver() -> CoreDriver:
    driver = CoreDriver(CallCore(call_config(comfort_tone=TONE)))
    driver.connect()
    return driver


def played(driver: CoreDriver, leg: Leg, value: int) -> list[tuple[int, int]]:
    """When something of this sound was sent, and how much."""
    return [
        (at_ms, command.ulaw.count(value) // BYTES_PER_MS)
        for at_ms, command in driver.log
        if isinstance(command, PlayAudio) and command.leg is leg and value in command.ulaw
    ]


def test_two_seconds_of_silence_are_covered_until_the_translation_comes(driver: CoreDriver) -> None:
    began_ms = driver.now_ms
    driver.hear(Leg.CLIENT, [True] * 150 + [False] * 30)
    first_ms, _ = played(driver, Leg.AGENT, 0x70)[0]
    assert 2000 <= first_ms - began_ms <= 2300
    lengths_ms = [length_ms for _, length_ms in played(driver, Leg.AGENT, 0x70)]
    covered_ms = sum(lengths_ms)
    assert covered_ms == pytest.approx(driver.now_ms - first_ms, abs=100), "without holes, and little ahead"
    assert covered_ms / len(lengths_ms) >= 50, "in no more messages than that takes"
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.give(TranslationReady(1, "Hola."))
    driver.log.clear()
    spoken_ms = driver.now_ms
    driver.give(SpeechReady(1, VOICE))
    driver.give(SpeechFinished(1))
    driver.wait(3000)
    sent = [command for at_ms, command in driver.log if at_ms == spoken_ms]
    assert sent[0] == ClearPlayout(Leg.AGENT), "it ends at once"
    assert isinstance(sent[1], PlayAudio)
    assert set(sent[1].ulaw) == {0x20}
    assert driver.played(Leg.AGENT) == VOICE, "and it does not come back"
    assert played(driver, Leg.CLIENT, 0x70) == []


def test_who_hears_the_translation_in_time_hears_nothing_else(driver: CoreDriver) -> None:
    driver.say(Leg.CLIENT, 1000)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.give(TranslationReady(1, "Hola."))
    driver.give(SpeechReady(1, VOICE))
    driver.give(SpeechFinished(1))
    driver.wait(10_000)
    assert driver.played(Leg.AGENT) == VOICE


def test_it_is_never_played_to_who_speaks(driver: CoreDriver) -> None:
    for _ in range(200):
        driver.hear(Leg.CLIENT, [True])
        driver.hear(Leg.AGENT, [True])
    assert played(driver, Leg.AGENT, 0x70) == []
    assert played(driver, Leg.CLIENT, 0x70) == []


def test_it_stops_when_the_listener_begins_to_speak(driver: CoreDriver) -> None:
    driver.hear(Leg.CLIENT, [True] * 150)
    assert played(driver, Leg.AGENT, 0x70)
    driver.log.clear()
    began_ms = driver.now_ms
    for _ in range(50):
        driver.hear(Leg.CLIENT, [True])
        driver.hear(Leg.AGENT, [True])
    last_ms = max((at_ms for at_ms, _ in played(driver, Leg.AGENT, 0x70)), default=began_ms)
    assert last_ms - began_ms <= 250, "as soon as it is known to be speech"
    assert ClearPlayout(Leg.AGENT) in driver.commands(ClearPlayout)


@pytest.mark.parametrize("listening", [Listening.DUCKED, Listening.CAPTIONS, Listening.ORIGINAL])
def test_who_hears_the_original_or_reads_needs_none(driver: CoreDriver, listening: Listening) -> None:
    driver.give(PolicyChanged(Leg.AGENT, listening=listening))
    driver.hear(Leg.CLIENT, [True] * 300)
    assert played(driver, Leg.AGENT, 0x70) == []


def test_without_a_tone_silence_stays_silence() -> None:
    driver = CoreDriver(CallCore(call_config(comfort_tone=b"")))
    driver.connect()
    driver.hear(Leg.CLIENT, [True] * 300)
    assert driver.played(Leg.AGENT) == b""


def test_a_voice_that_stalls_goes_on_as_the_same_clause(driver: CoreDriver) -> None:
    driver.say(Leg.CLIENT, 1000)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.give(TranslationReady(1, "Hola."))
    driver.give(SpeechReady(1, VOICE[:800]))
    driver.hear(Leg.CLIENT, [True] * 200)
    assert played(driver, Leg.AGENT, 0x70)
    driver.give(SpeechReady(1, VOICE[:800]))
    driver.give(SpeechFinished(1))
    driver.wait(500)
    assert len(driver.records()) == 1


def test_the_tone_is_soft_and_has_no_seam() -> None:
    tone = comfort_cycle()
    assert not any(is_audible((tone + tone)[start : start + 160]) for start in range(0, 2 * len(tone), 160))
    samples = ulaw_to_float(tone)
    assert samples.std() > 0.001
    assert abs(float(samples[0] - samples[-1])) < 4 * abs(samples[1:] - samples[:-1]).mean() + 1e-3
