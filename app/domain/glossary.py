"""A deployment's own words: names that are never translated, and terms that are translated in one way only.

They are matched as they are written: whole words, whatever their case; no word is bent. Who also says "facturas" lists
it beside "factura". One exception keeps the bridge apart from Puente: a name of one word that is written with a capital
is found with its capital only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "zh"})
"""Written without spaces: nothing shows where a word begins or ends."""
_JOINED = frozenset({"ar", "fa", "he", "ur"})
"""Small words are written on to what follows them, so a translation may have a term behind other letters."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing in several languages."""

    words: tuple[tuple[str, tuple[str, ...]], ...]
    """Language (ISO 639-1) and its forms, as many in each: form n of one language is form n of the others."""

    def forms(self, language: str) -> tuple[str, ...]:
        return dict(self.words).get(language, ())


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said in one language, and what it has to be in the other."""

    source: str
    target: str
    accepted: tuple[str, ...]
    """The target in all its forms, any of which may be right in a sentence."""
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One occurrence: ``text[start:end]``."""

    entry: Entry
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PairGlossary:
    """What a glossary says of translations from one language into another."""

    source: str
    target: str
    entries: tuple[Entry, ...] = ()
    """The longest first; of two with the same source the one that counts."""

    def find(self, text: str) -> tuple[Found, ...]:
        """Return what ``text``, in the source language, has of it, from left to right; none overlaps another."""
        if not self.entries:
            return ()
        found = []
        for match in _pattern(self).finditer(text):
            assert match.lastindex is not None
            found.append(Found(self.entries[match.lastindex - 1], *match.span()))
        return tuple(found)

    def missing(self, text: str, translation: str) -> tuple[Entry, ...]:
        """Return what ``text`` has and its translation has not, each once."""
        entries = dict.fromkeys(found.entry for found in self.find(text))
        return tuple(entry for entry in entries if not any(self._written(form, translation) for form in entry.accepted))

    def apart(self, text: str, translation: str) -> tuple[str, str]:
        """Return both without what the glossary settles: a plan named "No Limit" denies nothing."""
        found = self.find(text)
        for each in reversed(found):
            text = f"{text[: each.start]} {text[each.end :]}"
            for form in sorted(each.entry.accepted, key=len, reverse=True):
                translation = self._beginning(form).sub(" ", translation, count=1)
        return text, translation

    def _written(self, form: str, translation: str) -> bool:
        return self._beginning(form).search(translation) is not None

    def _beginning(self, form: str) -> re.Pattern[str]:
        """Match a word of the target language that begins so: endings are its grammar's business."""
        boundary = "" if self.target in _UNSPACED | _JOINED else r"(?<!\w)"
        return re.compile(boundary + _spaced(form), re.IGNORECASE)


NO_GLOSSARY = PairGlossary("", "")


@dataclass(frozen=True, slots=True)
class Scope:
    """What one part of the file says."""

    names: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Glossary:
    """What holds for one call."""

    scopes: tuple[Scope, ...] = ()
    """The most particular first: what it says of a word is what counts."""

    def pair(self, source: str, target: str) -> PairGlossary:
        """Return what it says of translations from ``source`` into ``target`` (ISO 639-1)."""
        return _pair(self, source, target)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return every pair of languages for which it has a term."""
        spoken = [[language for language, _ in term.words] for scope in self.scopes for term in scope.terms]
        return frozenset((one, other) for term in spoken for one in term for other in term if one != other)

    def expected(self, languages: Iterable[str]) -> tuple[str, ...]:
        """Return what somebody who speaks one of ``languages`` may say: names first, then terms by language."""
        names = [name for scope in self.scopes for name in scope.names]
        terms = [
            form
            for language in languages
            for scope in self.scopes
            for term in scope.terms
            for form in term.forms(language)
        ]
        return tuple(dict.fromkeys((*names, *terms)))


@dataclass(frozen=True, slots=True)
class Glossaries:
    """The glossary of the deployment, and those of calls to some of its numbers."""

    deployment: Glossary = Glossary()
    numbers: tuple[tuple[str, Glossary], ...] = ()
    """Called number (E.164) and what holds for calls to it: its own, before the deployment's."""

    def of_call_to(self, number: str) -> Glossary:
        return dict(self.numbers).get(number, self.deployment)

    def all(self) -> tuple[Glossary, ...]:
        """Return every one of them that says anything."""
        each = dict.fromkeys((self.deployment, *(glossary for _, glossary in self.numbers)))
        return tuple(glossary for glossary in each if glossary.scopes)


@lru_cache(maxsize=256)
def _pair(glossary: Glossary, source: str, target: str) -> PairGlossary:
    entries: dict[tuple[str, bool], Entry] = {}
    for scope in glossary.scopes:
        for entry in _entries(scope, source, target):
            entries.setdefault((entry.source.casefold(), _needs_capital(entry)), entry)
    return PairGlossary(source, target, tuple(sorted(entries.values(), key=lambda entry: -len(entry.source))))


def _entries(scope: Scope, source: str, target: str) -> Iterator[Entry]:
    for name in scope.names:
        yield Entry(name, name, (name,), is_name=True)
    for term in scope.terms:
        said, wanted = term.forms(source), term.forms(target)
        yield from (Entry(form, other, wanted) for form, other in zip(said, wanted, strict=False))


@lru_cache(maxsize=256)
def _pattern(glossary: PairGlossary) -> re.Pattern[str]:
    """Return one group per entry."""
    groups = []
    for entry in glossary.entries:
        if _needs_capital(entry):
            groups.append(f"({re.escape(entry.source[0])}(?i:{re.escape(entry.source[1:])}))")
        else:
            groups.append(f"((?i:{_spaced(entry.source)}))")
    either = "|".join(groups)
    return re.compile(either if glossary.source in _UNSPACED else rf"(?<!\w)(?:{either})(?!\w)")


def _needs_capital(entry: Entry) -> bool:
    return entry.is_name and entry.source[0].isupper() and " " not in entry.source


def _spaced(form: str) -> str:
    """Match a form of several words also where a recogniser heard a comma or wrote a hyphen."""
    return r"(?:,?\s+|-)".join(re.escape(word) for word in form.split())
