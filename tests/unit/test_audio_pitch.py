"""How high a voice is, measured through a telephone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.pitch import HIGHEST_HZ, LOWEST_HZ, PitchMeter, pitch_hz
from app.audio.ulaw import FloatSamples, float_to_ulaw, ulaw_to_float
from app.domain.audio import FRAME_BYTES, SAMPLE_RATE_HZ, ULAW_SILENCE

VOWELS_HZ = {"father": (730, 1090, 2440), "feet": (270, 2290, 3010), "law": (570, 840, 2410), "bet": (530, 1840, 2480)}
WINDOW = 2 * FRAME_BYTES


def vowel(
    fundamental_hz: float, formants_hz: tuple[int, ...], lowest_hz: float = 0, samples: int = WINDOW
) -> FloatSamples:
    """Return a voice's harmonics, shaped by formants, as far as a line passes them."""
    harmonics_hz = fundamental_hz * np.arange(1, int(3400 / fundamental_hz) + 1)
    harmonics_hz = harmonics_hz[harmonics_hz >= lowest_hz]
    distance = (harmonics_hz[:, None] - np.array(formants_hz)[None, :]) / 110.0
    strength = (1.0 / (1.0 + distance**2) / np.array([1.0, 2.0, 4.0])).sum(axis=1) + 0.02
    at_s = np.arange(samples) / SAMPLE_RATE_HZ
    wave = (strength[:, None] * np.sin(2 * np.pi * harmonics_hz[:, None] * at_s[None, :])).sum(axis=0)
    return (wave / np.abs(wave).max() * 0.4).astype(np.float32)


def through_mu_law(samples: FloatSamples) -> FloatSamples:
    return ulaw_to_float(float_to_ulaw(samples))


@pytest.mark.parametrize("lowest_hz", [0, 300], ids=["full band", "telephone band"])
@pytest.mark.parametrize("sound", VOWELS_HZ)
def test_a_vowel_has_the_pitch_of_its_voice(sound: str, lowest_hz: float) -> None:
    """Nearly always: a high voice whose first formant lies on its fundamental is one pure tone, of any octave."""
    voices_hz = np.linspace(80, 300, 111)
    measured_hz = [pitch_hz(through_mu_law(vowel(voice_hz, VOWELS_HZ[sound], lowest_hz))) for voice_hz in voices_hz]
    right = [hz == pytest.approx(voice_hz, rel=0.05) for hz, voice_hz in zip(measured_hz, voices_hz, strict=True)]
    assert sum(right) >= 0.97 * len(right)


@settings(deadline=None)
@given(st.floats(0.02, 1.0), st.floats(80, 300))
def test_loudness_does_not_matter(gain: float, fundamental_hz: float) -> None:
    loud = vowel(fundamental_hz, VOWELS_HZ["father"])
    assert pitch_hz((loud * gain).astype(np.float32)) == pytest.approx(pitch_hz(loud), rel=0.03)


def test_what_has_no_pitch_has_none() -> None:
    noise = np.random.default_rng(7).normal(0, 0.1, (200, WINDOW)).astype(np.float32)
    assert sum(pitch_hz(window) is not None for window in noise) <= 4
    assert pitch_hz(np.zeros(WINDOW, dtype=np.float32)) is None
    assert pitch_hz(ulaw_to_float(ULAW_SILENCE * WINDOW)) is None
    assert pitch_hz(ulaw_to_float(bytes([0x7F]) * WINDOW)) is None


@settings(deadline=None)
@given(st.binary(min_size=WINDOW, max_size=WINDOW))
def test_whatever_comes_is_a_pitch_within_the_range_or_none(ulaw: bytes) -> None:
    measured_hz = pitch_hz(ulaw_to_float(ulaw))
    assert measured_hz is None or LOWEST_HZ <= measured_hz <= HIGHEST_HZ


# --- Frame by frame ---------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=200))
def test_it_measures_forty_milliseconds_of_speech_at_most_every_sixty(speech: list[bool]) -> None:
    """Two frames of every three, as long as nobody pauses."""
    meter = PitchMeter()
    frame = float_to_ulaw(vowel(200.0, VOWELS_HZ["father"], samples=FRAME_BYTES))
    measured = [
        number for number, is_speech in enumerate(speech) if meter.measure(frame, is_speech=is_speech) is not None
    ]
    assert all(speech[number] and speech[number - 1] and number for number in measured)
    assert all(later - earlier >= 3 for earlier, later in pairwise(measured))
    runs = "".join("x" if is_speech else " " for is_speech in speech).split()
    assert len(measured) == sum((len(run) + 1) // 3 for run in runs)


def test_a_window_is_of_one_stretch_of_speech() -> None:
    """The two halves of a pause are never measured as one."""
    low, high = (float_to_ulaw(vowel(hz, VOWELS_HZ["father"])) for hz in (100.0, 250.0))
    meter = PitchMeter()
    heard = [(low[:FRAME_BYTES], True), (low, False), (high[:FRAME_BYTES], True), (high[FRAME_BYTES:], True)]
    measured_hz = [meter.measure(frame[:FRAME_BYTES], is_speech=is_speech) for frame, is_speech in heard]
    assert measured_hz == [None, None, None, pytest.approx(250.0, rel=0.05)]
