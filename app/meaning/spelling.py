"""What is spelled out letter by letter: "S-M-I-T-H", "ese de Sevilla", "XK-402"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.meaning.language import Language
from app.meaning.text import Word

_GAP = re.compile(r"\s*[,\-–]?\s*")
_CODE = re.compile(r"(?<![\w-])([A-Z]{1,3})(?:-?)(?=\d)")
_NO_CODES = frozenset({"GB", "MB", "TB", "KB", "AM", "PM", "H", "G", "D", "C", "V", "W", "N", "S", "E", "A", "M"})
"""Units, sizes and roads in front of or behind numbers."""
_CAPITAL = re.compile(r"(?<=[\s,:;-])[A-Z](?![\w'])")
_LONGEST_NAME = 2
_LEAST_RUN = 3


@dataclass(slots=True)
class _Run:
    letters: str = ""
    sure: int = 0
    has_example: bool = False
    is_code: bool = False
    """A number follows."""
    end: int = -1

    def is_spelling(self) -> bool:
        """Whether this is spelling, and not a few short words in a row."""
        return (
            self.has_example
            or (len(self.letters) > 1 and self.sure > 0 and self.is_code)
            or (len(self.letters) >= _LEAST_RUN and self.sure > 0)
        )


def spelled_out(text: str, words: Sequence[Word], language: Language) -> tuple[str, ...]:
    """Return the strings of letters (upper case) in a cleaned text, whose folded words these are."""
    has_capitals = _CAPITAL.search(text) is not None
    found: list[str] = []
    run = _Run()
    index = 0
    while index < len(words):
        start = words[index].start
        taken, letters, sure = _letter_at(text, words, index, language)
        if has_capitals and text[start : start + 1].islower() and words[index].end == start + 1:
            letters = ""
        run.is_code = run.is_code or (not letters and _is_number(words[index], language))
        if run.letters and (not letters or not _GAP.fullmatch(text[run.end : start])):
            found += [run.letters] if run.is_spelling() else []
            run = _Run()
        if letters:
            example = _example_end(text, words, index + taken, letters[0].lower(), language)
            run.letters += letters
            run.sure += sure or example > 0
            run.has_example = run.has_example or example > 0
            index += taken + example
            run.end = words[index - 1].end
        else:
            index += 1
    found += [run.letters] if run.is_spelling() else []
    return tuple(found) + tuple(code for code in _CODE.findall(text) if code not in _NO_CODES and code not in found)


def _is_number(word: Word, language: Language) -> bool:
    return word.is_digits or word.plain in language.numerals.values


def _letter_at(text: str, words: Sequence[Word], index: int, language: Language) -> tuple[int, str, bool]:
    """Return how many words name a letter here, the letter (twice after "double"), whether it is sure."""
    times = language.numerals.repeats.get(words[index].plain, 1) if index + 1 < len(words) else 1
    first = index + (times > 1)
    longest = min(_LONGEST_NAME, len(words) - first) if words[first].plain in language.openers else 1
    for length in range(longest, 0, -1):
        piece = words[first : first + length]
        name = " ".join(word.plain for word in piece)
        letter = language.letters.get(name) or (name if len(name) == 1 and name.isascii() and name.isalpha() else None)
        if (
            letter is None
            or (len(name) == 1 and not text[piece[0].start].isascii())
            or _is_elided(text, piece[0], piece[-1])
        ):
            continue
        is_capital = len(name) == 1 and text[piece[0].start].isupper()
        is_sure = name not in language.unsure_letters and (is_capital or len(name) > 1)
        return first + length - index, letter.upper() * times, is_sure
    return 1, "", False


def _is_elided(text: str, first: Word, last: Word) -> bool:
    """Whether an apostrophe or a digit makes it a part of something else: "l'ordre", "don't", "B12"."""
    before, after = text[: first.start][-1:], text[last.end :][:1]
    return "'" in (before, after) or before.isdigit() or after.isdigit()


def _example_end(text: str, words: Sequence[Word], index: int, letter: str, language: Language) -> int:
    """Return how many words "as in Alpha" takes; 0: there is no example."""
    if index >= len(words):
        return 0
    link = re.compile(rf"[\s,]*{language.spelling_links}\s+").match(text.lower(), words[index - 1].end)
    if link is None:
        return 0
    for at in range(index, min(index + 4, len(words))):
        if words[at].start == link.end():
            return at + 1 - index if words[at].plain.startswith(letter) and len(words[at].plain) > 1 else 0
    return 0
