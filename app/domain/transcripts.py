"""What a recogniser says it heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transcript:
    """One hypothesis about one utterance.

    Within an utterance ``stable`` only ever grows: each new value starts with the one before it, word for word.
    ``unstable`` may change freely and feeds captions and look-ahead only. The last transcript of an utterance has
    ``is_final`` set and an empty ``unstable``; a final one without text means that nothing intelligible was said.
    """

    utterance: int
    """Counts the utterances of one leg from 1; the caller of the recogniser chose it."""
    stable: str
    unstable: str = ""
    is_final: bool = False
    language: str | None = None
    """ISO 639-1 code of the language that the text is in, where the recogniser detected or was told one.

    One of those that it listens for, or, where it is sure, another one that it knows.
    """
    language_probability: float = 0.0
    """Between 0 and 1: among the languages that the recogniser listens for, or among all it knows for another one."""
    audio_end_ms: int = 0
    """The end of the last audio that this hypothesis contains, on the leg's stream clock."""
    stable_ends_ms: tuple[int, ...] = ()
    """Where each word of ``stable`` ends, on the leg's stream clock; empty where the recogniser does not know."""

    @property
    def text(self) -> str:
        return f"{self.stable} {self.unstable}".strip()
