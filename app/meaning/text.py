"""Text as the guard reads it: folded, with every character still where it was, and cut into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import NamedTuple

_ARABIC_FOLDS = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"}
_APOSTROPHES = frozenset("’ʼ´`")
_TOKEN = re.compile(r"\d+(?:[.,٫٬]\d+)*|[^\W\d_]+")
_ARABIC_LETTER = re.compile(r"[\u0600-\u06ff]")


class _Fold(dict[int, str]):
    """A table for ``str.translate`` that asks a function for each character once."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self._fold = fold

    def __missing__(self, code: int) -> str:
        folded = self[code] = self._fold(chr(code))
        return folded


class Word(NamedTuple):
    """A run of letters, or a number in digits with its points and commas."""

    plain: str
    """Lower case, without accents; a proclitic such as the Arabic "and" is a word of its own."""
    start: int
    end: int

    @property
    def is_digits(self) -> bool:
        return self.plain[0].isdigit()


def clean(text: str) -> str:
    """Return ``text`` composed (NFC), with one kind of apostrophe and of digit, without marks that are not seen."""
    return unicodedata.normalize("NFC", text).translate(_CLEAN)


def _clean_letter(char: str) -> str:
    if char in _APOSTROPHES:
        return "'"
    if char.isdigit() and not char.isascii():
        return str(unicodedata.digit(char))
    category = unicodedata.category(char)
    return "" if category in ("Cf", "Mn") or char == "ـ" else char


def lower(text: str) -> str:
    """Return lower case of the same length."""
    return text.translate(_LOWER)


def _lower_letter(char: str) -> str:
    folded = char.lower()
    return folded if len(folded) == 1 else char


def plain(text: str) -> str:
    """Return lower case without accents, of the same length."""
    return text.translate(_PLAIN)


def _plain_letter(char: str) -> str:
    char = _lower_letter(char)
    if char in _ARABIC_FOLDS:
        return _ARABIC_FOLDS[char]
    base = unicodedata.normalize("NFD", char)[:1]
    return base if base.isalpha() else char


def ascii_digits(text: str) -> str:
    """Return the text with one kind of digits, of the same length."""
    return text.translate(_DIGITS)


def _ascii_digit(char: str) -> str:
    return str(int(char)) if char.isdecimal() else char


_CLEAN, _LOWER, _PLAIN, _DIGITS = map(_Fold, (_clean_letter, _lower_letter, _plain_letter, _ascii_digit))


def blank(text: str, pattern: re.Pattern[str]) -> str:
    """Return ``text`` with every match replaced by as many blanks."""
    return pattern.sub(lambda match: " " * len(match[0]), text)


def split_words(text: str, proclitics: Collection[str], vocabulary: Collection[str]) -> list[Word]:
    """Cut folded text into words.

    A proclitic (longest first) is cut off where what is left is in the vocabulary and the whole is not; one that
    begins with the Arabic "and" leaves that behind as a word.
    """
    words: list[Word] = []
    for match in _TOKEN.finditer(text):
        found, start, end = match[0], match.start(), match.end()
        if proclitics and found not in vocabulary and _ARABIC_LETTER.match(found):
            cut = next((each for each in proclitics if found.startswith(each) and found[len(each) :] in vocabulary), "")
            if cut.startswith("و"):
                words.append(Word("و", start, start + 1))
            start += len(cut)
            found = found[len(cut) :]
        words.append(Word(found, start, end))
    return words
