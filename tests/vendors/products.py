"""What the vendors sell: the local server that plays each product, and the settings that lead a provider of ours there.

One table, for the contract tests, the benches and whoever runs a server by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import SecretStr

from app.domain.usage import Stage
from tests.vendors.azure_recognition import AzureRecognition
from tests.vendors.azure_speech import AzureSpeech
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.openai import OpenAi
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.server import Vendor, serving

CHOOSES = {
    Stage.RECOGNITION: "stt_provider",
    Stage.TRANSLATION: "translation_provider",
    Stage.SPEECH: "tts_provider",
    Stage.SPEECH_TO_SPEECH: "s2s_provider",
}
V = TypeVar("V", bound=Vendor)


@dataclass(frozen=True, slots=True)
class Product(Generic[V]):
    """One product. ``name`` is what its server is called by hand."""

    name: str
    stage: Stage
    provider: str
    server: type[V]
    key_setting: str
    """The name in Settings, such as ``deepl_api_key``."""
    url_setting: str
    url: str
    """Its value; ``{}`` is the server's address."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Other settings without which it is not reached."""

    @property
    def title(self) -> str:
        return f"{self.provider} {self.stage}"

    def settings(self, address: str) -> dict[str, Any]:
        """Return what chooses the provider and leads it to ``127.0.0.1:port``, with the vendor's key."""
        return self.at(self.url.format(address))

    def at(self, url: str) -> dict[str, Any]:
        """Return the same, by the URL setting's value."""
        return {
            CHOOSES[self.stage]: self.provider,
            self.key_setting: SecretStr(self.server.key),
            self.url_setting: url,
            **self.more,
        }

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[tuple[V, str]]:
        """Run the server; yield it and the URL setting's value that leads there."""
        server = self.server()
        async with serving(server) as address:
            yield server, self.url.format(address)


RECOGNITION, TRANSLATION, SPEECH = Stage.RECOGNITION, Stage.TRANSLATION, Stage.SPEECH

DEEPGRAM = Product("deepgram", RECOGNITION, "deepgram", Deepgram, "deepgram_api_key", "deepgram_url", "ws://{}")
SCRIBE = Product(
    "elevenlabs_scribe", RECOGNITION, "elevenlabs", Scribe, "elevenlabs_api_key", "elevenlabs_url", "ws://{}"
)
OPENAI_TRANSCRIPTION = Product(
    "openai_transcription",
    RECOGNITION,
    "openai",
    OpenAiTranscription,
    "openai_api_key",
    "openai_realtime_url",
    "ws://{}/v1",
)
AZURE_RECOGNITION = Product(
    "azure_recognition", RECOGNITION, "azure", AzureRecognition, "azure_speech_key", "azure_speech_stt_url", "ws://{}"
)
DEEPL = Product("deepl", TRANSLATION, "deepl", DeepL, "deepl_api_key", "deepl_server_url", "http://{}")
OPENAI = Product("openai", TRANSLATION, "openai", OpenAi, "openai_api_key", "openai_base_url", "http://{}/v1")
AZURE_TRANSLATOR = Product(
    "azure_translator",
    TRANSLATION,
    "azure",
    AzureTranslator,
    "azure_translator_key",
    "azure_translator_url",
    "http://{}",
    {"azure_translator_region": AzureTranslator.region},
)
ELEVENLABS = Product("elevenlabs", SPEECH, "elevenlabs", ElevenLabs, "elevenlabs_api_key", "elevenlabs_url", "ws://{}")
AZURE_SPEECH = Product(
    "azure_speech", SPEECH, "azure", AzureSpeech, "azure_speech_key", "azure_speech_tts_url", "http://{}"
)
OPENAI_SPEECH = Product(
    "openai_speech", SPEECH, "openai", OpenAiSpeech, "openai_api_key", "openai_speech_url", "http://{}/v1"
)
DEEPGRAM_AURA = Product(
    "deepgram_aura", SPEECH, "deepgram", DeepgramAura, "deepgram_api_key", "deepgram_url", "ws://{}"
)
OPENAI_TRANSLATION = Product(
    "openai_translation",
    Stage.SPEECH_TO_SPEECH,
    "openai_realtime",
    OpenAiTranslation,
    "openai_api_key",
    "openai_realtime_url",
    "ws://{}/v1",
)

PRODUCTS: tuple[Product[Any], ...] = (
    DEEPGRAM,
    SCRIBE,
    OPENAI_TRANSCRIPTION,
    AZURE_RECOGNITION,
    DEEPL,
    OPENAI,
    AZURE_TRANSLATOR,
    ELEVENLABS,
    AZURE_SPEECH,
    OPENAI_SPEECH,
    DEEPGRAM_AURA,
    OPENAI_TRANSLATION,
)
