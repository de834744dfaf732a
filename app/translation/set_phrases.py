"""A translation memory of what everybody says on the telephone: greetings, thanks, apologies, courtesies.

Small models are at their worst on these ("Thank you." -> "Obrigado por enviar uma edição."), and people say little else
so often. A phrase is found as a whole sentence, or between commas at either end of one; the rest is for the engines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import yaml

_DATA = Path(__file__).with_name("set_phrases.yaml")

_CLOSING = re.compile(r"[\s.!?…,;:]*$")
_OPENING = re.compile(r"^[\s¿¡]*")
_COMMA = re.compile(r",\s+")
_NO_WORD = re.compile(r"[\W_]+")
_QUOTED = re.compile(r'["«»“”()\[\]]')
_ALWAYS_CAPITAL = re.compile(
    r"(?:I|I'\w+|Mrs?|Ms|Dr|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|June|July|August|"
    r"September|October|November|December|English|Spanish)\b"
)
_CLEAR_QUESTION_WORDS = 3
"""A question of fewer words ("What") is one only with its mark: recognisers leave it out."""


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    """Without closing or opening marks."""

    is_question: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence whose set phrases are translated already."""

    before: tuple[Wording, ...]
    rest: str
    """What is left for an engine, in the source language and with a closing mark of its own; empty: nothing."""

    after: tuple[Wording, ...]
    closing: str
    """The marks at the sentence's end; empty where it had none."""

    language: str
    """The target."""

    starts_capital: bool
    rest_starts_capital: bool
    """Whether the rest's first word has a capital of its own, as a name has."""

    def fill(self, rest: str) -> str:
        """Return the whole translation, given that of the rest. A frame without phrases changes nothing."""
        if not (self.before or self.after):
            return rest
        parts = [self._lower(self._open(wording)) for wording in self.before]
        if self.rest:
            bare = _CLOSING.sub("", rest)
            parts.append(self._lower(bare) if parts and not self.rest_starts_capital else bare)
        parts += [self._lower(self._open(wording)) for wording in self.after]
        whole, closing = ", ".join(filter(None, parts)), self._closing()
        if self.language == "es" and not self.rest:
            whole = _open_spanish(whole, closing)
        return (_upper_first(whole) if self.starts_capital else whole) + closing

    def _lower(self, text: str) -> str:
        return _lower_first(text, self.language)

    def _open(self, wording: Wording) -> str:
        return f"¿{wording.text}" if self.language == "es" and wording.is_question else wording.text

    def _closing(self) -> str:
        asks = any(wording.is_question for wording in self.after)
        closing = "?" if asks and "?" not in self.closing else self.closing
        return f" {closing}" if self.language == "fr" and closing[:1] in ("?", "!") else closing


