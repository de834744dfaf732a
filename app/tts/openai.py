"""OpenAI's voices, and those of any server that speaks the same API.

(https://platform.openai.com/docs/api-reference/audio/createSpeech)

Sound comes as 16-bit samples at 24 kHz while it is made: nothing has to be decoded, and every piece is made the
telephone's at once. Through ``httpx``, for the reason that is told in ``app.translation.openai``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Self

import httpx
import numpy as np
import structlog

from app.audio.ulaw import UlawEncoder
from app.config import Settings
from app.domain.languages import LANGUAGE_NAMES
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
from app.vendor_connections import IDLE_S, answer_within, checked, tls_context

log = structlog.get_logger(__name__)

NAME = "openai"
LANGUAGES = frozenset(LANGUAGE_NAMES) - {"eu", "oc"} | {"hi", "ja", "ko", "tr"}
"""Those of ours that OpenAI says it speaks (https://platform.openai.com/docs/guides/text-to-speech), and some more."""
MAXIMUM_CHARACTERS = 4_096
RATE_HZ = 24_000
BILLED_BY_CHARACTERS = frozenset({"tts-1", "tts-1-hd"})
"""Models whose price is one for text; that of the others is one for sound."""
_OPENAI = "https://api.openai.com/v1"
_SOUND = ("audio/", "application/octet-stream")
_CONNECT_TIMEOUT_S = 5.0


class OpenAiVoice(TtsProvider):
    """One endpoint and one model."""

    capabilities = TtsCapabilities(NAME, LANGUAGES, natural=LANGUAGES)

    def __init__(self, settings: Settings) -> None:
        self._voices = settings.openai_speech_voices
        self._model = settings.openai_speech_model
        self._instructions = settings.openai_speech_instructions
        self._timeout_s = settings.tts_timeout_s
        self._client = httpx.AsyncClient(
            verify=tls_context(),
            base_url=settings.openai_speech_url or _OPENAI,
            headers={"Authorization": f"Bearer {settings.openai_api_key.get_secret_value() or 'none'}"},
            timeout=httpx.Timeout(self._timeout_s, connect=_CONNECT_TIMEOUT_S),
            limits=httpx.Limits(keepalive_expiry=IDLE_S),
            follow_redirects=True,
        )
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.openai_api_key.get_secret_value() and not settings.openai_speech_url:
            raise ConfigError(
                "OPENAI_API_KEY is not set (make one at "
                "https://platform.openai.com/api-keys), or OPENAI_SPEECH_URL for a server of your own"
            )
        return cls(settings)

    async def start(self) -> None:
        """Open a connection. Raises ConfigError when the key is refused; a server that is away may come back."""
        try:
            await self._open_connection()
        except ProviderError as error:
            if error.code == "key-refused":
                raise ConfigError("OPENAI_API_KEY: the server of the voices refused it") from error
            log.warning("openai.not_reached", code=error.code)

    def expect(self, language: str, listener: Leg | None = None) -> None:
        self._errands.begin("connection", self._open_connection)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in LANGUAGES:
            raise ProviderRejected(NAME, "language")
        text = plain(request.text)
        if not text:
            return
        if len(text) > MAXIMUM_CHARACTERS:
            raise ProviderRejected(NAME, "text-too-long")
        name = LANGUAGE_NAMES.get(request.language, request.language)
        asked = {
            "model": self._model,
            "voice": self._voices.choose(request.language, request.listener, request.register),
            "input": text,
            "response_format": "pcm",
        }
        if self._instructions:
            asked["instructions"] = self._instructions.replace("{language}", name)
        samples = _Samples()
        try:
            async with self._client.stream("POST", "/audio/speech", json=asked) as response:
                checked(NAME, response)
                if not response.headers.get("content-type", "").startswith(_SOUND):
                    await response.aread()  # An answer that is broken off is another error.
                    raise ProviderBadReply(NAME, "not-audio")
                if self._model in BILLED_BY_CHARACTERS:
                    count_usage(Stage.SPEECH, NAME, UsageUnit.CHARACTERS, len(text), self._model)
                async for piece in response.aiter_bytes():
                    if ulaw := samples.encode(piece):
                        yield ulaw
        except httpx.HTTPError as error:
            raise _error_as_ours(error) from None
        finally:
            if self._model not in BILLED_BY_CHARACTERS and samples.milliseconds:
                count_usage(Stage.SPEECH, NAME, UsageUnit.AUDIO_MS, samples.milliseconds, self._model)
        if not samples.milliseconds:
            raise ProviderBadReply(NAME, "empty")
        if ulaw := samples.rest():
            yield ulaw

    async def aclose(self) -> None:
        await self._errands.aclose()
        await self._client.aclose()

    async def _open_connection(self) -> None:
        """Ask for something small: without a connection that is free, a new one is opened."""
        try:
            async with answer_within(NAME, self._timeout_s):
                checked(NAME, await self._client.get("/models"))
        except httpx.HTTPError as error:
            raise _error_as_ours(error) from None


class _Samples:
    """One text's sound on its way to the telephone; a piece may end in the middle of a sample."""

    def __init__(self) -> None:
        self._encoder = UlawEncoder(RATE_HZ)
        self._half = b""
        self._bytes = 0

    @property
    def milliseconds(self) -> int:
        """How much of it came."""
        return self._bytes * 1000 // (2 * RATE_HZ)

    def encode(self, piece: bytes, last: bool = False) -> bytes:
        """Take 16-bit samples; return the mu-law that is ready."""
        self._bytes += len(piece)
        piece = self._half + piece
        whole = len(piece) // 2 * 2
        self._half = piece[whole:]
        samples = np.frombuffer(piece[:whole], dtype="<i2").astype(np.float32) / 32768.0
        return self._encoder.encode(samples, last=last)

    def rest(self) -> bytes:
        """Return what the resampler still holds."""
        return self.encode(b"", last=True)


def _error_as_ours(error: httpx.HTTPError) -> ProviderError:
    match error:
        case httpx.TimeoutException():
            return ProviderTimeout(NAME, "timeout")
        case httpx.ConnectError():
            return ProviderUnavailable(NAME, "no-connection")
        case _:
            return ProviderUnavailable(NAME, "broken-off")
