"""Several translators as one: the next one is asked when one fails, and also when it is late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from app.config import Settings
from app.domain.glossary import Glossary
from app.errors import ProviderBadReply, ProviderError, ProviderRejected, ProviderUnavailable
from app.resilience.chain import LATE, Chain, Chained, Link, links_of
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.factory import create_one

STAGE = "translation"


@dataclass(frozen=True, slots=True)
class _Question:
    link: Link[TranslationProvider]
    asked_at_s: float


class FallbackTranslator(Chained[TranslationProvider], TranslationProvider):
    """Covers every pair that one of its translators covers.

    One that has not answered after ``hedge_after_s`` is not given up: the next one is asked as well, and the first
    answer counts. A connection that broke is tried once more before the next one is asked.
    """

    def __init__(self, links: Iterable[Link[TranslationProvider]], hedge_after_s: float) -> None:
        self._chain = Chain(links)
        self._hedge_after_s = hedge_after_s
        self.capabilities = self._together()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        links = links_of(
            settings.translation_provider,
            settings.translation_fallbacks,
            partial(create_one, settings),
            "TRANSLATION_FALLBACKS",
        )
        return cls(links, settings.translation_hedge_ms / 1000)

    async def start(self) -> None:
        await super().start()
        self.capabilities = self._together()

    async def learn(self, glossaries: Collection[Glossary]) -> None:
        await asyncio.gather(*(link.provider.learn(glossaries) for link in self._chain.links))

    def expect(self, source: str, target: str) -> None:
        for link in self._chain.links:
            link.provider.expect(source, target)

    async def translate(self, request: TranslationRequest) -> str:
        pair = (request.source, request.target)
        links = iter(self._chain.usable(lambda provider: pair in provider.capabilities.pairs))
        error: ProviderError = ProviderRejected(self.capabilities.name, "pair-not-covered")
        asked: dict[asyncio.Task[str], _Question] = {}
        try:
            while self._ask_next(links, request, asked) or asked:
                answered, _ = await asyncio.wait(
                    asked, timeout=self._hedge_after_s, return_when=asyncio.FIRST_COMPLETED
                )
                for task in answered:
                    link = asked.pop(task).link
                    try:
                        text = task.result()
                    except ProviderError as failure:
                        link.failed(STAGE, failure)
                        error = failure
                    else:
                        link.breaker.succeeded()
                        return text
        finally:
            for task, question in asked.items():
                task.cancel()
                if time.monotonic() - question.asked_at_s >= self._hedge_after_s:
                    question.link.failed(STAGE, LATE)
            await asyncio.gather(*asked, return_exceptions=True)
        raise error

    def _ask_next(
        self,
        links: Iterator[Link[TranslationProvider]],
        request: TranslationRequest,
        asked: dict[asyncio.Task[str], _Question],
    ) -> bool:
        """Ask one more; False when there is nobody left."""
        link = next(links, None)
        if link is None:
            return False
        task = asyncio.create_task(_translate(link, request), name=f"translate-{link.name}")
        asked[task] = _Question(link, time.monotonic())
        return True

    def _together(self) -> TranslatorCapabilities:
        each = [link.provider.capabilities for link in self._chain.links]
        pairs = frozenset[tuple[str, str]]().union(*(one.pairs for one in each))
        return replace(each[0], pairs=pairs)


async def _translate(link: Link[TranslationProvider], request: TranslationRequest) -> str:
    try:
        text = await link.provider.translate(request)
    except ProviderUnavailable:
        text = await link.provider.translate(request)
    if not text and any(character.isalnum() for character in request.text):
        raise ProviderBadReply(link.name, "empty")
    return text
