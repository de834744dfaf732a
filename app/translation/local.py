"""The default translator: the best way through the engines that this machine has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Self

from app.config import Settings
from app.errors import ConfigError, ProviderError, ProviderRejected
from app.translation.amounts import restore_numbers, say_amounts
from app.translation.apertium import ApertiumTranslator
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.doubts import doubt
from app.translation.fxtranslate import FxTranslator
from app.translation.offline import OfflineEngine, Pair, expected_pairs
from app.translation.opus_mt import OpusMtTranslator
from app.translation.opus_mt_files import find_models
from app.translation.repairs import AFTER, BEFORE, LAST, open_question, repair
from app.translation.routes import Route, Step, find_routes
from app.translation.sentences import clean, split_sentences
from app.translation.set_phrases import load_set_phrases
from app.translation.unknown_words import UnknownWords

NAME = "local"


class LocalTranslator(TranslationProvider):
    """Sentence by sentence: set phrases from memory, the rest along the best route whose result can be believed."""

    def __init__(self, engines: Mapping[str, OfflineEngine], settings: Settings) -> None:
        self._engines = engines
        available = [
            Step(name, *pair) for name, engine in engines.items() for pair in sorted(engine.capabilities.pairs)
        ]
        self._routes = find_routes(available)
        self._set_phrases = load_set_phrases()
        apertium = engines.get("apertium")
        self._unknown_words = (
            UnknownWords(apertium, engines.get("fxtranslate")) if isinstance(apertium, ApertiumTranslator) else None
        )
        self._expected_pairs = expected_pairs(settings)
        self._warm_ways: dict[frozenset[str], asyncio.Task[None]] = {}
        self.capabilities = TranslatorCapabilities(NAME, frozenset(self._routes))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        engines: dict[str, OfflineEngine] = {}
        for engine_class in (FxTranslator, ApertiumTranslator):
            try:
                engine = engine_class.from_settings(settings)
            except ConfigError:
                continue  # One engine is enough; which pairs there are is in the capabilities.
            engines[engine.capabilities.name] = engine
        if find_models(settings):
            engines["opus_mt"] = OpusMtTranslator.from_settings(settings)
        if not engines:
            raise ConfigError(
                "no offline translation engine is installed; run `make engines`, or "
                "`apt-get install apertium-eng-spa apertium-es-pt` for English and Portuguese"
            )
        return cls(engines, settings)

    def routes(self, source: str, target: str) -> tuple[Route, ...]:
        """Return how a pair can be translated on this machine, best first."""
        return self._routes.get((source, target), ())

    async def start(self) -> None:
        """Open the engines of the pairs that the next call will most likely need. Raises ConfigError."""
        await asyncio.gather(*(engine.fetch() for engine in self._engines.values()))
        await asyncio.gather(*(self._warm(pair) for pair in self._expected_pairs & self.capabilities.pairs))

    async def _warm(self, pair: Pair) -> None:
        for step in self._routes[pair][0].steps:
            await self._engines[step.engine].warm([(step.source, step.target)])

    async def translate(self, request: TranslationRequest) -> str:
        routes = self.routes(request.source, request.target)
        if not routes:
            raise ProviderRejected(NAME, "pair-not-covered")
        self._warm_once(request.source, request.target, [(request.target, request.source)])
        text = say_amounts(clean(request.text), request.source)
        return " ".join([await self._translate_sentence(sentence, routes) for sentence in split_sentences(text)])

    async def _translate_sentence(self, sentence: str, routes: tuple[Route, ...]) -> str:
        frame = self._set_phrases.frame(sentence, routes[0].steps[0].source, routes[0].steps[-1].target)
        return frame.fill(await self._translate_rest(frame.rest, routes) if frame.rest else "")

    async def _translate_rest(self, text: str, routes: tuple[Route, ...]) -> str:
        """Return the first translation that nothing speaks against, else the least doubtful of all."""
        source, target = routes[0].steps[0].source, routes[0].steps[-1].target
        candidates: list[tuple[int, str]] = []
        for route in routes:
            translation = await self._follow(route, text)
            candidates.append((doubt(text, source, translation, target), translation))
            if not candidates[-1][0]:
                break
        return min(candidates, key=lambda candidate: candidate[0])[1]

    async def _follow(self, route: Route, sentence: str) -> str:
        source, target = route.steps[0].source, route.steps[-1].target
        original = TranslationRequest(sentence, source, target)
        text = sentence
        for step in route.steps:
            text = repair(text, step, BEFORE)
            if self._unknown_words is not None:
                text = await self._unknown_words.respell(text, step)
            translation = await self._engines[step.engine].translate(TranslationRequest(text, step.source, step.target))
            if self._unknown_words is not None:
                translation = await self._unknown_words.mend(translation, text, step, original)
            text = repair(translation, step, AFTER)
        text = repair(text, route.steps[-1], LAST)
        text = say_amounts(restore_numbers(text, sentence, source, target), target)
        if sentence[:1].isupper():
            text = text[:1].upper() + text[1:]
        return open_question(text) if target == "es" else text

    def expect(self, source: str, target: str) -> None:
        self._warm_once(source, target, [(source, target), (target, source)])

    def _warm_once(self, source: str, target: str, pairs: Sequence[Pair]) -> None:
        """Open the engines of two languages in the background: of the answer, say, while the question is spoken."""
        way = frozenset((source, target))
        if way not in self._warm_ways:
            wanted = [pair for pair in pairs if pair in self._routes]
            self._warm_ways[way] = asyncio.create_task(self._try_to_warm(way, wanted), name="translation.warm")

    async def _try_to_warm(self, way: frozenset[str], pairs: Sequence[Pair]) -> None:
        try:
            for pair in pairs:
                await self._warm(pair)
        except (ConfigError, ProviderError):
            self._warm_ways.pop(way, None)  # The request that needs it will say so.

    async def aclose(self) -> None:
        warming = list(self._warm_ways.values())
        for task in warming:
            task.cancel()
        await asyncio.gather(*warming, return_exceptions=True)
        await asyncio.gather(*(engine.aclose() for engine in self._engines.values()))
