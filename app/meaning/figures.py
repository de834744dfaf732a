"""Numbers, times and amounts as the guard compares them: each with every form in which the other text may say it.

A form is a word such as ``v:23`` (the value), ``c:23`` (the digits, as part of a longer string), ``d:6550`` (those of a
decimal), ``t:210`` (minutes into half a day) or ``h:3`` (three and a half, of whatever).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain.meaning import MissKind
from app.meaning.language import Clock, Language
from app.meaning.numbers import Number

_HALF_DAY_MINUTES = 720
_HOUR_MINUTES = 60
_LONGEST_RUN = 24
"""Numbers of a run that are tried as parts of one string of digits."""
_LONG_RUN = 3
"""In so many numbers in a row every one counts, also "one"."""
_PHONE_DIGITS = 7
_FORTNIGHT = "fortnight"
_RUN_GAP = re.compile(r"[\s,;\-–—/().+·]*")
_CLOSE = re.compile(r"\s*(?:[$€£]|us\$)?\s*")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number or time of a text."""

    forms: frozenset[str]
    start: int
    end: int
    kind: MissKind
    is_unsure: bool = False
    digits: str = ""
    """As said; empty for a time."""
    is_hour: bool = False
    is_ordinal: bool = False
    in_words: bool = False

    @property
    def value(self) -> float:
        return float(self.digits) if self.digits else -1.0


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring figures that may be said as one."""

    figures: tuple[int, ...]
    forms: frozenset[str]

    @property
    def weight(self) -> tuple[bool, int, int]:
        """What is matched first: times, then long strings of digits, then many figures."""
        longest = max((len(form) for form in self.forms), default=0)
        return any(form.startswith("t:") for form in self.forms), longest, len(self.figures)


@dataclass(frozen=True, slots=True)
class Figures:
    items: tuple[Figure, ...]
    runs: tuple[tuple[int, ...], ...]
    """Which figures follow each other with nothing but commas and hyphens, or "and", between them."""
    special: tuple[Window, ...]
    """Pairs that may be a time or an amount."""

    def windows(self) -> Iterator[Window]:
        """Yield every string of figures that the other text may say in another grouping."""
        yield from self.special
        for index, figure in enumerate(self.items):
            yield Window((index,), figure.forms)
        for run in self.runs:
            for first in range(len(run)):
                digits = self.items[run[first]].digits
                for last in range(first + 1, min(len(run), first + _LONGEST_RUN)):
                    digits += self.items[run[last]].digits
                    plain = digits.replace(".", "")
                    yield Window(run[first : last + 1], frozenset({f"c:{plain}", f"d:{plain}"}))


def read_figures(text: str, numbers: Sequence[Number], language: Language) -> Figures:
    """Return what the numbers of a folded text say."""
    if not numbers:
        return Figures((), (), ())
    skeleton = _skeleton(text, numbers, language)
    hours = _hours(skeleton, language)
    fortnights = _fortnights(skeleton, numbers, language)
    halves = {int(match["h"]) for match in language.half_pattern.finditer(skeleton)}
    times, loose = _times(skeleton, numbers, language)
    kept: list[Figure] = []
    position: dict[int, int] = {}
    for index, number in enumerate(numbers):
        if index in times:
            time, parts = times[index]
            if index == parts[0]:
                span = [numbers[part] for part in parts]
                start, end = min(each.start for each in span), max(each.end for each in span)
                kept.append(Figure(_time_forms(time), start, end, MissKind.TIME, in_words=span[0].in_words))
            position[index] = len(kept) - 1
            continue
        figure = _figure(number, is_hour=index in hours, has_half=index in halves)
        kept.append(replace(figure, forms=figure.forms | {_FORTNIGHT}) if index in fortnights else figure)
        position[index] = len(kept) - 1
    special = [Window(tuple(position[part] for part in parts), _time_forms(time)) for time, parts in loose]
    special += _amounts(text, kept, language)
    return _with_runs(text, kept, [each for each in special if len(set(each.figures)) == len(each.figures)], language)


def _skeleton(text: str, numbers: Sequence[Number], language: Language) -> str:
    """Return the text with ``#0#``, ``#1#`` ... for its numbers, for patterns that hold numbers."""
    pieces, at = [], 0
    for index, number in enumerate(numbers):
        if text[number.start : number.end] in language.numerals.clock_words:
            continue
        pieces += [text[at : number.start], f"#{index}#"]
        at = number.end
    return "".join([*pieces, text[at:]])


def _hours(skeleton: str, language: Language) -> set[int]:
    found = (group for match in language.hour_pattern.finditer(skeleton) for group in match.groups())
    return {int(group) for group in found if group is not None}


def _fortnights(skeleton: str, numbers: Sequence[Number], language: Language) -> set[int]:
    """Return the numbers that count a fortnight: of days in one language, of weeks in another."""
    found: set[int] = set()
    for match in language.fortnight_pattern.finditer(skeleton):
        index = int(match["h"] or match["m"])
        if numbers[index].digits in (("14", "15") if match["h"] else ("2",)):
            found.add(index)
    return found


_Times = dict[int, tuple[int, tuple[int, ...]]]


