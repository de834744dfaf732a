"""ElevenLabs' voices, over its multi-context WebSocket.

(https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input)

A socket belongs to one voice and one language and carries up to five texts at once, each a context of its own. A
context counts until ElevenLabs has said that it is final, also one that was given up: the sixth would close the socket.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator
from itertools import count
from typing import Self
from urllib.parse import urlencode

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.config import Settings
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from app.resilience.errands import Errands
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.plain_text import plain
from app.usage import count_usage
from app.vendor_connections import open_socket
from app.vendor_errors import RETRY_AFTER_S, error_of_close

log = structlog.get_logger(__name__)

NAME = "elevenlabs"
LANGUAGES = frozenset(
    {"ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ro", "ru", "tr", "uk", "zh"}
)
MAXIMUM_CONTEXTS = 5
_MAXIMUM_UNREAD = 4096
"""Pieces of audio of one text that nobody fetched."""
_INACTIVITY_TIMEOUT_S = 180
"""The longest that ElevenLabs allows; a socket that it closes is opened again when it is needed."""


class _Message(msgspec.Struct):
    """What ElevenLabs sends. Its documentation and its servers spell some names in two ways."""

    audio: str | None = None
    context_id: str | None = msgspec.field(name="contextId", default=None)
    is_final: bool | None = None
    isFinal: bool | None = None  # noqa: N815
    error: str | None = None


class _Context:
    """One text on its way to be sound."""

    def __init__(self, socket: _Socket, name: str) -> None:
        self.name = name
        self.pieces: asyncio.Queue[bytes | ProviderError | None] = asyncio.Queue(_MAXIMUM_UNREAD)
        """Audio; None behind the last of it."""
        self.socket = socket

    def put(self, piece: bytes | ProviderError | None) -> None:
        try:
            self.pieces.put_nowait(piece)
        except asyncio.QueueFull:
            self.socket.contexts.pop(self.name, None)


class _Socket:
    """One connection and the task that reads it."""

    def __init__(self, connection: ClientConnection) -> None:
        self.contexts: dict[str, _Context] = {}
        """Those that ElevenLabs counts."""
        self.is_open = True
        self._connection = connection
        self._names = count(1)
        self.task = asyncio.create_task(self._read(), name=f"tts-{NAME}")

    @property
    def has_room(self) -> bool:
        return self.is_open and len(self.contexts) < MAXIMUM_CONTEXTS

    def begin(self) -> _Context:
        """Take one of the five places."""
        context = _Context(self, f"text-{next(self._names)}")
        self.contexts[context.name] = context
        return context

    async def send(self, context: _Context, **message: object) -> None:
        try:
            await self._connection.send(msgspec.json.encode({"context_id": context.name, **message}).decode())
        except ConnectionClosed as closed:
            raise error_of_close(NAME, closed) from None

    async def aclose(self) -> None:
        self.is_open = False
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self._connection.close()

    async def _read(self) -> None:
        error: ProviderError = ProviderUnavailable(NAME, "closed")
        try:
            async for text in self._connection:
                self._take(msgspec.json.decode(text, type=_Message))
        except ConnectionClosed as closed:
            error = error_of_close(NAME, closed)
        except (msgspec.MsgspecError, binascii.Error, UnicodeDecodeError):
            error = ProviderBadReply(NAME, "not-understood")
        except ProviderError as refused:
            error = refused
        self.is_open = False
        for context in self.contexts.values():
            context.put(error)
        self.contexts.clear()
        await self._connection.close()

    def _take(self, message: _Message) -> None:
        if message.error is not None:
            raise _error_of_word(message.error)
        context = self.contexts.get(message.context_id or "")
        if context is None:
            return
        if message.audio:
            context.put(base64.b64decode(message.audio, validate=True))
        if message.is_final or message.isFinal:
            del self.contexts[context.name]
            context.put(None)


class ElevenLabsVoice(TtsProvider):
    """One account; sockets are shared by all calls and stay open between sentences."""

    capabilities = TtsCapabilities(NAME, LANGUAGES, natural=LANGUAGES)

    def __init__(self, settings: Settings) -> None:
        self._url = settings.elevenlabs_url
        self._key = settings.elevenlabs_api_key.get_secret_value()
        self._model = settings.elevenlabs_model
        self._voices = settings.elevenlabs_voices
        self._voice_settings = {"stability": settings.elevenlabs_stability, "similarity_boost": 0.75}
        self._agent_language = settings.default_agent_language
        self._sockets: dict[tuple[str, str], list[_Socket]] = {}
        self._opening: dict[tuple[str, str], asyncio.Lock] = {}
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.elevenlabs_api_key.get_secret_value():
            raise ConfigError("ELEVENLABS_API_KEY is not set: make one at https://elevenlabs.io/app/settings/api-keys")
        return cls(settings)

    async def start(self) -> None:
        """Open the agent's socket, so that the first sentence need not wait for it. Raises ConfigError."""
        if self._agent_language not in LANGUAGES:
            return
        try:
            await self._socket_for(SpeechRequest("", self._agent_language, Leg.AGENT))
        except ProviderRejected as error:
            raise ConfigError(f"ELEVENLABS_API_KEY or ELEVENLABS_VOICES: ElevenLabs refused ({error.code})") from error
        except ProviderError as error:
            log.warning("elevenlabs.not_reached", code=error.code)

    def expect(self, language: str, listener: Leg | None = None) -> None:
        if language in self.capabilities.languages:
            soon = SpeechRequest("", language, listener)
            self._errands.begin((language, listener), lambda: self._socket_for(soon))

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in self.capabilities.languages:
            raise ProviderRejected(NAME, "language")
        text = plain(request.text)
        if not text:
            return
        socket = await self._socket_for(request)
        context = socket.begin()
        is_closed = False
        try:
            await socket.send(context, text=" ", voice_settings=self._voice_settings)
            count_usage(Stage.SPEECH, NAME, UsageUnit.CHARACTERS, len(text), self._model)
            await socket.send(context, text=f"{text} ", flush=True)
            is_closed = True
            await socket.send(context, close_context=True)
            while (piece := await context.pieces.get()) is not None:
                if isinstance(piece, ProviderError):
                    raise piece
                yield piece
        finally:
            if not is_closed and socket.is_open:
                await socket.send(context, close_context=True)

    async def aclose(self) -> None:
        await self._errands.aclose()
        sockets = [socket for several in self._sockets.values() for socket in several]
        self._sockets.clear()
        await asyncio.gather(*(socket.aclose() for socket in sockets))

    async def _socket_for(self, request: SpeechRequest) -> _Socket:
        """Return a socket with room for one more text; open one if there is none."""
        language = request.language
        voice = self._voices.choose(language, request.listener, request.register)
        kind = (voice, language)
        async with self._opening.setdefault(kind, asyncio.Lock()):
            sockets = self._sockets.setdefault(kind, [])
            sockets[:] = [socket for socket in sockets if socket.is_open]
            for socket in sockets:
                if socket.has_room:
                    return socket
            sockets.append(_Socket(await self._connect(voice, language)))
            return sockets[-1]

    async def _connect(self, voice: str, language: str) -> ClientConnection:
        query = urlencode(
            {
                "model_id": self._model,
                "language_code": language,
                "output_format": "ulaw_8000",
                "inactivity_timeout": _INACTIVITY_TIMEOUT_S,
            }
        )
        url = f"{self._url}/v1/text-to-speech/{voice}/multi-stream-input?{query}"
        return await open_socket(NAME, url, {"xi-api-key": self._key})


def _error_of_word(error: str) -> ProviderError:
    """ElevenLabs names its errors by words such as these; its sentences may quote the text."""
    match error:
        case "invalid_api_key" | "authentication_error" | "needs_authorization":
            return ProviderRejected(NAME, "key-refused")
        case "quota_exceeded" | "payment_required":
            return ProviderRejected(NAME, "quota-exceeded")
        case "rate_limited" | "too_many_concurrent_requests" | "system_busy" | "max_active_conversations":
            return ProviderThrottled(NAME, "throttled", RETRY_AFTER_S)
        case _:
            return ProviderUnavailable(NAME, "refused")
