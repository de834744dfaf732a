"""Kokoro-82M: natural voices on an ordinary processor (https://huggingface.co/hexgrad/Kokoro-82M, Apache-2.0)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from app.audio.ulaw import UlawEncoder
from app.config import Settings
from app.domain.audio import duration_ms
from app.domain.usage import Stage, UsageUnit
from app.domain.voices import VoiceTable
from app.errors import ConfigError, ProviderRejected, ProviderUnavailable
from app.processors import give_way
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.espeak_library import Espeak, load_espeak
from app.tts.kokoro_model import FRAME_S, SAMPLE_RATE_HZ, STYLE_SHAPE, Floats, KokoroModel, SpeechPlan, join
from app.tts.kokoro_phonemes import GALICIAN, Accent, phonemes, token_batches
from app.tts.phrasing import split_pieces
from app.tts.spoken_text import spoken_text
from app.tts.turns import Turns
from app.usage import count_usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Language:
    phonemes: str
    """espeak-ng's name of the language whose sounds are used."""
    natural: bool = True
    """Whether there are voices that were made for the language."""
    accent: Accent | None = None
    """What to change where the sounds are those of another language."""


_LANGUAGES: Mapping[str, _Language] = {
    "de": _Language("de", natural=False),
    "en": _Language("en-us"),
    "es": _Language("es"),
    "fr": _Language("fr"),
    "gl": _Language("es", natural=False, accent=GALICIAN),
    "it": _Language("it"),
    "pt": _Language("pt-br"),
}

_PIECE_PAUSE = np.zeros(SAMPLE_RATE_HZ * 160 // 1000, dtype=np.float32)
_WARM_UP = SpeechRequest("Uno, dos.", "es")


class KokoroVoice(TtsProvider):
    """Speaks the first half second as soon as it is made and the rest in ever longer stretches.

    ``workers`` syntheses run at once, each on one processor thread; by default on half of the processors, because the
    recogniser needs the others.
    """

    capabilities = TtsCapabilities(
        "kokoro",
        languages=frozenset(_LANGUAGES),
        natural=frozenset(language for language, how in _LANGUAGES.items() if how.natural),
        is_heavy=True,
    )

    def __init__(self, models_dir: Path, voices: VoiceTable, workers: int | None = None) -> None:
        folder = models_dir / "kokoro"
        self._model_path = folder / "kokoro-v1.0.int8.onnx"
        self._voices_folder = folder / "voices"
        for needed in (self._model_path, self._voices_folder):
            if not needed.exists():
                raise ConfigError(f"{needed} is missing; run `make engines` or set MODELS_DIR")
        self._voices = voices
        self._workers = workers or max(1, (os.cpu_count() or 1) // 2)
        self._turns = Turns("kokoro", self._workers)
        self._engine: _Engine | None = None
        self._processors = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.models_dir, settings.kokoro_voices)

    @property
    def processors(self) -> float:
        return self._processors

    @property
    def waiting(self) -> int:
        """Requests that wait for a processor now."""
        return self._turns.waiting

    async def start(self) -> None:
        if self._engine is not None:
            return
        styles = {voice: _blend(self._voices_folder, voice) for voice in self._voices.voices}
        self._engine = await asyncio.to_thread(_Engine, self._model_path, styles, self._workers)
        spoken_ms = 0
        async for piece in self.speak(_WARM_UP):
            spoken_ms += duration_ms(piece)
        self._processors = 1000 * self._engine.busy_s / spoken_ms

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected("kokoro", "language")
        engine = self._engine
        if engine is None:
            raise ProviderUnavailable("kokoro", "not-started")
        count_usage(Stage.SPEECH, "kokoro", UsageUnit.CHARACTERS, len(request.text))
        voice = self._voices.choose(request.language, request.listener, request.register)
        clock = asyncio.get_running_loop().time
        heard_until_s = clock()
        encoder = UlawEncoder(SAMPLE_RATE_HZ)
        is_first_piece = True
        for piece in split_pieces(spoken_text(request.text, request.language)):
            async with self._turns.turn(heard_until_s):
                plans = await engine.run(partial(engine.plan, piece, voice, _LANGUAGES[request.language]))
            for plan in plans:
                if not is_first_piece:
                    yield encoder.encode(_PIECE_PAUSE)
                is_first_piece = False
                tail: Floats | None = None
                for start, end in plan.stretches():
                    async with self._turns.turn(heard_until_s):
                        ulaw, tail = await engine.run(partial(engine.speak, plan, start, end, tail, encoder))
                    heard_until_s = max(heard_until_s, clock()) + (end - start) * FRAME_S
                    if ulaw:
                        yield ulaw
        if not is_first_piece and (ulaw := encoder.encode(np.zeros(0, dtype=np.float32), last=True)):
            yield ulaw

    async def aclose(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class _Engine:
    """What ``start`` loads: the model, the voices, the threads."""

    def __init__(self, model_path: Path, styles: Mapping[str, Floats], workers: int) -> None:
        self._espeak: Espeak = load_espeak()
        self.model = KokoroModel(model_path)
        self._styles = styles
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="kokoro", initializer=give_way)
        self.busy_s = 0.0
        """Processor time of the jobs so far, each on one thread."""

    def plan(self, text: str, voice: str, language: _Language) -> list[SpeechPlan]:
        if not any(character.isalnum() for character in text):
            return []
        symbols = phonemes(self._espeak, text, language.phonemes, language.accent)
        return [self.model.plan(tokens, self._styles[voice]) for tokens in token_batches(symbols)]

    def speak(
        self, plan: SpeechPlan, start: int, end: int, tail: Floats | None, encoder: UlawEncoder
    ) -> tuple[bytes, Floats]:
        """Return the mu-law of a stretch that follows on ``tail``, and its own tail."""
        samples, tail = join(tail, self.model.vocode(plan, start, end), end - start)
        return encoder.encode(samples), tail

    async def run(self, job: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, _timed, job)
        except RuntimeError as error:
            raise ProviderUnavailable("kokoro", "closed") from error
        result, took_s = await future
        self.busy_s += took_s
        return result

    def close(self) -> None:
        self._threads.shutdown(wait=False)


def _timed(job: Callable[[], T]) -> tuple[T, float]:
    began_s = time.thread_time()
    return job(), time.thread_time() - began_s


def _blend(folder: Path, voice: str) -> Floats:
    """Return a voice, or the mean of several whose names are joined by a plus sign. Raises ConfigError."""
    styles: list[Floats] = []
    for name in voice.split("+"):
        path = folder / f"{name}.bin"
        if not path.is_file():
            known = ", ".join(sorted(path.stem for path in folder.glob("*.bin")))
            raise ConfigError(
                f"KOKORO_VOICES: there is no {path}; choose among {known or 'none'}, or run `make engines`"
            )
        try:
            styles.append(np.fromfile(path, dtype=np.float32).reshape(STYLE_SHAPE))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} is broken; remove it and run `make engines`") from error
    blend: Floats = np.mean(styles, axis=0, dtype=np.float32)
    return blend