def _times(
    skeleton: str, numbers: Sequence[Number], language: Language
) -> tuple[_Times, list[tuple[int, tuple[int, ...]]]]:
    """Return the times (in minutes) by number that they use, and those that may be something else."""
    certain: _Times = {}
    loose: list[tuple[int, tuple[int, ...]]] = []
    for pattern, clock in language.clock_patterns:
        for match in pattern.finditer(skeleton):
            groups = match.groupdict()
            parts = tuple(sorted(int(part) for part in groups.values() if part is not None))
            minutes = groups.get("m")
            time = _time(numbers[int(groups["h"])], numbers[int(minutes)] if minutes else None, clock)
            if time is None or any(part in certain for part in parts):
                continue
            if clock.is_certain:
                certain.update(dict.fromkeys(parts, (time, parts)))
            else:
                loose.append((time, parts))
    return certain, [(time, parts) for time, parts in loose if not any(part in certain for part in parts)]


def _time(hour: Number, minute: Number | None, clock: Clock) -> int | None:
    """Return minutes into half a day, None for what cannot be a time."""
    minutes = clock.minutes if minute is None else (int(minute.digits) if minute.digits.isdigit() else -1)
    if minutes is None or not hour.digits.isdigit() or int(hour.digits) > 24 or (minute and not 0 <= minutes < 60):
        return None
    factor = 1 if minute is None else clock.factor
    return ((int(hour.digits) + clock.hour_shift) * _HOUR_MINUTES + factor * minutes) % _HALF_DAY_MINUTES


def _time_forms(time: int) -> frozenset[str]:
    hour, minute = divmod(time, _HOUR_MINUTES)
    hours = (hour, hour + 12) if hour else (0, 12, 24)
    forms = {f"t:{time}", *(f"c:{each}{minute:02}" for each in hours), *(f"c:0{each}{minute:02}" for each in hours[:1])}
    forms |= {f"f:{each}.{minute:02}" for each in hours}
    if minute == 0:
        forms |= {f"v:{each}" for each in hours}
    if minute == _HOUR_MINUTES // 2:
        forms |= {f"h:{each}" for each in hours}
    return frozenset(forms)


def _figure(number: Number, *, is_hour: bool, has_half: bool) -> Figure:
    whole, _, fraction = number.digits.partition(".")
    value = f"{int(whole)}.{fraction.rstrip('0')}".rstrip(".")
    forms = {f"v:{value}"}
    if fraction:
        forms |= {f"d:{whole}{fraction}"}
        forms |= {f"f:{int(whole)}.{fraction}"} if is_hour else set()
        forms |= {f"h:{whole}"} if fraction == "5" else set()
    else:
        forms |= {f"c:{whole}", f"c:{int(whole)}"}
    if has_half:
        forms |= {f"h:{whole}", f"v:{whole}.5"}
    if number.other_value:
        forms.add(f"v:{number.other_value.rstrip('0').rstrip('.')}")
    return Figure(
        forms=frozenset(forms),
        start=number.start,
        end=number.end,
        kind=MissKind.NUMBER,
        is_unsure=number.is_unsure and not (is_hour and number.is_ordinal),
        digits=number.digits,
        is_hour=is_hour,
        is_ordinal=number.is_ordinal,
        in_words=number.in_words,
    )


def _amounts(text: str, figures: list[Figure], language: Language) -> Iterator[Window]:
    """Mark figures beside a currency; yield the pairs that are whole and hundredths: "65 euros and 50 cents"."""
    before_cents, after = language.before_cents, language.currency_behind
    for index, figure in enumerate(figures):
        before = text[max(0, figure.start - 4) : figure.start].rstrip()
        if figure.digits and (after.match(text, figure.end) or before.endswith(("$", "€", "£"))):
            figures[index] = replace(figure, kind=MissKind.AMOUNT, is_unsure=False)
    for index in range(len(figures) - 1):
        whole, part = figures[index], figures[index + 1]
        gap = text[whole.end : part.start]
        if whole.digits.isdigit() and part.digits.isdigit() and len(part.digits) <= 2 and before_cents.fullmatch(gap):
            value = f"{int(whole.digits)}.{int(part.digits):02}".rstrip("0").rstrip(".")
            forms = frozenset({f"v:{value}", f"d:{whole.digits}{part.digits}", f"c:{whole.digits}{part.digits}"})
            yield Window((index, index + 1), forms)


def _with_runs(text: str, figures: list[Figure], special: list[Window], language: Language) -> Figures:
    """Find the runs of digits, and what they are: in a long one every number counts."""
    runs: list[list[int]] = []
    for index, figure in enumerate(figures):
        gap = text[figures[index - 1].end : figure.start] if index else ""
        is_next = index > 0 and (_RUN_GAP.fullmatch(gap) is not None or language.joined_gap.fullmatch(gap) is not None)
        if is_next and figure.digits and figures[index - 1].digits:
            runs[-1].append(index)
        else:
            runs.append([index])
    for run in runs:
        digits = sum(len(figures[index].digits) for index in run)
        is_strict = len(run) >= _LONG_RUN
        is_phone = digits >= _PHONE_DIGITS and all(figures[index].kind is not MissKind.AMOUNT for index in run)
        for index in run:
            figure = figures[index]
            kind = MissKind.PHONE if is_phone and figure.kind is MissKind.NUMBER else figure.kind
            figures[index] = replace(figure, kind=kind, is_unsure=figure.is_unsure and not is_strict)
    return Figures(tuple(figures), tuple(tuple(run) for run in runs if len(run) > 1), tuple(special))
