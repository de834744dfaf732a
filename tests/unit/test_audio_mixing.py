"""Sounds made quieter, faded and laid over each other."""

from __future__ import annotations

import audioop
from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.mixing import Fader, attenuate, mix
from app.audio.ulaw import float_to_ulaw, ulaw_to_float, ulaw_to_pcm16
from app.domain.audio import SAMPLE_RATE_HZ, silence
from tests.e2e.sounds import babble

SPEECH = babble(1.0)
RAMP_MS = 20


def level_db(ulaw: bytes) -> float:
    return float(20 * np.log10(audioop.rms(ulaw_to_pcm16(ulaw), 2)))


@pytest.mark.parametrize("gain_db", [-24, -18, -12, -6, 3])
def test_the_level_changes_by_the_gain(gain_db: int) -> None:
    assert level_db(attenuate(SPEECH, gain_db)) - level_db(SPEECH) == pytest.approx(gain_db, abs=0.3)


@given(st.binary(max_size=400))
def test_no_gain_changes_nothing_and_no_sound_is_left_of_no_power(ulaw: bytes) -> None:
    assert attenuate(ulaw, 0) == ulaw
    assert attenuate(ulaw, -inf) == b"\xff" * len(ulaw)
    assert Fader().fade(ulaw, 0) == ulaw


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_mix_is_the_clipped_sum(first: bytes, second: bytes) -> None:
    length = max(len(first), len(second))
    one, other = (np.frombuffer(ulaw_to_pcm16(s.ljust(length, b"\xff")), "<i2").astype(int) for s in (first, second))
    mixed = mix(first, second)
    assert mixed == audioop.lin2ulaw(np.clip(one + other, -32768, 32767).astype("<i2").tobytes(), 2)
    assert mixed == mix(second, first)


def test_silence_adds_nothing() -> None:
    assert mix(SPEECH, silence(100)) == SPEECH


@given(st.lists(st.integers(0, 400), max_size=12))
def test_a_fade_does_not_depend_on_how_the_audio_was_cut(lengths: list[int]) -> None:
    whole = Fader().fade(SPEECH[: sum(lengths)], -18)
    fader, at, pieces = Fader(), 0, []
    for length in lengths:
        pieces.append(fader.fade(SPEECH[at : at + length], -18))
        at += length
    assert b"".join(pieces) == whole


def test_a_fade_ends_at_the_wanted_gain_after_its_ramp() -> None:
    fader = Fader()
    ramp_bytes = RAMP_MS * SAMPLE_RATE_HZ // 1000
    assert fader.fade(SPEECH, -18)[ramp_bytes:] == attenuate(SPEECH, -18)[ramp_bytes:]
    assert fader.fade(SPEECH, 0)[ramp_bytes:] == SPEECH[ramp_bytes:]


def test_nothing_clicks_when_the_gain_changes() -> None:
    time_s = np.arange(4000) / SAMPLE_RATE_HZ
    tone = float_to_ulaw((0.5 * np.sin(2 * np.pi * 200 * time_s)).astype(np.float32))
    fader = Fader()
    gains_db = [0, -18, 0, -inf, -6, 0, -18, -18]
    # Changes come in the middle of a ramp, too.
    pieces = [fader.fade(tone[index * 90 :][:90], gain_db) for index, gain_db in enumerate(gains_db * 5)]
    steepest = np.abs(np.diff(ulaw_to_float(tone))).max()
    assert np.abs(np.diff(ulaw_to_float(b"".join(pieces)))).max() <= 1.25 * steepest


def test_a_ramp_falls_all_the_way() -> None:
    fader = Fader()
    loudness = [abs(sample) for sample in ulaw_to_float(fader.fade(float_to_ulaw(np.full(160, 0.5, np.float32)), -inf))]
    assert all(later <= earlier for earlier, later in pairwise(loudness))
    assert loudness[-1] < 0.01
