"""The voices that this machine has: for each language the best of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Self

from app.config import Settings
from app.errors import ConfigError, ProviderRejected
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider

if TYPE_CHECKING:
    from app.tts.kokoro import KokoroVoice

_MAX_WAITING = 4
"""With more requests than this before it, a natural voice comes seconds too late: a plain one answers at once."""


class LocalVoice(TtsProvider):
    """Kokoro for the languages that it has, espeak-ng for the others and while Kokoro cannot keep up."""

    def __init__(self, kokoro: KokoroVoice | None, espeak: TtsProvider | None) -> None:
        self._kokoro = kokoro
        self._espeak = espeak
        self._voices = [voice for voice in (kokoro, espeak) if voice is not None]
        self.capabilities = TtsCapabilities(
            "local",
            languages=frozenset[str]().union(*(voice.capabilities.languages for voice in self._voices)),
            natural=frozenset[str]().union(*(voice.capabilities.natural for voice in self._voices)),
            is_heavy=any(voice.capabilities.is_heavy for voice in self._voices),
        )
        self.fallbacks = 0
        """Requests that espeak-ng spoke because Kokoro could not keep up."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        kokoro: KokoroVoice | None = None
        espeak: TtsProvider | None = None
        missing: list[str] = []
        try:
            from app.tts.kokoro import KokoroVoice

            kokoro = KokoroVoice.from_settings(settings)
        except ImportError as error:
            missing.append(f"the package {error.name} is not installed")
        except ConfigError as error:
            missing.append(str(error))
        try:
            from app.tts.espeak import EspeakVoice

            espeak = EspeakVoice.from_settings(settings)
        except ImportError as error:
            missing.append(f"the package {error.name} is not installed")
        if kokoro is None and espeak is None:
            raise ConfigError(
                f"no voice is installed ({'; '.join(missing)}); "
                "run `pip install -r requirements.txt` and `make engines`"
            )
        return cls(kokoro, espeak)

    @property
    def processors(self) -> float:
        return max(voice.processors for voice in self._voices)

    async def start(self) -> None:
        for voice in self._voices:
            await voice.start()

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._choose(request.language).speak(request)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        for voice in self._voices:
            await voice.aclose()

    def _choose(self, language: str) -> TtsProvider:
        able = [voice for voice in self._voices if language in voice.capabilities.languages]
        if not able:
            raise ProviderRejected("local", "language")
        if len(able) > 1 and self._kokoro is not None and self._kokoro.waiting > _MAX_WAITING:
            self.fallbacks += 1
            return able[1]
        return able[0]
