"""What is personal in what somebody said: where it is, and the text without it.

Numbers are known by their check digits and numbering plans, not by the words around them, so that a price, a date or
the number of an order stays. Where the product's own languages say numbers in words, those are read, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.privacy.identifiers import is_card, is_iban, is_identity_number, is_ssn
from app.privacy.spoken import Piece, runs
from app.privacy.telephones import is_telephone_number

_SHORTEST_NUMBER, _LONGEST_NUMBER = 7, 34
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+")
_EMAIL_WORDS = {
    "ca": ("arrova", "punt"),
    "de": ("ät|at|klammeraffe", "punkt"),
    "en": ("at", "dot"),
    "es": ("arroba", "punto"),
    "fr": ("arobase|arrobase", "point"),
    "gl": ("arroba", "punto"),
    "it": ("chiocciola|chiocciolina", "punto"),
    "pt": ("arroba", "ponto"),
}
"""How the sign and the point of an address are said."""
_PLUS = re.compile(r"(?:\+\s?\(?|(?<!\w)(?:plus|más|mas|più|piu|mais|més)\s)$", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}|\d{4}([/.-])\d{1,2}\2\d{1,2}")
_ROUND = re.compile(r"\d{1,3}(?:[.\s]\d{3})*[.\s]000")
_SSN_GROUPS = (3, 2, 4)
_SSN_WORDS = re.compile(r"\bssn\b|social|sozialversicherung", re.IGNORECASE)
_SSN_CONTEXT_CHARS = 60


class Kind(StrEnum):
    """What a piece of text is; a label shows it in its place."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    ID = "id"
    PHONE = "phone"

    @property
    def label(self) -> str:
        return f"[{self}]"


@dataclass(frozen=True, slots=True)
class Personal:
    """One occurrence: ``text[start:end]`` of the NFC form."""

    kind: Kind
    start: int
    end: int
    value: str
    """As it is written, also where it was said in words: the same in every language."""


def redact(text: str, language: str) -> str:
    """Return ``text`` with labels for what is personal in it; the same text where nothing is.

    ``language`` (ISO 639-1) says how numbers are said; those in digits are found in every language.
    """
    while found := find_personal(text, language):
        text = label(unicodedata.normalize("NFC", text), found)
    return text


def find_personal(text: str, language: str) -> list[Personal]:
    """Return what is personal in ``text``, from left to right; none overlaps another."""
    text = unicodedata.normalize("NFC", text)
    found = _emails(text, language)
    hidden = "".join(_blanked(text, found))
    for run in runs(hidden, language):
        if sum(len(piece.chars) for piece in run) >= _SHORTEST_NUMBER:
            found += _Run(hidden, run).find()
    return sorted(found, key=lambda personal: personal.start)


def label(text: str, found: list[Personal]) -> str:
    """Return ``text`` (NFC) with a label in the place of each; they are given from left to right."""
    for personal in reversed(found):
        text = text[: personal.start] + personal.kind.label + text[personal.end :]
    return text


def _blanked(text: str, found: list[Personal]) -> list[str]:
    chars = list(text)
    for personal in found:
        chars[personal.start : personal.end] = "_" * (personal.end - personal.start)
    return chars


def _emails(text: str, language: str) -> list[Personal]:
    written = [Personal(Kind.EMAIL, *match.span(), match[0]) for match in _EMAIL.finditer(text)]
    if language not in _EMAIL_WORDS:
        return written
    at, dot = _signs(language)
    hidden = "".join(_blanked(text, written))
    return written + [
        Personal(Kind.EMAIL, *match.span(), dot.sub(".", at.sub("@", match[0])))
        for match in _spoken_email(language).finditer(hidden)
    ]


@cache
def _signs(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    at, dot = (re.compile(rf"\s+(?:{word})\s+", re.IGNORECASE) for word in _EMAIL_WORDS[language])
    return at, dot


@cache
def _spoken_email(language: str) -> re.Pattern[str]:
    at, dot = _EMAIL_WORDS[language]
    part, name = r"\w[\w-]{0,63}", r"[^\W\d][\w-]{0,63}"
    point = rf"(?:\s+(?:{dot})\s+|\.)"
    return re.compile(
        rf"(?<!\w){part}(?:{point}{part}){{0,4}}\s+(?:{at})\s+{name}(?:{point}{name}){{1,4}}", re.IGNORECASE
    )


class _Run:
    """Pieces in a row; any stretch of them may be a number that names somebody."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self._text = text
        self._pieces = pieces
        self._is_taken = [False] * len(pieces)

    def find(self) -> list[Personal]:
        """Return what is personal; the longest stretch first, so that none is taken for a part of another."""
        found = []
        for first, last, number in sorted(self._stretches(), key=lambda stretch: -len(stretch[2])):
            if not any(self._is_taken[first:last]):
                kind = self._kind(self._pieces[first:last], number)
                if kind is not None:
                    found.append(self._taken(kind, first, last))
        return found

    def _stretches(self) -> Iterator[tuple[int, int, str]]:
        for first in range(len(self._pieces)):
            number = ""
            for last, piece in enumerate(self._pieces[first:], first + 1):
                number += piece.chars
                if len(number) > _LONGEST_NUMBER:
                    break
                if len(number) >= _SHORTEST_NUMBER:
                    yield first, last, number

    def _kind(self, pieces: list[Piece], number: str) -> Kind | None:
        if is_iban(number):
            return Kind.IBAN
        if is_card(number):
            return Kind.CARD
        if self._is_telephone_number(pieces, number):
            return Kind.PHONE
        return Kind.ID if is_identity_number(number) or self._is_ssn(pieces, number) else None

    def _taken(self, kind: Kind, first: int, last: int) -> Personal:
        pieces = self._pieces[first:last]
        self._is_taken[first:last] = [True] * len(pieces)
        start, end = pieces[0].start, pieces[-1].end
        value = self._text[start:end]
        if any(piece.in_words for piece in pieces):
            value = "".join(piece.chars for piece in pieces)
        plus = self._plus(pieces) if kind is Kind.PHONE else None
        if plus is not None:
            start, value = plus.start(), f"+{value}"
        return Personal(kind, start, end, value)

    def _plus(self, pieces: list[Piece]) -> re.Match[str] | None:
        start = pieces[0].start
        return _PLUS.search(self._text, max(0, start - 6), start)

    def _is_ssn(self, pieces: list[Piece], number: str) -> bool:
        """Without a check digit, its groups or the words before it have to say what it is."""
        if not is_ssn(number):
            return False
        start = pieces[0].start
        is_named = _SSN_WORDS.search(self._text, max(0, start - _SSN_CONTEXT_CHARS), start) is not None
        return is_named or tuple(len(piece.chars) for piece in pieces) == _SSN_GROUPS

    def _is_telephone_number(self, pieces: list[Piece], number: str) -> bool:
        if not number.isdecimal():
            return False
        written = self._text[pieces[0].start : pieces[-1].end]
        if _DATE.fullmatch(written) or _ROUND.fullmatch(written):
            return False
        return is_telephone_number(number, has_plus=self._plus(pieces) is not None)
