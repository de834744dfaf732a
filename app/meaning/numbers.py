"""Numbers out of text, in digits or words: where each is and what it is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from app.meaning.language import Language, Numerals
from app.meaning.text import Word

_LONGEST_TERM = 3
_THOUSAND = 1000
_LONGEST_COMPOUND_CHARS = 80
_LONGEST_NUMBER = 100
"""Characters of a number in digits: nobody says a longer one, and Python converts 4,300 digits at most."""
_GROUPED = re.compile(r"\d{1,3}(?:([.,٬])\d{3})(?:\1\d{3})*(?:[.,٫]\d{1,2})?")
_DECIMAL = re.compile(r"(\d+)[.,٫](\d+)")
_GLUE = re.compile(r"[\s-]*")
_ORDINAL_MARK = re.compile(r" ?(?:st|nd|rd|th|º|ª|°|er|ere|re|e|eme|è|a)\b|[ºª°]")
_ROMAN = re.compile(
    r"\b(?:(?<=siglo )|(?<=siècle )|(?<=século )|(?<=secolo )|(?<=segle )|(?=\w\w))(?P<digits>[IVXLC]+)\b"
)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SURE_ORDINAL = 5
"""Smaller ones are said of much that is no number: "in the first place", "a third party"."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was said; it may be one piece of a longer string of digits."""

    digits: str
    """As said: "007" stays so; a decimal has a point."""
    start: int
    end: int
    is_unsure: bool = False
    """It answers to a number in the other text, and asks for none."""
    is_ordinal: bool = False
    in_words: bool = False
    other_value: str = ""
    """A second reading: "1.500" may be one and a half."""


def parse_numbers(text: str, words: Sequence[Word], language: Language) -> list[Number]:
    """Return the numbers of a folded text, in order. ``words`` are its words."""
    numbers: list[Number] = []
    parser = _Parser(text, words, language)
    index = 0
    while index < len(words):
        found, after = parser.number_at(index)
        numbers.extend(found)
        index = max(after, index + 1)
    return numbers


def roman_numbers(text: str) -> list[Number]:
    """Return the Roman numbers of a text whose capitals are kept; they are never sure, "CD" and "MIX" being none."""
    found = []
    for match in _ROMAN.finditer(text):
        values = [_ROMAN_VALUES[letter] for letter in match["digits"]]
        pairs = zip(values, [*values[1:], 0], strict=True)
        value = sum(-one if one < following else one for one, following in pairs)
        found.append(Number(str(value), match.start("digits"), match.end("digits"), is_unsure=True))
    return found


class _Role(Enum):
    VALUE = auto()
    HUNDRED = auto()
    SCALE = auto()
    ORDINAL = auto()


@dataclass(frozen=True, slots=True)
class _Term:
    role: _Role
    value: int
    word: str
    length: int
    """In words."""


@dataclass(slots=True)
class _Sum:
    """A number that is being said: what is settled, and the group below the next thousand."""

    total: int = 0
    group: int | None = None
    last_scale: int = 10**18

    def fits(self, value: int, is_joined: bool, numerals: Numerals) -> bool:
        """Whether ``value`` goes on with what was said, instead of beginning another number."""
        if self.group is None:
            return (value > 0 or self.total == 0) and value < self.last_scale
        rest = self.group % 100
        if value == 0 or value >= 100 or self.group == 0:
            return False
        if rest == 0:
            return True
        if rest in numerals.teens_after and 10 <= value <= 19:
            return True
        if numerals.units_before_tens and is_joined and rest <= 9 and value >= 20 and value % 10 == 0:
            return True
        return rest >= 20 and rest % 10 == 0 and value <= 9 and (is_joined or not numerals.tens_need_joiner)

    def add(self, term: _Term) -> None:
        match term.role:
            case _Role.VALUE | _Role.ORDINAL if term.value < _THOUSAND:
                self.group = (self.group or 0) + term.value
            case _Role.VALUE | _Role.ORDINAL:  # "ألفان": two thousand in one word
                self.total += term.value
                self.last_scale = _THOUSAND if term.value < _THOUSAND**2 else _THOUSAND**2
            case _Role.HUNDRED:
                self.group = (self.group or 1) * 100
            case _Role.SCALE:
                if term.value > self.last_scale:
                    self.total = (self.total + (self.group or 0)) * term.value
                else:
                    self.total += (1 if self.group is None else self.group) * term.value
                self.group = None
                self.last_scale = term.value

    @property
    def value(self) -> int:
        return self.total + (self.group or 0)


