"""The meaning guard around a translator: what a translation loses is asked for once more, then flagged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Self

from app.config import Settings
from app.domain.glossary import Glossary
from app.domain.meaning import MeaningCheck, MissKind
from app.errors import ProviderError
from app.meaning.compare import Fault, Miss, compare
from app.meaning.languages import LANGUAGES
from app.meaning.rewrite import simplify
from app.resilience.breaker import CircuitBreaker
from app.translation.base import Translation, TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider

_LEAST_RETRY_S = 0.05
"""A second try gets as long as the first one took, and at least this long: offline engines answer in milliseconds."""


@dataclass(slots=True)
class GuardTally:
    """What the guard has seen since the process began."""

    checked: int = 0
    missed: int = 0
    retried: int = 0
    late: int = 0
    """Second tries that did not answer in time or failed."""
    mended: int = 0
    flagged: int = 0
    misses: Counter[MissKind] = field(default_factory=Counter)
    """What was flagged, by kind."""


class GuardedTranslator(TranslationProvider):
    """Compares each translation with its source; one that misses something is made once more, under constraint.

    A translator that takes instructions is told what to keep; any other one gets the source in plainer words. The one
    of both that misses less is the translation. A second try that fails or is late leaves the first.
    """

    def __init__(self, provider: TranslationProvider) -> None:
        self._provider = provider
        self.capabilities = provider.capabilities
        self.tally = GuardTally()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(create_translation_provider(settings))

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return self._provider.breakers

    async def start(self) -> None:
        for language in LANGUAGES:
            compare(
                "1", language, "1", language
            )  # Compiles the tables: some 10 ms each, which no call should wait for.
        await self._provider.start()
        self.capabilities = self._provider.capabilities

    async def learn(self, glossaries: Collection[Glossary]) -> None:
        await self._provider.learn(glossaries)

    def expect(self, source: str, target: str) -> None:
        self._provider.expect(source, target)

    async def translate(self, request: TranslationRequest) -> str:
        return (await self.translate_checked(request)).text

    async def translate_checked(self, request: TranslationRequest) -> Translation:
        began_s = asyncio.get_running_loop().time()
        text = await self._provider.translate(request)
        took_s = asyncio.get_running_loop().time() - began_s
        misses = _compare(request, text)
        self.tally.checked += 1
        if not misses:
            return Translation(text, check=MeaningCheck.CLEAN)
        self.tally.missed += 1
        second = await self._once_more(request, misses, max(took_s, _LEAST_RETRY_S))
        if second is not None:
            second_misses = _compare(request, second)
            if len(second_misses) < len(misses):
                text, misses = second, second_misses
        if not misses:
            self.tally.mended += 1
            return Translation(text, check=MeaningCheck.MENDED)
        kinds = tuple(dict.fromkeys(miss.kind for miss in misses))
        self.tally.flagged += 1
        self.tally.misses.update(kinds)
        return Translation(text, kinds, MeaningCheck.FLAGGED)

    async def _once_more(self, request: TranslationRequest, misses: tuple[Miss, ...], timeout_s: float) -> str | None:
        """Return a second translation; None when nothing can be put differently, or it comes too late."""
        constrained = self._constrained(request, misses)
        if constrained == request:
            return None
        self.tally.retried += 1
        try:
            async with asyncio.timeout(timeout_s):
                text = await self._provider.translate(constrained)
        except (TimeoutError, ProviderError):
            self.tally.late += 1
            return None
        return text or None

    def _constrained(self, request: TranslationRequest, misses: tuple[Miss, ...]) -> TranslationRequest:
        if self.capabilities.takes_instructions:
            keep = tuple(dict.fromkeys(miss.said for miss in misses if miss.said)) or (request.text,)
            return replace(request, keep=keep)
        return replace(request, text=simplify(request.text, request.source, misses))

    async def aclose(self) -> None:
        await self._provider.aclose()


def _compare(request: TranslationRequest, translation: str) -> tuple[Miss, ...]:
    """Return what the translation misses: of the glossary, and of everything else that can be compared.

    What a missing term should have been is what is to be kept of it.
    """
    lost = request.glossary.missing(request.text, translation)
    text, rest = request.glossary.apart(request.text, translation)
    return (
        *compare(text, request.source, rest, request.target),
        *(Miss(MissKind.TERM, Fault.LOST, entry.target) for entry in lost),
    )


def create_translator(settings: Settings) -> TranslationProvider:
    """Build what the runtime translates with: the named translator, guarded unless ``MEANING_GUARD=false``.

    Raises ConfigError.
    """
    return (
        GuardedTranslator.from_settings(settings) if settings.meaning_guard else create_translation_provider(settings)
    )
