"""OPUS-MT, the open translation models of the University of Helsinki, through CTranslate2.

For the pairs that the other offline engines lack: German, Arabic ... No model comes with this product.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from app.config import Settings
from app.domain.usage import Stage, UsageUnit
from app.errors import ConfigError, ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from app.translation.base import TranslationRequest, TranslatorCapabilities
from app.translation.offline import OfflineEngine, Pair, expected_pairs
from app.translation.opus_mt_files import check_model, conversion, download, find_models
from app.translation.sentences import clean, split_sentences
from app.translation.worker_threads import WorkerThreads
from app.usage import count_usage

if TYPE_CHECKING:
    from app.translation.opus_mt_model import OpusMtModel

log = structlog.get_logger(__name__)

NAME = "opus_mt"


class OpusMtTranslator(OfflineEngine):
    """A model for each pair of ``OPUS_MT_MODELS`` and of the folders ``MODELS_DIR/opus_mt/<source>-<target>``."""

    def __init__(self, models: Mapping[Pair, Path | str], settings: Settings) -> None:
        """``models``: where each pair's is, a folder or a name on the hub."""
        self._models = dict(models)
        self._timeout_s = settings.translation_timeout_s
        self._workers = settings.opus_mt_workers or os.cpu_count() or 1
        self._threads = WorkerThreads(NAME, self._workers)
        self._loading: dict[Pair, asyncio.Task[OpusMtModel]] = {}
        self._expected_pairs = expected_pairs(settings)
        self.capabilities = TranslatorCapabilities(NAME, frozenset(models))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        models = find_models(settings)
        if not models:
            raise ConfigError(
                "no model is configured; set OPUS_MT_MODELS, for instance to "
                "de-es=gaudi/opus-mt-de-es-ctranslate2,es-de=gaudi/opus-mt-es-de-ctranslate2, or convert some into "
                f"{settings.models_dir / NAME}/<source>-<target>: {conversion('de', 'es')}"
            )
        for pair, model in models.items():
            if isinstance(model, Path):
                check_model(pair, model)
        return cls(models, settings)

    async def fetch(self) -> None:
        """Download the models that are named as on the hub, once for all time. Raises ConfigError."""
        for pair, model in list(self._models.items()):
            if isinstance(model, str):
                folder = await asyncio.to_thread(download, pair, model)
                check_model(pair, folder)
                self._models[pair] = folder

    async def start(self) -> None:
        await self.fetch()
        await self.warm(self._expected_pairs & self.capabilities.pairs)

    def expect(self, source: str, target: str) -> None:
        for pair in {(source, target), (target, source)} & self.capabilities.pairs:
            self._load(pair)

    async def warm(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            try:
                await asyncio.shield(self._load(pair))
            except ProviderError as error:
                raise ConfigError(
                    f"OPUS_MT_MODELS: the model for {'-'.join(pair)} cannot be loaded ({error.code}); "
                    f"{conversion(*pair)}"
                ) from error

    async def translate(self, request: TranslationRequest) -> str:
        pair = (request.source, request.target)
        if pair not in self._models:
            raise ProviderRejected(NAME, "pair-not-covered")
        sentences = split_sentences(clean(request.text))
        count_usage(Stage.TRANSLATION, NAME, UsageUnit.CHARACTERS, sum(map(len, sentences)))
        try:
            async with asyncio.timeout(self._timeout_s):
                model = await asyncio.shield(self._load(pair))
                said = [await self._threads.run(partial(model.translate, sentence)) for sentence in sentences]
        except TimeoutError:
            raise ProviderTimeout(NAME, "timeout") from None
        except RuntimeError:
            raise ProviderUnavailable(NAME, "engine-failed") from None
        return clean(" ".join(said))

    async def aclose(self) -> None:
        self._threads.close()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        self._loading.clear()
        await self._threads.aclose()

    def _load(self, pair: Pair) -> asyncio.Task[OpusMtModel]:
        """Load a model in the background, unless that was begun before and has not failed."""
        task = self._loading.get(pair)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._loading[pair] = asyncio.create_task(self._read(pair), name=f"{NAME}.load")
            task.add_done_callback(_note_failure)
        return task

    async def _read(self, pair: Pair) -> OpusMtModel:
        """Raises ProviderUnavailable."""
        try:
            return await self._threads.run(partial(_read_model, pair, self._models[pair], self._workers))
        except (OSError, ValueError, RuntimeError, ConfigError) as error:
            raise ProviderUnavailable(NAME, f"model-{type(error).__name__.lower()}") from None


def _read_model(pair: Pair, model: Path | str, workers: int) -> OpusMtModel:
    """Raises OSError, ValueError, RuntimeError or ConfigError."""
    from app.translation.opus_mt_model import OpusMtModel  # Heavy, and needed only where there is a model.

    return OpusMtModel(model if isinstance(model, Path) else download(pair, model), pair[1], workers)


def _note_failure(task: asyncio.Task[OpusMtModel]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), ProviderError):
        log.warning("opus_mt.not_loaded", code=error.code)
