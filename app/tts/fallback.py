"""Several voices as one: the next one goes on where one fell silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Self

from app.config import Settings
from app.domain.audio import duration_ms
from app.domain.legs import Leg
from app.errors import ProviderError, ProviderRejected, ProviderTimeout
from app.resilience.chain import LATE, STALLED, Chain, Chained, Link, links_of
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.factory import create_one

STAGE = "speech"
SLOW_MS_PER_CHARACTER = 90
"""No voice is slower: what it has said of a text by then is at least this much of it."""


class FallbackVoice(Chained[TtsProvider], TtsProvider):
    """Speaks every language that one of its voices speaks.

    A voice fails when its first audio is late, when audio stalls, or by an error. The next one says what the failed one
    cannot have said yet, from the beginning of a word: rather a word twice than a word lost.
    """

    def __init__(self, links: Iterable[Link[TtsProvider]], first_timeout_s: float, stall_timeout_s: float) -> None:
        self._chain = Chain(links)
        self._first_timeout_s = first_timeout_s
        self._stall_timeout_s = stall_timeout_s
        each = [link.provider.capabilities for link in self._chain.links]
        self.capabilities = TtsCapabilities(
            each[0].name,
            frozenset[str]().union(*(one.languages for one in each)),
            natural=frozenset[str]().union(*(one.natural for one in each)),
            is_heavy=each[0].is_heavy,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        links = links_of(settings.tts_provider, settings.tts_fallbacks, partial(create_one, settings), "TTS_FALLBACKS")
        first_timeout_s = settings.tts_first_audio_timeout_ms / 1000
        return cls(links, first_timeout_s, stall_timeout_s=first_timeout_s)

    @property
    def processors(self) -> float:
        return self._chain.first.processors

    def expect(self, language: str, listener: Leg | None = None) -> None:
        for link in self._chain.links:
            link.provider.expect(language, listener)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        error: ProviderError = ProviderRejected(self.capabilities.name, "language")
        text = request.text
        links = self._chain.usable(lambda voice: request.language in voice.capabilities.languages)
        for link in links:
            spoken_ms = 0
            is_last = link is links[-1]
            try:
                async with aclosing(link.provider.speak(replace(request, text=text))) as pieces:
                    while (
                        piece := await self._next(link, pieces, is_first=not spoken_ms, is_last=is_last)
                    ) is not None:
                        spoken_ms += duration_ms(piece)
                        yield piece
            except ProviderError as failure:
                link.failed(STAGE, failure)
                error = failure
                text = rest_of(text, spoken_ms)
            else:
                link.breaker.succeeded()
                return
        raise error

    async def _next(
        self, link: Link[TtsProvider], pieces: AsyncGenerator[bytes, None], is_first: bool, is_last: bool
    ) -> bytes | None:
        """Return the next piece, None behind the last. Nobody takes over from the last voice: it may be late."""
        if is_last:
            return await anext(pieces, None)
        try:
            async with asyncio.timeout(self._first_timeout_s if is_first else self._stall_timeout_s):
                return await anext(pieces, None)
        except TimeoutError:
            raise ProviderTimeout(link.name, LATE if is_first else STALLED) from None


def rest_of(text: str, spoken_ms: int) -> str:
    """Return what a voice has not said for certain after so much audio, from the beginning of a word on."""
    said = min(len(text), spoken_ms // SLOW_MS_PER_CHARACTER)
    return text[text.rfind(" ", 0, said) + 1 :]
