"""What a replay is judged by. Times are milliseconds, lags seconds.

* **Ear-voice span** of a word: from the word's end to the moment at which the listener hears the place in its clause's
  audio that is proportional to the word's place among the clause's words. It is the interpreters' measure (Timarova,
  Dragsted and Gorm Hansen 2011, "Time lag in translation and interpreting"), with the target word found as token-level
  lag metrics do (Cho and Esipova 2016; Papi et al. 2022): monotonically, by proportion.
* **Turn end to audio**: from the end of a turn's last word to the start of the first clause of the turn that begins to
  be heard after it; 0 where the last one had begun by then. **Silence** is the same, but 0 wherever anything of the
  turn was being heard when it ended.
* **Backlog**: how much audio of earlier clauses the listener has still to hear when a clause is committed.
* **Cut inside a clause**: between two clauses of one turn, neither behind punctuation of the truth, nor before a word
  that opens a clause (``openers.yaml``), nor at a pause of 250 ms.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from app.domain.records import Outcome
from bench.evaluate.alignment import align, comparable
from bench.evaluate.replay import Replay, SpokenClause
from bench.evaluate.speaker import ends_clause
from bench.evaluate.trace import Trace, Word

REAL_PAUSE_MS = 250

Pause = tuple[int, int]
"""From when to when, in milliseconds."""


@dataclass(frozen=True, slots=True)
class WordLag:
    said_ms: int
    """The word's end."""
    span_s: float
    """Its ear-voice span."""


