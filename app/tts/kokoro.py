"""Kokoro-82M: natural voices on an ordinary processor (https://huggingface.co/hexgrad/Kokoro-82M, Apache-2.0)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from app.audio.ulaw import UlawEncoder
from app.config import Settings
from app.domain.usage import Stage, UsageUnit
from app.errors import ConfigError, ProviderRejected, ProviderUnavailable
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
class KokoroSpeaker:
    """How one language is spoken."""

    styles: tuple[str, ...]
    """Files in ``kokoro/voices`` without their ending; several are blended in equal parts."""
    phonemes: str
    """espeak-ng's name of the language whose sounds are used."""
    natural: bool = True
    """Whether the voice was made for the language."""
    accent: Accent | None = None
    """What to change where the sounds are those of another language."""


SPEAKERS: Mapping[str, KokoroSpeaker] = {
    "de": KokoroSpeaker(("ef_dora",), "de", natural=False),
    "en": KokoroSpeaker(("af_heart",), "en-us"),
    "es": KokoroSpeaker(("ef_dora",), "es"),
    "fr": KokoroSpeaker(("ff_siwis",), "fr"),
    "gl": KokoroSpeaker(("ef_dora",), "es", natural=False, accent=GALICIAN),
    "it": KokoroSpeaker(("if_sara",), "it"),
    "pt": KokoroSpeaker(("pf_dora",), "pt-br"),
}

OTHER_SPEAKERS: Mapping[str, KokoroSpeaker] = {
    "de": KokoroSpeaker(("em_alex",), "de", natural=False),
    "en": KokoroSpeaker(("am_michael",), "en-us"),
    "es": KokoroSpeaker(("em_alex",), "es"),
    "fr": KokoroSpeaker(("ff_siwis", "am_michael"), "fr"),
    "gl": KokoroSpeaker(("em_alex",), "es", natural=False, accent=GALICIAN),
    "it": KokoroSpeaker(("im_nicola",), "it"),
    "pt": KokoroSpeaker(("pm_alex",), "pt-br"),
}
"""Voices that a listener tells from the interpreter's: the parties of a demonstration."""

_PIECE_PAUSE = np.zeros(SAMPLE_RATE_HZ * 160 // 1000, dtype=np.float32)
_WARM_UP = SpeechRequest("Uno, dos.", "es")


class KokoroVoice(TtsProvider):
    """Speaks the first half second as soon as it is made and the rest in ever longer stretches.

    ``workers`` syntheses run at once, each on one processor thread; by default on half of the processors, because the
    recogniser needs the others.
    """

    def __init__(
        self, models_dir: Path, speakers: Mapping[str, KokoroSpeaker] = SPEAKERS, workers: int | None = None
    ) -> None:
        folder = models_dir / "kokoro"
        self._model_path = folder / "kokoro-v1.0.int8.onnx"
        if not self._model_path.is_file():
            raise ConfigError(f"{self._model_path} is missing; run `make engines` or set MODELS_DIR")
        self._style_paths = {
            language: tuple(folder / "voices" / f"{style}.bin" for style in speaker.styles)
            for language, speaker in speakers.items()
        }
        languages = frozenset(
            language for language, paths in self._style_paths.items() if all(path.is_file() for path in paths)
        )
        if not languages:
            raise ConfigError(f"{folder / 'voices'} holds none of the voices; run `make engines`")
        natural = frozenset(language for language in languages if speakers[language].natural)
        self.capabilities = TtsCapabilities("kokoro", languages, natural)
        self._speakers = speakers
        self._workers = workers or max(1, (os.cpu_count() or 1) // 2)
        self._turns = Turns("kokoro", self._workers)
        self._engine: _Engine | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.models_dir)

    @property
    def waiting(self) -> int:
        """Requests that wait for a processor now."""
        return self._turns.waiting

    async def start(self) -> None:
        if self._engine is not None:
            return
        styles = {language: self._style_paths[language] for language in self.capabilities.languages}
        self._engine = await asyncio.to_thread(_Engine, self._model_path, styles, self._workers)
        if _WARM_UP.language in self.capabilities.languages:
            async for _ in self.speak(_WARM_UP):
                pass

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected("kokoro", "language")
        engine = self._engine
        if engine is None:
            raise ProviderUnavailable("kokoro", "not-started")
        count_usage(Stage.SPEECH, "kokoro", UsageUnit.CHARACTERS, len(request.text))
        speaker = self._speakers[request.language]
        clock = asyncio.get_running_loop().time
        heard_until_s = clock()
        encoder = UlawEncoder(SAMPLE_RATE_HZ)
        is_first_piece = True
        for piece in split_pieces(spoken_text(request.text, request.language)):
            async with self._turns.turn(heard_until_s):
                plans = await engine.run(partial(engine.plan, piece, speaker, request.language))
            for plan in plans:
                if not is_first_piece:
                    yield encoder.encode(_PIECE_PAUSE)
                is_first_piece = False
                tail: Floats | None = None
                for start, end in plan.stretches():
                    async with self._turns.turn(heard_until_s):
                        samples = await engine.run(partial(engine.model.vocode, plan, start, end))
                    samples, tail = join(tail, samples, end - start)
                    heard_until_s = max(heard_until_s, clock()) + (end - start) * FRAME_S
                    if ulaw := encoder.encode(samples):
                        yield ulaw
        if not is_first_piece and (ulaw := encoder.encode(np.zeros(0, dtype=np.float32), last=True)):
            yield ulaw

    async def aclose(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class _Engine:
    """What ``start`` loads: the model, the voices, the threads."""

    def __init__(self, model_path: Path, styles: Mapping[str, tuple[Path, ...]], workers: int) -> None:
        self._espeak: Espeak = load_espeak()
        self.model = KokoroModel(model_path)
        self._voices = {language: _blend(paths) for language, paths in styles.items()}
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="kokoro")

    def plan(self, text: str, speaker: KokoroSpeaker, language: str) -> list[SpeechPlan]:
        if not any(character.isalnum() for character in text):
            return []
        symbols = phonemes(self._espeak, text, speaker.phonemes, speaker.accent)
        return [self.model.plan(tokens, self._voices[language]) for tokens in token_batches(symbols)]

    async def run(self, job: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, job)
        except RuntimeError as error:
            raise ProviderUnavailable("kokoro", "closed") from error
        return await future

    def close(self) -> None:
        self._threads.shutdown(wait=False)


def _blend(paths: tuple[Path, ...]) -> Floats:
    """Return the mean of some voices. Raises ConfigError."""
    try:
        voices = [np.fromfile(path, dtype=np.float32).reshape(STYLE_SHAPE) for path in paths]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{paths[0].parent} holds a broken voice; remove it and run `make engines`") from error
    blend: Floats = np.mean(voices, axis=0, dtype=np.float32)
    return blend