class SetPhrases:
    """Rows of phrases with one meaning; wordings by language, the first of which is the one that is said."""

    def __init__(self, rows: Iterable[Mapping[str, tuple[str, ...]]]) -> None:
        self._rows = tuple(rows)
        self._found: dict[tuple[str, str], int] = {}
        self._longest = 1
        for index, row in enumerate(self._rows):
            for language, wordings in row.items():
                for wording in wordings:
                    self._found.setdefault((language, _key(wording)), index)
                    self._longest = max(self._longest, wording.count(", ") + 1)

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        return cls(
            {language: tuple(wordings.split(" / ")) for language, wordings in row.items()}
            for row in yaml.safe_load(text)
        )

    @property
    def rows(self) -> tuple[Mapping[str, tuple[str, ...]], ...]:
        return self._rows

    def find(self, text: str, source: str, target: str, *, asked: bool) -> Wording | None:
        """Return how ``target`` says the phrase; ``asked``: whether it ends in a question mark."""
        key = _key(text, is_question=False)
        index = self._found.get((source, key + "?")) if asked or key.count(" ") + 1 >= _CLEAR_QUESTION_WORDS else None
        if index is None:
            index = self._found.get((source, key))
        wordings = () if index is None else self._rows[index].get(target, ())
        if not wordings:
            return None
        return Wording(_OPENING.sub("", _CLOSING.sub("", wordings[0])), wordings[0].endswith("?"))

    def frame(self, sentence: str, source: str, target: str) -> Frame:
        """Take the set phrases off both ends of a sentence.

        A question is taken only from the end: what follows it could be part of it.
        """
        marks = _CLOSING.search(sentence)
        assert marks is not None
        body, closing = sentence[: marks.start()], marks[0].strip()
        starts_capital = _OPENING.sub("", sentence)[:1].isupper()
        segments = _COMMA.split(body)
        if _QUOTED.search(sentence) or not body:
            return Frame((), sentence, (), closing, target, starts_capital, starts_capital)
        before, first = self._leading(segments, source, target)
        after, last = self._trailing(segments, first, source, target, asked="?" in closing)
        rest = ", ".join(segments[first:last])
        if not (before or after):
            rest = sentence
        elif rest:
            own_closing = "." if any(wording.is_question for wording in after) else closing
            rest = _close(rest, own_closing, source)
        bare = _OPENING.sub("", rest)
        has_own_capital = bare[:1].isupper() and not (first and source == "en" and _ALWAYS_CAPITAL.match(bare))
        rest = _upper_first(rest) if starts_capital else rest
        return Frame(before, rest, after, closing, target, starts_capital, has_own_capital)

    def _leading(self, segments: list[str], source: str, target: str) -> tuple[tuple[Wording, ...], int]:
        found: list[Wording] = []
        first = 0
        while first < len(segments):
            for end in range(min(len(segments), first + self._longest), first, -1):
                wording = self.find(", ".join(segments[first:end]), source, target, asked=False)
                if wording and not wording.is_question:
                    found.append(wording)
                    first = end
                    break
            else:
                break
        return tuple(found), first

    def _trailing(
        self, segments: list[str], first: int, source: str, target: str, *, asked: bool
    ) -> tuple[tuple[Wording, ...], int]:
        found: list[Wording] = []
        last = len(segments)
        while last > first and not (found and found[0].is_question):
            for start in range(max(first, last - self._longest), last):
                wording = self.find(", ".join(segments[start:last]), source, target, asked=asked)
                if wording:
                    found.insert(0, wording)
                    last = start
                    break
            else:
                break
        return tuple(found), last


@cache
def load_set_phrases() -> SetPhrases:
    """Read the phrases that come with the package, once."""
    return SetPhrases.from_yaml(_DATA.read_text(encoding="utf-8"))


def _key(text: str, *, is_question: bool | None = None) -> str:
    """Fold case, accents and punctuation away; a question's key ends in its mark."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    asked = text.rstrip().endswith("?") if is_question is None else is_question
    return _NO_WORD.sub(" ", letters).strip() + ("?" if asked else "")


def _close(rest: str, closing: str, language: str) -> str:
    """Give the rest its marks; Spanish ones at both ends, or at neither."""
    if language == "es":
        for mark, opening in (("?", "¿"), ("!", "¡")):
            if mark not in closing:
                rest = rest.replace(opening, "")
            elif opening not in rest:
                rest = opening + rest
    return rest + closing


def _open_spanish(text: str, closing: str) -> str:
    for mark, opening in (("?", "¿"), ("!", "¡")):
        if mark in closing and opening not in text:
            return opening + text
    return text


def _upper_first(text: str) -> str:
    opening = _OPENING.match(text)
    at = opening.end() if opening else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def _lower_first(text: str, language: str) -> str:
    opening = _OPENING.match(text)
    at = opening.end() if opening else 0
    is_shouted = text[at : at + 2].isupper() and text[at + 1 : at + 2].isalpha()
    if is_shouted or (language == "en" and _ALWAYS_CAPITAL.match(text[at:])):
        return text
    return text[:at] + text[at : at + 1].lower() + text[at + 1 :]
