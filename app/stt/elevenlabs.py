"""ElevenLabs' live recognition, Scribe, over its WebSocket.

(https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime)

The call's mu-law goes out as it is. Scribe makes words stable when it is told to "commit" what it has heard, and it
answers the commits in order: our utterances decide, and long ones are committed at their pauses too. What nobody
commits it commits by itself after half a minute. Where several languages are possible every commit has a second answer
with the language, which mostly follows the first one.

Through ``websockets``: the vendor's SDK prints what goes wrong, hides how a socket was closed and cannot be told how
long connecting may take.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import urlencode

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection

from app.config import Settings
from app.domain.audio import SAMPLE_RATE_HZ, duration_ms, silence
from app.domain.languages import primary_subtag
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.socket_stream import Heard, SocketStream, SttSocket
from app.usage import count_usage
from app.vendor_connections import OPEN_TIMEOUT_S, open_json_socket
from app.vendor_errors import RETRY_AFTER_S

log = structlog.get_logger(__name__)

NAME = "elevenlabs"
ISO_639_3 = {
    **{"ara": "ar", "cat": "ca", "deu": "de", "ell": "el", "eng": "en", "spa": "es", "eus": "eu", "fra": "fr"},
    **{"glg": "gl", "hin": "hi", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "oci": "oc", "pol": "pl"},
    **{"por": "pt", "ron": "ro", "rus": "ru", "swe": "sv", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh"},
}
"""Scribe's languages as far as they may matter here: it names them in either way."""
LANGUAGES = frozenset(ISO_639_3.values())
LONG_MS = 8000
"""After so much audio without a commit there is one at the next pause, or at once while nobody speaks. Short segments
are heard worse; and what Scribe commits on its own may end in the middle of a word."""
MOST_KEYTERMS = 50
KEYTERM_CHARACTERS = 20
TOLD_PROBABILITY = 0.9
"""Scribe names the language that it heard and does not say how sure it is."""
_MINIMUM_COMMIT_MS = 320
"""Scribe closes the socket over a commit of less than 300 ms of audio."""
_KEEP_ALIVE_MS = 100
"""Silence: Scribe knows no other sign of life, and closes a socket without audio after some 15 s."""


class _Message(msgspec.Struct):
    """What Scribe sends, of all kinds."""

    message_type: str
    error: str | None = None
    """A sentence, which is not read: the kind says enough."""
    text: str = ""
    language_code: str | None = None


@dataclass(frozen=True, slots=True)
class _Commit:
    audio_end_ms: int | None
    """How much of the call's audio was sent before it; None for one that Scribe made on its own."""
    is_end: bool
    """Whether it answers "finalize"."""


class ElevenLabsStt(SttProvider):
    """One account; every leg has a socket of its own."""

    capabilities = SttCapabilities(
        name=NAME, languages=LANGUAGES, detects_language=True, interim_results=True, final_timeout_ms=1500
    )

    def __init__(self, settings: Settings) -> None:
        self._url = settings.elevenlabs_url
        self._headers = {"xi-api-key": settings.elevenlabs_api_key.get_secret_value()}
        self._model = settings.elevenlabs_stt_model

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.elevenlabs_api_key.get_secret_value():
            raise ConfigError("ELEVENLABS_API_KEY is not set: make one at https://elevenlabs.io/app/settings/api-keys")
        return cls(settings)

    async def start(self) -> None:
        """Try the key. Raises ConfigError when it is refused; a vendor that is away may come back."""
        try:
            async with self._connect((), ("en",)):
                return
        except ProviderRejected as error:
            raise ConfigError(f"ELEVENLABS_API_KEY: ElevenLabs refused ({error.code})") from error
        except ProviderError as error:
            log.warning("elevenlabs.not_reached", code=error.code)

    async def open(self, options: SttOptions) -> SttStream:
        connect = partial(self._connect, _bounded(options.keyterms))
        return SocketStream(connect, lambda languages, _: languages, self.capabilities, options)

    def _connect(self, keyterms: Iterable[str], languages: tuple[str, ...]) -> AbstractAsyncContextManager[SttSocket]:
        first, *others = languages
        query: list[tuple[str, str]] = [
            ("model_id", self._model),
            ("audio_format", f"ulaw_{SAMPLE_RATE_HZ}"),
            ("commit_strategy", "manual"),
            ("language_code", first),
        ]
        if others:
            query += [("secondary_languages", language) for language in others]
            query += [("include_language_detection", "true"), ("include_timestamps", "true")]
        query += [("keyterms", term) for term in keyterms]
        return _open(f"{self._url}/v1/speech-to-text/realtime?{urlencode(query)}", self._headers, languages)


def _bounded(keyterms: Iterable[str]) -> list[str]:
    """Return the first of them, each once, that Scribe takes."""
    return [term for term in dict.fromkeys(keyterms) if len(term) <= KEYTERM_CHARACTERS][:MOST_KEYTERMS]


@asynccontextmanager
async def _open(url: str, headers: dict[str, str], languages: tuple[str, ...]) -> AsyncGenerator[SttSocket]:
    """Open a socket. A key that is refused may show only in the first message."""
    async with open_json_socket(NAME, url, headers) as connection:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            first = msgspec.json.decode(await connection.recv(), type=_Message)
        if first.error is not None:
            raise _error_of(first.message_type)
        yield ScribeSocket(connection, languages)


