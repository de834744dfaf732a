"""A translator without engines: demos, load tests and end-to-end tests need no model."""

from __future__ import annotations

import asyncio
from typing import Self

from app.config import Settings
from app.domain.languages import LANGUAGE_NAMES
from app.domain.phrasebook import PHRASEBOOK
from app.domain.usage import Stage, UsageUnit
from app.errors import ProviderRejected
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.sentences import clean
from app.usage import count_usage

NAME = "scripted"


class ScriptedTranslator(TranslationProvider):
    """Answers after ``SCRIPTED_TRANSLATION_MS``: from the phrasebook, else the text behind a tag: "[es] Hello."."""

    def __init__(self, delay_ms: int) -> None:
        languages = sorted(LANGUAGE_NAMES)
        self.capabilities = TranslatorCapabilities(
            NAME, frozenset((source, target) for source in languages for target in languages if source != target)
        )
        self._delay_s = delay_ms / 1000
        self._phrases = {(language, _key(text)): row for row in PHRASEBOOK for language, text in row.items()}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.scripted_translation_ms)

    async def translate(self, request: TranslationRequest) -> str:
        if (request.source, request.target) not in self.capabilities.pairs:
            raise ProviderRejected(NAME, "pair-not-covered")
        text = clean(request.text)
        count_usage(Stage.TRANSLATION, NAME, UsageUnit.CHARACTERS, len(text))
        await asyncio.sleep(self._delay_s)
        row = self._phrases.get((request.source, _key(text)), {})
        return row.get(request.target) or (f"[{request.target}] {text}" if text else "")


def _key(text: str) -> str:
    return clean(text).casefold().rstrip(".!?…")
