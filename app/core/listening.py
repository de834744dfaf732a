"""What each way of listening means for a loudspeaker, and what two who speak one language need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.policies import Listening

_UNDERTONE_DB = -18.0
_PRIME_MS = 60
"""Kept back of what is heard under or between translations: the jitter of a telephone line."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What reaches one leg; gains are None for what does not."""

    has_translation: bool = True
    original_db: float | None = None
    """The other party, as they are."""
    echo_db: float | None = None
    """What the other party is played."""
    prime_ms: int = _PRIME_MS
    """How much of original or echo is kept back against an uneven line."""

    @property
    def side_db(self) -> float | None:
        """How loud the original or the echo is: a leg hears one of them at most."""
        return self.original_db if self.original_db is not None else self.echo_db

    @property
    def is_quiet_while_waiting(self) -> bool:
        """Whether nothing at all is heard until a translation is there."""
        return self.has_translation and self.original_db is None


HEARINGS: Mapping[Listening, Hearing] = MappingProxyType(
    {
        Listening.TRANSLATION: Hearing(),
        Listening.DUCKED: Hearing(original_db=_UNDERTONE_DB),
        Listening.CAPTIONS: Hearing(has_translation=False),
        Listening.ORIGINAL: Hearing(has_translation=False, original_db=0.0, prime_ms=0),
        Listening.ECHO: Hearing(echo_db=_UNDERTONE_DB),
    }
)

BYPASS = Hearing(original_db=0.0, prime_ms=0)
"""For a listener who speaks the speaker's language: the original as it is, and over it what needs a translation."""
