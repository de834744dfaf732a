"""Digits and letters as people spell them, in digits or in words: "600 12 34 56", "seis cero cero", "double two"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.meaning.languages import LANGUAGES
from app.meaning.numbers import parse_numbers
from app.meaning.text import ascii_digits, plain, split_words

_TOKEN = re.compile(r"(?P<other>\d{1,3}(?:,\d{3})+(?!\d)|\d{1,2}(?::\d{2})+)|(?P<digits>\d+)|[^\W\d_]+")
"""``other``: amounts and times of day, which are never a piece of a longer number."""
_GAP = re.compile(r"[\s\-./(),·\u00ad\u200b-\u200f\u2010-\u2015\u2060\ufeff]{0,4}")
"""What may stand between the pieces of one number."""
_LONGEST_SPELLED = 6
_LONGEST_IN_WORDS = 4
"""Digits: "four thousand one hundred eleven" may be a piece of a card; a million is an amount."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some digits or letters of what may be a longer number: ``text[start:end]``."""

    chars: str
    """Capitals or ASCII digits."""
    start: int
    end: int
    in_words: bool = False


def runs(text: str, language: str) -> Iterator[list[Piece]]:
    """Return the pieces of ``text`` (NFC) that follow one another with next to nothing between them."""
    run: list[Piece] = []
    for piece in _pieces(text, language):
        if run and not _GAP.fullmatch(text, run[-1].end, piece.start):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _pieces(text: str, language: str) -> list[Piece]:
    written = ascii_digits(text)
    folded = plain(written)
    in_words = [
        piece for piece in _numbers_in_words(folded, language) if not _is_capital(written[piece.start : piece.end])
    ]
    spoken = {index for piece in in_words for index in range(piece.start, piece.end)}
    letters = LANGUAGES[language].letters if language in LANGUAGES else {}
    pieces = list(in_words)
    for match in _TOKEN.finditer(folded):
        if match.start() in spoken or match["other"]:
            continue
        if match["digits"]:
            pieces.append(Piece(match[0], *match.span()))
        elif match[0] in letters and len(match[0]) > 1 and not _touches_digit(folded, match):
            pieces.append(Piece(letters[match[0]].upper(), *match.span(), in_words=True))
        elif _is_spelled(written, match):
            pieces.append(Piece(written[match.start() : match.end()].upper(), *match.span()))
    return sorted(pieces, key=lambda piece: piece.start)


def _is_capital(found: str) -> bool:
    """Whether it is a letter by itself: the Catalan "u" is a number, and the "U" of a tax code is none."""
    return len(found) == 1 and found.isupper()


def _is_spelled(text: str, word: re.Match[str]) -> bool:
    """Whether letters are a part of a number: one alone, a few capitals, or digits beside them."""
    found = text[word.start() : word.end()]
    if not found.isascii():
        return False
    is_short = len(found) == 1 or (found.isupper() and len(found) <= _LONGEST_SPELLED)
    return is_short or (len(found) <= _LONGEST_SPELLED and _touches_digit(text, word))


def _touches_digit(text: str, word: re.Match[str]) -> bool:
    return text[word.start() - 1 : word.start()].isdecimal() or text[word.end() : word.end() + 1].isdecimal()


def _numbers_in_words(folded: str, language: str) -> list[Piece]:
    tables = LANGUAGES.get(language)
    if tables is None:
        return []
    words = split_words(folded, tables.proclitics, tables.vocabulary)
    return [
        Piece(number.digits, number.start, number.end, in_words=True)
        for number in parse_numbers(folded, words, tables)
        if number.in_words and not number.is_ordinal and number.digits.isdecimal()
        if len(number.digits) <= _LONGEST_IN_WORDS
    ]
