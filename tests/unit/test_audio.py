"""Sound arithmetic: framing, voice activity, tones, mu-law."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.framer import Framer
from app.audio.tones import ringback_cycle
from app.audio.ulaw import UlawEncoder, float_to_ulaw, ulaw_to_float
from app.audio.vad import VoiceActivityDetector
from app.domain.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, duration_ms, silence
from app.domain.legs import Leg
from tests.e2e.sounds import babble


def noise(seconds: float, rms: float, seed: int = 1) -> bytes:
    generator = np.random.default_rng(seed)
    return float_to_ulaw((generator.standard_normal(int(seconds * SAMPLE_RATE_HZ)) * rms).astype(np.float32))


def frames(ulaw: bytes) -> list[bytes]:
    return [ulaw[start : start + FRAME_BYTES] for start in range(0, len(ulaw) - FRAME_BYTES + 1, FRAME_BYTES)]


@given(st.lists(st.binary(min_size=1, max_size=700), max_size=20))
def test_what_is_framed_does_not_depend_on_how_it_was_cut(messages: list[bytes]) -> None:
    framer = Framer(Leg.CLIENT)
    timestamp_ms = 155
    produced = []
    for message in messages:
        produced += framer.add(timestamp_ms, message)
        timestamp_ms += duration_ms(message)
    whole = b"".join(messages)
    assert b"".join(frame.ulaw for frame in produced) == whole[: len(whole) // FRAME_BYTES * FRAME_BYTES]
    assert [frame.at_ms for frame in produced] == [index * FRAME_MS for index in range(len(produced))]
    assert [frame.sequence for frame in produced] == list(range(1, len(produced) + 1))


def test_lost_audio_becomes_silence_of_the_same_length() -> None:
    framer = Framer(Leg.CLIENT)
    framer.add(100, b"\x01" * FRAME_BYTES)
    produced = framer.add(100 + 20 + 120, b"\x02" * FRAME_BYTES)
    assert [frame.ulaw for frame in produced] == [silence(FRAME_MS)] * 6 + [b"\x02" * FRAME_BYTES]
    assert framer.lost_ms == 120


def test_a_carrier_clock_that_drifts_loses_nothing() -> None:
    framer = Framer(Leg.CLIENT)
    produced = [frame for index in range(1000) for frame in framer.add(int(57 + index * 19.97), b"\x01" * FRAME_BYTES)]
    assert len(produced) == 1000
    assert framer.lost_ms == 0


def test_a_very_long_gap_does_not_flood_the_recogniser() -> None:
    framer = Framer(Leg.CLIENT)
    framer.add(0, b"\x01" * FRAME_BYTES)
    assert len(framer.add(3_600_000, b"\x01" * FRAME_BYTES)) == 51


@pytest.mark.parametrize("aggressiveness", [0, 1, 2, 3])
def test_speech_is_speech_and_silence_is_not(aggressiveness: int) -> None:
    detector = VoiceActivityDetector(aggressiveness)
    assert not any(detector.is_speech(frame) for frame in frames(silence(1000)))
    voiced = [detector.is_speech(frame) for frame in frames(babble(2.0))]
    assert sum(voiced) > 0.7 * len(voiced)


@pytest.mark.parametrize("quieter_db", [0, 20, 40])
def test_a_quiet_caller_is_heard(quieter_db: int) -> None:
    detector = VoiceActivityDetector(2)
    quiet = float_to_ulaw(ulaw_to_float(babble(2.0)) * np.float32(10 ** (-quieter_db / 20)))
    voiced = [detector.is_speech(frame) for frame in frames(silence(500) + quiet)]
    assert sum(voiced[25:]) > 0.4 * len(voiced[25:])
    assert not any(voiced[:25])


@pytest.mark.parametrize("rms", [0.0005, 0.004, 0.02])
def test_steady_line_noise_does_not_hold_an_utterance_open(rms: float) -> None:
    detector = VoiceActivityDetector(1)
    voiced = [detector.is_speech(frame) for frame in frames(noise(10.0, rms))]
    settled = voiced[350:]
    assert sum(settled) < 0.05 * len(settled)


def test_speech_over_line_noise_is_still_found() -> None:
    detector = VoiceActivityDetector(2)
    line = ulaw_to_float(noise(6.0, 0.004))
    line[4 * SAMPLE_RATE_HZ :] += ulaw_to_float(babble(2.0))
    voiced = [detector.is_speech(frame) for frame in frames(float_to_ulaw(line))]
    assert sum(voiced[200:]) > 0.6 * len(voiced[200:])
    assert sum(voiced[100:200]) < 10


@pytest.mark.parametrize("region", ["ES", "US", "GB", "FR", "BR", None])
def test_a_ringback_cycle_is_a_tone_then_silence_in_whole_frames(region: str | None) -> None:
    cycle = ringback_cycle(region)
    assert len(cycle) % FRAME_BYTES == 0
    assert 3 <= len(cycle) / SAMPLE_RATE_HZ <= 6
    samples = ulaw_to_float(cycle)
    assert 0.05 < np.abs(samples[: SAMPLE_RATE_HZ // 4]).max() < 0.2
    assert np.abs(samples[-SAMPLE_RATE_HZ:]).max() < 0.001


@given(st.lists(st.integers(min_value=1, max_value=5000), min_size=1, max_size=10))
def test_an_encoded_stream_has_no_seam(sizes: list[int]) -> None:
    samples = (0.5 * np.sin(np.arange(sum(sizes)) * 0.05)).astype(np.float32)
    whole = UlawEncoder(24000).encode(samples, last=True)
    encoder = UlawEncoder(24000)
    starts = np.cumsum([0, *sizes])
    pieces = [encoder.encode(samples[a:b]) for a, b in pairwise(starts)]
    pieces.append(encoder.encode(np.zeros(0, dtype=np.float32), last=True))
    assert len(b"".join(pieces)) == len(whole)
    assert np.allclose(ulaw_to_float(b"".join(pieces)), ulaw_to_float(whole), atol=0.02)


def test_mu_law_survives_a_round_trip() -> None:
    every_byte = bytes(range(256))
    decoded = ulaw_to_float(every_byte)
    assert np.allclose(ulaw_to_float(float_to_ulaw(decoded)), decoded, atol=0.001)
