"""Guards against what a recogniser invents: they catch loops and subtitles, and let speech pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.phrasebook import PHRASEBOOK
from app.stt.guards import (
    compression_ratio,
    is_doubtful,
    is_invented,
    is_subtitle_phrase,
    loop_length,
    without_loop,
)
from app.stt.local_agreement import comparable

LETTERS = st.text(alphabet="abcdefghij", min_size=1, max_size=4)


@given(
    st.lists(LETTERS, max_size=30),
    st.lists(LETTERS, min_size=2, max_size=6, unique=True),
    st.integers(min_value=3, max_value=6),
)
def test_whatever_is_said_three_times_at_the_end_is_said_once(before: list[str], unit: list[str], repeats: int) -> None:
    looping = before + unit * repeats
    assert loop_length(looping) > 0
    once = without_loop(looping)
    assert loop_length(once) == 0
    assert once == looping[: len(once)]
    assert once[-len(unit) :] == unit


@given(st.lists(LETTERS, max_size=40, unique_by=comparable))
def test_words_that_do_not_repeat_are_left_alone(words: list[str]) -> None:
    assert loop_length(words) == 0
    assert without_loop(words) == words


@pytest.mark.parametrize(
    "speech",
    [
        "No, no, no.",
        "Sí, sí, sí, sí.",
        "five five five one two one two",
        "mi número es 6 6 6 6 3 2",
        "thank you thank you",
    ],
)
def test_people_repeat_themselves(speech: str) -> None:
    assert without_loop(speech.split()) == speech.split()


def test_a_loop_differs_in_case_and_punctuation() -> None:
    words = ["well.", "And", "then,", "and", "then", "and", "Then"]
    assert without_loop(words) == ["well.", "And", "then,"]


def test_one_word_over_and_over_is_a_loop() -> None:
    assert without_loop(["so", *["very"] * 40]) == ["so", "very"]


@pytest.mark.parametrize("entry", PHRASEBOOK)
def test_ordinary_sentences_are_neither_doubtful_nor_invented(entry: dict[str, str]) -> None:
    for sentence in entry.values():
        assert not is_doubtful(sentence, -0.4)
        assert not is_invented(sentence, voiced_ms=100, no_speech_probability=0.5, mean_log_probability=-0.9)


def test_doubt_has_three_reasons() -> None:
    assert is_doubtful("Good morning.", -0.81)
    assert is_doubtful("Der Raum wurde als Halle genutzt. " * 4, -0.1)
    assert is_doubtful("a b a b a b", -0.1)


@pytest.mark.parametrize(
    "phrase",
    ["¡Subtítulos realizados por la comunidad de Amara.org!", "Thanks for watching!", "SOUS-TITRAGE ST' 501", "you"],
)
def test_subtitles_are_dropped_where_the_audio_is_weak_and_only_there(phrase: str) -> None:
    assert is_subtitle_phrase(phrase)
    assert is_invented(phrase, voiced_ms=100, no_speech_probability=0.1, mean_log_probability=-0.2)
    assert is_invented(phrase, voiced_ms=1500, no_speech_probability=0.6, mean_log_probability=-0.2)
    assert is_invented(phrase, voiced_ms=1500, no_speech_probability=0.1, mean_log_probability=-0.75)
    assert not is_invented(phrase, voiced_ms=1500, no_speech_probability=0.1, mean_log_probability=-0.2)


def test_a_sentence_that_holds_such_a_phrase_is_speech() -> None:
    assert not is_subtitle_phrase("I wrote to Amara.org about it and you answered.")


def test_the_decoder_may_say_itself_that_nobody_spoke() -> None:
    assert is_invented("Anything at all.", voiced_ms=900, no_speech_probability=0.61, mean_log_probability=-1.01)
    assert not is_invented("Anything at all.", voiced_ms=900, no_speech_probability=0.61, mean_log_probability=-0.5)


def test_the_fainter_the_voice_the_surer_the_decoder_has_to_be() -> None:
    for voiced_ms, no_speech_probability, mean_log_probability, expected in (
        (0, 0.03, -0.76, False),  # a real "Sì." that the detector missed
        (32, 0.82, -0.57, True),
        (32, 0.03, -1.2, True),
        (150, 0.6, -0.5, True),
        (150, 0.1, -0.9, False),
        (400, 0.65, -0.66, False),
    ):
        assert is_invented("Sì.", voiced_ms, no_speech_probability, mean_log_probability) is expected


@given(st.text(max_size=200))
def test_compression_ratio_takes_any_text(text: str) -> None:
    assert compression_ratio(text) >= 0
