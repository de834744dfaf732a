"""What every recogniser is: a factory of streams, one stream per leg of a call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from app.config import Settings
from app.domain.audio import AudioFrame
from app.domain.legs import Leg
from app.domain.transcripts import Transcript
from app.errors import ProviderRejected
from app.resilience.breaker import CircuitBreaker


@dataclass(frozen=True, slots=True)
class SttCapabilities:
    """What a recogniser can do, as data for policy: nobody asks for a vendor's name."""

    name: str
    languages: frozenset[str]
    """ISO 639-1 codes."""
    detects_language: bool
    interim_results: bool
    """Whether transcripts come before the utterance has ended."""
    final_timeout_ms: int = 1000
    """How long after the voice ended a final transcript may take; then the last interim is promoted."""

    def among(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of ``languages`` that it knows, in their order. Raises ProviderRejected when it knows none."""
        known = tuple(language for language in languages if language in self.languages)
        if not known:
            raise ProviderRejected(self.name, "language-unknown")
        return known


@dataclass(frozen=True, slots=True)
class SttOptions:
    leg: Leg
    languages: tuple[str, ...]
    """What the speaker may be speaking, the likeliest first. One: it is known. Several: it is to be detected."""
    is_settled: bool = False
    """The first is what they speak, until an utterance is clearly in another, which is then reported."""
    keyterms: tuple[str, ...] = ()
    """Names and terms that may be said, the most important first, for recognisers that can be told."""


class SttStream(ABC):
    """One leg's speech, in order. Every method but ``aclose`` and the iteration returns at once and never blocks.

    The caller finds the utterances by voice activity; a provider with endpointing of its own may use both. Times are
    milliseconds on the leg's stream clock (``AudioFrame.at_ms``).
    """

    @abstractmethod
    def push(self, frame: AudioFrame) -> None:
        """Take the next 20 ms, speech or not. The stream bounds what it keeps."""

    @abstractmethod
    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        """Speech began at ``at_ms``, which lies up to 500 ms before the last frame pushed."""

    @abstractmethod
    def hint_pause(self, at_ms: int) -> None:
        """Speech paused at ``at_ms``: the utterance may be over. A good moment to recognise ahead of time."""

    @abstractmethod
    def end_utterance(self, at_ms: int) -> None:
        """The utterance is over and its speech ended at ``at_ms``: exactly one final transcript is now due."""

    def finalize(self) -> None:  # noqa: B027
        """The final of the last utterance is late: give it now, if anything can be done about it."""

    @abstractmethod
    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        """Recognise the utterances that begin from now on among these languages, as ``SttOptions`` has it.

        Raises ProviderRejected when the provider knows none of them.
        """

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[Transcript]:
        """Yield transcripts until the stream is closed. Raises ProviderError when the provider fails."""

    @abstractmethod
    async def aclose(self) -> None:
        """Release everything; ends the iteration. Idempotent."""


class SttProvider(ABC):
    """A recogniser, built once per process; it holds no call's state."""

    capabilities: SttCapabilities

    @property
    def processors(self) -> float:
        """How many of this machine's processors a second of speech keeps busy for a second, as ``start`` measured it.

        0 where somebody else's do the work.
        """
        return 0.0

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        """Who is asked, in the order of preference; none where there is no choice."""
        return ()

    @property
    def queued(self) -> int:
        """How many jobs wait for this machine's processor; none where the recogniser is elsewhere."""
        return 0

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build it, cheaply and without I/O beyond looking for files.

        Raises ConfigError naming the fix when a key, model or package is missing.
        """

    async def start(self) -> None:  # noqa: B027
        """Load models or open pools; called once, before the first call. Raises ConfigError."""

    @abstractmethod
    async def open(self, options: SttOptions) -> SttStream:
        """Open one leg's stream. Raises ProviderError."""

    async def aclose(self) -> None:  # noqa: B027
        """Release models and pools. Idempotent."""
