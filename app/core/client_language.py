"""Which language the client speaks: a guess from the number, then what is heard, then a lock."""

from __future__ import annotations

_PLAUSIBLE = 0.5
"""A detection below this probability says nothing."""
_LONGEST_SPEECH_S = 5.0
"""More speech than this in one utterance adds no evidence."""
_LOCK_EVIDENCE_S = 2.0
_LOCK_LEAD = 2.0


class ClientLanguage:
    """Weighs the recogniser's detections: an utterance counts with its probability times its seconds of speech.

    Three seconds at a probability of 0.7 lock at once (of the measured clips none of those was wrong); short phrases,
    of which a third is taken for another language, only do so when several agree.
    """

    def __init__(self, hint: str, candidates: tuple[str, ...]) -> None:
        self._candidates = (hint, *(candidate for candidate in candidates if candidate != hint))
        self._evidence_s: dict[str, float] = {}
        self.current = hint
        """What to speak to the client."""
        self.is_locked = len(self._candidates) == 1

    @property
    def is_detected(self) -> bool:
        """Whether ``current`` was heard rather than guessed."""
        return bool(self._evidence_s)

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the recogniser should listen for, the likeliest first: one language once it is certain."""
        return (self.current,) if self.is_locked else self._candidates

    def observe(self, language: str, probability: float, speech_ms: int) -> None:
        """Take the language of one utterance and how probable it is (0 to 1)."""
        if self.is_locked or language not in self._candidates or probability < _PLAUSIBLE:
            return
        weight_s = probability * min(speech_ms / 1000, _LONGEST_SPEECH_S)
        self._evidence_s[language] = self._evidence_s.get(language, 0.0) + weight_s
        self.current = max(self._evidence_s, key=lambda code: self._evidence_s[code])
        leading_s = self._evidence_s[self.current]
        others_s = sum(self._evidence_s.values()) - leading_s
        self.is_locked = leading_s >= _LOCK_EVIDENCE_S and leading_s >= _LOCK_LEAD * others_s
