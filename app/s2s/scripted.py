"""A speech-to-speech interpreter without an engine: it knows a written dialogue, and when somebody speaks.

For demos, load tests and end-to-end tests. Stretch n of speech is phrase n of the phrasebook.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Self

import numpy as np

from app.audio.ulaw import float_to_ulaw, loudness
from app.config import Settings
from app.domain.audio import FRAME_MS, SAMPLE_RATE_HZ, AudioFrame
from app.domain.direct import DirectPiece, SourceText, Spoken, TargetText, TurnEnded
from app.domain.phrasebook import PHRASEBOOK_LANGUAGES, phrase
from app.domain.usage import Stage, UsageUnit
from app.errors import ProviderRejected
from app.s2s.base import S2sCapabilities, S2sOptions, S2sProvider, S2sStream
from app.s2s.piece_feed import PieceFeed
from app.usage import count_usage

NAME = "scripted"
_LOUD = 300
_PAUSE_MS = 400
_SHORTEST_MS = 200
"""Of sound in a stretch of speech: a click is none."""
_MS_PER_CHARACTER = 65
_PITCH_HZ = 140


class ScriptedS2s(S2sProvider):
    """Says the phrase ``delay_s`` after the speech; nothing where it is in the target language already."""

    capabilities = S2sCapabilities(
        name=NAME,
        targets=frozenset(PHRASEBOOK_LANGUAGES),
        input_rate_hz=SAMPLE_RATE_HZ,
        output_rate_hz=SAMPLE_RATE_HZ,
        price_unit=UsageUnit.AUDIO_MS,
        has_turn_marks=True,
    )

    def __init__(self, delay_s: float = 0.0) -> None:
        self._delay_s = delay_s

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.scripted_s2s_ms / 1000)

    async def open(self, options: S2sOptions) -> S2sStream:
        return ScriptedStream(options, self._delay_s)


class ScriptedStream(S2sStream):
    """One direction's written speech: no task, one timer for each stretch that waits to be said."""

    def __init__(self, options: S2sOptions, delay_s: float) -> None:
        self._source = options.source if options.source in PHRASEBOOK_LANGUAGES else "en"
        self._target = options.target
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._feed = PieceFeed(NAME)
        self._timers: set[asyncio.TimerHandle] = set()
        self._stretches = 0
        self._loud_ms = 0
        self._quiet_ms = 0
        self.set_target(options.target)

    def push(self, frame: AudioFrame) -> None:
        if self._feed.is_over:
            return
        count_usage(Stage.SPEECH_TO_SPEECH, NAME, UsageUnit.AUDIO_MS, FRAME_MS)
        if loudness(frame.ulaw) >= _LOUD:
            self._loud_ms += FRAME_MS
            self._quiet_ms = 0
            return
        self._quiet_ms += FRAME_MS
        if self._quiet_ms == _PAUSE_MS:
            if self._loud_ms >= _SHORTEST_MS:
                self._interpret()
            self._loud_ms = 0

    def set_target(self, language: str) -> None:
        if language not in PHRASEBOOK_LANGUAGES:
            raise ProviderRejected(NAME, "language-unknown")
        self._target = language

    def __aiter__(self) -> AsyncIterator[DirectPiece]:
        return self._feed

    async def aclose(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._feed.close()

    def _interpret(self) -> None:
        self._stretches += 1
        source, target = phrase(self._stretches, self._source), phrase(self._stretches, self._target)
        self._feed.put(SourceText(f" {source}"))
        if self._source == self._target:
            return

        def say() -> None:
            self._timers.discard(timer)
            self._feed.put(TargetText(f" {target}"))
            self._feed.put(Spoken(_hum(len(target) * _MS_PER_CHARACTER)))
            self._feed.put(TurnEnded())

        timer = self._loop.call_later(self._delay_s, say)
        self._timers.add(timer)


@lru_cache(maxsize=64)
def _hum(milliseconds: int) -> bytes:
    """Return mu-law of somebody who hums on one tone, syllable by syllable."""
    time_s = np.arange(milliseconds * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    wave = sum(np.sin(2 * np.pi * _PITCH_HZ * k * time_s) / k for k in range(1, 8))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time_s)
    return float_to_ulaw((0.2 * wave * syllables).astype(np.float32))
