"""Faster and slower speech at the same pitch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.tempo import TempoShaper
from app.audio.ulaw import FloatSamples, float_to_ulaw, ulaw_to_float
from app.domain.audio import BYTES_PER_MS, SAMPLE_RATE_HZ, silence
from app.emulator.wav import read_wav
from tests.e2e.sounds import babble

SPEECH_DIR = Path(os.environ.get("SPEECH_DIR", Path(__file__).parents[3] / "shared" / "speech"))
SPEEDS = (1.0, 0.8, 0.9, 1.06, 1.12, 1.18, 1.25)
HELD_MS = 30
HISS = float_to_ulaw((0.05 * np.random.default_rng(5).standard_normal(4000)).astype(np.float32))
SPEECH = babble(1.0) + HISS + babble(1.5) + silence(400) + babble(2.0)
"""Voiced, unvoiced (no place repeats itself) and silent."""


def shaped(ulaw: bytes, speed: float, piece_bytes: int = 800) -> bytes:
    shaper = TempoShaper()
    pieces = [shaper.shape(ulaw[at : at + piece_bytes], speed) for at in range(0, len(ulaw), piece_bytes)]
    return b"".join(pieces) + shaper.flush()


def voice(pitch_hz: float, seconds: float, end_hz: float | None = None) -> bytes:
    """A vowel: a glottal pulse train through a broad formant, at a pitch that may glide."""
    course_hz = np.linspace(pitch_hz, end_hz or pitch_hz, int(seconds * SAMPLE_RATE_HZ))
    phase = 2 * np.pi * np.cumsum(course_hz) / SAMPLE_RATE_HZ
    harmonics = range(1, int(3400 / max(pitch_hz, end_hz or 0)) + 1)
    waves = [np.exp(-(((k * pitch_hz - 600) / 700) ** 2)) * np.sin(k * phase) for k in harmonics]
    wave = np.sum(waves, axis=0)
    return float_to_ulaw((0.4 * wave / np.abs(wave).max()).astype(np.float32))


def pitch_of(samples: FloatSamples) -> float:
    """The pitch of a steady sound by its autocorrelation, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples, 4 * len(samples))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(samples)]
    lags = np.arange(SAMPLE_RATE_HZ // 450, SAMPLE_RATE_HZ // 65)
    # The first peak that is about as high as any: a multiple of the period is not the pitch.
    values = correlation[lags] / (len(samples) - lags)
    good = next(
        index
        for index in range(1, len(lags) - 1)
        if values[index] >= 0.93 * values.max() and values[index] >= max(values[index - 1], values[index + 1])
    )
    left, top, right = values[good - 1 : good + 2]
    return SAMPLE_RATE_HZ / (lags[good] + 0.5 * (left - right) / (left - 2 * top + right))


@given(st.lists(st.binary(max_size=700), max_size=12))
def test_speed_one_passes_everything_at_once(pieces: list[bytes]) -> None:
    shaper = TempoShaper()
    assert [shaper.shape(piece, 1.0) for piece in pieces] == pieces
    assert shaper.flush() == b""


@given(st.lists(st.integers(1, 1700), min_size=1, max_size=30), st.sampled_from(SPEEDS[1:]))
def test_what_is_heard_does_not_depend_on_how_it_was_cut(lengths: list[int], speed: float) -> None:
    shaper, at, produced = TempoShaper(), 0, []
    for length in lengths:
        produced.append(shaper.shape(SPEECH[at : at + length], speed))
        at = min(len(SPEECH), at + length)
    assert b"".join(produced) + shaper.flush() == shaped(SPEECH[:at], speed, 160)


@given(st.lists(st.tuples(st.integers(1, 4000), st.sampled_from(SPEEDS)), min_size=1, max_size=30))
def test_the_output_is_as_long_as_the_speeds_say_at_any_moment(steps: list[tuple[int, float]]) -> None:
    shaper, at, produced, wanted = TempoShaper(), 0, 0, 0.0
    for length, speed in steps:
        piece = SPEECH[at : at + length]
        at += len(piece)
        wanted += len(piece) / speed
        produced += len(shaper.shape(piece, speed))
        assert -(20 + HELD_MS) * BYTES_PER_MS <= produced - wanted <= 20 * BYTES_PER_MS
    assert abs(produced + len(shaper.flush()) - wanted) <= 20 * BYTES_PER_MS + 1, "but for a sample's rounding"


@pytest.mark.parametrize("speed", SPEEDS)
def test_little_is_held_back(speed: float) -> None:
    held = []
    for end in range(160, 16_000, 160):
        shaper = TempoShaper()
        shaper.shape(SPEECH[:end], speed)
        held.append(len(shaper.flush()))
    assert max(held) <= HELD_MS * BYTES_PER_MS


@pytest.mark.parametrize("speed", SPEEDS[1:])
@pytest.mark.parametrize("pitch_hz", [75, 95, 118, 147, 203, 263, 331, 392])
def test_the_pitch_is_kept(pitch_hz: int, speed: float) -> None:
    heard = ulaw_to_float(shaped(voice(pitch_hz, 1.0), speed))
    for start in range(800, len(heard) - 2400, 800):
        assert pitch_of(heard[start : start + 1600]) == pytest.approx(pitch_hz, rel=0.02)


@pytest.mark.parametrize("speed", SPEEDS[1:])
def test_a_glide_stays_the_same_glide_and_only_takes_another_time(speed: float) -> None:
    heard = ulaw_to_float(shaped(voice(110, 2.0, 220), speed))
    for share in (0.2, 0.4, 0.6, 0.8):
        middle = int(share * len(heard))
        assert pitch_of(heard[middle - 400 : middle + 400]) == pytest.approx(110 + 110 * share, rel=0.04)


def test_nothing_clicks_where_the_speed_changes() -> None:
    sound = voice(130, 4.0)
    shaper = TempoShaper()
    speeds = [SPEEDS[index % len(SPEEDS)] for index in range(len(sound) // 400)]
    pieces = [shaper.shape(sound[400 * index :][:400], speed) for index, speed in enumerate(speeds)]
    heard = ulaw_to_float(b"".join(pieces) + shaper.flush())
    assert abs(len(heard) - sum(400 / speed for speed in speeds)) <= 20 * BYTES_PER_MS
    assert np.abs(np.diff(heard)).max() <= 1.1 * np.abs(np.diff(ulaw_to_float(sound))).max()
    # A seam that does not fit would also show as energy above everything that the vowel has.
    assert high_share(heard) <= 2 * high_share(ulaw_to_float(sound)) + 1e-4


def high_share(samples: FloatSamples) -> float:
    """The share of the energy above 3.3 kHz, where the vowel has next to none."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float(power[int(len(power) * 3300 / 4000) :].sum() / power.sum())


def test_a_new_stream_begins_afresh() -> None:
    shaper = TempoShaper()
    shaper.shape(SPEECH, 1.25)
    shaper.flush()
    assert shaper.shape(SPEECH, 1.0) == SPEECH


@pytest.mark.parametrize("speed", [0.79, 1.26, 0.0])
def test_a_speed_out_of_range_is_a_bug(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        TempoShaper().shape(b"", speed)


@pytest.mark.parametrize("speed", SPEEDS)
def test_real_speech_keeps_its_time(speed: float) -> None:
    recording = SPEECH_DIR / "en" / "fleurs_001.wav"
    if not recording.is_file():
        pytest.skip(f"no recordings in {SPEECH_DIR} (set SPEECH_DIR)")
    sound = read_wav(recording)
    for seconds in (1, 3, 7):
        piece = sound[: seconds * SAMPLE_RATE_HZ]
        assert abs(len(shaped(piece, speed)) - len(piece) / speed) <= 20 * BYTES_PER_MS
