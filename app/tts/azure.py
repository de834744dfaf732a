"""Azure's neural voices, over the REST API of its Speech service.

(https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech)

The telephone's own encoding arrives while it is made. Connections stay open between texts: a new one would cost every
text two more round trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Self
from xml.sax.saxutils import escape, quoteattr

import httpx
import msgspec
import structlog

from app.config import Settings
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from app.resilience.errands import Errands
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.plain_text import plain
from app.usage import count_usage
from app.vendor_connections import IDLE_S, answer_within, tls_context
from app.vendor_errors import error_of_status

log = structlog.get_logger(__name__)

NAME = "azure"
LOCALES = {
    **{"ar": "ar-EG", "ca": "ca-ES", "de": "de-DE", "en": "en-US", "es": "es-ES", "eu": "eu-ES", "fr": "fr-FR"},
    **{"gl": "gl-ES", "it": "it-IT", "nl": "nl-NL", "pl": "pl-PL", "pt": "pt-PT", "ro": "ro-RO", "ru": "ru-RU"},
    **{"uk": "uk-UA", "zh": "zh-CN"},
}
"""How a language is spoken by a voice that was made for another one."""
LANGUAGES = frozenset(LOCALES)
MAXIMUM_CHARACTERS = 5_000
"""Azure makes ten minutes of sound at most and cuts off the rest without a word."""
_SPEAK = "/cognitiveservices/v1"
_VOICES = "/cognitiveservices/voices/list"
_CONNECT_TIMEOUT_S = 5.0


class _ListedVoice(msgspec.Struct, rename="pascal"):
    short_name: str


class AzureVoice(TtsProvider):
    """One Speech resource in one region."""

    capabilities = TtsCapabilities(NAME, LANGUAGES, natural=LANGUAGES)

    def __init__(self, settings: Settings) -> None:
        self._voices = settings.azure_speech_voices
        self._rate_percent = settings.azure_speech_rate_percent
        self._timeout_s = settings.tts_timeout_s
        self._client = httpx.AsyncClient(
            verify=tls_context(),
            base_url=settings.azure_speech_tts_url
            or f"https://{settings.azure_speech_region}.tts.speech.microsoft.com",
            headers={
                "Ocp-Apim-Subscription-Key": settings.azure_speech_key.get_secret_value(),
                "User-Agent": "puente",
            },
            timeout=httpx.Timeout(self._timeout_s, connect=_CONNECT_TIMEOUT_S),
            limits=httpx.Limits(keepalive_expiry=IDLE_S),
        )
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.azure_speech_key.get_secret_value():
            raise ConfigError(
                "AZURE_SPEECH_KEY is not set: it is under Keys and Endpoint of a "
                "Speech resource at https://portal.azure.com"
            )
        if not settings.azure_speech_region and not settings.azure_speech_tts_url:
            raise ConfigError("AZURE_SPEECH_REGION is not set: it is that of the Speech resource, such as westeurope")
        return cls(settings)

    async def start(self) -> None:
        """Open a connection and see that the voices are there. Raises ConfigError when the key is refused."""
        try:
            known = await self._list_voices()
        except ProviderRejected as error:
            raise ConfigError(f"AZURE_SPEECH_KEY or AZURE_SPEECH_REGION: Azure refused ({error.code})") from error
        except ProviderError as error:
            log.warning("azure.not_reached", code=error.code)
            return
        missing = self._voices.voices - known
        if missing:
            raise ConfigError(f"AZURE_SPEECH_VOICES: this region has no {', '.join(sorted(missing))}")

    def expect(self, language: str, listener: Leg | None = None) -> None:
        self._errands.begin("connection", self._open_connection)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected(NAME, "language")
        text = plain(request.text)
        if not text:
            return
        if len(text) > MAXIMUM_CHARACTERS:
            raise ProviderRejected(NAME, "text-too-long")
        if not all(map(_is_xml, text)):
            raise ProviderRejected(NAME, "control-characters")
        voice = self._voices.choose(request.language, request.listener, request.register)
        said = self._markup(text, request.language, voice)
        is_silent = True
        try:
            async with self._client.stream(
                "POST",
                _SPEAK,
                content=_ssml(said, voice).encode(),
                headers={
                    "Content-Type": "application/ssml+xml",
                    "X-Microsoft-OutputFormat": "raw-8khz-8bit-mono-mulaw",
                },
            ) as response:
                _check(response)
                count_usage(Stage.SPEECH, NAME, UsageUnit.CHARACTERS, billed_characters(said))
                if not response.headers.get("content-type", "").startswith("audio/"):
                    await response.aread()  # An answer that is broken off is another error.
                    raise ProviderBadReply(NAME, "not-audio")
                async for piece in response.aiter_raw():
                    if piece:
                        is_silent = False
                        yield piece
        except httpx.HTTPError as error:
            raise _error_as_ours(error) from None
        if is_silent:
            raise ProviderBadReply(NAME, "empty")

    async def aclose(self) -> None:
        await self._errands.aclose()
        await self._client.aclose()

    def _markup(self, text: str, language: str, voice: str) -> str:
        """Return the text with how it is to be said; Azure bills for markup, so there is none without need."""
        said = escape(text)
        if locale_of(voice).partition("-")[0] != language:
            said = f"<lang xml:lang={quoteattr(LOCALES[language])}>{said}</lang>"
        if self._rate_percent:
            said = f'<prosody rate="{self._rate_percent:+d}%">{said}</prosody>'
        return said

    async def _list_voices(self) -> frozenset[str]:
        try:
            async with answer_within(NAME, self._timeout_s):
                response = await self._client.get(_VOICES)
            _check(response)
            voices = msgspec.json.decode(response.content, type=list[_ListedVoice])
        except httpx.HTTPError as error:
            raise _error_as_ours(error) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ProviderBadReply(NAME, "not-understood") from None
        return frozenset(voice.short_name for voice in voices)

    async def _open_connection(self) -> None:
        """Any answer will do: what it travelled on is kept. Without one that is open already, a new one is opened."""
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await self._client.head(_VOICES)
        except (httpx.HTTPError, TimeoutError):
            raise ProviderUnavailable(NAME, "no-connection") from None


def locale_of(voice: str) -> str:
    """Return how a voice speaks: ``es-ES`` of ``es-ES-ElviraNeural``."""
    return voice.rpartition("-")[0]


def billed_characters(said: str) -> int:
    """Return what Azure counts of what is inside the voice element: markup too, and Chinese characters twice.

    (https://learn.microsoft.com/azure/ai-services/speech-service/text-to-speech#billable-characters)
    """
    return len(said) + sum("\u3400" <= character <= "\u9fff" for character in said)


def _ssml(said: str, voice: str) -> str:
    return (
        f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang={quoteattr(locale_of(voice))}>'
        f"<voice name={quoteattr(voice)}>{said}</voice></speak>"
    )


def _is_xml(character: str) -> bool:
    """Whether XML 1.0 may hold it (https://www.w3.org/TR/xml/#charsets), save for the controls that it may."""
    return "\x20" <= character <= "\x7e" or "\xa0" <= character <= "\ufffd" or character >= "\U00010000"


def _check(response: httpx.Response) -> None:
    if response.status_code != 200:
        raise error_of_status(NAME, response.status_code, response.headers)


def _error_as_ours(error: httpx.HTTPError) -> ProviderError:
    match error:
        case httpx.ConnectTimeout():
            return ProviderTimeout(NAME, "no-connection")
        case httpx.TimeoutException():
            return ProviderTimeout(NAME, "timeout")
        case httpx.ConnectError():
            return ProviderUnavailable(NAME, "no-connection")
        case _:
            return ProviderUnavailable(NAME, "broken-off")
