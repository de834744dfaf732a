"""The settings of the vendors in the cloud: one class each, in one place because ``.env`` is one place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, Field, InstanceOf, SecretStr
from pydantic_settings import NoDecode

from app.domain.voices import VoiceTable
from app.settings.values import HttpAddress, Key, OptionalHttpAddress, Pairs, SocketOrigin, Terms, voices_beside

_AZURE_VOICES = VoiceTable.parse(
    "default=en-US-AvaMultilingualNeural,default.low=en-US-AndrewMultilingualNeural,"
    "ar=ar-EG-SalmaNeural,ar.low=ar-EG-ShakirNeural,ca=ca-ES-JoanaNeural,ca.low=ca-ES-EnricNeural,"
    "de=de-DE-KatjaNeural,de.low=de-DE-ConradNeural,en=en-US-JennyNeural,en.low=en-US-GuyNeural,"
    "es=es-ES-ElviraNeural,es.low=es-ES-AlvaroNeural,eu=eu-ES-AinhoaNeural,eu.low=eu-ES-AnderNeural,"
    "fr=fr-FR-DeniseNeural,fr.low=fr-FR-HenriNeural,gl=gl-ES-SabelaNeural,gl.low=gl-ES-RoiNeural,"
    "it=it-IT-ElsaNeural,it.low=it-IT-DiegoNeural,nl=nl-NL-FennaNeural,nl.low=nl-NL-MaartenNeural,"
    "pl=pl-PL-AgnieszkaNeural,pl.low=pl-PL-MarekNeural,pt=pt-PT-RaquelNeural,pt.low=pt-PT-DuarteNeural,"
    "ro=ro-RO-AlinaNeural,ro.low=ro-RO-EmilNeural,ru=ru-RU-SvetlanaNeural,ru.low=ru-RU-DmitryNeural,"
    "uk=uk-UA-PolinaNeural,uk.low=uk-UA-OstapNeural,zh=zh-CN-XiaoxiaoNeural,zh.low=zh-CN-YunxiNeural"
)


class AzureSpeechSettings(BaseModel):
    # --- Azure Speech -----------------------------------------------------------------------------------------------
    azure_speech_key: Key = Field(SecretStr(""), description="A key of an Azure Speech resource.")
    azure_speech_region: str = Field(
        "", pattern=r"^[a-z0-9]*$", description="The region of that resource, such as westeurope."
    )
    azure_speech_tts_url: OptionalHttpAddress = Field(
        "", description="Azure's voices elsewhere: a custom domain, a sovereign cloud or http://127.0.0.1:8104."
    )
    azure_speech_stt_url: SocketOrigin = Field(
        "", description="Azure's recognition elsewhere: a container, a sovereign cloud or ws://127.0.0.1:8105."
    )
    azure_speech_locales: Pairs = Field(
        {}, description="Which variety of a language Azure recognises, such as en=en-GB,es=es-MX,pt=pt-BR."
    )
    azure_speech_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_AZURE_VOICES)] = Field(
        _AZURE_VOICES,
        description="Azure's voices by language, listener and register, beside these (docs/providers.md, Voices).",
    )
    azure_speech_rate_percent: int = Field(
        0, ge=-50, le=100, description="How much faster than usual Azure's voices speak, percent; negative is slower."
    )


def _upper_case(variants: dict[str, str]) -> dict[str, str]:
    return {language: variant.upper() for language, variant in variants.items()}


class DeepLSettings(BaseModel):
    # --- DeepL ------------------------------------------------------------------------------------------------------
    deepl_api_key: Key = Field(SecretStr(""), description="DeepL's key, for TRANSLATION_PROVIDER=deepl.")
    deepl_server_url: str = Field("", description="DeepL's API elsewhere: a proxy or a mock. Empty: DeepL itself.")
    deepl_model_type: Literal["latency_optimized", "prefer_quality_optimized", "quality_optimized"] = Field(
        "latency_optimized", description="DeepL's model: the fast one or the careful one."
    )
    deepl_formality: Literal["default", "prefer_more", "prefer_less"] = Field(
        "prefer_more", description="How formally DeepL addresses people, in languages that have a choice."
    )
    deepl_variants: Annotated[Pairs, AfterValidator(_upper_case)] = Field(
        {"en": "EN-US", "pt": "PT-PT"},
        description="Which variety of a language DeepL writes, such as en=EN-GB,es=ES-419,pt=PT-BR.",
    )


class AzureTranslatorSettings(BaseModel):
    # --- Azure Translator -------------------------------------------------------------------------------------------
    azure_translator_key: Key = Field(
        SecretStr(""), description="The key of an Azure Translator resource, for TRANSLATION_PROVIDER=azure."
    )
    azure_translator_region: str = Field(
        "", description="That resource's region, such as westeurope. Empty: the resource is global."
    )
    azure_translator_url: HttpAddress = Field(
        "https://api.cognitive.microsofttranslator.com",
        description="Azure Translator elsewhere: api-eur.cognitive..., or your own domain's .../translator/text/v3.0.",
    )
    azure_translator_category: str = Field(
        "general", description="The category of a system of your own made with Custom Translator."
    )
    azure_translator_variants: Pairs = Field(
        {"pt": "pt-PT"}, description="Which variety of a language Azure writes, such as fr=fr-ca,pt=pt,zh=zh-Hant."
    )


_DEEPGRAM_VOICES = VoiceTable.parse(
    "default=aura-2-thalia-en,default.low=aura-2-apollo-en,de=aura-2-viktoria-de,de.low=aura-2-julius-de,"
    "en=aura-2-thalia-en,en.low=aura-2-apollo-en,es=aura-2-carina-es,es.low=aura-2-nestor-es,"
    "fr=aura-2-agathe-fr,fr.low=aura-2-hector-fr,it=aura-2-livia-it,it.low=aura-2-dionisio-it,"
    "ja=aura-2-izanami-ja,ja.low=aura-2-fujin-ja,nl=aura-2-rhea-nl,nl.low=aura-2-sander-nl"
)


class DeepgramSettings(BaseModel):
    # --- Deepgram ---------------------------------------------------------------------------------------------------
    deepgram_api_key: Key = Field(SecretStr(""), description="Deepgram's key, for recognition and voices.")
    deepgram_url: SocketOrigin = Field(
        "", description="Deepgram elsewhere, such as ws://127.0.0.1:8102 or wss://api.eu.deepgram.com."
    )
    deepgram_model: str = Field("nova-3", description="Deepgram's recognition model.")
    deepgram_endpointing_ms: int = Field(
        300, ge=10, le=5000, description="The silence after which Deepgram makes words final on its own, milliseconds."
    )
    deepgram_keyterms: Terms = Field((), description="Names and terms that Deepgram should expect, comma separated.")
    deepgram_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_DEEPGRAM_VOICES)] = Field(
        _DEEPGRAM_VOICES,
        description="Deepgram's voices by language, listener and register, beside these (docs/providers.md, Voices).",
    )


_ELEVENLABS_VOICES = VoiceTable.parse("default=JBFqnCBsd6RMkjVDRZzb")


class ElevenLabsSettings(BaseModel):
    # --- ElevenLabs -------------------------------------------------------------------------------------------------
    elevenlabs_api_key: Key = Field(
        SecretStr(""),
        validation_alias=AliasChoices("elevenlabs_api_key", "elevenlabs_tts_api_key"),
        description="ElevenLabs' key, for recognition and voices; also read from ELEVENLABS_TTS_API_KEY.",
    )
    elevenlabs_url: SocketOrigin = Field(
        "wss://api.elevenlabs.io",
        description="ElevenLabs' origin: also an EU or other residency, or ws://127.0.0.1:8103.",
    )
    elevenlabs_model: str = Field("eleven_flash_v2_5", description="ElevenLabs' voice model.")
    elevenlabs_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_ELEVENLABS_VOICES)] = Field(
        _ELEVENLABS_VOICES,
        description="ElevenLabs' voice ids by language, listener and register, such as es=...,es.client.low=... "
        "(docs/providers.md, Voices).",
    )
    elevenlabs_stability: float = Field(0.5, ge=0, le=1, description="ElevenLabs: higher is calmer, lower livelier.")
    elevenlabs_stt_model: str = Field("scribe_v2_realtime", description="ElevenLabs' recognition model.")


_OPENAI_VOICES = VoiceTable.parse("default=marin,default.low=cedar")


class OpenAiSettings(BaseModel):
    # --- OpenAI and compatible servers ------------------------------------------------------------------------------
    openai_api_key: Key = Field(SecretStr(""), description="OpenAI's key, whatever OpenAI is used for.")
    openai_base_url: str = Field(
        "",
        description="An OpenAI-compatible server of your own (vLLM, Ollama, llama.cpp), such as http://127.0.0.1:11434/v1.",
    )
    openai_translation_model: str = Field("gpt-4.1-mini", description="The model that translates.")
    openai_structured_output: bool = Field(
        True,
        description="Have translations answered as JSON by a schema; a server that refuses is asked for plain text.",
    )
    openai_realtime_url: SocketOrigin = Field(
        "wss://api.openai.com/v1", description="OpenAI's realtime sockets: also a residency, or ws://127.0.0.1:8104/v1."
    )
    openai_stt_model: str = Field(
        "gpt-live-transcribe", description="The model that recognises speech whose language is known."
    )
    openai_stt_detecting_model: str = Field(
        "gpt-transcribe", description="The model that recognises speech in one of several languages, and says which."
    )
    openai_s2s_model: str = Field("gpt-realtime-translate", description="The model of S2S_PROVIDER=openai_realtime.")
    openai_s2s_transcription_model: str = Field(
        "gpt-realtime-whisper",
        description="What writes down for the transcript what OPENAI_S2S_MODEL hears; none leaves it to STT_PROVIDER.",
    )
    openai_speech_url: OptionalHttpAddress = Field(
        "", description="Voices of another server with OpenAI's API, such as http://127.0.0.1:8880/v1. Empty: OpenAI's."
    )
    openai_speech_model: str = Field("gpt-4o-mini-tts", description="The model that speaks.")
    openai_speech_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_OPENAI_VOICES)] = Field(
        _OPENAI_VOICES,
        description="OpenAI's voices by language, listener and register, beside these (docs/providers.md, Voices).",
    )
    openai_speech_instructions: str = Field(
        "Speak {language} as somebody who grew up with it: clearly, calmly and politely, as on the telephone.",
        max_length=4000,
        description="How the model is to speak; {language} is the language's English name. Empty for tts-1.",
    )


class VendorSettings(
    DeepgramSettings,
    DeepLSettings,
    ElevenLabsSettings,
    OpenAiSettings,
    AzureTranslatorSettings,
    AzureSpeechSettings,
):
    """All of them."""
