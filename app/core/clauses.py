"""When to speak: which piece of what was said is translated and spoken as one unit.

``PauseClauses`` waits for the end of the utterance; ``StableClauses`` commits earlier, from words that will not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.records import CommitReason
from app.domain.transcripts import Transcript


class ClausePolicyName(StrEnum):
    """What ``CLAUSE_POLICY`` may say."""

    STABLE = "stable"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Commit:
    """A clause that is to be translated. Times are the call's clock."""

    text: str
    reason: CommitReason
    began_ms: int
    ended_ms: int
    """The end of its own last word."""


class ClausePolicy(Protocol):
    """One utterance's decisions. Every time is on the call's clock, and none goes back."""

    def paused(self, at_ms: int) -> None:
        """The voice has been away since ``at_ms``; it may come back."""

    def resumed(self, at_ms: int) -> None:
        """The voice came back at ``at_ms``."""

    def ended(self, at_ms: int) -> None:
        """The utterance is over, and its speech ended at ``at_ms``; the final transcript is still to come."""

    def hear(self, transcript: Transcript, stream_began_ms: int, language: str) -> None:
        """Take a transcript, whose own times count from ``stream_began_ms``, in the language of the speaker."""

    def due(self, now_ms: int, queued_ms: int) -> Sequence[Commit]:
        """Return what is committed by now, in order; none of it is ever taken back.

        ``queued_ms``: how much speech the listener has still to hear.
        """

    def next_due_ms(self) -> int | None:
        """Return when ``due`` will have something at the earliest, if nothing happens before."""

    def likely(self, now_ms: int, queued_ms: int) -> Sequence[str]:
        """Return the clauses that ``due`` will probably give next: texts worth translating ahead of time."""


class PauseClauses:
    """A clause is what was said between two pauses."""

    def __init__(self, began_ms: int) -> None:
        self._began_ms = began_ms
        self._paused_ms: int | None = None
        self._text = ""
        self._final: Commit | None = None

    def paused(self, at_ms: int) -> None:
        self._paused_ms = at_ms

    def resumed(self, at_ms: int) -> None:
        self._paused_ms = None

    def ended(self, at_ms: int) -> None:
        self._paused_ms = at_ms

    def hear(self, transcript: Transcript, stream_began_ms: int, language: str) -> None:
        self._text = transcript.text
        text = transcript.stable.strip()
        if transcript.is_final and text:
            heard_until_ms = stream_began_ms + transcript.audio_end_ms
            ended_ms = heard_until_ms if self._paused_ms is None else self._paused_ms
            self._final = Commit(text, CommitReason.FINAL, self._began_ms, ended_ms)

    def due(self, now_ms: int, queued_ms: int) -> Sequence[Commit]:
        final, self._final = self._final, None
        return () if final is None else (final,)

    def next_due_ms(self) -> int | None:
        return None

    def likely(self, now_ms: int, queued_ms: int) -> Sequence[str]:
        return (self._text,) if self._text and self._paused_ms is not None else ()
