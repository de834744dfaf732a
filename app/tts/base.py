"""What every voice is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

from app.config import Settings
from app.domain.legs import Leg
from app.domain.voices import Register
from app.resilience.breaker import CircuitBreaker


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    text: str
    language: str
    """ISO 639-1 code."""
    listener: Leg | None = None
    """Who is to hear it; None outside of a call."""
    register: Register | None = None
    """How high the voice of the person sounds whose words these are; None while it is unknown, or for nobody's."""


@dataclass(frozen=True, slots=True)
class TtsCapabilities:
    name: str
    languages: frozenset[str]
    """ISO 639-1 codes that can be spoken now, on this machine."""
    natural: frozenset[str] = frozenset()
    """Those of them that sound natural (a neural voice made for the language)."""
    is_heavy: bool = False
    """Whether this machine computes it and notices: what is made in vain keeps a recogniser waiting."""


class TtsProvider(ABC):
    """A voice, built once per process; it holds no call's state."""

    capabilities: TtsCapabilities

    @property
    def processors(self) -> float:
        """How many of this machine's processors a second of speech keeps busy for a second, as ``start`` measured it.

        0 where somebody else's do the work, or it is hardly any.
        """
        return 0.0

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        """Who is asked, in the order of preference; none where there is no choice."""
        return ()

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build it, cheaply and without I/O beyond looking for files.

        Raises ConfigError naming the fix when a key, model or package is missing.
        """

    async def start(self) -> None:  # noqa: B027
        """Load models or open pools; called once, before the first call. Raises ConfigError."""

    def expect(self, language: str, listener: Leg | None = None) -> None:  # noqa: B027
        """Texts in this language will follow soon: get ready meanwhile. Returns at once; takes any language."""

    @abstractmethod
    def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        """Yield mu-law 8 kHz audio, piece by piece as it is made, starting as early as possible.

        Pieces have any length above 0. Closing the iterator cancels the rest and frees what it holds.
        Raises ProviderRejected for a language outside ``capabilities.languages``, ProviderError otherwise.
        """

    async def aclose(self) -> None:  # noqa: B027
        """Release models and pools. Idempotent."""
