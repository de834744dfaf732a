"""Several voices as one: the next one goes on where one fell silent."""

from __future__ import annotations

import asyncio
from collections import deque
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
from app.tts.patience import Patience

STAGE = "speech"
SLOW_MS_PER_CHARACTER = 90
"""No voice is slower: what it has said of a text by then is at least this much of it."""
_BEHIND_S = 3.0
"""A voice that is so much later than its own sound has stalled, however short its pauses."""


class FallbackVoice(Chained[TtsProvider], TtsProvider):
    """Speaks every language that one of its voices speaks.

    When its first audio is late, the next one is asked as well, and whoever speaks first goes on. Later a voice fails
    when audio stalls, or by an error; the next one says what the failed one cannot have said yet, from the beginning of
    a word: rather a word twice than a word lost.
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
        waiting = deque(self._chain.usable(lambda voice: request.language in voice.capabilities.languages))
        left: list[_Speaking] = []
        try:
            while waiting:
                spoken_ms = 0
                try:
                    speaking, piece = await self._first_to_speak(replace(request, text=text), waiting, left)
                except ProviderError as failure:
                    error = failure
                    continue
                try:
                    patience = Patience(speaking.pieces, self._stall_timeout_s, _BEHIND_S, piece) if waiting else None
                    async with aclosing(speaking.pieces):
                        while piece is not None:
                            spoken_ms += duration_ms(piece)
                            yield piece
                            piece = await _next(speaking, patience)
                except ProviderError as failure:
                    speaking.link.failed(STAGE, failure)
                    error = failure
                    text = rest_of(text, spoken_ms)
                else:
                    speaking.link.breaker.succeeded()
                    return
        finally:
            await asyncio.gather(*(speaking.aclose() for speaking in left))
        raise error

    async def _first_to_speak(
        self, request: SpeechRequest, waiting: deque[Link[TtsProvider]], left: list[_Speaking]
    ) -> tuple[_Speaking, bytes | None]:
        """Ask one voice after another, while late ones may still speak; return who does, and their first piece.

        Whoever was asked in vain is ``left``, to be closed by the caller. Raises what the last one to fail raises.
        """
        error: ProviderError = ProviderRejected(self.capabilities.name, "language")
        asked: list[_Speaking] = []
        try:
            while waiting or asked:
                if waiting:
                    asked.append(_Speaking(waiting.popleft(), request))
                done, _ = await asyncio.wait(
                    [speaking.first for speaking in asked],
                    timeout=self._first_timeout_s if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for speaking in [speaking for speaking in asked if speaking.first in done]:
                    asked.remove(speaking)
                    try:
                        return speaking, speaking.first.result()
                    except ProviderError as failure:
                        speaking.link.failed(STAGE, failure)
                        error = failure
        finally:
            for speaking in asked:
                if speaking.waited_s >= self._first_timeout_s:
                    speaking.link.failed(STAGE, LATE)
            left += asked
        raise error


class _Speaking:
    """A voice that was asked to speak."""

    def __init__(self, link: Link[TtsProvider], request: SpeechRequest) -> None:
        self.link = link
        self.pieces = link.provider.speak(request)
        self.first = asyncio.create_task(_first_of(self.pieces), name=f"speak-{link.name}")
        self._clock = asyncio.get_running_loop().time
        self._asked_at_s = self._clock()

    @property
    def waited_s(self) -> float:
        return self._clock() - self._asked_at_s

    async def aclose(self) -> None:
        self.first.cancel()
        await asyncio.gather(self.first, return_exceptions=True)
        await self.pieces.aclose()


async def _next(speaking: _Speaking, patience: Patience | None) -> bytes | None:
    """Return the next piece, None behind the last. Nobody takes over from the last voice: it may be late."""
    if patience is None:
        return await anext(speaking.pieces, None)
    try:
        return await patience.next()
    except TimeoutError:
        raise ProviderTimeout(speaking.link.name, STALLED) from None


async def _first_of(pieces: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(pieces, None)


def rest_of(text: str, spoken_ms: int) -> str:
    """Return what a voice has not said for certain after so much audio, from the beginning of a word on."""
    said = min(len(text), spoken_ms // SLOW_MS_PER_CHARACTER)
    return text[text.rfind(" ", 0, said) + 1 :]
