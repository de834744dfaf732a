"""Which language speech is decoded in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stt.language_choice import SURE_PROBABILITY, SURE_VOICE_MS, Listening

KNOWN = ("de", "en", "es", "fr", "gl", "it", "zh")


def detected(**shares: float) -> list[tuple[str, float]]:
    return [(language, shares.get(language, 0.001)) for language in KNOWN]


@pytest.mark.parametrize(
    ("is_settled", "voiced_ms", "shares", "chosen"),
    [
        (False, 800, {"fr": 0.5, "en": 0.3}, "fr"),
        (False, 800, {"de": 0.9, "fr": 0.06}, "fr"),
        (False, 2000, {"de": 0.9, "fr": 0.06}, "de"),
        (False, 2000, {"de": 0.6, "fr": 0.3}, "fr"),
        (True, 800, {"fr": 0.99}, "en"),
        (True, 2000, {"fr": 0.6, "en": 0.3}, "en"),
        (True, 2000, {"fr": 0.9, "en": 0.05}, "fr"),
        (True, 2000, {"de": 0.9, "en": 0.05}, "de"),
        (True, 800, {"de": 0.9, "en": 0.05}, "en"),
    ],
)
def test_what_is_expected_holds_until_there_is_enough_against_it(
    is_settled: bool, voiced_ms: int, shares: dict[str, float], chosen: str
) -> None:
    language, probability = Listening(("en", "fr"), is_settled, voiced_ms).choose(detected(**shares))
    assert language == chosen
    assert 0 <= probability <= 1


def test_a_single_language_is_doubted_only_where_it_was_settled_in_the_call() -> None:
    assert not Listening(("es",), False, 5000).needs_detection
    assert Listening(("en",), True, 5000).needs_detection
    assert Listening(("en",), True, 5000).choose(detected(de=0.9))[0] == "de"


@given(
    st.permutations(["en", "fr", "it"]),
    st.booleans(),
    st.integers(0, 5000),
    st.lists(st.floats(0, 1), min_size=len(KNOWN), max_size=len(KNOWN)),
)
def test_whatever_is_detected_the_choice_can_be_accounted_for(
    languages: list[str], is_settled: bool, voiced_ms: int, shares: list[float]
) -> None:
    found = list(zip(KNOWN, shares, strict=True))
    language, probability = Listening(tuple(languages), is_settled, voiced_ms).choose(found)
    assert 0 <= probability <= 1
    if language not in languages or (is_settled and language != languages[0]):
        assert voiced_ms >= SURE_VOICE_MS
        assert probability >= SURE_PROBABILITY


def test_a_language_that_the_model_takes_for_its_neighbour_is_believed_where_it_is_listened_for() -> None:
    assert Listening(("gl",), True, 5000).choose(detected(es=0.95, gl=0.02)) == ("gl", 1.0)
    assert Listening(("gl",), True, 5000).choose(detected(de=0.95, gl=0.02))[0] == "de"
    assert Listening(("en",), True, 5000).choose(detected(es=0.95, en=0.02))[0] == "es"
    assert Listening(("es", "gl"), False, 5000).choose(detected(es=0.9, gl=0.05))[0] == "es"
