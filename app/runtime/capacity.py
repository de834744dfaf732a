"""How many calls a process can carry where it recognises or speaks itself."""

from __future__ import annotations

from dataclasses import dataclass

SPEECH_SHARE = 0.8
"""How much of a call somebody speaks, of both legs together: each is silent for 60 % of it."""
MOST_BUSY = 0.85
"""What engines may take of the processors; the rest is for sockets, translation and whoever else is here."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """``recognition`` and ``voice`` are processors kept busy for a second by a second of speech, as measured."""

    processors: float
    """What this process may use."""
    recognition: float = 0.0
    voice: float = 0.0
    chosen_calls: int = 0
    """What the operator knows better; 0 for nothing."""

    @property
    def calls(self) -> int | None:
        """Calls at once, at least one; None where nothing is computed here."""
        per_call = SPEECH_SHARE * (self.recognition + self.voice)
        if not per_call:
            return None
        return self.chosen_calls or max(1, int(MOST_BUSY * self.processors / per_call))

    def __str__(self) -> str:
        if self.calls is None:
            return "no limit of this machine's: recognition and voices are elsewhere"
        return (
            f"{self.calls} calls at once: a second of speech keeps {self.recognition:.2f} processors busy with "
            f"recognition and {self.voice:.2f} with the voice, of {self.processors:g}"
        )
