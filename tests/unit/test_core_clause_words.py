"""The words that decide where a clause may end."""

from __future__ import annotations

import pytest

from app.core.clause_gaps import ends_sentence
from app.core.clause_words import rules_for


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "veintidós doscientos treinta mil 4827 marzo euros arroba H"),
        ("en", "twenty-one hundred fifth March dollars oh W 3.5 B-C-D"),
        ("fr", "quatre-vingt-dix-sept soixante mille août euros"),
        ("it", "venticinque duecentotrenta mille marzo euro"),
        ("de", "vierundzwanzig zweihundert März Euro zwanzigsten 12."),
        ("pt", "vinte quinhentos março euros"),
        ("gl", "vinte douscentos xaneiro euros"),
        ("ca", "vint-i-cinc dos-cents març euros"),
        ("nl", "vierentwintig honderd maart euro"),
        ("ar", "عشرون وعشرون مئة مارس يورو"),
    ],
)
def test_numbers_are_known(language: str, words: str) -> None:
    rules = rules_for(language)
    assert [word for word in words.split() if not rules.is_span_word(word)] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "casa y de a quiero o"),
        ("en", "house and I a of tent"),
        ("fr", "et maison y à quand"),
        ("de", "und Haus unter der"),
        ("it", "e casa di"),
        ("ca", "i casa de"),
        ("nl", "en huis van"),
    ],
)
def test_other_words_are_no_numbers(language: str, words: str) -> None:
    rules = rules_for(language)
    assert [word for word in words.split() if rules.is_span_word(word)] == []


@pytest.mark.parametrize(
    ("word", "ends"),
    [("casa.", True), ("¿qué?", True), ("«sí.»", True), ("bueno...", False), ("J.", False), ("a,", False)],
)
def test_what_ends_a_sentence(word: str, ends: bool) -> None:
    assert ends_sentence(word) is ends
