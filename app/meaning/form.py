"""What speaks against a translation by its form: another language, an odd length, a loop."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.meaning.language import Language

_WORD = re.compile(r"[^\W\d_]+")
_ARABIC = re.compile(r"[\u0620-\u064a]")
_LEAST_LENGTH_CHARS = 40
"""A shorter source says nothing about the length of its translation."""
_SHORTEST, _LONGEST = 0.3, 3.0
_LEAST_WORDS = 4
_FOREIGN_WORDS = 3
"""So many function words of another language, and more than twice those of the right one, make it foreign."""
_OWN_SHARE = 5
"""One in five words known for the right language is enough."""
_COPY_SHARE = 0.9
_LONGEST_LOOP_WORDS = 6
_LOOP_TIMES = 3
_SHORT_LOOP_TIMES = 4


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded or not."""
    return _WORD.findall(text)


def is_odd_length(source: str, target: str) -> bool:
    """Whether the target is much shorter or longer than its source."""
    if len(source) < _LEAST_LENGTH_CHARS:
        return False
    return not _SHORTEST <= len(target) / len(source) <= _LONGEST


def is_foreign(
    source: Sequence[str],
    target: Sequence[str],
    source_language: Language,
    language: Language,
    others: Sequence[Language],
) -> bool:
    """Whether folded words are not of the language they should be in, as far as so few can tell."""
    if len(target) < _LEAST_WORDS:
        return False
    arabic = sum(1 for word in target if _ARABIC.search(word))
    if (language.code == "ar") != (arabic * 2 > len(target)):
        return True
    if _is_copy(source, target, source_language, language):
        return True
    strange = [word for word in target if word not in language.function_words]
    own = len(target) - len(strange)
    if own * _OWN_SHARE >= len(target):
        return False
    foreign = max(sum(word in other.function_words for word in strange) for other in others)
    return foreign >= _FOREIGN_WORDS and foreign > 2 * own


def _is_copy(source: Sequence[str], target: Sequence[str], source_language: Language, language: Language) -> bool:
    """Whether the target is its source: word for word, with a word that only the source's language has."""
    known = set(source)
    kept = sum(word in known for word in target)
    if kept < _COPY_SHARE * len(target):
        return False
    return any(word in source_language.function_words - language.function_words for word in target)


def is_looping(source: Sequence[str], target: Sequence[str]) -> bool:
    """Whether the target says the same words over and over, and the source does not."""
    return _loops(target) and not _loops(source)


def _loops(words: Sequence[str]) -> bool:
    for size in range(1, _LONGEST_LOOP_WORDS + 1):
        needed = (_SHORT_LOOP_TIMES if size == 1 else _LOOP_TIMES) - 1
        run = 0
        for index in range(size, len(words)):
            run = run + 1 if words[index] == words[index - size] else 0
            if run >= needed * size:
                return True
    return False
