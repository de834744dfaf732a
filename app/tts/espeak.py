"""espeak-ng: every language at almost no cost, and it sounds like a machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

import numpy as np

from app.audio.ulaw import FloatSamples, UlawEncoder
from app.config import Settings
from app.domain.usage import Stage, UsageUnit
from app.domain.voices import Register
from app.errors import ProviderRejected, ProviderUnavailable
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.espeak_library import Espeak, load_espeak
from app.tts.phrasing import split_pieces
from app.tts.spoken_text import spoken_text
from app.usage import count_usage

_VOICES: dict[str, str] = {
    **{"ca": "ca", "de": "de", "en": "en-us", "es": "es", "eu": "eu", "fr": "fr", "it": "it", "nl": "nl"},
    **{"pl": "pl", "pt": "pt-br", "ro": "ro", "ru": "ru", "uk": "uk"},
}
"""ISO 639-1 code to the library's name. Arabic is left out: it reads without vowels, which nobody understands."""

_HIGH = "+f2"
"""The library's variant that speaks at about 200 Hz; without one it speaks at 107 Hz."""

_SILENT_SAMPLE = 0.005
_KEPT_SILENCE_S = 0.04


class EspeakVoice(TtsProvider):
    capabilities = TtsCapabilities("espeak", frozenset(_VOICES))

    def __init__(self) -> None:
        self._library: Espeak | None = None
        self._thread: ThreadPoolExecutor | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls()

    async def start(self) -> None:
        if self._thread is None:
            self._library = await asyncio.to_thread(load_espeak)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="espeak")

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in _VOICES:
            raise ProviderRejected("espeak", "language")
        if self._library is None or self._thread is None:
            raise ProviderUnavailable("espeak", "not-started")
        count_usage(Stage.SPEECH, "espeak", UsageUnit.CHARACTERS, len(request.text))
        library, thread = self._library, self._thread
        voice = _VOICES[request.language] + (_HIGH if request.register is Register.HIGH else "")
        encoder = UlawEncoder(library.rate_hz)
        is_first = True
        for piece in split_pieces(spoken_text(request.text, request.language)):
            if not any(character.isalnum() for character in piece):
                continue
            job = partial(library.synthesize, piece, voice)
            try:
                pcm16 = await asyncio.get_running_loop().run_in_executor(thread, job)
            except RuntimeError as error:
                raise ProviderUnavailable("espeak", "closed") from error
            samples = np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / 32768.0
            if ulaw := encoder.encode(_without_lead(samples, library.rate_hz) if is_first else samples):
                is_first = False
                yield ulaw
        if not is_first and (ulaw := encoder.encode(np.zeros(0, dtype=np.float32), last=True)):
            yield ulaw

    async def aclose(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False)


def _without_lead(samples: FloatSamples, rate_hz: int) -> FloatSamples:
    loud = np.flatnonzero(np.abs(samples) > _SILENT_SAMPLE)
    return samples[max(0, int(loud[0]) - int(_KEPT_SILENCE_S * rate_hz)) :] if loud.size else samples
