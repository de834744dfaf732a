"""Says a script to a clause policy: words, pauses of the voice, and a recogniser that makes words stable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.core.clauses import ClausePolicy, Commit
from app.core.stable_clauses import ClauseLimits, StableClauses
from app.domain.transcripts import Transcript

WORD_MS = 250
STABLE_AFTER_MS = 400
FINAL_AFTER_MS = 580
HINT_MS = 120


@dataclass(frozen=True)
class Speech:
    """What was said, truthfully."""

    words: tuple[str, ...]
    ends_ms: tuple[int, ...]
    pauses: tuple[tuple[int, int], ...]
    ended_ms: int
    has_end: bool

    @staticmethod
    def read(script: str, word_ms: int = WORD_MS) -> Speech:
        """Read ``word word <700> word``: a number is a pause in milliseconds; ``...`` behind all: no end is heard."""
        now_ms = 0
        words: list[str] = []
        ends_ms: list[int] = []
        pauses: list[tuple[int, int]] = []
        body, dots, _ = script.partition(" ...")
        for token in body.split():
            pause = re.fullmatch(r"<(\d+)>", token)
            if pause:
                pauses.append((now_ms, now_ms + int(pause[1])))
                now_ms += int(pause[1])
            else:
                now_ms += word_ms
                words.append(token)
                ends_ms.append(now_ms)
        return Speech(tuple(words), tuple(ends_ms), tuple(pauses), now_ms, not dots)


@dataclass
class Played:
    """What a policy made of it: each commit with the time at which it came."""

    commits: list[tuple[int, Commit]] = field(default_factory=list)

    @property
    def clauses(self) -> list[str]:
        return [f"{commit.reason}: {commit.text}" for _, commit in self.commits]

    @property
    def text(self) -> str:
        return " ".join(commit.text for _, commit in self.commits)


def transcripts(
    speech: Speech, stable_after_ms: int, interval_ms: int, has_times: bool
) -> Iterator[tuple[int, Transcript]]:
    """Yield what a streaming recogniser says, and when."""
    until_ms = speech.ended_ms + (FINAL_AFTER_MS if speech.has_end else 12_000)
    for now_ms in range(interval_ms, until_ms, interval_ms):
        stable = sum(end_ms + stable_after_ms <= now_ms for end_ms in speech.ends_ms)
        shown = sum(end_ms <= now_ms for end_ms in speech.ends_ms)
        yield (
            now_ms,
            Transcript(
                utterance=1,
                stable=" ".join(speech.words[:stable]),
                unstable=" ".join(speech.words[stable:shown]),
                audio_end_ms=min(now_ms, speech.ended_ms + FINAL_AFTER_MS),
                stable_ends_ms=speech.ends_ms[:stable] if has_times else (),
            ),
        )
    if speech.has_end:
        text = " ".join(speech.words)
        ends_ms = speech.ends_ms if has_times else ()
        yield until_ms, Transcript(1, text, is_final=True, audio_end_ms=speech.ended_ms, stable_ends_ms=ends_ms)


def play(
    script: str | Speech,
    language: str,
    limits: ClauseLimits | None = None,
    *,
    stable_after_ms: int = STABLE_AFTER_MS,
    interval_ms: int = 50,
    has_times: bool = True,
    tick_ms: int | None = None,
    queued_ms: int = 0,
    watch: Callable[[int, ClausePolicy], None] | None = None,
) -> Played:
    """Play it on a virtual clock. The policy is asked when it wants to be and, with ``tick_ms``, at other times too."""
    speech = Speech.read(script) if isinstance(script, str) else script
    policy = StableClauses(0, limits)
    happenings: list[tuple[int, Callable[[], None]]] = []

    def happen(at_ms: int, what: Callable[[], None]) -> None:
        happenings.append((at_ms, what))

    for from_ms, until_ms in speech.pauses:
        if until_ms - from_ms >= HINT_MS:
            happen(from_ms + HINT_MS, lambda at=from_ms: policy.paused(at))  # type: ignore[misc]
            happen(until_ms, lambda at=until_ms: policy.resumed(at))  # type: ignore[misc]
    if speech.has_end:
        happen(speech.ended_ms + HINT_MS, lambda: policy.paused(speech.ended_ms))
        happen(speech.ended_ms + 500, lambda: policy.ended(speech.ended_ms))
    for at_ms, transcript in transcripts(speech, stable_after_ms, interval_ms, has_times):
        happen(at_ms, lambda heard=transcript: policy.hear(heard, 0, language))  # type: ignore[misc]
    if tick_ms:
        for at_ms in range(0, speech.ended_ms + 12_000, tick_ms):
            happen(at_ms, lambda: None)
    happenings.sort(key=lambda each: each[0])
    played = Played()

    def ask(now_ms: int) -> None:
        played.commits += [(now_ms, commit) for commit in policy.due(now_ms, queued_ms)]

    for at_ms, what in happenings:
        while (due_ms := policy.next_due_ms()) is not None and due_ms < at_ms:
            ask(due_ms)
        what()
        ask(at_ms)
        if watch is not None:
            watch(at_ms, policy)
    return played
