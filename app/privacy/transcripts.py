"""What is kept of a call's clauses: nothing, what is not personal, or everything.

People pause in the middle of a card's number, and then its halves are two clauses. So each clause is read together
with those that its speaker said just before, and one that turns out to hold the first half is told again.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from app.domain.policies import Transcripts
from app.domain.records import UtteranceRecord
from app.privacy.redaction import Personal, find_personal, label, redact

_CLAUSES_READ = 6
"""A card's number in four groups, and a word or two between them."""
_REMEMBERED_TEXTS = 4 * _CLAUSES_READ
"""Of both speakers, original and translation."""


def kept_text(transcripts: Transcripts, text: str | None, language: str) -> str | None:
    """Return what may be kept of a text by itself; None: nothing."""
    if text is None or transcripts is Transcripts.OFF:
        return None
    return text if transcripts is Transcripts.FULL else redact(text, language)


@dataclass(slots=True)
class _Heard:
    whole: UtteranceRecord
    kept: UtteranceRecord


class TranscriptKeeper:
    """One call's clauses on their way to where they are kept."""

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts
        self._recent: dict[str, deque[_Heard]] = {}
        """By speaker."""
        self._redact_alone = lru_cache(maxsize=_REMEMBERED_TEXTS)(redact)
        """Each text comes again with each of the next clauses."""

    def keep(self, record: UtteranceRecord) -> list[UtteranceRecord]:
        """Return what is to be kept: this record and those before it that are to be told anew, this one last.

        A record with the number of an earlier one replaces it.
        """
        match self._transcripts:
            case Transcripts.FULL:
                return [record]
            case Transcripts.OFF:
                return [replace(record, source_text="", translated_text=None)]
            case Transcripts.REDACTED:
                return self._redacted(record)

    def _redacted(self, record: UtteranceRecord) -> list[UtteranceRecord]:
        recent = self._recent.setdefault(record.speaker, deque(maxlen=_CLAUSES_READ))
        heard = next((each for each in recent if each.whole.sequence == record.sequence), None)
        if heard is None:
            heard = _Heard(record, record)
            recent.append(heard)
        heard.whole = record
        sources = self._together([(each.whole.source_text, each.whole.source_language) for each in recent])
        translations = self._together(
            [(each.whole.translated_text or "", each.whole.target_language) for each in recent]
        )
        changed = []
        for each, source, translation in zip(list(recent), sources, translations, strict=True):
            kept = replace(
                each.whole,
                source_text=source,
                translated_text=None if each.whole.translated_text is None else translation,
            )
            if each is not heard and kept != each.kept:
                changed.append(kept)
            each.kept = kept
        return [*changed, heard.kept]

    def _together(self, texts: list[tuple[str, str]]) -> list[str]:
        """Redact texts, each with its language, that follow one another.

        What runs over an end leaves a label on each side.
        """
        composed = [unicodedata.normalize("NFC", text) for text, _ in texts]
        hidden: list[list[Personal]] = [[] for _ in texts]
        for language in {language for _, language in texts}:
            said = [text if other == language else "|" for text, (_, other) in zip(composed, texts, strict=True)]
            ends = list(accumulate(len(text) + 1 for text in said))
            for personal in find_personal(" ".join(said), language):
                first, last = bisect_right(ends, personal.start), bisect_left(ends, personal.end)
                for index in range(first, last + 1) if last > first else ():
                    start = ends[index] - len(said[index]) - 1
                    within = max(personal.start - start, 0), min(personal.end - start, len(said[index]))
                    hidden[index].append(Personal(personal.kind, *within, personal.value))
        return [
            self._redact_alone(label(text, found), language)
            for text, found, (_, language) in zip(composed, hidden, texts, strict=True)
        ]
