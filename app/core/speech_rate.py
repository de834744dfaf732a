"""How long a text will take to be spoken, before it is."""

from __future__ import annotations

_FIRST_MS_PER_CHARACTER = 65.0
"""About 2.6 words a second in the languages of Europe."""
_SLOWEST_MS_PER_CHARACTER = 400.0
"""A language that writes a word in one sign."""
_FASTEST_MS_PER_CHARACTER = 25.0
_LEARNING = 0.25


class SpeechRate:
    """Learns from what one listener's voices took; by characters, which every language has."""

    def __init__(self) -> None:
        self._ms_per_character = _FIRST_MS_PER_CHARACTER

    def learn(self, text: str, milliseconds: int) -> None:
        """Take a text that was voiced, and how long that is."""
        if not text:
            return
        found = min(_SLOWEST_MS_PER_CHARACTER, max(_FASTEST_MS_PER_CHARACTER, milliseconds / len(text)))
        self._ms_per_character += _LEARNING * (found - self._ms_per_character)

    def estimate_ms(self, text: str) -> int:
        return round(len(text) * self._ms_per_character)
