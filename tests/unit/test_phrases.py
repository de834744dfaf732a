"""What the bridge itself says: every phrase in every language, and none said twice."""

from __future__ import annotations

import pytest

from app.domain.phrases import PHRASE_LANGUAGES, Phrase, phrase_text


@pytest.mark.parametrize("language", sorted(PHRASE_LANGUAGES))
def test_a_language_has_every_phrase(language: str) -> None:
    texts = [phrase_text(phrase, language) for phrase in Phrase]
    assert all(len(text) > 5 for text in texts)
    assert len({*texts}) == len(texts)
