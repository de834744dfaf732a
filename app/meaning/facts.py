"""What a text says that can be compared across languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.meaning import MissKind
from app.meaning.figures import Figure, Figures, read_figures
from app.meaning.language import Language
from app.meaning.numbers import parse_numbers, roman_numbers
from app.meaning.spelling import spelled_out
from app.meaning.text import Word, blank, clean, lower, plain, split_words

_SENTENCE_END = re.compile(r"(?<=[.!?؟…])\s+(?=[^\W\d_]|[¿¡\"'«“])")
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "%": "PERCENT", "٪": "PERCENT"}
_VAGUE_UNITS = frozenset({"GBP", "CENT", "CHF", "BRL"})
"""Pounds are also a weight, francs a name; cents are said or left out: they answer, and ask for nothing."""
_DATE_GAP = re.compile(r"[\s.]*(?:de|of|d'|do|del|the)?\s*")
_LONGEST_TERM = 3


@dataclass(frozen=True, slots=True)
class Named:
    """Which of a few things a text names: months, days, units. By value, with the words that name it."""

    sure: Mapping[str, str]
    possible: Collection[str]
    """All that may be named, the sure ones among them."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """The negations of one sentence."""

    text: str
    negates: bool
    may_negate: bool
    answers_no: bool
    """It begins with the negative answer; the rest is judged without it."""


@dataclass(frozen=True, slots=True)
class Facts:
    language: Language
    text: str
    """Cleaned; the figures' positions are in it."""
    words: tuple[str, ...]
    """Folded."""
    figures: Figures
    has_half: bool
    """It says "and a half", of whatever: "an hour and a half"."""
    months: Named
    weekdays: Named
    days: Named
    units: Named
    spelled: tuple[str, ...]
    capitals: str
    """The words in capitals, joined: a spelled name may be written out."""
    sentences: tuple[Polarity, ...]

    @property
    def wording(self) -> str:
        """The text without its figures, whose length depends on how they are written."""
        text = self.text
        for figure in reversed(self.figures.items):
            text = text[: figure.start] + text[figure.end :]
        return text

    def words_of(self, figure: Figure) -> str:
        return self.text[figure.start : figure.end]


def extract(text: str, language: Language) -> Facts:
    """Read a text."""
    text = clean(text)
    folded = blank(plain(text), language.idiom)
    every_word = split_words(folded, language.proclitics, language.vocabulary)
    units = _units(folded, every_word, language)
    folded = blank(folded, language.percent)
    words = split_words(folded, language.proclitics, language.vocabulary)
    numbers = parse_numbers(folded, _without_dates(words, language), language)
    months, weekdays, days = (
        _named(text, words, table, language) for table in (language.months, language.weekdays, language.days)
    )
    figures = read_figures(folded, sorted([*numbers, *roman_numbers(text)], key=lambda number: number.start), language)
    return Facts(
        language=language,
        text=text,
        words=tuple(word.plain for word in every_word if not word.is_digits),
        figures=_with_dates(folded, figures, words, language),
        has_half=language.half.search(folded) is not None,
        months=months,
        weekdays=weekdays,
        days=days,
        units=units,
        spelled=spelled_out(text, words, language),
        capitals="".join(re.findall(r"\b[A-Z]{2,}\b", text)),
        sentences=_polarities(lower(text), language),
    )


def _terms(words: Sequence[Word], table: Collection[str], openers: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Yield each term of the table with its place, the longest where several begin."""
    index = 0
    while index < len(words):
        first = words[index]
        longest = min(_LONGEST_TERM, len(words) - index) if first.plain in openers else 1
        for length in range(longest, 1, -1):
            term = " ".join(word.plain for word in words[index : index + length])
            if term in table:
                yield term, first.start, words[index + length - 1].end
                index += length
                break
        else:
            if first.plain in table:
                yield first
            index += 1


def _named(text: str, words: Sequence[Word], table: Mapping[str, int], language: Language) -> Named:
    sure: dict[str, str] = {}
    possible: set[str] = set()
    for term, start, end in _terms(words, table, language.openers):
        value = str(table[term])
        possible.add(value)
        if term not in language.unsure_days:
            sure.setdefault(value, text[start:end])
    return Named(sure, possible)


def _units(folded: str, words: Sequence[Word], language: Language) -> Named:
    found = {
        language.units[term]: folded[start:end] for term, start, end in _terms(words, language.units, language.openers)
    }
    found |= {code: symbol for symbol, code in _SYMBOLS.items() if symbol in folded}
    return Named({code: said for code, said in found.items() if code not in _VAGUE_UNITS}, frozenset(found))


def _without_dates(words: Sequence[Word], language: Language) -> list[Word]:
    """Leave out months and days of two words: the second of "تشرين الثاني" is a number elsewhere."""
    spans = [(start, end) for term, start, end in _terms(words, language.dates, language.openers) if " " in term]
    return [word for word in words if not any(start <= word.start < end for start, end in spans)]


def _with_dates(folded: str, figures: Figures, words: Sequence[Word], language: Language) -> Figures:
    """Say of the numbers beside a month that they are a date's, which makes ordinals count."""
    if not figures.items:
        return figures
    items = list(figures.items)
    months = [(start, end) for _, start, end in _terms(words, language.months, language.openers)]
    for index, figure in enumerate(items):
        is_beside = any(
            (figure.end <= start and _DATE_GAP.fullmatch(folded[figure.end : start]))
            or (end <= figure.start and _DATE_GAP.fullmatch(folded[end : figure.start]))
            for start, end in months
        )
        if is_beside and figure.kind is MissKind.NUMBER:
            items[index] = replace(figure, kind=MissKind.DATE, is_unsure=figure.is_unsure and figure.value < 2)
    return replace(figures, items=tuple(items))


def _polarities(text: str, language: Language) -> tuple[Polarity, ...]:
    sentences = []
    for sentence in _SENTENCE_END.split(text):
        judged = blank(sentence, language.no_negation)
        answer = language.answers_no.match(judged)
        body = judged[answer.end() :] if answer else judged
        sentences.append(
            Polarity(
                text=sentence,
                negates=language.negates.search(blank(body, language.negative_question)) is not None,
                may_negate=language.may_negate.search(body) is not None,
                answers_no=answer is not None,
            )
        )
    return tuple(sentences)
