"""The vendors of a fault run: three that fail, each behind a line of its own, and three that take over and never do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from app.config import Settings
from app.stt import factory as recognisers
from app.stt.deepgram import DeepgramStt
from app.tts import factory as voices
from app.tts.elevenlabs import ElevenLabsVoice
from bench.faults.word_tones import WordTones
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.line import Line, Trouble, line_to
from tests.vendors.openai import OpenAi
from tests.vendors.server import Vendor, serving

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


class SecondDeepgram(DeepgramStt):
    """The recogniser that takes over."""

    url = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.model_copy(update={"deepgram_url": cls.url}))


class SecondElevenLabs(ElevenLabsVoice):
    """The voice that takes over."""

    url = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings.model_copy(update={"elevenlabs_url": cls.url}))


@dataclass(frozen=True, slots=True)
class Vendors:
    """The three that fail."""

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
        recogniser, translator, voice = _recogniser(lexicon), _translator(OpenAi()), _voice(tones)
        SecondDeepgram.url = f"ws://{await stack.enter_async_context(serving(recogniser))}"
        SecondElevenLabs.url = f"ws://{await stack.enter_async_context(serving(voice))}"
        base_url = f"http://{await stack.enter_async_context(serving(translator))}/v1"
        recognisers.BUILTIN["second"] = f"{__name__}:{SecondDeepgram.__name__}"
        voices.BUILTIN["second"] = f"{__name__}:{SecondElevenLabs.__name__}"
        try:
            yield {
                "stt_fallbacks": ("second",),
                "translation_fallbacks": ("openai",),
                "tts_fallbacks": ("second",),
                "openai_api_key": Vendor.key,
                "openai_base_url": base_url,
            }
        finally:
            del recognisers.BUILTIN["second"], voices.BUILTIN["second"]


@asynccontextmanager
async def failing_vendors(lexicon: Mapping[bytes, str], tones: WordTones) -> AsyncIterator[Vendors]:
    """Run the first choices of one call."""
    servers: dict[Stage, Vendor] = {
        Stage.RECOGNITION: _recogniser(lexicon),
        Stage.TRANSLATION: _translator(DeepL()),
        Stage.SPEECH: _voice(tones),
    }
    async with AsyncExitStack() as stack:
        lines: dict[Stage, Line] = {}
        addresses: dict[Stage, str] = {}
        for stage, server in servers.items():
            behind = await stack.enter_async_context(serving(server))
            lines[stage], addresses[stage] = await stack.enter_async_context(line_to(behind))
        settings = {
            "stt_provider": "deepgram",
            "translation_provider": "deepl",
            "tts_provider": "elevenlabs",
            "deepgram_api_key": Vendor.key,
            "deepl_api_key": Vendor.key,
            "elevenlabs_api_key": Vendor.key,
            "deepgram_url": f"ws://{addresses[Stage.RECOGNITION]}",
            "deepl_server_url": f"http://{addresses[Stage.TRANSLATION]}",
            "elevenlabs_url": f"ws://{addresses[Stage.SPEECH]}",
        }
        yield Vendors(lines, servers, settings)


def _recogniser(lexicon: Mapping[bytes, str]) -> Deepgram:
    recogniser = Deepgram()
    recogniser.lexicon = lexicon
    recogniser.faults.latency_s = RECOGNITION_S
    return recogniser


def _translator(translator: Vendor) -> Vendor:
    translator.faults.latency_s = TRANSLATION_S
    return translator


def _voice(tones: WordTones) -> ElevenLabs:
    voice = ElevenLabs()
    voice.sound_of = tones.speak
    voice.pace = VOICE_PACE
    voice.faults.latency_s = VOICE_S
    return voice
