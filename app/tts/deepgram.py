"""Deepgram's Aura-2 voices, over its WebSocket (https://developers.deepgram.com/docs/tts-websocket).

A socket belongs to one voice and speaks one text at a time. Deepgram refuses the twenty-first flush within a minute,
and every text needs one: a socket that had its share rests while another one speaks. The SDK is not used: it skips what
it does not understand without a word, and cannot be told how long opening a connection may take.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self
from urllib.parse import urlencode

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from app.config import Settings
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageUnit
from app.domain.voices import EVERY_LANGUAGE
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
)
from app.resilience.errands import Errands
from app.tts.base import SpeechRequest, TtsCapabilities, TtsProvider
from app.tts.plain_text import plain
from app.usage import count_usage
from app.vendor_connections import open_socket
from app.vendor_errors import RETRY_AFTER_S, error_of_close

log = structlog.get_logger(__name__)

NAME = "deepgram"
LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl"})
MAXIMUM_CHARACTERS = 2_000
FLUSHES_A_MINUTE = 20
"""Of one socket (https://developers.deepgram.com/docs/tts-ws-flush)."""
CHARACTERS_A_MINUTE = 2_400
"""Of one socket: with more, Deepgram has been seen to close it (jambonz/jambonz-feature-server, issue 1214)."""
MAXIMUM_RESTING = 4
"""Open sockets of one voice that speak nothing; an account has 45 at once."""
_MAXIMUM_AGE_S = 3_000.0
"""Deepgram closes a socket after an hour, whatever it is saying."""
_MINUTE_S = 60.0
_CLEAR_TIMEOUT_S = 10.0
_DEEPGRAM = "wss://api.deepgram.com"


class _Message(msgspec.Struct):
    type: str


class Share:
    """What may be spent of something in any minute. Times are seconds of any clock."""

    def __init__(self, amount: int) -> None:
        self._amount = amount
        self._spent: deque[tuple[float, int]] = deque()

    def left(self, now_s: float) -> int:
        while self._spent and self._spent[0][0] <= now_s - _MINUTE_S:
            self._spent.popleft()
        return self._amount - sum(amount for _, amount in self._spent)

    def spend(self, amount: int, now_s: float) -> None:
        self._spent.append((now_s, amount))


class _Socket:
    """One connection, used by one text at a time. Raises ProviderError."""

    def __init__(self, connection: ClientConnection, voice: str) -> None:
        self.voice = voice
        self._connection = connection
        self._now_s = asyncio.get_running_loop().time
        self._opened_at_s = self._now_s()
        self._flushes = Share(FLUSHES_A_MINUTE)
        self._characters = Share(CHARACTERS_A_MINUTE)
        self._owes_flushed = False
        """Whether "Flushed" about a text that was given up may still come, before the sound of the next."""

    @property
    def is_usable(self) -> bool:
        return self._connection.state is State.OPEN and self._now_s() - self._opened_at_s < _MAXIMUM_AGE_S

    @property
    def flushes_left(self) -> int:
        return self._flushes.left(self._now_s())

    def has_room_for(self, characters: int) -> bool:
        return self.is_usable and self.flushes_left > 0 and self._characters.left(self._now_s()) >= characters

    async def say(self, text: str) -> None:
        self._flushes.spend(1, self._now_s())
        self._characters.spend(len(text), self._now_s())
        await self._send(type="Speak", text=text)
        await self._send(type="Flush")

    async def hear(self) -> AsyncGenerator[bytes, None]:
        """Yield the sound of the text to its end."""
        while True:
            match await self._receive():
                case bytes(piece):
                    self._owes_flushed = False
                    if piece:
                        yield piece
                case "Flushed" if self._owes_flushed:
                    self._owes_flushed = False
                case "Flushed":
                    return
                case "Warning":
                    raise ProviderThrottled(NAME, "warning", RETRY_AFTER_S)

    async def give_up(self) -> None:
        """End the text that is being spoken, and wait until the socket can speak another one."""
        await self._send(type="Clear")
        self._owes_flushed = True
        while (received := await self._receive()) != "Cleared":
            if received == "Flushed":
                self._owes_flushed = False

    async def aclose(self) -> None:
        await self._connection.close()

    async def _send(self, **message: str) -> None:
        try:
            await self._connection.send(msgspec.json.encode(message).decode())
        except ConnectionClosed as closed:
            raise error_of_close(NAME, closed) from None

    async def _receive(self) -> bytes | str:
        """Return sound or the type of a message."""
        try:
            received = await self._connection.recv()
            return received if isinstance(received, bytes) else msgspec.json.decode(received, type=_Message).type
        except ConnectionClosed as closed:
            raise error_of_close(NAME, closed) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ProviderBadReply(NAME, "not-understood") from None


class DeepgramVoice(TtsProvider):
    """One account; sockets are shared by all calls and stay open between sentences."""

    capabilities = TtsCapabilities(NAME, LANGUAGES, natural=LANGUAGES)

    def __init__(self, settings: Settings) -> None:
        self._url = settings.deepgram_url or _DEEPGRAM
        self._key = settings.deepgram_api_key.get_secret_value()
        self._voices = settings.deepgram_voices
        self._agent_language = settings.default_agent_language
        self._resting: dict[str, list[_Socket]] = {}
        self._open: set[_Socket] = set()
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.deepgram_api_key.get_secret_value():
            raise ConfigError("DEEPGRAM_API_KEY is not set: make one at https://console.deepgram.com")
        for (language, *_), voice in settings.deepgram_voices.entries.items():
            if language not in (EVERY_LANGUAGE, voice.rpartition("-")[2]):
                raise ConfigError(f"DEEPGRAM_VOICES: {voice} does not speak {language}")
        return cls(settings)

    async def start(self) -> None:
        """Open the agent's socket, so that the first sentence need not wait for it. Raises ConfigError."""
        if self._agent_language not in LANGUAGES:
            return
        try:
            await self._warm_up(self._voices.choose(self._agent_language, Leg.AGENT))
        except ProviderRejected as error:
            raise ConfigError(f"DEEPGRAM_API_KEY or DEEPGRAM_VOICES: Deepgram refused ({error.code})") from error
        except ProviderError as error:
            log.warning("deepgram.not_reached", code=error.code)

    def expect(self, language: str, listener: Leg | None = None) -> None:
        if language in LANGUAGES:
            voice = self._voices.choose(language, listener)
            self._errands.begin(voice, lambda: self._warm_up(voice))

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        if request.language not in LANGUAGES:
            raise ProviderRejected(NAME, "language")
        text = plain(request.text)
        if not text:
            return
        if len(text) > MAXIMUM_CHARACTERS:
            raise ProviderRejected(NAME, "text-too-long")
        socket = await self._take(self._voices.choose(request.language, request.listener, request.register), len(text))
        is_spoken = has_failed = False
        try:
            count_usage(Stage.SPEECH, NAME, UsageUnit.CHARACTERS, len(text))
            await socket.say(text)
            async with aclosing(socket.hear()) as pieces:
                async for piece in pieces:
                    yield piece
            is_spoken = True
        except ProviderError:
            has_failed = True
            raise
        finally:
            if is_spoken:
                self._give_back(socket)
            elif has_failed:
                self._errands.begin(("close", socket), lambda: self._close(socket))
            else:
                self._errands.begin(("recover", socket), lambda: self._recover(socket))

    async def aclose(self) -> None:
        await self._errands.aclose()
        await asyncio.gather(*(self._close(socket) for socket in tuple(self._open)))

    async def _take(self, voice: str, characters: int) -> _Socket:
        """Return a socket that nobody else uses and that may say so much."""
        resting = self._resting.setdefault(voice, [])
        for socket in tuple(resting):
            if not socket.is_usable:
                self._retire(socket)
        fit = next((socket for socket in resting if socket.has_room_for(characters)), None)
        if fit is None:
            return await self._connect(voice)
        resting.remove(fit)
        return fit

    def _give_back(self, socket: _Socket) -> None:
        resting = self._resting.setdefault(socket.voice, [])
        resting.append(socket)
        if len(resting) > MAXIMUM_RESTING:
            self._retire(min(resting, key=lambda each: each.flushes_left))

    def _retire(self, socket: _Socket) -> None:
        self._resting[socket.voice].remove(socket)
        self._errands.begin(("close", socket), lambda: self._close(socket))

    async def _recover(self, socket: _Socket) -> None:
        """Make a socket whose text was given up speak the next one, or close it."""
        try:
            async with asyncio.timeout(_CLEAR_TIMEOUT_S):
                await socket.give_up()
        except (ProviderError, TimeoutError):
            await self._close(socket)
        else:
            self._give_back(socket)

    async def _warm_up(self, voice: str) -> None:
        """See that a socket of this voice waits for a text."""
        self._give_back(await self._take(voice, 1))

    async def _close(self, socket: _Socket) -> None:
        await socket.aclose()
        self._open.discard(socket)

    async def _connect(self, voice: str) -> _Socket:
        query = urlencode({"model": voice, "encoding": "mulaw", "sample_rate": SAMPLE_RATE_HZ})
        headers = {"Authorization": f"Token {self._key}"}
        socket = _Socket(await open_socket(NAME, f"{self._url}/v1/speak?{query}", headers), voice)
        self._open.add(socket)
        return socket
