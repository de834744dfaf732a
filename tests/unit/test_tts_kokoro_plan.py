from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ConfigError
from app.tts.espeak_library import load_espeak
from app.tts.kokoro_model import FRAME_SAMPLES, SpeechPlan, join
from app.tts.kokoro_phonemes import GALICIAN, VOCABULARY, phonemes, token_batches


def plan(per_frame: list[float]) -> SpeechPlan:
    energy = np.repeat(np.array([per_frame], dtype=np.float32), 2, axis=1)
    empty = np.zeros((1, 512, len(per_frame)), dtype=np.float32)
    return SpeechPlan(empty, energy, energy, empty)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 9, width=32), min_size=1, max_size=600), st.integers(0, 40), st.integers(0, 40))
def test_stretches_cover_the_speech_and_little_of_the_silence(voiced: list[float], before: int, after: int) -> None:
    stretches = plan([-9.0] * before + voiced + [-9.0] * after).stretches()
    assert stretches[0][0] == max(0, before - 1)
    assert stretches[-1][1] == before + len(voiced) + min(2, after)
    assert all(left[1] == right[0] for left, right in itertools.pairwise(stretches))
    lengths = [end - start for start, end in stretches]
    assert min(lengths) > 0
    assert lengths[0] <= 44
    assert max(lengths) <= 128


def test_stretches_meet_where_the_voice_is_weakest() -> None:
    per_frame = [5.0] * 100
    per_frame[24] = -2.0
    assert plan(per_frame).stretches()[0] == (0, 24)


def test_silence_has_no_stretches() -> None:
    assert plan([-9.0] * 30).stretches() == []


@settings(deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_joined_stretches_of_one_sound_are_that_sound(lengths: list[int]) -> None:
    sound = np.sin(np.arange((sum(lengths) + 1) * FRAME_SAMPLES) / 20).astype(np.float32)
    heard, tail, start = [], None, 0
    for frames in lengths:
        stretch = sound[start * FRAME_SAMPLES : (start + frames) * FRAME_SAMPLES + 240]
        part, tail = join(tail, stretch, frames)
        heard.append(part)
        start += frames
    assert np.concatenate(heard) == pytest.approx(sound[: start * FRAME_SAMPLES], abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ola", "kasa", "ðe"]), max_size=40).map(" ".join), st.integers(6, 30))
def test_batches_hold_every_token_and_cut_between_words(symbols: str, max_tokens: int) -> None:
    batches = token_batches(symbols, max_tokens)
    assert [token for batch in batches for token in batch] == [VOCABULARY[symbol] for symbol in symbols]
    assert all(0 < len(batch) <= max_tokens for batch in batches)
    assert all(batch[0] == VOCABULARY[" "] for batch in batches[1:])


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("xente", "ʃˈɛnte"),
        ("Xoán", "ʃoˈan"),
        ("caixa", "kˈaɪʃa"),
        ("unha", "ˈuŋa"),
        ("lingua", "lˈiŋɡwa"),
        ("anxo", "ˈaŋʃo"),
    ],
)
def test_galician_is_read_by_spanish_rules_with_its_own_sounds(text: str, sounds: str) -> None:
    try:
        espeak = load_espeak()
    except ConfigError as error:
        pytest.skip(str(error))
    assert phonemes(espeak, text, "es", GALICIAN) == sounds
