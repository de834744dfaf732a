"""Whether a translation says what its source says, as far as numbers, dates, spelling and negation go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.meaning import MissKind
from app.meaning.facts import Facts, Named, Polarity, extract
from app.meaning.figures import Figure, Window
from app.meaning.form import is_foreign, is_looping, is_odd_length
from app.meaning.languages import LANGUAGES

_HALF_DAY_HOURS = 12
_DUAL = 2
_MOST_FIGURES = 60
"""Nobody says more in a clause; a longer list is not judged, for the time that it would take."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_CENTURY = 100
_DECADE = 10


class Fault(StrEnum):
    LOST = "lost"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that the two texts do not share."""

    kind: MissKind
    fault: Fault
    said: str = field(default="", repr=False)
    """The words of the source that are not in the target; empty for what was invented and for matters of form."""


def compare(source: str, source_language: str, target: str, target_language: str) -> tuple[Miss, ...]:
    """Return what is lost or invented between a source and its translation; nothing where all is well.

    Languages are ISO 639-1 codes. One without tables (``LANGUAGES``) is not judged; an empty text is neither.
    """
    from_, to = LANGUAGES.get(source_language), LANGUAGES.get(target_language)
    if from_ is None or to is None or not source.strip() or not target.strip():
        return ()
    said, told = extract(source, from_), extract(target, to)
    misses = [*_figures(said, told), *_names(said, told), *_spelling(said, told), *_negation(said, told)]
    if is_foreign(said.words, told.words, from_, to, [other for other in LANGUAGES.values() if other is not to]):
        misses.append(Miss(MissKind.LANGUAGE, Fault.LOST))
    if is_odd_length(said.wording, told.wording):
        misses.append(Miss(MissKind.LENGTH, Fault.LOST))
    if is_looping(said.words, told.words):
        misses.append(Miss(MissKind.REPETITION, Fault.INVENTED))
    return tuple(misses)


# --- Numbers and times ----------------------------------------------------------------------------------------------


def _figures(said: Facts, told: Facts) -> Iterator[Miss]:
    if max(len(said.figures.items), len(told.figures.items)) > _MOST_FIGURES:
        return
    lost, invented = _unmatched(said, told)
    for month in _months_in_digits(said, told, lost, invented):
        yield Miss(MissKind.DATE, Fault.LOST, month)
    yield from (
        Miss(figure.kind, Fault.LOST, said.words_of(figure)) for figure in lost if _counts(figure, invented, told)
    )
    yield from (Miss(figure.kind, Fault.INVENTED) for figure in invented if _counts(figure, lost, said))


def _unmatched(said: Facts, told: Facts) -> tuple[list[Figure], list[Figure]]:
    """Pair the figures of both texts, the longest strings of digits first; return what is left of each."""
    left = set(range(len(said.figures.items)))
    right = set(range(len(told.figures.items)))
    by_form: dict[str, list[Window]] = {}
    for theirs in told.figures.windows():
        for form in theirs.forms:
            by_form.setdefault(form, []).append(theirs)
    candidates = [
        (min(ours.weight, theirs.weight), ours, theirs)
        for ours in said.figures.windows()
        for form in ours.forms
        for theirs in by_form.get(form, ())
    ]
    candidates.sort(key=lambda candidate: candidate[0], reverse=True)
    for _, ours, theirs in candidates:
        if left.issuperset(ours.figures) and right.issuperset(theirs.figures):
            left.difference_update(ours.figures)
            right.difference_update(theirs.figures)
    lost = [said.figures.items[index] for index in sorted(left)]
    invented = [told.figures.items[index] for index in sorted(right)]
    for figure in list(lost):
        other = next((each for each in invented if _is_same_loosely(figure, each)), None)
        if other is not None:
            lost.remove(figure)
            invented.remove(other)
    return lost, invented


def _is_same_loosely(one: Figure, other: Figure) -> bool:
    """Whether these are one hour by two clocks ("at nine", "a las 21"), or one decade ("1980s", "eighties")."""
    if not (one.digits.isdigit() and other.digits.isdigit()):
        return False
    low, high = sorted((int(one.digits), int(other.digits)))
    if (one.is_hour or other.is_hour) and high <= 2 * _HALF_DAY_HOURS:
        return (high - low) % _HALF_DAY_HOURS == 0
    return _FIRST_YEAR <= high <= _LAST_YEAR and high % _CENTURY == low and high % _DECADE == 0


def _counts(figure: Figure, others: Sequence[Figure], other_side: Facts) -> bool:
    """Whether an unmatched figure speaks against the translation."""
    if figure.is_unsure:
        return figure.is_ordinal and any(other.is_ordinal for other in others)
    if "h:1" in figure.forms and other_side.has_half:
        return False
    if figure.value == _DUAL and other_side.language.has_dual:
        return False
    # What is said twice may well be told once.
    return not any(figure.forms & other.forms for other in other_side.figures.items if figure.digits != "")


def _months_in_digits(said: Facts, told: Facts, lost: list[Figure], invented: list[Figure]) -> Iterator[str]:
    """Let "12/3" answer to "12 March", and take it off the figures; yield the months that nothing answers to."""
    for month, words in said.months.sure.items():
        if month not in told.months.possible and not _take(invented, month):
            yield words
    for month in told.months.sure:
        if month not in said.months.possible and not _take(lost, month):
            yield ""


def _take(figures: list[Figure], value: str) -> bool:
    found = next((figure for figure in figures if f"v:{value}" in figure.forms), None)
    if found is not None:
        figures.remove(found)
    return found is not None


# --- Days, currencies -----------------------------------------------------------------------------------------------


def _names(said: Facts, told: Facts) -> Iterator[Miss]:
    pairs: tuple[tuple[MissKind, Named, Named], ...] = (
        (MissKind.DATE, said.weekdays, told.weekdays),
        (MissKind.DATE, said.days, told.days),
        (MissKind.AMOUNT, said.units, told.units),
    )
    for kind, ours, theirs in pairs:
        yield from (Miss(kind, Fault.LOST, words) for value, words in ours.sure.items() if value not in theirs.possible)
        yield from (Miss(kind, Fault.INVENTED) for value in theirs.sure if value not in ours.possible)


# --- Spelling -------------------------------------------------------------------------------------------------------


def _spelling(said: Facts, told: Facts) -> Iterator[Miss]:
    ours, theirs = "".join(said.spelled), "".join(told.spelled)
    if ours == theirs:
        return
    for letters in said.spelled:
        if letters not in theirs and letters not in told.capitals:
            yield Miss(MissKind.SPELLING, Fault.LOST, letters)
    for letters in told.spelled:
        if letters not in ours and letters not in said.capitals:
            yield Miss(MissKind.SPELLING, Fault.INVENTED)


# --- Negation -------------------------------------------------------------------------------------------------------


def _negation(said: Facts, told: Facts) -> Iterator[Miss]:
    """Compare sentence by sentence where there are as many of them, else the texts as a whole."""
    if len(said.sentences) == len(told.sentences):
        pairs = list(zip(said.sentences, told.sentences, strict=True))
    else:
        pairs = [(_together(said.sentences), _together(told.sentences))]
    for ours, theirs in pairs:
        if _denies(ours, theirs):
            yield Miss(MissKind.NEGATION, Fault.LOST, ours.text)
        elif _denies(theirs, ours):
            yield Miss(MissKind.NEGATION, Fault.INVENTED)


def _denies(one: Polarity, other: Polarity) -> bool:
    """Whether ``one`` says no, and ``other`` nothing like it."""
    if one.answers_no and other.answers_no:
        return one.negates and not other.may_negate
    return (one.negates or one.answers_no) and not (other.may_negate or other.answers_no)


def _together(sentences: Sequence[Polarity]) -> Polarity:
    return Polarity(
        text=" ".join(each.text for each in sentences),
        negates=any(each.negates or each.answers_no for each in sentences),
        may_negate=any(each.may_negate or each.answers_no for each in sentences),
        answers_no=False,
    )
