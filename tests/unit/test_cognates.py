"""Cognates: what is proposed as the spelling of another language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.translation.cognates import SPELLINGS, spellings

WORDS = st.text(alphabet="abcdeghijlmnoqrstuvxzãçéêíóõôú-", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("word", "source", "target", "spelled"),
    [
        ("repolho", "pt", "es", "repollo"),
        ("galões", "pt", "es", "galones"),
        ("inversões", "pt", "es", "inversiones"),
        ("plumagem", "pt", "es", "plumaje"),
        ("amigáveis", "pt", "es", "amigables"),
        ("dinastia", "pt", "es", "dinastía"),
        ("anticorpos", "pt", "es", "anticuerpos"),
        ("javali", "pt", "es", "jabalí"),
        ("carruaxe", "gl", "es", "carruaje"),
        ("ións", "gl", "es", "iones"),
        ("ainda", "pt", "gl", "aínda"),
        ("uma", "pt", "gl", "unha"),
        ("minha", "pt", "gl", "miña"),
        ("cobraram-me", "pt", "gl", "cobráranme"),
        ("enviar-lhe", "pt", "gl", "enviarlle"),
    ],
)
def test_a_cognate_is_among_the_spellings(word: str, source: str, target: str, spelled: str) -> None:
    assert spelled in spellings(word, source, target)


@given(WORDS, st.sampled_from(sorted(SPELLINGS)))
def test_the_word_itself_comes_first_and_nothing_twice(word: str, pair: tuple[str, str]) -> None:
    found = spellings(word, *pair)
    assert found[0] == word
    assert len(found) == len(set(found))
    assert all(found)


@given(st.text(alphabet="eiosvqnhlçx", min_size=20, max_size=60), st.sampled_from(sorted(SPELLINGS)))
def test_an_absurd_word_has_boundedly_many_spellings(word: str, pair: tuple[str, str]) -> None:
    assert len(spellings(word, *pair)) <= 1 + 32 * (2 + len(word))


def test_a_language_without_rules_has_no_cognates() -> None:
    assert spellings("Kohl", "de", "es") == []
