"""Pauses that nobody needs are cut; speech never is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.mixing import attenuate, mix
from app.audio.pauses import PauseTrimmer
from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.audio import BYTES_PER_MS, duration_ms, silence
from tests.e2e.sounds import babble

WORDS = (babble(0.7), babble(0.5), babble(0.6))
FRAME_MS = 10
VOICE_RMS = float(np.sqrt(np.mean(ulaw_to_float(babble(1.0)) ** 2)))


def clip(lead_ms: int, pause_ms: int, tail_ms: int) -> bytes:
    return silence(lead_ms) + WORDS[0] + silence(pause_ms) + WORDS[1] + silence(pause_ms) + WORDS[2] + silence(tail_ms)


def trimmed(ulaw: bytes, piece_bytes: int = 800) -> bytes:
    trimmer = PauseTrimmer()
    pieces = [trimmer.trim(ulaw[at : at + piece_bytes], True) for at in range(0, len(ulaw), piece_bytes)]
    return b"".join(pieces) + trimmer.flush()


def noise(milliseconds: int, rms: float) -> bytes:
    samples = np.random.default_rng(3).standard_normal(milliseconds * BYTES_PER_MS) * rms
    return float_to_ulaw(samples.astype(np.float32))


def test_lead_inner_pauses_and_tail_are_cut_to_their_lengths() -> None:
    assert trimmed(clip(300, 600, 500)) == clip(20, 250, 80)


def test_short_silences_stay_as_they_are() -> None:
    assert trimmed(clip(10, 250, 80)) == clip(10, 250, 80)


@given(st.lists(st.integers(1, 3000), max_size=20), st.integers(0, 50), st.integers(0, 80))
def test_what_is_heard_does_not_depend_on_how_it_was_cut(lengths: list[int], lead: int, pause: int) -> None:
    sound = clip(lead * 10, pause * 10, pause * 10)
    trimmer, at, pieces = PauseTrimmer(), 0, []
    for length in lengths:
        pieces.append(trimmer.trim(sound[at : at + length], True))
        at += length
    pieces.append(trimmer.trim(sound[at:], True))
    assert b"".join(pieces) + trimmer.flush() == trimmed(sound, 80)


@given(st.lists(st.tuples(st.integers(0, 6000), st.booleans()), max_size=20))
def test_off_passes_everything_at_once_and_every_cut_is_counted(steps: list[tuple[int, bool]]) -> None:
    sound = clip(300, 600, 900)
    trimmer, at, produced = PauseTrimmer(), 0, 0
    for length, is_on in steps:
        piece = sound[at : at + length]
        at += len(piece)
        produced += len(trimmer.trim(piece, is_on))
        if not is_on:
            assert produced + trimmer.trimmed_ms * BYTES_PER_MS == at, "nothing is held while it is off"
    produced += len(trimmer.flush())
    assert produced + trimmer.trimmed_ms * BYTES_PER_MS == pytest.approx(at, abs=BYTES_PER_MS)


def test_speech_comes_out_as_it_goes_in() -> None:
    trimmer = PauseTrimmer()
    trimmer.trim(silence(500) + WORDS[0], True)
    assert trimmer.trim(WORDS[1], True) == WORDS[1]


@pytest.mark.parametrize("voice_db", [0, -12])
@pytest.mark.parametrize(("hiss_db", "heard_ms"), [(-42, 2250), (-28, 4000)])
def test_silence_is_measured_by_the_speaker_not_by_digital_zero(voice_db: int, hiss_db: int, heard_ms: int) -> None:
    hiss = noise(2000, VOICE_RMS * 10 ** ((voice_db + hiss_db) / 20))
    trimmer = PauseTrimmer()
    trimmer.trim(attenuate(babble(15.0), voice_db), True)
    trimmer.flush()
    word = attenuate(babble(1.0), voice_db)
    heard = trimmer.trim(word + hiss + word, True) + trimmer.flush()
    assert duration_ms(heard) == pytest.approx(heard_ms, abs=2 * FRAME_MS)
    assert heard.startswith(word)


def test_a_faint_speaker_loses_no_word() -> None:
    faint = attenuate(babble(2.0), -30)
    assert trimmed(faint) == faint


def test_quiet_consonants_before_a_vowel_stay() -> None:
    consonant = noise(120, 0.003)
    heard = trimmed(silence(400) + consonant + WORDS[0])
    assert heard == silence(20) + consonant + WORDS[0]


def test_the_next_clip_has_a_lead_of_its_own() -> None:
    trimmer = PauseTrimmer()
    first = trimmer.trim(clip(200, 0, 300), True) + trimmer.flush()
    second = trimmer.trim(clip(200, 0, 300), True) + trimmer.flush()
    assert first == second == clip(20, 0, 80)


def test_a_clip_of_silence_is_cut_to_nothing() -> None:
    assert trimmed(silence(3000)) == b""


def test_mixed_hiss_keeps_the_words_whole() -> None:
    sound = mix(clip(400, 900, 400), noise(duration_ms(clip(400, 900, 400)), 0.0005))
    heard = trimmed(sound)
    assert duration_ms(heard) == pytest.approx(duration_ms(clip(20, 250, 80)), abs=2 * FRAME_MS)
