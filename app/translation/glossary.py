"""The glossary, applied to a translator that has no means of its own for it: stand-ins for what is to stay.

What the engine translates as the glossary has it is left alone, with the grammar that the engine gave it. Only where a
name or a term is missing is the text translated again, with invented words in their place, which engines take for
foreign names and leave as they are (``python -m bench.glossary``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Self

from app.config import Settings
from app.domain.glossary import Found, Glossary
from app.resilience.breaker import CircuitBreaker
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.factory import create_bare

STAND_INS = ("Zubrix", "Kovax", "Tomvel", "Dorvix", "Belkam", "Fintrox", "Marvex", "Gunvax")
"""Words of no language. What a text has beyond so many is left to the engine."""
_SENTENCE_BEGIN = re.compile(r"(?:^|[.!?…:¿¡؟])[\s\"'«“(]*$")


class GlossaryTranslator(TranslationProvider):
    """Another translator, which says names and terms as the request's glossary has them."""

    def __init__(self, provider: TranslationProvider) -> None:
        self._provider = provider
        self.capabilities = _with_glossary(provider)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(create_bare(settings, settings.translation_provider, "TRANSLATION_PROVIDER"))

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return self._provider.breakers

    async def start(self) -> None:
        await self._provider.start()
        self.capabilities = _with_glossary(self._provider)

    async def learn(self, glossaries: Collection[Glossary]) -> None:
        await self._provider.learn(glossaries)

    def expect(self, source: str, target: str) -> None:
        self._provider.expect(source, target)

    async def translate(self, request: TranslationRequest) -> str:
        text = await self._provider.translate(request)
        has_own_means = (request.source, request.target) in self._provider.capabilities.glossary_pairs
        if has_own_means or not request.glossary.missing(request.text, text):
            return text
        stand_ins = _place(request)
        around = await self._provider.translate(replace(request, text=_with_stand_ins(request.text, stand_ins)))
        restored = _restored(around, request.text, stand_ins)
        return text if restored is None else restored

    async def aclose(self) -> None:
        await self._provider.aclose()


def _with_glossary(provider: TranslationProvider) -> TranslatorCapabilities:
    return replace(provider.capabilities, glossary_pairs=provider.capabilities.pairs)


def _place(request: TranslationRequest) -> dict[str, Found]:
    """Return what stands in for what, from left to right."""
    text = request.text.casefold()
    free = [word for word in STAND_INS if word.casefold() not in text]
    return dict(zip(free, request.glossary.find(request.text), strict=False))


def _with_stand_ins(text: str, stand_ins: dict[str, Found]) -> str:
    for word, found in reversed(stand_ins.items()):
        text = text[: found.start] + word + text[found.end :]
    return text


def _restored(translation: str, original: str, stand_ins: dict[str, Found]) -> str | None:
    """Return the translation with what the stand-ins stood for; None where one is lost or was doubled."""
    for word, found in stand_ins.items():
        pieces = re.split(rf"(?<!\w){word}(?!\w)", translation, flags=re.IGNORECASE)
        if len(pieces) != 2:
            return None
        before, behind = pieces
        wanted = found.entry.target
        if original[found.start].isupper() and _SENTENCE_BEGIN.search(before):
            wanted = wanted[:1].upper() + wanted[1:]
        translation = before + wanted + behind
    return translation
