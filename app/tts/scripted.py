"""A voice that says nothing intelligible but sounds like speech: for demos without models, load tests and tests."""

from __future__ import annotations

import asyncio
import functools
import zlib
from collections.abc import AsyncGenerator, Mapping
from typing import Self

import numpy as np

from app.audio.ulaw import float_to_ulaw
from app.config import Settings
from app.domain.audio import BYTES_PER_MS, SAMPLE_RATE_HZ
from app.domain.languages import LANGUAGE_NAMES
from app.domain.usage import Stage, UsageUnit
from app.domain.voices import Register
from app.errors import ProviderRejected
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.usage import count_usage

_MS_PER_CHARACTER = 65
_SHORTEST_MS = 300
_FIRST_PIECE_MS = 200
_SYLLABLE_MS = 250
_PITCHES_HZ: Mapping[Register | None, float] = {None: 120.0, Register.LOW: 85.0, Register.HIGH: 210.0}
_VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480))
"""Formants of the vowels of "father", "feet", "law" and "bet" (Peterson and Barney, 1952)."""
_FORMANT_WIDTH_HZ = 110.0
_PEAK = 0.5


class ScriptedVoice(TtsProvider):
    """The first audio comes after ``first_ms``, the rest at once: about 65 ms of it per character.

    The same text always sounds the same, as high as the speaker. A request costs no arithmetic: it is cut from audio
    made beforehand.
    """

    capabilities = TtsCapabilities("scripted", frozenset(LANGUAGE_NAMES))

    def __init__(self, first_ms: int = 0) -> None:
        self._first_s = first_ms / 1000
        self._babbles = {register: _babble(pitch_hz) for register, pitch_hz in _PITCHES_HZ.items()}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.scripted_tts_first_ms)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected("scripted", "language")
        if not any(character.isalnum() for character in request.text):
            return
        count_usage(Stage.SPEECH, "scripted", UsageUnit.CHARACTERS, len(request.text))
        await asyncio.sleep(self._first_s)
        ulaw = self._cut(request)
        first_bytes = _FIRST_PIECE_MS * BYTES_PER_MS
        yield ulaw[:first_bytes]
        yield ulaw[first_bytes:]

    def _cut(self, request: SpeechRequest) -> bytes:
        """Return the text's own part of the babble, from the beginning of a syllable on."""
        text, babble = request.text, self._babbles[request.register]
        length = max(_SHORTEST_MS, len(text) * _MS_PER_CHARACTER) * BYTES_PER_MS
        syllable_bytes = _SYLLABLE_MS * BYTES_PER_MS
        syllables = len(babble) // syllable_bytes
        start = zlib.crc32(text.encode()) % syllables * syllable_bytes
        rounds = (start + length) // len(babble) + 1
        return (babble * rounds)[start : start + length]


@functools.cache
def _babble(voice_hz: float) -> bytes:
    """Return seconds of vowels: the harmonics of a voice, shaped by formants, rising and falling with the syllables."""
    generator = np.random.default_rng(20)
    syllable = np.arange(_SYLLABLE_MS * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    envelope = 0.25 + 0.75 * np.sin(np.pi * syllable / syllable[-1])
    sounds = []
    for _ in range(32):
        pitch_hz = voice_hz * generator.uniform(0.85, 1.3)
        formants_hz = np.array(_VOWELS_HZ[generator.integers(len(_VOWELS_HZ))])
        harmonics_hz = pitch_hz * np.arange(1, int(3800 / pitch_hz))
        distance = (harmonics_hz[:, None] - formants_hz[None, :]) / _FORMANT_WIDTH_HZ
        strength = (1.0 / (1.0 + distance**2) / np.array([1.0, 2.0, 4.0])).sum(axis=1) + 0.02
        wave = (strength[:, None] * np.sin(2 * np.pi * harmonics_hz[:, None] * syllable[None, :])).sum(axis=0)
        sounds.append(envelope * wave / np.abs(wave).max() * _PEAK)
    return float_to_ulaw(np.concatenate(sounds).astype(np.float32))
