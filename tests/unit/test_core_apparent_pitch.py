"""Whose voice is low and whose is high, and with which one the bridge speaks for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.apparent_pitch import HIGH_ABOVE_HZ, LOW_BELOW_HZ, ApparentPitch
from app.core.call import CallCore
from app.domain.commands import Speak
from app.domain.controls import Action, Control
from app.domain.events import KeyPressed, SpeechFinished, SpeechReady, TranslationReady
from app.domain.legs import Leg
from app.domain.voices import Register
from tests.unit.core_driver import CoreDriver, call_config

LOW_HZ, HIGH_HZ = 110.0, 210.0
lows = st.floats(70, LOW_BELOW_HZ - 1)
highs = st.floats(HIGH_ABOVE_HZ + 1, 400)


def heard(pitches_hz: list[float | None], speech_ms: int = 3000) -> Register | None:
    """Return what is made of so much speech whose last frames have these pitches."""
    pitch = ApparentPitch()
    for _ in range(speech_ms // 20 - len(pitches_hz)):
        pitch.hear(True, None)
    for pitch_hz in pitches_hz:
        pitch.hear(True, pitch_hz)
    return pitch.register


def heard_at_once(pitches_hz: list[float]) -> Register | None:
    """Return what is made of a voice of which this is known when there is enough speech."""
    pitch = ApparentPitch()
    for pitch_hz in pitches_hz[:-1]:
        pitch.hear(False, pitch_hz)
    for _ in range(100):
        pitch.hear(True, None)
    pitch.hear(True, pitches_hz[-1])
    return pitch.register


@settings(deadline=None)
@given(
    st.lists(lows, min_size=15, max_size=30).flatmap(
        lambda most: st.lists(highs, max_size=len(most) - 1).flatmap(lambda rest: st.permutations([*most, *rest]))
    )
)
def test_what_most_of_the_voice_is_counts_and_not_its_outliers(pitches_hz: list[float]) -> None:
    assert heard_at_once(pitches_hz) is Register.LOW
    assert heard_at_once([LOW_BELOW_HZ + HIGH_ABOVE_HZ - pitch_hz for pitch_hz in pitches_hz]) is Register.HIGH


@pytest.mark.parametrize("pitch_hz", [LOW_HZ, HIGH_HZ])
def test_less_than_two_seconds_of_speech_say_nothing(pitch_hz: float) -> None:
    assert heard([pitch_hz] * 99, 1980) is None
    assert heard([pitch_hz] * 100, 2000) is not None
    assert heard([pitch_hz] * 9, 20_000) is None, "nor do nine lucky windows"


def test_silence_does_not_count_as_speech() -> None:
    pitch = ApparentPitch()
    for _ in range(50):
        pitch.hear(True, LOW_HZ)
        pitch.hear(False, None)
        pitch.hear(False, None)
    assert pitch.register is None


@settings(deadline=None)
@given(st.lists(st.floats(LOW_BELOW_HZ, HIGH_ABOVE_HZ), min_size=10, max_size=40))
def test_a_voice_between_the_two_is_neither(pitches_hz: list[float]) -> None:
    assert heard(pitches_hz) is None


@settings(deadline=None)
@given(lows, highs, st.integers(1, 1000))
def test_what_was_decided_stays(before_hz: float, after_hz: float, frames: int) -> None:
    assert heard([before_hz] * 100 + [after_hz] * frames, 2000 + 20 * frames) is Register.LOW


# --- In a call --------------------------------------------------------------------------------------------------------


@pytest.fixture
def driver() -> CoreDriver:
    driver = CoreDriver(CallCore(call_config()))
    driver.connect()
    return driver


def interpret(driver: CoreDriver, leg: Leg, utterance: int, pitch_hz: float | None, milliseconds: int = 3000) -> Speak:
    """Say something, have it spoken to its end, and return with what voice that was asked for."""
    driver.say(leg, milliseconds, pitch_hz=pitch_hz)
    driver.final(leg, utterance, "Where is my order?" if leg is Leg.CLIENT else "¿Dónde está mi pedido?")
    driver.give(TranslationReady(driver.translations()[-1].clause, f"Sentence {utterance}."))
    speak_out(driver)
    return driver.speeches()[-1]


def speak_out(driver: CoreDriver) -> None:
    clause = driver.speeches()[-1].clause
    driver.give(SpeechReady(clause, b"\x55" * 4000))
    driver.give(SpeechFinished(clause))
    driver.wait(1500)


def test_each_party_is_spoken_for_in_their_own_register(driver: CoreDriver) -> None:
    client = interpret(driver, Leg.CLIENT, 1, LOW_HZ)
    agent = interpret(driver, Leg.AGENT, 1, HIGH_HZ)
    assert (client.listener, client.register) == (Leg.AGENT, Register.LOW)
    assert (agent.listener, agent.register) == (Leg.CLIENT, Register.HIGH)


def test_a_voice_that_is_not_known_yet_changes_once_and_then_never_again(driver: CoreDriver) -> None:
    registers = [
        interpret(driver, Leg.CLIENT, 1, LOW_HZ, milliseconds=1000).register,
        interpret(driver, Leg.CLIENT, 2, LOW_HZ).register,
        *(interpret(driver, Leg.CLIENT, utterance, HIGH_HZ, 6000).register for utterance in (3, 4, 5)),
    ]
    assert registers == [None, *[Register.LOW] * 4]


def test_where_no_pitch_is_measured_no_register_is_asked_for(driver: CoreDriver) -> None:
    assert [interpret(driver, Leg.CLIENT, utterance, None).register for utterance in (1, 2, 3)] == [None] * 3


def test_a_repeated_sentence_has_the_speakers_voice_and_what_the_bridge_says_has_none() -> None:
    keys = {leg: {"*": Control(Action.REPEAT), "7": Control(Action.SLOWER)} for leg in Leg}
    driver = CoreDriver(CallCore(call_config(keys=keys)))
    driver.connect()
    interpret(driver, Leg.CLIENT, 1, LOW_HZ)
    driver.give(KeyPressed(Leg.AGENT, "*"))
    assert driver.speeches()[-1] == Speak(driver.speeches()[-1].clause, "Sentence 1.", "es", Leg.AGENT, Register.LOW)
    speak_out(driver)
    driver.give(KeyPressed(Leg.AGENT, "7"))
    assert driver.speeches()[-1].listener is Leg.AGENT
    assert driver.speeches()[-1].register is None
