"""What speaks against a translation, by its form alone: small models invent, and repeat what they invented."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from app.meaning.compare import compare
from app.translation.sentences import keeps_digits

SHORT_SENTENCE_WORDS = 8
"""Only shorter ones are judged by form: in FLORES' long sentences every doubt about form was mistaken."""

CONTENT_WORD_CHARS = 6
"""A shorter word may well come twice: "your name and your address"."""

_MEANING_LOST = 4
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def doubt(source: str, source_language: str, translation: str, language: str) -> int:
    """Return how much speaks against ``translation``; 0: nothing. Lost meaning outweighs all the rest."""
    said, heard = _words(translation), _words(source)
    # The digits alone say something of the languages, too, that the meaning guard has no tables of.
    misses = len(compare(source, source_language, translation, language)) or not keeps_digits(source, translation)
    found = _MEANING_LOST * misses
    if 0 < len(heard) <= SHORT_SENTENCE_WORDS:
        found += _has_odd_length(heard, said)
        found += _repeats(said) and not _repeats(heard)
    return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _has_odd_length(heard: list[str], said: list[str]) -> bool:
    """Whether a sentence became much longer or shorter, both in words and in letters."""
    letters_heard, letters_said = sum(map(len, heard)), sum(map(len, said))
    is_long = len(said) > 2 * len(heard) and letters_said > 2 * letters_heard + 2
    is_short = 3 * len(said) < len(heard) and 3 * letters_said < letters_heard
    return is_long or is_short


def _repeats(words: list[str]) -> bool:
    """Whether a content word comes twice, or any word twice in a row."""
    content = Counter(word for word in words if len(word) >= CONTENT_WORD_CHARS)
    return max(content.values(), default=0) > 1 or any(a == b for a, b in pairwise(words))