class _Parser:
    def __init__(self, text: str, words: Sequence[Word], language: Language) -> None:
        self._text = text
        self._words = words
        self._numerals = language.numerals
        self._openers = language.openers
        self._first_words = language.number_words

    def number_at(self, index: int) -> tuple[list[Number], int]:
        """Return what begins at a word (none, one number, or all parts of a date in digits) and the word after it."""
        word = self._words[index]
        if word.is_digits:
            return self._digits_at(index)
        if word.plain not in self._first_words and not self._numerals.has_compounds:
            return [], index + 1  # As most words.
        times = self._numerals.repeats.get(word.plain)
        if times and index + 1 < len(self._words) and self._is_glued(index):
            repeated = self._single_digit(index + 1)
            if repeated is not None:
                end = self._words[index + 1].end
                return [Number(str(repeated) * times, word.start, end, in_words=True)], index + 2
        return self._words_at(index)

    # --- In digits --------------------------------------------------------------------------------------------------

    def _digits_at(self, index: int) -> tuple[list[Number], int]:
        word = self._words[index]
        if len(word.plain) > _LONGEST_NUMBER:
            return [], index + 1
        value, other = _value_of_digits(word.plain, self._numerals.decimal_mark)
        if value is None:
            pieces = re.finditer(r"\d+", word.plain)
            return [Number(each[0], word.start + each.start(), word.start + each.end()) for each in pieces], index + 1
        scaled = self._scaled(value, index + 1)
        if scaled is not None:
            return [Number(scaled, word.start, self._words[index + 1].end)], index + 2
        mark = _ORDINAL_MARK.match(self._text, word.end)
        end = mark.end() if mark else word.end
        return [Number(value, word.start, end, is_ordinal=mark is not None, other_value=other)], index + 1

    def _scaled(self, value: str, index: int) -> str | None:
        """Return "1.5" with the "million" behind it as 1500000."""
        if index >= len(self._words) or not self._is_glued(index - 1):
            return None
        scale = self._numerals.scales.get(self._words[index].plain)
        if scale is None:
            return None
        whole, _, fraction = value.partition(".")
        return str(int(whole) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0))

    # --- In words ---------------------------------------------------------------------------------------------------

    def _words_at(self, index: int) -> tuple[list[Number], int]:
        terms = self._terms_at(index)
        if not terms or not self._may_begin(terms[0]):
            return [], index + 1
        said = _Sum()
        last, at = self._step(said, index)
        final = last
        while last is not None and last.role is not _Role.ORDINAL:
            final = last
            last, at = self._step(said, at) if at < len(self._words) and self._is_glued(at - 1) else (None, at)
        final = last or final
        if final is None:
            return [], index + 1
        number, after = self._finish(said, index, at, final)
        return [number], after

    def _step(self, said: _Sum, at: int) -> tuple[_Term | None, int]:
        """Add the next word, with or without a joiner before it; return its last term (None: it does not belong)."""
        terms = self._terms_at(at)
        if terms and self._take(said, terms, at, is_joined=False):
            return terms[-1], at + sum(term.length for term in terms)
        joined = self._joined_at(at)
        if joined and said.value and self._take(said, joined, at + 1, is_joined=True):
            return joined[-1], at + 1 + sum(term.length for term in joined)
        return None, at

    def _finish(self, said: _Sum, index: int, at: int, last: _Term) -> tuple[Number, int]:
        start, end = self._words[index].start, self._words[at - 1].end
        is_ordinal = last.role is _Role.ORDINAL
        is_alone = at - index == last.length
        unsure = is_alone and (last.word in self._numerals.unsure or (is_ordinal and said.value < _SURE_ORDINAL))
        digits = str(said.value)
        fraction, after = ("", at) if is_ordinal else self._fraction_at(at)
        if fraction:
            digits, end, unsure = f"{digits}.{fraction}", self._words[after - 1].end, False
        return Number(digits, start, end, is_unsure=unsure, is_ordinal=is_ordinal, in_words=True), after

    def _fraction_at(self, at: int) -> tuple[str, int]:
        """Return the digits behind a spoken decimal sign, and the word after them."""
        words = self._words
        if at + 1 >= len(words) or words[at].plain not in self._numerals.decimal_words or not self._is_glued(at - 1):
            return "", at
        if not self._is_glued(at):
            return "", at
        digits, after = "", at + 1
        while after < len(words) and (digit := self._single_digit(after)) is not None and self._is_glued(after - 1):
            digits, after = digits + str(digit), after + 1
        if digits:
            return digits, after
        found, after = self._words_at(at + 1)
        return (found[0].digits, after) if found and "." not in found[0].digits else ("", at)

    def _take(self, said: _Sum, terms: Sequence[_Term], at: int, *, is_joined: bool) -> bool:
        """Add all the terms of a word, or none of them."""
        trial = _Sum(said.total, said.group, said.last_scale)
        for number, term in enumerate(terms):
            inner = is_joined if number == 0 else True
            if not self._goes_on(trial, term, inner):
                return False
            trial.add(term)
        if is_joined and not self._may_join(said, terms[0], at + sum(term.length for term in terms)):
            return False
        said.total, said.group, said.last_scale = trial.total, trial.group, trial.last_scale
        return True

    def _goes_on(self, said: _Sum, term: _Term, is_joined: bool) -> bool:
        match term.role:
            case _Role.VALUE | _Role.ORDINAL:
                return said.fits(term.value, is_joined, self._numerals)
            case _Role.HUNDRED:
                return said.group is None or 1 <= said.group <= 99
            case _Role.SCALE:
                return said.group is not None or said.total > 0 or term.word in self._numerals.bare

    def _may_begin(self, term: _Term) -> bool:
        return term.role in (_Role.VALUE, _Role.ORDINAL) or term.word in self._numerals.bare

    def _may_join(self, said: _Sum, term: _Term, after: int) -> bool:
        """Whether "and" binds here, and does not stand between two numbers ("one hundred and two hundred")."""
        numerals = self._numerals
        is_tens = said.group is not None and said.group % 100 != 0
        if not (numerals.joins_tens if is_tens else numerals.joins_hundreds):
            return False
        following = self._terms_at(after) if after < len(self._words) and self._is_glued(after - 1) else []
        if not following:
            return True
        begins = following[0]
        if begins.role is _Role.HUNDRED:
            return said.group is None
        return begins.role is not _Role.SCALE or said.total == 0 or begins.value < said.last_scale

    def _joined_at(self, at: int) -> list[_Term]:
        """Return the terms behind a joiner."""
        words = self._words
        if at + 1 >= len(words) or words[at].plain not in self._numerals.joiners:
            return []
        return self._terms_at(at + 1) if self._is_glued(at - 1) and self._is_glued(at) else []

    def _terms_at(self, index: int) -> list[_Term]:
        """Return what a word, or a term of several, says; the parts of a compound one by one. Empty: no number."""
        longest = min(_LONGEST_TERM, len(self._words) - index) if self._words[index].plain in self._openers else 1
        for length in range(longest, 0, -1):
            if all(self._is_glued(each) for each in range(index, index + length - 1)):
                text = " ".join(word.plain for word in self._words[index : index + length])
                term = self._term(text, length)
                if term is not None:
                    return [term]
        word = self._words[index].plain
        parts = self._compound(word) if self._numerals.has_compounds and len(word) <= _LONGEST_COMPOUND_CHARS else None
        return [] if parts is None else parts

    def _term(self, text: str, length: int) -> _Term | None:
        numerals = self._numerals
        tables: tuple[tuple[_Role, Mapping[str, int]], ...] = (
            (_Role.VALUE, numerals.values),
            (_Role.SCALE, numerals.scales),
            (_Role.ORDINAL, numerals.ordinals),
        )
        for role, table in tables:
            if text in table:
                return _Term(role, table[text], text, length)
        if text in numerals.hundreds:
            return _Term(_Role.HUNDRED, 100, text, length)
        return None

    def _compound(self, word: str) -> list[_Term] | None:
        """Split "zweihundertfünfzig" into its numbers; None when something is left over."""
        if not word:
            return []
        for end in range(len(word), 1, -1):
            head, tail = word[:end], word[end:]
            is_joiner = head in self._numerals.joiners and tail
            term = None if is_joiner else self._term(head, 1)
            if term is None and not is_joiner:
                continue
            rest = self._compound(tail)
            if rest is not None:
                return rest if term is None else [replace(term, length=0) if rest else term, *rest]
        return None

    def _single_digit(self, index: int) -> int | None:
        word = self._words[index]
        if word.is_digits:
            return int(word.plain) if len(word.plain) == 1 else None
        value = self._numerals.values.get(word.plain)
        return value if value is not None and value <= 9 else None

    def _is_glued(self, index: int) -> bool:
        """Whether only blanks or hyphens stand between a word and the next."""
        gap = self._text[self._words[index].end : self._words[index + 1].start]
        return _GLUE.fullmatch(gap) is not None


def _value_of_digits(text: str, decimal_mark: str) -> tuple[str | None, str]:
    """Return a number's value and its second reading; None: these are several numbers, as in "12.03.2024"."""
    if text.isdigit():
        return text, ""
    if _GROUPED.fullmatch(text) and not text.startswith("0"):
        separator = next(char for char in text if not char.isdigit())
        decimal = _DECIMAL.fullmatch(text)
        other = f"{decimal[1]}.{decimal[2]}" if decimal and separator == decimal_mark else ""
        whole, fraction = _split_decimal(text, separator)
        return f"{whole}.{fraction}" if fraction else whole, other
    decimal = _DECIMAL.fullmatch(text)
    return (f"{decimal[1]}.{decimal[2]}", "") if decimal else (None, "")


def _split_decimal(text: str, separator: str) -> tuple[str, str]:
    """Split a grouped number at its decimal sign, which is the one that does not group."""
    pieces = re.split(r"[.,٫٬]", text.replace(separator, ""))
    return pieces[0], pieces[1] if len(pieces) > 1 else ""