@dataclass(slots=True)
class Measures:
    """What one or many replays gave. Lists hold one number for each word, turn or clause."""

    directions: set[str] = field(default_factory=set)
    words: int = 0
    lost_words: int = 0
    unheard_words: int = 0
    """Words that were committed and never spoken: their clause was dropped, or the call was over."""
    added_words: int = 0
    lags: list[WordLag] = field(default_factory=list)
    turn_end_s: list[float] = field(default_factory=list)
    silence_s: list[float] = field(default_factory=list)
    backlog_s: list[float] = field(default_factory=list)
    clause_words: list[int] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    """Between two clauses of one turn: where a policy had a choice."""
    cuts_inside: int = 0
    sped_up: int = 0
    """Clauses heard faster than they were made."""
    clauses: int = 0
    unspoken: int = 0
    catch_up: Counter[str] = field(default_factory=Counter)
    clears: int = 0
    translation_calls: int = 0
    speech_calls: int = 0

    def add(self, other: Measures) -> None:
        self.directions |= other.directions
        for name in ("lags", "turn_end_s", "silence_s", "backlog_s", "clause_words"):
            getattr(self, name).extend(getattr(other, name))
        self.reasons.update(other.reasons)
        self.catch_up.update(other.catch_up)
        for name in (
            "words",
            "lost_words",
            "unheard_words",
            "added_words",
            "cuts",
            "cuts_inside",
            "sped_up",
            "clauses",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("unspoken", "clears", "translation_calls", "speech_calls"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def spans_s(self) -> list[float]:
        return [lag.span_s for lag in self.lags]

    @property
    def cuts_inside_share(self) -> float:
        return self.cuts_inside / self.cuts if self.cuts else 0.0

    def reason_share(self, reason: str) -> float:
        return self.reasons[reason] / self.clauses if self.clauses else 0.0


def measure(replay: Replay) -> Measures:
    """Measure one replay."""
    words = replay.trace.words
    alignment = align(words, [clause.text for clause in replay.clauses])
    carried = list(zip(replay.clauses, alignment.clauses, strict=True))
    measures = Measures(
        directions={replay.direction},
        words=len(words),
        lost_words=alignment.lost,
        unheard_words=sum(len(indices) for clause, indices in carried if clause.heard_ms is None),
        added_words=alignment.added,
        lags=sorted((lag for clause, indices in carried for lag in _lags(clause, indices, words)), key=_said),
        backlog_s=[_backlog_ms(number, replay.clauses) / 1000 for number in range(len(replay.clauses))],
        clause_words=[len(indices) for indices in alignment.clauses],
        reasons=Counter(clause.reason for clause in replay.clauses),
        sped_up=sum(clause.speed > 1.01 for clause in replay.clauses),
        clauses=len(replay.clauses),
        unspoken=sum(clause.outcome is not Outcome.SPOKEN for clause in replay.clauses),
        catch_up=Counter({measure.value: count for measure, count in replay.catch_up.items()}),
        clears=replay.clears,
        translation_calls=replay.translation_calls,
        speech_calls=replay.speech_calls,
    )
    pauses = real_pauses(replay.trace)
    first = 0
    for turn in replay.trace.turns:
        last = first + len(turn.words) - 1
        mine = [each for each in carried if each[1] and first <= each[1][0] <= last]
        _judge_turn(measures, turn.end_ms, [clause for clause, _ in mine])
        cuts = [indices[-1] for _, indices in mine if indices[-1] < last]
        measures.cuts += len(cuts)
        measures.cuts_inside += sum(not is_natural_cut(words, index, replay.trace.language, pauses) for index in cuts)
        first = last + 1
    return measures


def measure_all(replays: Iterable[Replay]) -> Measures:
    """Measure many replays as one."""
    total = Measures()
    for replay in replays:
        total.add(measure(replay))
    return total


def is_natural_cut(words: Sequence[Word], index: int, language: str, pauses: Sequence[Pause] = ()) -> bool:
    """Whether a clause may end with this word without being torn."""
    word, following = words[index], words[index + 1]
    if ends_clause(word.text) or following.start_ms - word.end_ms >= REAL_PAUSE_MS:
        return True
    if any(word.start_ms < start_ms and end_ms < following.end_ms for start_ms, end_ms in pauses):
        return True
    return _opens_clause(following.text, language)


def real_pauses(trace: Trace) -> list[Pause]:
    """Return where voice activity heard nobody for long enough."""
    pauses: list[Pause] = []
    at_ms = 0
    for run in trace.speech:
        if not run.is_speech and run.duration_ms >= REAL_PAUSE_MS:
            pauses.append((at_ms, at_ms + run.duration_ms))
        at_ms += run.duration_ms
    return pauses


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, interpolated; 0 of nothing."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def drift_s(lags: Sequence[WordLag]) -> float:
    """Return how much the median span grew from the first third of the words to the last: 0 for a flat lag."""
    third = len(lags) // 3
    if not third:
        return 0.0
    spans = [lag.span_s for lag in lags]
    return statistics.median(spans[-third:]) - statistics.median(spans[:third])


def _said(lag: WordLag) -> int:
    return lag.said_ms


def _lags(clause: SpokenClause, indices: Sequence[int], words: Sequence[Word]) -> Iterable[WordLag]:
    if clause.heard_ms is None:
        return
    start_ms, stop_ms = clause.heard_ms
    for place, index in enumerate(indices):
        heard_ms = start_ms + place / len(indices) * (stop_ms - start_ms)
        yield WordLag(words[index].end_ms, (heard_ms - words[index].end_ms) / 1000)


def _backlog_ms(number: int, clauses: Sequence[SpokenClause]) -> float:
    """Clauses are heard in the order in which they were committed, so the search ends at one that was over."""
    committed_ms = clauses[number].committed_ms
    total_ms = 0.0
    for earlier in clauses[number - 1 :: -1] if number else ():
        if earlier.heard_ms is None:
            continue
        start_ms, stop_ms = earlier.heard_ms
        if stop_ms <= committed_ms:
            break
        total_ms += stop_ms - max(start_ms, committed_ms)
    return total_ms


def _judge_turn(measures: Measures, end_ms: int, clauses: Sequence[SpokenClause]) -> None:
    heard = [clause.heard_ms for clause in clauses if clause.heard_ms is not None]
    if not heard:
        return
    after_ms = [start_ms - end_ms for start_ms, _ in heard if start_ms >= end_ms]
    is_heard_at_end = any(start_ms <= end_ms < stop_ms for start_ms, stop_ms in heard)
    wait_s = min(after_ms, default=0.0) / 1000
    measures.turn_end_s.append(wait_s)
    measures.silence_s.append(0.0 if is_heard_at_end else wait_s)


def _opens_clause(word: str, language: str) -> bool:
    head, apostrophe, _ = word.casefold().replace("’", "'").partition("'")
    openers = _openers().get(language, frozenset())
    if apostrophe and f"{head}'" in openers:
        return True
    bare = comparable(word)
    if language == "ar" and bare.startswith("و"):  # "And" is written as part of the next word.
        return bare not in _openers()["ar-not"]
    return bare in openers


@cache
def _openers() -> dict[str, frozenset[str]]:
    lists: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "openers.yaml").read_text(encoding="utf-8"))
    return {language: frozenset(words) for language, words in lists.items()}
