"""What every translator is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from app.config import Settings
from app.domain.glossary import NO_GLOSSARY, Glossary, PairGlossary
from app.domain.meaning import MeaningCheck, MissKind
from app.resilience.breaker import CircuitBreaker


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    text: str
    source: str
    """ISO 639-1 code."""
    target: str
    """ISO 639-1 code; never the same as ``source``."""
    keep: tuple[str, ...] = ()
    """Pieces of ``text`` that an earlier translation lost, for translators that can be told so."""
    is_brief: bool = False
    """Whether what says nothing should be left out, by translators that can be told so: the listener is far behind."""
    context: tuple[str, ...] = ()
    """What the speaker said just before ``text``, the oldest first, for translators that take it.

    It has been translated already and never comes into the translation of ``text``.
    """
    glossary: PairGlossary = NO_GLOSSARY
    """Names and terms of the call, for this pair."""


@dataclass(frozen=True, slots=True)
class Translation:
    text: str
    misses: tuple[MissKind, ...] = ()
    """What it still misses of its source; each kind once."""
    check: MeaningCheck = MeaningCheck.UNCHECKED


@dataclass(frozen=True, slots=True)
class TranslatorCapabilities:
    name: str
    pairs: frozenset[tuple[str, str]] = field(default=frozenset())
    """The (source, target) pairs that can be translated now, on this machine."""
    takes_instructions: bool = False
    """Whether it heeds ``TranslationRequest.keep`` and ``is_brief``."""
    is_language_model: bool = False
    """Whether it may learn from, repeat or keep what it is sent, and needs no number to translate around it."""
    takes_context: bool = False
    """Whether it heeds ``TranslationRequest.context``."""
    glossary_pairs: frozenset[tuple[str, str]] = frozenset()
    """The pairs for which it heeds ``TranslationRequest.glossary``; for others that is done around it."""


class TranslationProvider(ABC):
    """A translator, built once per process; it holds no call's state."""

    capabilities: TranslatorCapabilities

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        """Who is asked, in the order of preference; none where there is no choice."""
        return ()

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build it, cheaply and without I/O beyond looking for files.

        Raises ConfigError naming the fix when a key, model, program or package is missing.
        """

    async def start(self) -> None:  # noqa: B027
        """Load models or start helper processes; called once, before the first call. Raises ConfigError."""

    async def learn(self, glossaries: Collection[Glossary]) -> None:  # noqa: B027
        """Requests will come with these glossaries: get ready for them. Called once, after ``start``.

        Raises nothing for a vendor that is away: what it did not learn is not in its ``glossary_pairs``.
        """

    def expect(self, source: str, target: str) -> None:  # noqa: B027
        """This pair and the way back will be needed soon: get ready meanwhile. Returns at once; takes any pair."""

    @abstractmethod
    async def translate(self, request: TranslationRequest) -> str:
        """Return the translation.

        Raises ProviderRejected for a pair outside ``capabilities.pairs``, ProviderError otherwise.
        """

    async def translate_checked(self, request: TranslationRequest) -> Translation:
        """Translate as ``translate`` does; one that can judge its translation says what it found."""
        return Translation(await self.translate(request))

    async def aclose(self) -> None:  # noqa: B027
        """Release models and processes. Idempotent."""
