"""Speaking over a translation: when it is ducked or stopped, and when it is not."""

from __future__ import annotations

from enum import Enum, auto

from app.core.acknowledgements import is_acknowledgement
from app.domain.audio import FRAME_MS
from app.domain.policies import Overlap

_ONSET_MS = 100
"""How much voice was heard when speech is known to have begun."""
_INTERRUPTION_MS = 700
"""A shorter voice is an acknowledgement, whatever it says."""
_LONGEST_ACKNOWLEDGEMENT_MS = 2000
"""A longer voice is none, whatever the recogniser made of its beginning."""


class OverlapDecision(Enum):
    LEAVE = auto()
    DUCK = auto()
    STOP = auto()


class OverlapWatch:
    """One listener. Only who was quiet when the translation began can stop it; who was not is spoken to anyway."""

    __slots__ = ("_began_ms", "_language", "_text", "_voice_ms", "policy")

    def __init__(self, policy: Overlap) -> None:
        self.policy = policy
        self._began_ms: int | None = None
        self._voice_ms = 0
        self._text = ""
        self._language: str | None = None

    def read(self, text: str, language: str | None) -> None:
        """Take what the recogniser makes of what the listener is saying."""
        if self._began_ms is not None:
            self._text, self._language = text, language

    def rest(self) -> None:
        """The listener is in no utterance."""
        if self._began_ms is not None:
            self._began_ms, self._voice_ms, self._text = None, 0, ""

    def hear(self, is_voice: bool, playing_since_ms: int | None, now_ms: int) -> OverlapDecision:
        """Take the next frame of what the listener says, and whether it has voice.

        ``playing_since_ms`` is when the translation began that they hear now, None without one.
        """
        if self._began_ms is None:
            self._began_ms, self._voice_ms = now_ms, _ONSET_MS
        elif is_voice:
            self._voice_ms += FRAME_MS
        if playing_since_ms is None or self.policy is Overlap.KEEP:
            return OverlapDecision.LEAVE
        if self.policy is Overlap.DUCK:
            return OverlapDecision.DUCK
        interrupts = playing_since_ms < self._began_ms and self._is_interruption()
        return OverlapDecision.STOP if interrupts else OverlapDecision.LEAVE

    def _is_interruption(self) -> bool:
        if self._voice_ms < _INTERRUPTION_MS:
            return False
        is_long = self._voice_ms >= _LONGEST_ACKNOWLEDGEMENT_MS
        return is_long or not is_acknowledgement(self._text, self._language)