class ScribeSocket(SttSocket):
    """One session. Its methods raise what ``websockets`` and ``msgspec`` raise; ``open_json_socket`` is around it."""

    def __init__(self, connection: ClientConnection, languages: tuple[str, ...]) -> None:
        self._connection = connection
        self._languages = languages
        self._heard_ms = 0
        """Audio of the call that was sent."""
        self._uncommitted_ms = 0
        """Audio that was sent since the last commit, and silence of ours."""
        self._is_speech = False
        self._commits: deque[_Commit] = deque()
        """Those without an answer."""
        self._unlabelled: _Commit | None = None
        """The commit whose words have come and whose language has not."""
        self._is_labelled_first = False
        """Whether the last commit's language, and words with it, came before its plain answer."""
        self._echo = ""
        """The last stable text: Scribe may repeat it as the first hypothesis about what follows."""

    async def send_audio(self, ulaw: bytes) -> None:
        await self._send(ulaw)
        self._heard_ms += duration_ms(ulaw)
        if not self._is_speech:
            await self.pause()

    async def begin(self) -> None:
        self._is_speech = True

    async def pause(self) -> None:
        if self._uncommitted_ms >= LONG_MS:
            await self._commit(is_end=False)

    async def finalize(self) -> None:
        self._is_speech = False
        await self._commit(is_end=True)

    async def keep_alive(self) -> None:
        await self._send(silence(_KEEP_ALIVE_MS))

    async def _commit(self, is_end: bool) -> None:
        if self._uncommitted_ms < _MINIMUM_COMMIT_MS:
            await self._send(silence(_MINIMUM_COMMIT_MS - self._uncommitted_ms))
        self._commits.append(_Commit(self._heard_ms, is_end))
        self._uncommitted_ms = 0
        await self._send(b"", commit=True)

    async def _send(self, ulaw: bytes, commit: bool = False) -> None:
        message = {
            "message_type": "input_audio_chunk",
            "audio_base_64": b64encode(ulaw).decode(),
            "commit": commit,
            "sample_rate": SAMPLE_RATE_HZ,
        }
        await self._connection.send(msgspec.json.encode(message).decode())
        self._uncommitted_ms += duration_ms(ulaw)
        count_usage(Stage.RECOGNITION, NAME, UsageUnit.AUDIO_MS, duration_ms(ulaw))

    # --- In -----------------------------------------------------------------------------------------------------------

    async def __aiter__(self) -> AsyncIterator[Heard]:
        async for text in self._connection:
            message = msgspec.json.decode(text, type=_Message)
            match message.message_type:
                case "partial_transcript":
                    if message.text != self._echo:
                        yield Heard(message.text, is_stable=False)
                    self._echo = ""
                case "committed_transcript":
                    for heard in self._committed(message.text):
                        yield heard
                case "committed_transcript_with_timestamps":
                    yield self._labelled(message)
                case kind if message.error is not None:
                    raise _error_of(kind)
                case _:
                    continue

    def _committed(self, text: str) -> Iterator[Heard]:
        """Take the plain answer: all there is when the language is known, else half of it."""
        self._echo = text
        if len(self._languages) == 1:
            yield _heard(text, self._answered(), self._languages[0], 1.0)
            return
        if self._is_labelled_first:
            self._is_labelled_first = False
            return
        if self._unlabelled is not None:
            yield _heard("", self._unlabelled)
        self._unlabelled = self._answered()
        yield Heard(text, is_stable=True, audio_end_ms=self._unlabelled.audio_end_ms)

    def _labelled(self, message: _Message) -> Heard:
        """Take the answer that has the language."""
        language = None
        if message.language_code:
            language = ISO_639_3.get(message.language_code, primary_subtag(message.language_code))
        probability = 0.0 if language is None else TOLD_PROBABILITY
        commit, self._unlabelled = self._unlabelled, None
        if commit is not None:
            return _heard("", commit, language, probability)
        self._echo = message.text
        self._is_labelled_first = True
        return _heard(message.text, self._answered(), language, probability)

    def _answered(self) -> _Commit:
        return self._commits.popleft() if self._commits else _Commit(None, is_end=False)


def _heard(text: str, commit: _Commit, language: str | None = None, probability: float = 0.0) -> Heard:
    return Heard(
        text,
        is_stable=True,
        is_finalized=commit.is_end,
        audio_end_ms=commit.audio_end_ms,
        language=language,
        language_probability=probability,
    )


def _error_of(kind: str) -> ProviderError:
    match kind:
        case "auth_error" | "unaccepted_terms":
            return ProviderRejected(NAME, "key-refused")
        case "quota_exceeded":
            return ProviderRejected(NAME, "quota-exceeded")
        case "input_error" | "invalid_request" | "chunk_size_exceeded":
            return ProviderRejected(NAME, "refused")
        case "rate_limited" | "commit_throttled" | "queue_overflow" | "resource_exhausted":
            return ProviderThrottled(NAME, "throttled", RETRY_AFTER_S)
        case _:
            return ProviderUnavailable(NAME, "ended")
