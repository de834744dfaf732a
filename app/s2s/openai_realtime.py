"""OpenAI's realtime translations (https://developers.openai.com/api/docs/guides/realtime-translation).

One session per direction takes 24 kHz PCM without end, silence included, and detects what is spoken. It has no glossary
and no choice of voices, and it is silent while somebody speaks the target language already.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Self
from urllib.parse import urlencode

import msgspec
import numpy as np
import structlog
from websockets.asyncio.client import ClientConnection

from app.audio.ulaw import UlawDecoder, UlawEncoder
from app.config import Settings
from app.domain.audio import BYTES_PER_MS, AudioFrame
from app.domain.direct import DirectPiece, SourceText
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from app.s2s.attentive_connection import AttentiveConnection
from app.s2s.base import S2sCapabilities, S2sOptions, S2sProvider, S2sStream
from app.s2s.piece_feed import PieceFeed
from app.s2s.turns import PAUSE_MS, TurnCutter
from app.usage import count_usage
from app.vendor_connections import OPEN_TIMEOUT_S, open_json_socket
from app.vendor_errors import RETRY_AFTER_S

log = structlog.get_logger(__name__)

NAME = "openai_realtime"
TARGETS = frozenset({"de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "ru", "vi", "zh"})
RATE_HZ = 24_000
CHUNK_MS = 200
"""The model takes its input in frames of this length."""
MAX_OUTGOING_MS = 40_000
"""Audio that may wait for a socket that opens slowly or does not read. Then it counts as gone."""
_IDLE_S = (PAUSE_MS + CHUNK_MS) / 1000
"""A voice that gives nothing for so long has paused."""
_FLUSH = np.zeros(RATE_HZ // 20, np.float32)
"""Pushes what the resampler holds out of it."""


class _Error(msgspec.Struct):
    type: str = ""
    code: str | None = None


class _Message(msgspec.Struct):
    """What OpenAI sends; of its sentences about errors nothing is read: they may quote speech."""

    type: str
    delta: str = ""
    sample_rate: int = RATE_HZ
    error: _Error | None = None


class OpenAiRealtime(S2sProvider):
    """One account; every direction has a session of its own."""

    capabilities = S2sCapabilities(
        name=NAME,
        targets=TARGETS,
        input_rate_hz=RATE_HZ,
        output_rate_hz=RATE_HZ,
        price_unit=UsageUnit.AUDIO_MS,
    )

    def __init__(self, settings: Settings) -> None:
        query = urlencode({"model": settings.openai_s2s_model})
        self._url = f"{settings.openai_realtime_url}/realtime/translations?{query}"
        self._headers = {"Authorization": f"Bearer {settings.openai_api_key.get_secret_value()}"}
        model = settings.openai_s2s_transcription_model
        self._transcription_model = None if model == "none" else model
        self.capabilities = replace(type(self).capabilities, has_source_text=self._transcription_model is not None)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.openai_api_key.get_secret_value():
            raise ConfigError("OPENAI_API_KEY is not set: make one at https://platform.openai.com/api-keys")
        return cls(settings)

    async def start(self) -> None:
        """Open a session and close it. Raises ConfigError where that is refused; a server that is away may be back."""
        try:
            async with asyncio.timeout(2 * OPEN_TIMEOUT_S), self._connect("en") as socket:
                _understand(await socket.recv())
        except ProviderRejected as error:
            raise ConfigError(f"OPENAI_API_KEY or OPENAI_S2S_MODEL: OpenAI refused ({error.code})") from error
        except (ProviderError, TimeoutError) as error:
            code = error.code if isinstance(error, ProviderError) else "timeout"
            log.warning("openai_realtime.not_reached", code=code)

    async def open(self, options: S2sOptions) -> S2sStream:
        if options.target not in TARGETS:
            raise ProviderRejected(NAME, "language-unknown")
        return OpenAiRealtimeStream(self._connect, options, self._transcription_model)

    @asynccontextmanager
    async def _connect(self, target: str) -> AsyncGenerator[ClientConnection]:
        """Open a session that says everything in ``target``. Raises ProviderError, also for what happens in it."""
        audio: dict[str, object] = {"output": {"language": target}}
        if self._transcription_model is not None:
            audio["input"] = {"transcription": {"model": self._transcription_model}}
        async with open_json_socket(NAME, self._url, self._headers, AttentiveConnection) as socket:
            await _update(socket, audio)
            yield socket


Connect = Callable[[str], AbstractAsyncContextManager[ClientConnection]]


class OpenAiRealtimeStream(S2sStream):
    """One session, its writer and its reader. Its two resamplers live as long as it does."""

    def __init__(self, connect: Connect, options: S2sOptions, transcription_model: str | None) -> None:
        self._connect = connect
        self._transcription_model = transcription_model
        """It is billed beside the translation, as in OpenAI's other sessions."""
        self._target = options.target
        self._loop = asyncio.get_running_loop()
        self._feed = PieceFeed(NAME)
        self._cutter = TurnCutter(self._feed.put)
        self._decoder = UlawDecoder(RATE_HZ)
        self._encoder = UlawEncoder(RATE_HZ)
        self._chunk = bytearray()
        self._odd_byte = b""
        """Half a sample, of a delta that was cut inside it."""
        self._idle: asyncio.TimerHandle | None = None
        self._outgoing: asyncio.Queue[bytes | str] = asyncio.Queue(MAX_OUTGOING_MS // CHUNK_MS)
        """Mu-law to be sent, and languages to change to."""
        self._task = asyncio.create_task(self._run(), name=f"s2s-{NAME}")
        self._task.add_done_callback(self._ended)

    def push(self, frame: AudioFrame) -> None:
        self._chunk += frame.ulaw
        if len(self._chunk) >= CHUNK_MS * BYTES_PER_MS:
            self._order(bytes(self._chunk))
            self._chunk.clear()

    def set_target(self, language: str) -> None:
        if language not in TARGETS:
            raise ProviderRejected(NAME, "language-unknown")
        self._order(language)

    def __aiter__(self) -> AsyncIterator[DirectPiece]:
        return self._feed

    async def aclose(self) -> None:
        self._feed.close()
        self._forget_idle()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    # --- Out ----------------------------------------------------------------------------------------------------------

    def _order(self, order: bytes | str) -> None:
        if self._feed.is_over:
            return
        try:
            self._outgoing.put_nowait(order)
        except asyncio.QueueFull:
            self._feed.fail(ProviderUnavailable(NAME, "stalled"))
            self._task.cancel()

    async def _run(self) -> None:
        async with self._connect(self._target) as socket:
            reader = asyncio.create_task(self._read(socket), name=f"s2s-{NAME}-read")
            writer = asyncio.create_task(self._write(socket), name=f"s2s-{NAME}-write")
            try:
                await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                reader.cancel()
                writer.cancel()
                outcomes = await asyncio.gather(reader, writer, return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome
        raise ProviderUnavailable(NAME, "closed")

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            order = await self._outgoing.get()
            if isinstance(order, str):
                await _update(socket, {"output": {"language": order}})
                continue
            audio = base64.b64encode(self._decoder.decode(order)).decode()
            await _send(socket, "session.input_audio_buffer.append", audio=audio)
            sent_ms = len(order) // BYTES_PER_MS
            count_usage(Stage.SPEECH_TO_SPEECH, NAME, UsageUnit.AUDIO_MS, sent_ms)
            if self._transcription_model is not None:
                count_usage(Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, sent_ms, self._transcription_model)

    # --- In -----------------------------------------------------------------------------------------------------------

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            message = _understand(await socket.recv())
            match message.type:
                case "session.output_audio.delta":
                    self._hear(message)
                case "session.output_transcript.delta":
                    self._cutter.read(message.delta)
                case "session.input_transcript.delta":
                    self._feed.put(SourceText(message.delta))
                case "session.closed":
                    return
                case _:
                    continue

    def _hear(self, message: _Message) -> None:
        if message.sample_rate != RATE_HZ:
            raise ProviderBadReply(NAME, "rate")
        try:
            pcm16 = self._odd_byte + base64.b64decode(message.delta, validate=True)
        except ValueError:
            raise ProviderBadReply(NAME, "not-understood") from None
        whole = len(pcm16) - len(pcm16) % 2
        self._odd_byte = pcm16[whole:]
        samples = np.frombuffer(pcm16[:whole], "<i2").astype(np.float32) / np.float32(32768)
        self._cutter.hear(self._encoder.encode(samples))
        self._forget_idle()
        if self._cutter.is_open:
            self._idle = self._loop.call_later(_IDLE_S, self._pause)

    def _pause(self) -> None:
        self._cutter.hear(self._encoder.encode(_FLUSH))
        self._cutter.end()

    def _forget_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._forget_idle()
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._cutter.end()
            self._feed.fail(error)


async def _update(socket: ClientConnection, audio: dict[str, object]) -> None:
    await _send(socket, "session.update", session={"audio": audio})


async def _send(socket: ClientConnection, kind: str, **values: object) -> None:
    await socket.send(msgspec.json.encode({"type": kind, **values}).decode())


def _understand(message: str | bytes) -> _Message:
    """Raises what msgspec raises, and ProviderError for what OpenAI calls an error: it would not interpret on."""
    understood = msgspec.json.decode(message, type=_Message)
    if understood.type == "error":
        raise _error_of_word(understood.error or _Error())
    return understood


def _error_of_word(error: _Error) -> ProviderError:
    if error.code in ("invalid_api_key", "insufficient_quota", "model_not_found"):
        return ProviderRejected(NAME, "key-refused" if error.code == "invalid_api_key" else error.code)
    if "rate_limit" in (error.code or "") or error.type == "rate_limit_error":
        return ProviderThrottled(NAME, "throttled", RETRY_AFTER_S)
    if error.type == "invalid_request_error":
        return ProviderRejected(NAME, "request-refused")
    return ProviderUnavailable(NAME, "server-error")
