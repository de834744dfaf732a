"""What every speech-to-speech provider is: a factory of streams, one stream per direction of a call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from app.config import Settings
from app.domain.audio import AudioFrame
from app.domain.direct import DirectPiece
from app.domain.legs import Leg
from app.domain.usage import UsageUnit


@dataclass(frozen=True, slots=True)
class S2sCapabilities:
    """What it can do, as data for policy: nobody asks for a vendor's name."""

    name: str
    targets: frozenset[str]
    """ISO 639-1 codes that it speaks. What it understands it detects by itself."""
    input_rate_hz: int
    output_rate_hz: int
    """Its own rates; towards us it is mu-law at 8 kHz both ways."""
    price_unit: UsageUnit
    has_glossary: bool = False
    has_voices: bool = False
    """Whether a voice can be chosen."""
    has_turn_marks: bool = False
    """Whether it says where a turn ends; where it does not, pauses of its voice do."""
    has_source_text: bool = True
    repeats_target: bool = False
    """Whether it also says what was said in the target language already; where not, it is silent then."""


@dataclass(frozen=True, slots=True)
class S2sOptions:
    leg: Leg
    """Who speaks."""
    target: str
    """What it is to be said in: one of ``S2sCapabilities.targets``."""
    source: str
    """What the speaker speaks, as far as anybody knows; providers that detect it need not care."""


class S2sStream(ABC):
    """One direction, in order. Every method but ``aclose`` and the iteration returns at once and never blocks."""

    @abstractmethod
    def push(self, frame: AudioFrame) -> None:
        """Take the next 20 ms, speech or not. The stream bounds what it keeps."""

    @abstractmethod
    def set_target(self, language: str) -> None:
        """Say in this language what is heard from now on. Raises ProviderRejected for one that it does not speak."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[DirectPiece]:
        """Yield what it says until the stream is closed: no audio outside a turn, and no turn without audio.

        Raises ProviderError when the provider fails.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Release everything; ends the iteration. Idempotent."""


class S2sProvider(ABC):
    """A speech-to-speech interpreter, built once per process; it holds no call's state."""

    capabilities: S2sCapabilities

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build it, cheaply and without I/O beyond looking for files.

        Raises ConfigError naming the fix when a key, model or package is missing.
        """

    async def start(self) -> None:  # noqa: B027
        """Load models or try the key; called once, before the first call. Raises ConfigError."""

    @abstractmethod
    async def open(self, options: S2sOptions) -> S2sStream:
        """Open one direction's stream; a connection may still be on its way. Raises ProviderError."""

    async def aclose(self) -> None:  # noqa: B027
        """Release models and pools. Idempotent."""
