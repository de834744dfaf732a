"""A voice that whistles, written as docs/providers.md says: settings -> client -> methods -> errors as Puente's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Self

import numpy as np
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.audio.ulaw import float_to_ulaw
from app.config import Settings
from app.domain.languages import LANGUAGE_NAMES
from app.domain.usage import Stage, UsageUnit
from app.errors import ConfigError, ProviderRejected
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.usage import count_usage

NAME = "whistle"
_MS_PER_CHARACTER = 65
_RATE_HZ = 8000


class WhistleSettings(BaseSettings):
    """Puente's own settings are closed: a package reads its own, from the same places."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")
    whistle_hz: int = 0


class WhistleVoice(TtsProvider):
    capabilities = TtsCapabilities(NAME, frozenset(LANGUAGE_NAMES))

    def __init__(self, whistle_hz: int) -> None:
        self._whistle_hz = whistle_hz

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        whistle_hz = WhistleSettings().whistle_hz
        if not 300 <= whistle_hz <= 3400:
            raise ConfigError("WHISTLE_HZ is not set: 300 to 3400")
        return cls(whistle_hz)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected(NAME, "language")
        text = request.text.strip()
        if not any(character.isalnum() for character in text):
            return
        count_usage(Stage.SPEECH, NAME, UsageUnit.CHARACTERS, len(text))
        await asyncio.sleep(0)  # Whoever gives up before anything is made pays for nothing.
        times = np.arange(len(text) * _MS_PER_CHARACTER * _RATE_HZ // 1000) / _RATE_HZ
        yield float_to_ulaw((0.3 * np.sin(2 * np.pi * self._whistle_hz * times)).astype(np.float32))
