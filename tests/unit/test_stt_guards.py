"""Guards against what a recogniser invents: they catch loops and subtitles, and let speech pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.phrasebook import PHRASEBOOK
from app.stt.guards import (
    FASTEST_CHARACTERS_PER_SECOND,
    compression_ratio,
    is_doubtful,
    is_invented,
    is_subtitle_phrase,
    loop_length,
    without_loop,
)
from app.stt.local_agreement import comparable

UNHURRIED_MS = 600_000
LETTERS = st.text(alphabet="abcdefghij", min_size=1, max_size=4)


@given(
    st.lists(LETTERS, max_size=30),
    st.lists(LETTERS, min_size=2, max_size=6, unique=True),
    st.integers(min_value=3, max_value=6),
)
def test_whatever_is_said_three_times_at_the_end_is_said_once(before: list[str], unit: list[str], repeats: int) -> None:
    looping = before + unit * repeats
    assert loop_length(looping, UNHURRIED_MS) > 0
    once = without_loop(looping, UNHURRIED_MS)
    assert loop_length(once, UNHURRIED_MS) == 0
    assert once == looping[: len(once)]
    assert once[-len(unit) :] == unit


@given(st.lists(LETTERS, max_size=40, unique_by=comparable))
def test_words_that_do_not_repeat_are_left_alone(words: list[str]) -> None:
    assert loop_length(words, voiced_ms=1) == 0
    assert without_loop(words, voiced_ms=1) == words


@pytest.mark.parametrize("voiced_ms", [1, UNHURRIED_MS])
@pytest.mark.parametrize(
    "speech",
    [
        "No, no, no.",
        "No, no.",
        "Vado via, vado via.",
        "Sí, sí, sí, sí.",
        "five five five one two one two",
        "mi número es 6 6 6 6 3 2",
        "thank you thank you",
    ],
)
def test_people_repeat_themselves(speech: str, voiced_ms: int) -> None:
    assert without_loop(speech.split(), voiced_ms) == speech.split()


def test_a_loop_differs_in_case_and_punctuation() -> None:
    words = ["well.", "And", "then,", "and", "then", "and", "Then"]
    assert without_loop(words, UNHURRIED_MS) == ["well.", "And", "then,"]


def test_a_sentence_that_stands_twice_in_the_time_of_one_was_said_once() -> None:
    once = "Allora. Vorrei spostare l'appuntamento di domani mattina."
    words = f"{once} Vorrei spostare l'appuntamento di domani mattina".split()
    assert without_loop(words, voiced_ms=3200) == once.split()
    assert is_doubtful(" ".join(words), 3200, -0.1)
    assert without_loop(words, voiced_ms=4500) == words, "somebody may say a sentence twice, in twice the time"


@given(st.lists(LETTERS, max_size=10), st.lists(LETTERS, min_size=4, max_size=30, unique_by=comparable))
def test_only_haste_tells_a_doubled_sentence_from_one_that_was_said_twice(before: list[str], unit: list[str]) -> None:
    unit = [f"k{word}" for word in unit]  # No letter of what stands before.
    words = [*before, *unit, *unit]
    slowest_haste_ms = (len(" ".join(words)) * 1000 - 1) // FASTEST_CHARACTERS_PER_SECOND
    assert without_loop(words, slowest_haste_ms) == [*before, *unit]
    assert without_loop(words, slowest_haste_ms + 1) == words


def test_one_word_over_and_over_is_a_loop() -> None:
    assert without_loop(["so", *["very"] * 40], UNHURRIED_MS) == ["so", "very"]


@pytest.mark.parametrize("entry", PHRASEBOOK)
def test_ordinary_sentences_are_neither_doubtful_nor_invented(entry: dict[str, str]) -> None:
    for sentence in entry.values():
        assert not is_doubtful(sentence, UNHURRIED_MS, -0.4)
        assert not is_invented(sentence, voiced_ms=100, no_speech_probability=0.5, mean_log_probability=-0.9)


def test_doubt_has_three_reasons() -> None:
    assert is_doubtful("Good morning.", UNHURRIED_MS, -0.81)
    assert is_doubtful("Der Raum wurde als Halle genutzt. " * 4, UNHURRIED_MS, -0.1)
    assert is_doubtful("a b a b a b", UNHURRIED_MS, -0.1)


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
