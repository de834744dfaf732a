"""Language models see no card, account, telephone or identity number: stand-ins travel in their place.

Such a number is the same in every language, so nothing is lost: the translation gets it back where its stand-in stands,
or at its end where the model dropped that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from typing import Self

from app.config import Settings
from app.domain.glossary import Glossary
from app.privacy.redaction import Personal, find_personal, redact
from app.resilience.breaker import CircuitBreaker
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_bare

STAND_INS = ("Zubrix", "Kovax", "Tomvel", "Dorvix", "Belkam", "Fintrox", "Marvex", "Gunvax")
"""Words of no language. A text with more numbers than these has labels for the rest, and they are said at its end."""


class WithholdingTranslator(TranslationProvider):
    """Another translator, which never sees what is personal in a text."""

    def __init__(self, provider: TranslationProvider) -> None:
        self._provider = provider
        self.capabilities = provider.capabilities

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(create_bare(settings, settings.translation_provider, "TRANSLATION_PROVIDER"))

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return self._provider.breakers

    async def start(self) -> None:
        await self._provider.start()
        self.capabilities = self._provider.capabilities

    async def learn(self, glossaries: Collection[Glossary]) -> None:
        await self._provider.learn(glossaries)

    def expect(self, source: str, target: str) -> None:
        self._provider.expect(source, target)

    async def translate(self, request: TranslationRequest) -> str:
        request = replace(request, context=tuple(redact(text, request.source) for text in request.context))
        found = find_personal(request.text, request.source)
        if not found:
            return await self._provider.translate(request)
        text = unicodedata.normalize("NFC", request.text)
        words = [word for word in STAND_INS if word.casefold() not in text.casefold()]
        words += [personal.kind.label for personal in found[len(words) :]]
        stand_ins = list(zip(words, found, strict=False))
        withheld = " ".join(text[personal.start : personal.end] for personal in found)
        keep = tuple(
            piece for piece in request.keep if piece not in withheld and redact(piece, request.source) == piece
        )
        sent = replace(request, text=_with_stand_ins(text, stand_ins), keep=(*keep, *(word for word, _ in stand_ins)))
        return _restored(await self._provider.translate(sent), stand_ins)

    async def aclose(self) -> None:
        await self._provider.aclose()


def _with_stand_ins(text: str, stand_ins: list[tuple[str, Personal]]) -> str:
    for word, personal in reversed(stand_ins):
        text = text[: personal.start] + word + text[personal.end :]
    return text


def _restored(translation: str, stand_ins: list[tuple[str, Personal]]) -> str:
    """Return the translation with every number: one whose stand-in is lost is said behind it."""
    lost = []
    for word, personal in stand_ins:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        before, *others = pattern.split(translation, maxsplit=1)
        if others:
            translation = before + personal.value + others[0]
        else:
            lost.append(personal.value)
    return " ".join([translation, *lost])
