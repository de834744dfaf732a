"""When to speak: which piece of what was said is translated and spoken as one unit.

This is the one place that decides it. ``PauseClauses`` waits for the end of the utterance; a simultaneous policy
commits earlier, from the stable words of transcripts that are not final.
"""

from __future__ import annotations

from typing import Protocol

from app.domain.transcripts import Transcript


class ClausePolicy(Protocol):
    """One leg's decision, from the stream of its transcripts."""

    def commit(self, transcript: Transcript) -> tuple[str, ...]:
        """Return the clauses that this transcript completes, in order; committed text is never taken back."""


class PauseClauses:
    """A clause is what was said between two pauses."""

    def commit(self, transcript: Transcript) -> tuple[str, ...]:
        text = transcript.stable.strip()
        return (text,) if transcript.is_final and text else ()
