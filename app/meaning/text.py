"""Text as the guard reads it: folded, with every character still where it was, and cut into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

_ARABIC_FOLDS = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"}
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "´": "'", "`": "'"})
_TOKEN = re.compile(r"\d+(?:[.,٫٬]\d+)*|[^\W\d_]+")
_ARABIC_LETTER = re.compile(r"[\u0600-\u06ff]")


@dataclass(frozen=True, slots=True)
class Word:
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
    composed = unicodedata.normalize("NFC", text).translate(_APOSTROPHES)
    return "".join(_visible(char) for char in composed)


def _visible(char: str) -> str:
    if char.isdigit() and not char.isascii():
        return str(unicodedata.digit(char))
    category = unicodedata.category(char)
    return "" if category in ("Cf", "Mn") or char == "ـ" else char


def lower(text: str) -> str:
    """Return lower case of the same length."""
    return "".join(folded if len(folded := char.lower()) == 1 else char for char in text)


def plain(text: str) -> str:
    """Return lower case without accents, of the same length."""
    return "".join(_plain_letter(char) for char in lower(text))


def _plain_letter(char: str) -> str:
    if char in _ARABIC_FOLDS:
        return _ARABIC_FOLDS[char]
    base = unicodedata.normalize("NFD", char)[:1]
    return base if base.isalpha() else char


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
