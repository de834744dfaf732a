"""What the guard knows of a language: tables only. The engine that reads them is the same for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.meaning.text import plain


def words(text: str) -> frozenset[str]:
    """Return the words of a table, folded; ``_`` stands for a blank inside a term."""
    return frozenset(plain(word).replace("_", " ") for word in text.split())


def counted(text: str, first: int = 0, step: int = 1) -> dict[str, int]:
    """Number the words of a list: the first is ``first``, each next one ``step`` more; ``/`` between variants."""
    return {
        plain(variant).replace("_", " "): first + index * step
        for index, term in enumerate(text.split())
        for variant in term.split("/")
    }


def valued(**terms: str) -> dict[str, str]:
    """Return a table by word from one by value: ``EUR="euro euros €"``."""
    return {term: value for value, text in terms.items() for term in words(text)}


def either(text: str) -> str:
    """Return a pattern for any of the words of a list, as whole words; ``_`` stands for a blank."""
    ordered = sorted((word.replace("_", " ") for word in text.split()), key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)"


def stems(text: str) -> str:
    """Return an alternative for ``either``: any word that begins as one of these patterns does."""
    return rf"|(?<!\w)(?:{'|'.join(text.split())})\w*"


@dataclass(frozen=True, slots=True)
class Numerals:
    """How numbers are said. All words are folded (``text.plain``)."""

    values: Mapping[str, int]
    """0 to 999, as far as they are one word (or one term of two)."""
    scales: Mapping[str, int]
    """1000 and above."""
    hundreds: frozenset[str] = frozenset()
    """Words that multiply by 100 what comes before them."""
    bare: frozenset[str] = frozenset()
    """Hundreds and scales that need no number before them: "mil", "(a) hundred"."""
    ordinals: Mapping[str, int] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    """Articles, and words that are numbers only sometimes: they may answer to a number, and ask for none."""
    joiners: frozenset[str] = frozenset()
    joins_tens: bool = True
    """Whether a joiner may stand between tens and units: "treinta y cinco"."""
    joins_hundreds: bool = True
    """Whether it may stand behind hundreds and thousands: "two hundred and five"."""
    tens_need_joiner: bool = False
    units_before_tens: bool = False
    teens_after: frozenset[int] = frozenset()
    """Tens that take 10 to 19: French 60 and 80."""
    has_compounds: bool = False
    """Whether a number is written as one word of several parts: "zweihundertfünfzig"."""
    repeats: Mapping[str, int] = field(default_factory=dict)
    """ "double" 2."""
    decimal_words: frozenset[str] = frozenset()
    decimal_mark: str = ","
    halves: str = ""
    """A pattern for what adds a half to a number: "and a half"."""
    clock_words: frozenset[str] = frozenset()
    """Words that are numbers elsewhere, and quarters or halves of an hour in ``Language.clocks``."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A way to say a time of day."""

    pattern: str
    """Over folded text; ``H`` and ``M`` stand for numbers."""
    minutes: int | None = None
    """None: what ``M`` says, times ``factor``."""
    factor: int = 1
    hour_shift: int = 0
    is_certain: bool = True
    """False: it may be something else ("ten to four" chairs), and only explains a time of the other text."""


@dataclass(frozen=True, slots=True)
class Negation:
    """Patterns over lower-case text, accents kept."""

    strong: str
    """A sentence with one of these says that something is not so."""
    weak: str
    """These may translate a negation, and ask for none: "without", "impossible", "only"."""
    idioms: tuple[str, ...] = ()
    """Negative in form only: "no problem", "not only". """
    questions: tuple[str, ...] = ()
    """Negative questions that offer or ask something: they ask for no negation, and may translate one."""
    tags: tuple[str, ...] = ()
    """Questions that ask for consent at the end of a sentence: "isn't it?"."""
    answer: str = ""
    """The word that answers a question in the negative."""


