"""The vendors of a fault run: those that fail, each behind a line of its own, and those that take over and never do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from itertools import count
from typing import Self

from pydantic import SecretStr

from app.config import Settings
from app.stt import factory as recognisers
from app.translation import factory as translators
from app.tts import factory as voices
from bench.faults.word_tones import WordTones
from tests.vendors.azure_recognition import AzureRecognition
from tests.vendors.azure_speech import AzureSpeech
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.deepl import DeepL
from tests.vendors.ears import ListeningVendor
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.line import Line, Trouble, line_to
from tests.vendors.openai import OpenAi
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.server import Vendor, serving
from tests.vendors.speaking import SpeakingVendor

RECOGNITION_S, TRANSLATION_S, VOICE_S = 0.05, 0.1, 0.1
"""What the vendors take for an answer."""
VOICE_PACE = 4.0


class Stage(StrEnum):
    RECOGNITION = "recognition"
    TRANSLATION = "translation"
    SPEECH = "speech"


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


_FACTORIES = {Stage.RECOGNITION: recognisers, Stage.TRANSLATION: translators, Stage.SPEECH: voices}
_SETTINGS = {Stage.RECOGNITION: "stt", Stage.TRANSLATION: "translation", Stage.SPEECH: "tts"}
_numbers = count(1)
KEY = SecretStr(Vendor.key)


@dataclass(frozen=True, slots=True)
class Actor:
    """A vendor in the part of a stage."""

    stage: Stage
    provider: str
    server: Callable[[], Vendor]
    settings: Callable[[str], Mapping[str, object]]
    """Those that let it be reached at an address."""

    @property
    def name(self) -> str:
        return f"{self.provider} {self.stage}"

    def at(self, address: str) -> str:
        """Return the name of a provider that is this one at this address, whatever the call's settings say."""
        table = _FACTORIES[self.stage].BUILTIN
        module, _, real = table[self.provider].partition(":")
        base = getattr(import_module(module), real)
        settings = self.settings(address)

        class Staged(base):  # type: ignore[misc, valid-type]
            @classmethod
            def from_settings(cls, given: Settings) -> Self:
                return super().from_settings(given.model_copy(update=settings))  # type: ignore[no-any-return]

        name = f"{self.provider}-{next(_numbers)}"
        globals()[name] = Staged
        table[name] = f"{__name__}:{name}"
        return name


ACTORS = (
    Actor(
        Stage.RECOGNITION,
        "deepgram",
        Deepgram,
        lambda address: {"deepgram_api_key": KEY, "deepgram_url": f"ws://{address}"},
    ),
    Actor(
        Stage.RECOGNITION,
        "elevenlabs",
        Scribe,
        lambda address: {"elevenlabs_api_key": KEY, "elevenlabs_url": f"ws://{address}"},
    ),
    Actor(
        Stage.RECOGNITION,
        "openai",
        OpenAiTranscription,
        lambda address: {"openai_api_key": KEY, "openai_realtime_url": f"ws://{address}/v1"},
    ),
    Actor(
        Stage.RECOGNITION,
        "azure",
        AzureRecognition,
        lambda address: {"azure_speech_key": KEY, "azure_speech_stt_url": f"ws://{address}"},
    ),
    Actor(
        Stage.TRANSLATION,
        "deepl",
        DeepL,
        lambda address: {"deepl_api_key": KEY, "deepl_server_url": f"http://{address}"},
    ),
    Actor(
        Stage.TRANSLATION,
        "openai",
        OpenAi,
        lambda address: {"openai_api_key": KEY, "openai_base_url": f"http://{address}/v1"},
    ),
    Actor(
        Stage.TRANSLATION,
        "azure",
        AzureTranslator,
        lambda address: {
            "azure_translator_key": KEY,
            "azure_translator_region": AzureTranslator.region,
            "azure_translator_url": f"http://{address}",
        },
    ),
    Actor(
        Stage.SPEECH,
        "elevenlabs",
        ElevenLabs,
        lambda address: {"elevenlabs_api_key": KEY, "elevenlabs_url": f"ws://{address}"},
    ),
    Actor(
        Stage.SPEECH,
        "azure",
        AzureSpeech,
        lambda address: {"azure_speech_key": KEY, "azure_speech_tts_url": f"http://{address}"},
    ),
    Actor(
        Stage.SPEECH,
        "openai",
        OpenAiSpeech,
        lambda address: {"openai_api_key": KEY, "openai_speech_url": f"http://{address}/v1"},
    ),
    Actor(
        Stage.SPEECH,
        "deepgram",
        DeepgramAura,
        lambda address: {"deepgram_api_key": KEY, "deepgram_url": f"ws://{address}"},
    ),
)
USUAL = {stage: next(actor for actor in ACTORS if actor.stage is stage) for stage in Stage}
"""Who plays a part unless the run is about somebody else."""
UNDERSTUDIES = {**USUAL, Stage.TRANSLATION: next(actor for actor in ACTORS if actor.server is OpenAi)}
"""Who takes over."""


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
        for stage, actor in UNDERSTUDIES.items():
            server = _prepared(actor.server(), lexicon, tones)
            address = await stack.enter_async_context(serving(server))
            settings[f"{_SETTINGS[stage]}_fallbacks"] = (actor.at(address),)
        yield settings


@asynccontextmanager
async def failing_vendors(lexicon: Mapping[bytes, str], tones: WordTones, star: Actor) -> AsyncIterator[Vendors]:
    """Run the first choices of one call: the usual ones, but for the ``star``."""
    cast = {**USUAL, star.stage: star}
    servers: dict[Stage, Vendor] = {}
    lines: dict[Stage, Line] = {}
    settings: dict[str, object] = {}
    async with AsyncExitStack() as stack:
        for stage, actor in cast.items():
            servers[stage] = server = _prepared(actor.server(), lexicon, tones)
            lines[stage], address = await stack.enter_async_context(
                line_to(await stack.enter_async_context(serving(server)))
            )
            settings[f"{_SETTINGS[stage]}_provider"] = actor.at(address)
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
    return server
