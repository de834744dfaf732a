"""A recogniser that hears a written dialogue: for demos, load tests and end-to-end tests without a model.

It costs next to nothing: no task, no audio kept, one timer per ended utterance.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Self

from app.config import Settings
from app.domain.audio import FRAME_MS, AudioFrame
from app.domain.phrasebook import PHRASEBOOK_LANGUAGES, phrase
from app.domain.transcripts import Transcript
from app.domain.usage import Stage, UsageUnit
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.transcript_feed import TranscriptFeed
from app.usage import count_usage

WORD_MS = 300
"""How much speech reveals one more word in the interim transcripts."""


_BILLED_EVERY_MS = 1000


class ScriptedStt(SttProvider):
    """Utterance n of a stream is phrase n of the phrasebook, in the first of the stream's languages."""

    capabilities = SttCapabilities(
        name="scripted", languages=frozenset(PHRASEBOOK_LANGUAGES), detects_language=True, interim_results=True
    )

    def __init__(self, final_delay_s: float, has_stable_words: bool = False) -> None:
        self.capabilities = replace(type(self).capabilities, final_timeout_ms=int(final_delay_s * 1000) + 1000)
        self._final_delay_s = final_delay_s
        self._has_stable_words = has_stable_words

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.scripted_stt_final_ms / 1000, settings.scripted_stt_stable_words)

    async def open(self, options: SttOptions) -> SttStream:
        return ScriptedStream(options.languages, self._final_delay_s, self._has_stable_words)


class _Utterance:
    def __init__(self, number: int, started_at_ms: int, language: str) -> None:
        self.number = number
        self.started_at_ms = started_at_ms
        self.language = language
        self.words = phrase(number, language).split()
        self.words_shown = 0

    def transcript(self, stable: int, shown: int, at_ms: int, is_final: bool) -> Transcript:
        return Transcript(
            utterance=self.number,
            stable=" ".join(self.words[:stable]),
            unstable=" ".join(self.words[stable:shown]),
            is_final=is_final,
            language=self.language,
            language_probability=1.0,
            audio_end_ms=at_ms,
        )


class ScriptedStream(SttStream):
    """One leg's written speech."""

    def __init__(self, languages: tuple[str, ...], final_delay_s: float, has_stable_words: bool) -> None:
        self._language = ScriptedStt.capabilities.among(languages)[0]
        self._final_delay_s = final_delay_s
        self._has_stable_words = has_stable_words
        self._loop = asyncio.get_running_loop()
        self._feed = TranscriptFeed(ScriptedStt.capabilities.name)
        self._utterance: _Utterance | None = None
        self._unbilled_ms = 0
        self._timers: set[asyncio.TimerHandle] = set()

    def push(self, frame: AudioFrame) -> None:
        self._unbilled_ms += FRAME_MS
        if self._unbilled_ms >= _BILLED_EVERY_MS:
            self._bill()
        utterance = self._utterance
        if utterance is None:
            return
        word_count = min((frame.at_ms - utterance.started_at_ms) // WORD_MS, len(utterance.words) - 1)
        if word_count > utterance.words_shown and not self._timers:
            utterance.words_shown = word_count
            stable = word_count if self._has_stable_words else 0
            self._feed.put(utterance.transcript(stable, word_count + 1, frame.at_ms, is_final=False))

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self.end_utterance(at_ms)
        self._utterance = _Utterance(utterance, at_ms, self._language)

    def hint_pause(self, at_ms: int) -> None:
        """Nothing to do ahead of time."""

    def end_utterance(self, at_ms: int) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is None or self._feed.is_over:
            return
        final = utterance.transcript(len(utterance.words), len(utterance.words), at_ms, is_final=True)

        def deliver() -> None:
            self._timers.discard(timer)
            self._feed.put(final)

        timer = self._loop.call_later(self._final_delay_s, deliver)
        self._timers.add(timer)

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        self._language = ScriptedStt.capabilities.among(languages)[0]

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._utterance = None
        self._bill()
        self._feed.close()

    def _bill(self) -> None:
        audio_ms, self._unbilled_ms = self._unbilled_ms, 0
        count_usage(Stage.RECOGNITION, ScriptedStt.capabilities.name, UsageUnit.AUDIO_MS, audio_ms)