@dataclass(frozen=True)
class Language:
    code: str
    numerals: Numerals
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    """Monday is 1."""
    days: Mapping[str, int]
    """Days from today: "tomorrow" 1."""
    unsure_days: frozenset[str]
    """Words that are months or days only sometimes: "may", "morgen"."""
    units: Mapping[str, str]
    """Currencies (ISO 4217) and ``%``."""
    clocks: tuple[Clock, ...]
    hours: tuple[str, ...]
    """Patterns in which ``H`` is an hour: "at H"."""
    negation: Negation
    letters: Mapping[str, str]
    """Names of letters: "efe" f."""
    unsure_letters: frozenset[str]
    """Names that are also other words."""
    spelling_links: str
    """A pattern for what stands between a letter and its example: "as in"."""
    function_words: frozenset[str]
    """Frequent words by which the language is known."""
    idioms: tuple[str, ...] = ()
    """Patterns over folded text that hold words of numbers or days but mean neither: "first of all"."""
    proclitics: tuple[str, ...] = ()
    fortnight: str = ""
    """A pattern in which ``H`` counts days or ``M`` weeks: fifteen of the ones are two of the others."""
    has_dual: bool = False
    """Whether "two" hides in the endings of nouns."""

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the tables that a proclitic may stand before."""
        numerals = self.numerals
        tables = (numerals.values, numerals.scales, numerals.hundreds, numerals.ordinals, numerals.joiners)
        others = (self.months, self.weekdays, self.days, self.units)
        return frozenset(word for table in (*tables, *others) for word in table)

    @cached_property
    def openers(self) -> frozenset[str]:
        """The first words of terms of several words: where a longer term is worth looking for."""
        tables = (self.vocabulary, self.letters)
        return frozenset(term.split()[0] for table in tables for term in table if " " in term)

    @cached_property
    def number_words(self) -> frozenset[str]:
        """The first words of all numbers; where numbers are compounds, they may begin with others as well."""
        numerals = self.numerals
        tables = (numerals.values, numerals.scales, numerals.hundreds, numerals.ordinals, numerals.repeats)
        return frozenset(term.split()[0] for table in tables for term in table)

    @cached_property
    def dates(self) -> frozenset[str]:
        """The names of months and weekdays."""
        return frozenset((*self.months, *self.weekdays))

    @cached_property
    def currency_behind(self) -> re.Pattern[str]:
        """What follows a number of some currency."""
        return re.compile(rf"\s*(?:de |d')?(?:{self._currency})(?!\w)")

    @cached_property
    def before_cents(self) -> re.Pattern[str]:
        """What stands between a number of some currency and its hundredths: "euros and", "con"."""
        return re.compile(rf"\s*(?:(?:{self._currency})(?:\s*(?:{self._joiner}|con|com|amb|mit))?|con|com|amb)\s*")

    @cached_property
    def joined_gap(self) -> re.Pattern[str]:
        """What joins two numbers, "and" among it."""
        return re.compile(rf"\s+(?:{self._joiner})\s*")

    @property
    def _currency(self) -> str:
        names = sorted((unit for unit, code in self.units.items() if code != "PERCENT"), key=len, reverse=True)
        return "|".join(map(re.escape, names))

    @property
    def _joiner(self) -> str:
        return "|".join(map(re.escape, self.numerals.joiners)) or "(?!)"

    @cached_property
    def percent(self) -> re.Pattern[str]:
        """ "Por ciento" is no hundred."""
        terms = [term.replace(" ", "_") for term, code in self.units.items() if code == "PERCENT" and " " in term]
        return re.compile(either(" ".join(terms)) if terms else r"(?!)")

    @cached_property
    def idiom(self) -> re.Pattern[str]:
        return re.compile("|".join(self.idioms) or r"(?!)")

    @cached_property
    def no_negation(self) -> re.Pattern[str]:
        tags = (rf"[,;]\s*{tag}\s*(?=[?؟]|[.!]|$)" for tag in self.negation.tags)
        return re.compile("|".join([*self.negation.idioms, *tags]) or r"(?!)")

    @cached_property
    def negative_question(self) -> re.Pattern[str]:
        return re.compile("|".join(self.negation.questions) or r"(?!)")

    @cached_property
    def negates(self) -> re.Pattern[str]:
        return re.compile(self.negation.strong)

    @cached_property
    def may_negate(self) -> re.Pattern[str]:
        return re.compile(f"{self.negation.strong}|{self.negation.weak}")

    @cached_property
    def answers_no(self) -> re.Pattern[str]:
        return re.compile(rf"^\W*{self.negation.answer}(?:\s*[,.;!،]|$)" if self.negation.answer else r"(?!)")

    @cached_property
    def clock_patterns(self) -> tuple[tuple[re.Pattern[str], Clock], ...]:
        return tuple((re.compile(with_numbers(clock.pattern)), clock) for clock in (*DIGITAL_CLOCKS, *self.clocks))

    @cached_property
    def hour_pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(with_numbers(f"(?:{pattern})", index) for index, pattern in enumerate(self.hours)))

    @cached_property
    def fortnight_pattern(self) -> re.Pattern[str]:
        return re.compile(with_numbers(self.fortnight)) if self.fortnight else re.compile(r"(?!)")

    @cached_property
    def half_pattern(self) -> re.Pattern[str]:
        return re.compile(with_numbers(rf"H(?: \w+)? ?(?:{self.numerals.halves})"))

    @cached_property
    def half(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{self.numerals.halves})")


DIGITAL_CLOCKS = (Clock(r"H:M(?!:)"), Clock(r"H ?h ?M"))


def with_numbers(pattern: str, index: int | None = None) -> str:
    """Put the groups ``h`` and ``m`` (or ``h0``, ``m0`` ...) for the placeholders of a pattern over a skeleton."""
    suffix = "" if index is None else str(index)
    return re.sub(r"\b[HM]\b", lambda match: rf"#(?P<{match[0].lower()}{suffix}>\d+)#", pattern)
