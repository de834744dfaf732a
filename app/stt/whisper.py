"""Recognition on this machine's processor: a Whisper model through CTranslate2."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Self

from app.config import Settings
from app.errors import ConfigError, ProviderUnavailable
from app.processors import run_giving_way
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.decode_queue import DecodeCounts, DecodeQueue
from app.stt.decoding import Decoded, Engine
from app.stt.whisper_files import WHISPER_LANGUAGES, find_model, is_hub_name
from app.stt.whisper_stream import FINAL_TIMEOUT_S, StreamCounts, WhisperStream

PROVIDER = "whisper"
_PATIENCE_MS = 1000
"""A stream promotes its own last interim when a decode takes too long; nobody else should before."""


class WhisperStt(SttProvider):
    """One model in memory for all calls, ``whisper_workers`` decodes at a time."""

    def __init__(self, model: str, folder: Path | None, threads: int, workers: int, partial_interval_ms: int) -> None:
        """``folder`` None: ``model`` is a hub name, downloaded at start."""
        languages = frozenset({"en"}) if model.endswith(".en") else WHISPER_LANGUAGES
        self.capabilities = SttCapabilities(
            name=PROVIDER,
            languages=languages,
            detects_language=len(languages) > 1,
            interim_results=True,
            final_timeout_ms=int(FINAL_TIMEOUT_S * 1000) + _PATIENCE_MS,
        )
        self.stream_counts = StreamCounts()
        self._model = model
        self._folder = folder
        self._threads = threads
        self._workers = workers
        self._partial_interval_ms = partial_interval_ms
        self._engine: Engine | None = None
        self._processors = 0.0
        self._queue: DecodeQueue[Decoded] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if importlib.util.find_spec("faster_whisper") is None:
            raise ConfigError("the package faster-whisper is not installed; run `pip install -r requirements.txt`")
        folder = find_model(settings.whisper_model, settings.models_dir)
        if folder is None and not is_hub_name(settings.whisper_model):
            raise ConfigError(
                f"WHISPER_MODEL={settings.whisper_model}: no model.bin in that folder of {settings.models_dir}, "
                "at that path or in a package of that name; run `make engines`, or set WHISPER_MODEL to the path "
                "of a faster-whisper model or, with access to the hub, to a name such as base"
            )
        return cls(
            model=settings.whisper_model,
            folder=folder,
            threads=settings.whisper_threads,
            workers=settings.whisper_workers,
            partial_interval_ms=settings.audio_chunk_duration_ms,
        )

    @property
    def queued(self) -> int:
        return self._queue.waiting if self._queue is not None else 0

    @property
    def decode_counts(self) -> DecodeCounts:
        return self._queue.counts if self._queue is not None else DecodeCounts()

    @property
    def processors(self) -> float:
        return self._processors

    async def start(self) -> None:
        # CTranslate2's own threads inherit the priority of the one that loads the model.
        self._engine = await run_giving_way(self._load)
        self._queue = DecodeQueue(self._workers)

    async def open(self, options: SttOptions) -> SttStream:
        if self._engine is None or self._queue is None:
            raise ProviderUnavailable(PROVIDER, "not-started")
        return WhisperStream(
            self._engine.expecting(options.keyterms) if options.keyterms else self._engine,
            self._queue,
            self.stream_counts,
            self.capabilities,
            options,
            self._partial_interval_ms,
        )

    async def aclose(self) -> None:
        queue, self._queue, self._engine = self._queue, None, None
        if queue is not None:
            await queue.aclose()

    def _load(self) -> Engine:
        from faster_whisper import download_model

        from app.stt.whisper_engine import WhisperEngine

        try:
            folder = self._folder or Path(download_model(self._model))
            engine = WhisperEngine(folder, self._threads, self._workers)
            self._processors = engine.processors()
        except (OSError, ValueError, RuntimeError) as error:
            raise ConfigError(
                f"WHISPER_MODEL={self._model}: it cannot be downloaded or loaded ({type(error).__name__}); "
                "run `make engines`, or set WHISPER_MODEL to the path of a faster-whisper model"
            ) from error
        return engine
