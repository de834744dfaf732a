"""Which of two languages a text is in, by its script and its most frequent words."""

from __future__ import annotations

import re

from app.meaning.form import words_of
from app.meaning.languages import LANGUAGES
from app.meaning.text import plain

_SCRIPTS = {
    "ar": "\u0600-\u06ff",
    "hi": "\u0900-\u097f",
    "ja": "\u3040-\u30ff\u4e00-\u9fff",
    "ko": "\uac00-\ud7af",
    "ru": "\u0400-\u04ff",
    "uk": "\u0400-\u04ff",
    "zh": "\u4e00-\u9fff",
}
"""The letters of languages that are not written in Latin ones."""
_LATIN = "a-z\u00c0-\u024f"


def leans_to(text: str, language: str, rather_than: str) -> bool | None:
    """Return whether a text is in one language rather than in another; None where it does not say."""
    scripts = _SCRIPTS.get(language, _LATIN), _SCRIPTS.get(rather_than, _LATIN)
    if scripts[0] != scripts[1]:
        mine, other = (len(re.findall(f"[{script}]", text.casefold())) for script in scripts)
        return None if mine == other else mine > other
    first, second = LANGUAGES.get(language), LANGUAGES.get(rather_than)
    if first is None or second is None:
        return None
    words = words_of(plain(text))
    mine = sum(word in first.function_words - second.function_words for word in words)
    other = sum(word in second.function_words - first.function_words for word in words)
    return None if mine == other else mine > other
