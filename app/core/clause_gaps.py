"""Where a clause may end: every gap between two words is judged by what is written and what is heard around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.clause_rules import CLAUSE_MARKS, SENTENCE_MARKS, ClauseRules, bare
from app.domain.records import CommitReason

SENTENCE_SCORE = 1.0
CLAUSE_SCORE = 0.7
PAUSE_SCORE = 0.6
PHRASE_SCORE = 0.4
LONG_SILENCE_MS = 600
SHORT_SILENCE_MS = 250
_LATE_WORDS_MS = 200
"""A recogniser that has heard to within this of a pause knows the words before it."""
_SHORTEST_WORD_MS = 150
"""More voice than this between a word and a pause is another word, which the recogniser has not told yet."""
_LONGEST_LINK = 2
"""How many words may join two words of a protected span: ``12 de [el] marzo``."""
_HESITATIONS = ("..", "…")
_CLOSING_QUOTES = "\"'’”»)]"


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence of the voice, on the call's clock."""

    from_ms: int
    until_ms: int | None = None
    """None: it goes on."""


@dataclass(frozen=True, slots=True)
class OpenWords:
    """What was said and is not committed yet."""

    words: Sequence[str]
    ends_ms: Sequence[int]
    """Where each word ends, on the call's clock."""
    stable: int
    """How many of them will not change."""
    pauses: Sequence[Pause]
    heard_until_ms: int
    """The end of the audio that the recogniser has heard."""

    def after(self, size: int) -> OpenWords:
        """Return what is left behind the first ``size`` words."""
        return replace(self, words=self.words[size:], ends_ms=self.ends_ms[size:], stable=self.stable - size)

    def silence_ms(self, size: int, now_ms: int) -> int:
        """Return how long the voice was away behind the first ``size`` words."""
        longest_ms = 0
        for pause in self.pauses:
            if pause.until_ms is None:
                silence_ms = now_ms - pause.from_ms
                is_behind = size == len(self.words) and (
                    self.heard_until_ms >= pause.from_ms - _LATE_WORDS_MS or silence_ms >= LONG_SILENCE_MS
                )
            else:
                silence_ms = pause.until_ms - pause.from_ms
                is_behind = self.ends_ms[size - 1] <= pause.until_ms and (
                    size == len(self.words) or self.ends_ms[size] > pause.until_ms
                )
            is_next_to = self.ends_ms[size - 1] >= pause.from_ms - _SHORTEST_WORD_MS
            if is_behind and (is_next_to or silence_ms >= LONG_SILENCE_MS):
                longest_ms = max(longest_ms, silence_ms)
        return longest_ms


@dataclass(frozen=True, slots=True)
class Gap:
    """The place behind the first ``size`` open words."""

    size: int
    score: float
    """0 (in the middle of a phrase) to 1 (between sentences)."""
    reason: CommitReason
    is_usable: bool
    """False in a protected span and behind a word that leans on the next one."""
    is_bracket_open: bool
    """A verb is still to come."""
    spoken: int
    """The words before it that are not fillers."""


def find_gaps(open_words: OpenWords, rules: ClauseRules, now_ms: int, quiet_ms: int, cap_ms: int) -> list[Gap]:
    """Judge every gap behind a stable word.

    A protected span holds until ``quiet_ms`` of silence, or until its first word is ``cap_ms`` old.
    """
    words = open_words.words
    protected = _protected_gaps(open_words, rules, now_ms, cap_ms)
    gaps: list[Gap] = []
    spoken = 0
    for size in range(1, open_words.stable + 1):
        word = words[size - 1]
        spoken += bare(word) not in rules.fillers
        silence_ms = open_words.silence_ms(size, now_ms)
        score, reason = _score(open_words, size, silence_ms, rules)
        is_protected = size in protected and silence_ms < quiet_ms
        gaps.append(
            Gap(
                size=size,
                score=score,
                reason=reason,
                is_usable=not is_protected and not rules.is_unfinished(word),
                is_bracket_open=score < SENTENCE_SCORE and rules.leaves_bracket_open(words[:size]),
                spoken=spoken,
            )
        )
    return gaps


def span_starts_ms(open_words: OpenWords, rules: ClauseRules) -> list[int]:
    """Return the end of the first word of every protected span."""
    return [open_words.ends_ms[first] for first, _ in _spans(open_words, rules)]


def ends_sentence(word: str) -> bool:
    """Whether a sentence ends with this word: not with an initial, nor with the dots of a hesitation."""
    unquoted = word.rstrip(_CLOSING_QUOTES)
    return unquoted[-1:] in SENTENCE_MARKS and not unquoted.endswith(_HESITATIONS) and len(bare(word)) != 1


def _score(open_words: OpenWords, size: int, silence_ms: int, rules: ClauseRules) -> tuple[float, CommitReason]:
    words = open_words.words
    word = words[size - 1]
    # A guess is believed about where a clause begins once another word has followed it.
    is_next_known = size < open_words.stable or size + 1 < len(words)
    if ends_sentence(word):
        return SENTENCE_SCORE, CommitReason.SENTENCE
    if silence_ms >= LONG_SILENCE_MS:
        return SENTENCE_SCORE, CommitReason.PAUSE
    if word[-1] in CLAUSE_MARKS or word.endswith(_HESITATIONS):
        return CLAUSE_SCORE, CommitReason.COMMA
    if is_next_known and rules.opens_clause(words[size]):
        return CLAUSE_SCORE, CommitReason.OPENER
    if silence_ms >= SHORT_SILENCE_MS:
        return PAUSE_SCORE, CommitReason.PAUSE
    if is_next_known and rules.opens_phrase(words[size]):
        return PHRASE_SCORE, CommitReason.SOFT
    return 0.0, CommitReason.HARD


def _protected_gaps(open_words: OpenWords, rules: ClauseRules, now_ms: int, cap_ms: int) -> frozenset[int]:
    return frozenset(
        size
        for first, end in _spans(open_words, rules)
        if now_ms - open_words.ends_ms[first] < cap_ms
        for size in range(first + 1, end + (end == open_words.stable))
    )


def _spans(open_words: OpenWords, rules: ClauseRules) -> list[tuple[int, int]]:
    """Return the spans among the stable words, as (first, end); the last one may still be going on."""
    words = open_words.words[: open_words.stable]
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        if not rules.is_span_word(words[at]):
            at += 1
            continue
        first = at
        while at < len(words) and rules.is_span_word(words[at]):
            at += 1
            at = _skip_links(words, at, rules)
        spans.append((first, at))
    return spans


def _skip_links(words: Sequence[str], at: int, rules: ClauseRules) -> int:
    """Return where the span goes on behind the links at ``at``, or ``at`` where it does not."""
    end = at
    while end < len(words) and end - at < _LONGEST_LINK and rules.is_span_link(words[end]):
        end += 1
    return end if end == len(words) or rules.is_span_word(words[end]) else at
