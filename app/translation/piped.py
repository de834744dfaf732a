"""The translator over pipelines: one per language pair."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from app.config import Settings
from app.domain.usage import Stage, UsageUnit
from app.errors import ConfigError, ProviderBadReply, ProviderError, ProviderRejected
from app.translation.base import TranslationRequest, TranslatorCapabilities
from app.translation.offline import OfflineEngine, Pair, expected_pairs
from app.translation.pipeline import Command, Pipeline
from app.translation.sentences import clean, split_sentences
from app.usage import count_usage

_WARM_UP = {"en": "Hello.", "es": "Hola.", "fr": "Bonjour.", "gl": "Ola.", "it": "Ciao.", "pt": "Olá."}


class PipedTranslator(OfflineEngine):
    """Sentence after sentence through the pair's pipeline, which opens at its first use or when warmed.

    A subclass finds its engines and says how a sentence travels.
    """

    end = b""
    """What closes a payload and comes back with its reply."""

    def __init__(self, name: str, commands: Mapping[Pair, Sequence[Command]], settings: Settings) -> None:
        self.capabilities = TranslatorCapabilities(name, frozenset(commands))
        self._pipelines = {
            (source, target): Pipeline(
                name, stages, settings.translation_timeout_s, end=self.end, probe=self.probe(source)
            )
            for (source, target), stages in commands.items()
        }
        self._expected_pairs = expected_pairs(settings)

    def probe(self, source: str) -> bytes:
        """Return the payload by which a pipeline is checked after each sentence; empty: it needs no check."""
        return b""

    def encode(self, sentence: str) -> bytes:
        return sentence.encode()

    def decode(self, reply: bytes) -> str:
        """Raises ProviderBadReply."""
        try:
            return clean(reply.decode())
        except UnicodeDecodeError:
            raise ProviderBadReply(self.capabilities.name, "not-utf-8") from None

    async def start(self) -> None:
        await self.warm(self._expected_pairs & self.capabilities.pairs)

    async def warm(self, pairs: Iterable[Pair]) -> None:
        """Open these pairs' pipelines now. Raises ConfigError when one does not answer."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for source, target in pairs:
                    request = TranslationRequest(_WARM_UP.get(source, "1."), source, target)
                    tasks.create_task(self._translate(request))
        except* ProviderError as failures:
            code = next(error.code for error in failures.exceptions if isinstance(error, ProviderError))
            raise ConfigError(
                f"TRANSLATION_PROVIDER: an engine of {self.capabilities.name} does not answer ({code}); "
                "run `make engines` to install it again"
            ) from None

    def process_ids(self, source: str, target: str) -> tuple[int, ...]:
        """The processes that serve a pair now; empty before its first use."""
        return self._pipelines[source, target].process_ids

    async def translate(self, request: TranslationRequest) -> str:
        count_usage(Stage.TRANSLATION, self.capabilities.name, UsageUnit.CHARACTERS, len(request.text))
        return await self._translate(request)

    async def _translate(self, request: TranslationRequest) -> str:
        pipeline = self._pipelines.get((request.source, request.target))
        if pipeline is None:
            raise ProviderRejected(self.capabilities.name, "pair-not-covered")
        sentences = split_sentences(clean(request.text))
        return " ".join([self.decode(await pipeline.request(self.encode(sentence))) for sentence in sentences])

    async def aclose(self) -> None:
        await asyncio.gather(*(pipeline.aclose() for pipeline in self._pipelines.values()))
