"""The vendors of a fault run: those that fail, each behind a line of its own, and those that take over and never do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from itertools import count
from typing import Any, Self

from app.config import Settings
from app.domain.usage import Stage
from app.s2s import factory as interpreters
from app.stt import factory as recognisers
from app.translation import factory as translators
from app.tts import factory as voices
from bench.faults.word_tones import WordTones
from tests.vendors.ears import ListeningVendor
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.line import Line, Trouble, line_to
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.products import CHOOSES, OPENAI, PRODUCTS, Product
from tests.vendors.server import Vendor, serving
from tests.vendors.speaking import SpeakingVendor

RECOGNITION_S, TRANSLATION_S, VOICE_S = 0.05, 0.1, 0.1
"""What the vendors take for an answer."""
VOICE_PACE = 4.0
INTERPRETER_LAG_WORDS = 6
"""How far a speech-to-speech provider is behind: about two seconds."""


class Kind(StrEnum):
    """What happens to a vendor."""

    KILL = "kill"
    """Its connections are reset, new ones too."""
    STALL = "stall"
    """Nothing comes any more, and the connections stay."""
    THROTTLE = "throttle"
    """It answers 429 and throws us out."""
    GARBLE = "garble"
    """What it sends is noise."""


_TROUBLE = {
    Kind.KILL: Trouble.CUT,
    Kind.STALL: Trouble.STALL,
    Kind.THROTTLE: Trouble.THROTTLE,
    Kind.GARBLE: Trouble.GARBLE,
}


_FACTORIES = {
    Stage.RECOGNITION: recognisers,
    Stage.TRANSLATION: translators,
    Stage.SPEECH: voices,
    Stage.SPEECH_TO_SPEECH: interpreters,
}
_numbers = count(1)


def provider_at(product: Product[Any], address: str) -> str:
    """Return the name of a provider that is this one at this address, whatever the call's settings say."""
    table = _FACTORIES[product.stage].BUILTIN
    module, _, real = table[product.provider].partition(":")
    base = getattr(import_module(module), real)
    settings = product.settings(address)

    class Staged(base):  # type: ignore[misc, valid-type]
        @classmethod
        def from_settings(cls, given: Settings) -> Self:
            return super().from_settings(given.model_copy(update=settings))  # type: ignore[no-any-return]

    name = f"{product.provider}-{next(_numbers)}"
    globals()[name] = Staged
    table[name] = f"{__name__}:{name}"
    return name


ACTORS = PRODUCTS
"""Who fails."""
_CASCADE = (Stage.RECOGNITION, Stage.TRANSLATION, Stage.SPEECH)
USUAL = {stage: next(product for product in PRODUCTS if product.stage is stage) for stage in _CASCADE}
"""Who plays a part unless the run is about somebody else."""
CASCADE = USUAL[Stage.RECOGNITION]
"""Whose calls without a fault are usual calls of the cascade."""
UNDERSTUDIES = {**USUAL, Stage.TRANSLATION: OPENAI}
"""Who takes over; from a speech-to-speech provider the cascade does."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """Those that fail."""

    lines: Mapping[Stage, Line]
    servers: Mapping[Stage, Vendor]
    settings: Mapping[str, object]

    def fail(self, stage: Stage, kind: Kind) -> None:
        self.lines[stage].trouble = _TROUBLE[kind]
        if kind is Kind.THROTTLE:
            self.servers[stage].faults.always = Fault(FaultKind.STATUS, 429)

    def mend(self, stage: Stage) -> None:
        self.lines[stage].trouble = None
        self.servers[stage].faults.always = None


@asynccontextmanager
async def reliable_vendors(lexicon: Mapping[bytes, str], tones: WordTones) -> AsyncIterator[Mapping[str, object]]:
    """Run those that take over, for all calls of this process; yield the settings that name them."""
    async with AsyncExitStack() as stack:
        settings: dict[str, object] = {}
        for stage, product in UNDERSTUDIES.items():
            server = _prepared(product.server(), lexicon, tones)
            address = await stack.enter_async_context(serving(server))
            settings[CHOOSES[stage].replace("provider", "fallbacks")] = (provider_at(product, address),)
        yield settings


@asynccontextmanager
async def failing_vendors(lexicon: Mapping[bytes, str], tones: WordTones, star: Product[Any]) -> AsyncIterator[Vendors]:
    """Run the first choices of one call: the usual ones, but for the ``star``."""
    cast = {**USUAL, star.stage: star}
    servers: dict[Stage, Vendor] = {}
    lines: dict[Stage, Line] = {}
    settings: dict[str, object] = {}
    async with AsyncExitStack() as stack:
        for stage, product in cast.items():
            servers[stage] = server = _prepared(product.server(), lexicon, tones)
            lines[stage], address = await stack.enter_async_context(
                line_to(await stack.enter_async_context(serving(server)))
            )
            settings[CHOOSES[stage]] = provider_at(product, address)
        yield Vendors(lines, servers, settings)


def _prepared(server: Vendor, lexicon: Mapping[bytes, str], tones: WordTones) -> Vendor:
    """Return the server, as fast as vendors are, with its ears or its voice."""
    server.faults.latency_s = TRANSLATION_S
    if isinstance(server, ListeningVendor):
        server.lexicon = lexicon
        server.faults.latency_s = RECOGNITION_S
    if isinstance(server, SpeakingVendor):
        server.sound_of = tones.speak
        server.pace = VOICE_PACE
        server.faults.latency_s = VOICE_S
    if isinstance(server, OpenAiTranslation):
        server.lag_words = INTERPRETER_LAG_WORDS
        server.faults.latency_s = 0.0
    return server
