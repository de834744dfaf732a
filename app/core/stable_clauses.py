"""Stable clause commit: a clause is spoken as soon as its words are certain and its end looks like one.

Only stable words are committed, so nothing is ever taken back; unstable ones are look-ahead. What decides is the best
gap between two words (``clause_gaps``), and, the longer the oldest word waits, the worse a gap may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.clause_gaps import (
    LONG_SILENCE_MS,
    SHORT_SILENCE_MS,
    Gap,
    OpenWords,
    Pause,
    ends_sentence,
    find_gaps,
    span_starts_ms,
)
from app.core.clause_rules import ClauseRules
from app.core.clause_words import rules_for
from app.core.clauses import Commit
from app.core.word_times import estimate_ends_ms
from app.domain.records import CommitReason
from app.domain.transcripts import Transcript

_NEVER_MS = 1 << 60
_LIKELY_AHEAD_MS = 800
"""A translation ahead of time is asked for so long before a limit is reached."""
_LIKELY_UNSTABLE_WORDS = 5
"""A clause that ends further inside the unstable words than this is not near its commit."""


@dataclass(frozen=True, slots=True)
class ClauseLimits:
    """When to speak. The defaults are where the curves of lag against broken clauses bend (docs/evaluation.md)."""

    sure_score: float = 0.9
    """A gap this good ends a clause at once."""
    good_score: float = 0.6
    """A gap this good ends a clause that has enough words."""
    phrase_score: float = 0.4
    """A gap this good will do at the soft limit, behind ``least_words``."""
    least_words: int = 2
    least_first_words: int = 2
    """For the first clause of a turn."""
    lone_answer_ms: int = 350
    """The silence behind a yes or no."""
    soft_ms: int = 4000
    """How old the oldest open word may be until a gap of ``phrase_score`` is good enough."""
    busy_soft_ms: int = 5000
    """The same while the listener still has ``busy_queue_ms`` to hear."""
    busy_queue_ms: int = 2500
    hard_ms: int = 6000
    """Until any gap is, outside protected spans."""
    watchdog_ms: int = 7000
    """Until everything stable goes."""
    bracket_extra_ms: int = 2000
    """All limits are later while a verb is still to come."""
    span_quiet_ms: int = 700
    """The silence that ends a protected span."""
    span_cap_ms: int = 6000
    """The longest that a protected span holds."""


@dataclass(frozen=True, slots=True)
class _Cut:
    size: int
    reason: CommitReason


class StableClauses:
    """One utterance's clauses (``app.core.clauses.ClausePolicy``)."""

    def __init__(self, began_ms: int, limits: ClauseLimits | None = None) -> None:
        self._limits = limits or ClauseLimits()
        self._rules: ClauseRules = rules_for("")
        self._words: list[str] = []
        """The newest hypothesis, the committed words included."""
        self._ends_ms: list[int] = []
        self._stable = 0
        self._committed = 0
        self._committed_until_ms = began_ms
        self._pauses: list[Pause] = []
        self._heard_until_ms = began_ms
        self._is_over = False
        """Whether the final transcript has come."""
        self._next_ms: int = _NEVER_MS
        self._has_news = False

    def paused(self, at_ms: int) -> None:
        self._end_pause(at_ms)
        self._pauses.append(Pause(at_ms))
        self._has_news = True

    def resumed(self, at_ms: int) -> None:
        self._end_pause(at_ms)
        self._has_news = True

    def ended(self, at_ms: int) -> None:
        self.paused(at_ms)

    def hear(self, transcript: Transcript, stream_began_ms: int, language: str) -> None:
        self._rules = rules_for(language)
        self._has_news = True
        heard = transcript.stable.split()
        # Stable words stay as they were first heard, even if a recogniser breaks its promise.
        words = [*self._words[: self._stable], *heard[self._stable :]]
        self._stable = len(words)
        self._is_over = transcript.is_final
        words += transcript.unstable.split()
        self._heard_until_ms = max(self._heard_until_ms, stream_began_ms + transcript.audio_end_ms)
        kept = self._ends_ms[: max(self._committed, min(len(self._ends_ms), len(words)))]
        if len(transcript.stable_ends_ms) == len(heard):
            known = [stream_began_ms + end_ms for end_ms in transcript.stable_ends_ms[self._committed : self._stable]]
            kept = [*kept[: self._committed], *known]
        self._words = words
        self._ends_ms = estimate_ends_ms(words, kept, self._committed_until_ms, self._heard_until_ms, self._pauses)
        if self._is_over and self._is_silent and len(words) > self._committed and not transcript.stable_ends_ms:
            # A guess may come before its word is over; the last word ends where the voice did.
            self._ends_ms[-1] = max(self._ends_ms[-1], self._pauses[-1].from_ms)

    def due(self, now_ms: int, queued_ms: int) -> Sequence[Commit]:
        if not self._has_news and now_ms < self._next_ms:
            return ()
        self._has_news = False
        commits = [self._commit(cut) for cut in self._cuts(self._open_words(), now_ms, queued_ms, self._is_over)]
        self._next_ms = min(self._wake_times_ms(now_ms), default=_NEVER_MS)
        return commits

    def next_due_ms(self) -> int | None:
        return None if self._next_ms == _NEVER_MS else self._next_ms

    def likely(self, now_ms: int, queued_ms: int) -> Sequence[str]:
        open_words = self._open_words()
        likely = OpenWords(
            open_words.words,
            open_words.ends_ms,
            len(open_words.words),
            open_words.pauses,
            open_words.heard_until_ms,
        )
        texts: list[str] = []
        begin = 0
        for cut in self._cuts(likely, now_ms + _LIKELY_AHEAD_MS, queued_ms, self._is_silent):
            end = begin + cut.size
            is_near = end - open_words.stable <= _LIKELY_UNSTABLE_WORDS
            if self._is_silent or is_near or cut.reason is CommitReason.SENTENCE:
                texts.append(" ".join(likely.words[begin:end]))
            begin = end
        return texts

    # --- Where to cut -----------------------------------------------------------------------------------------------

    def _cuts(self, open_words: OpenWords, now_ms: int, queued_ms: int, is_over: bool) -> Iterator[_Cut]:
        is_first = self._committed == 0
        while open_words.stable:
            gaps = find_gaps(open_words, self._rules, now_ms, self._limits.span_quiet_ms, self._limits.span_cap_ms)
            if is_over:
                cut: _Cut | None = _at_the_end(open_words, gaps)
            else:
                cut = self._at_once(open_words, gaps, now_ms, is_first) or self._late(
                    open_words, gaps, now_ms, queued_ms
                )
            if cut is None:
                return
            yield cut
            open_words = open_words.after(cut.size)
            is_first = False

    def _at_once(self, open_words: OpenWords, gaps: Sequence[Gap], now_ms: int, is_first: bool) -> _Cut | None:
        """Cut at the first gap that is good: where it is does not depend on how many words came at a time."""
        limits = self._limits
        least_words = limits.least_first_words if is_first else limits.least_words
        for gap in gaps:
            is_good = gap.score >= limits.good_score and gap.spoken >= least_words and not gap.is_bracket_open
            if gap.is_usable and (gap.score >= limits.sure_score or is_good):
                return _Cut(gap.size, gap.reason)
        size = len(open_words.words)
        is_silent = open_words.stable == size and open_words.silence_ms(size, now_ms) >= limits.lone_answer_ms
        if is_silent and self._rules.is_answer(open_words.words):
            return _Cut(size, CommitReason.LONE_ANSWER)
        return None

    def _has_good_gap_ahead(self, open_words: OpenWords, now_ms: int) -> bool:
        """Whether the words that may still change promise a clause's end: a phrase's end can wait for that."""
        ahead = replace(open_words, stable=len(open_words.words))
        gaps = find_gaps(ahead, self._rules, now_ms, self._limits.span_quiet_ms, self._limits.span_cap_ms)
        return any(gap.is_usable and gap.score >= self._limits.good_score for gap in gaps[open_words.stable :])

    def _late(self, open_words: OpenWords, gaps: Sequence[Gap], now_ms: int, queued_ms: int) -> _Cut | None:
        """Cut at the best gap, and at the last of equally good ones, when the oldest word has waited too long."""
        limits = self._limits
        age_ms = now_ms - open_words.ends_ms[0]
        soft_ms = limits.busy_soft_ms if queued_ms > limits.busy_queue_ms else limits.soft_ms
        usable = [gap for gap in gaps if gap.is_usable]
        for reason, limit_ms in ((CommitReason.SOFT, soft_ms), (CommitReason.HARD, limits.hard_ms)):
            fit = [
                gap
                for gap in usable
                if age_ms >= limit_ms + self._extra_ms(gap) and (reason is CommitReason.HARD or self._is_fair(gap))
            ]
            if fit and (reason is CommitReason.HARD or not self._has_good_gap_ahead(open_words, now_ms)):
                return _Cut(max(fit, key=_goodness).size, reason)
        if age_ms >= limits.watchdog_ms + self._extra_ms(gaps[-1]):
            return _Cut(max(usable or gaps, key=_goodness).size, CommitReason.WATCHDOG)
        return None

    def _extra_ms(self, gap: Gap) -> int:
        return self._rules.extra_wait_ms or (self._limits.bracket_extra_ms if gap.is_bracket_open else 0)

    def _is_fair(self, gap: Gap) -> bool:
        limits = self._limits
        least_score = limits.good_score if self._extra_ms(gap) else limits.phrase_score
        return gap.score >= least_score and gap.spoken >= limits.least_words

    def _wake_times_ms(self, now_ms: int) -> Iterator[int]:
        """Yield the moments after ``now_ms`` at which a decision may change with nothing but time passing."""
        open_words = self._open_words()
        if not open_words.stable:
            return
        limits = self._limits
        oldest_ms = open_words.ends_ms[0]
        times_ms = [
            oldest_ms + limit_ms + extra_ms
            for limit_ms in (limits.soft_ms, limits.busy_soft_ms, limits.hard_ms, limits.watchdog_ms)
            for extra_ms in (0, self._rules.extra_wait_ms or limits.bracket_extra_ms)
        ]
        times_ms += [start_ms + limits.span_cap_ms for start_ms in span_starts_ms(open_words, self._rules)]
        if self._is_silent:
            from_ms = self._pauses[-1].from_ms
            times_ms += [from_ms + silence_ms for silence_ms in (SHORT_SILENCE_MS, LONG_SILENCE_MS)]
            times_ms += [from_ms + limits.lone_answer_ms, from_ms + limits.span_quiet_ms]
        yield from (time_ms for time_ms in times_ms if time_ms > now_ms)

    # --- The words --------------------------------------------------------------------------------------------------

    @property
    def _is_silent(self) -> bool:
        return bool(self._pauses) and self._pauses[-1].until_ms is None

    def _open_words(self) -> OpenWords:
        return OpenWords(
            self._words[self._committed :],
            self._ends_ms[self._committed :],
            self._stable - self._committed,
            self._pauses,
            self._heard_until_ms,
        )

    def _commit(self, cut: _Cut) -> Commit:
        first, end = self._committed, self._committed + cut.size
        began_ms = self._committed_until_ms
        ended_ms = max(began_ms, self._ends_ms[end - 1])
        for pause in self._pauses:
            if pause.until_ms is not None and began_ms <= pause.until_ms < self._ends_ms[first]:
                began_ms = pause.until_ms
        self._committed, self._committed_until_ms = end, ended_ms
        return Commit(" ".join(self._words[first:end]), cut.reason, began_ms, ended_ms)

    def _end_pause(self, at_ms: int) -> None:
        if self._is_silent:
            begun = self._pauses.pop()
            if at_ms > begun.from_ms:
                self._pauses.append(Pause(begun.from_ms, at_ms))


def _at_the_end(open_words: OpenWords, gaps: Sequence[Gap]) -> _Cut:
    """Commit what is left, sentence by sentence."""
    for gap in gaps[:-1]:
        if gap.is_usable and ends_sentence(open_words.words[gap.size - 1]):
            return _Cut(gap.size, CommitReason.SENTENCE)
    return _Cut(open_words.stable, CommitReason.FINAL)


def _goodness(gap: Gap) -> tuple[float, int]:
    return gap.score, gap.size
