"""OpenAI's live recognition: a transcription session of its Realtime API, over a WebSocket.

(https://developers.openai.com/api/docs/guides/realtime-transcription)

The call's mu-law goes out as it is, while somebody speaks: OpenAI hears what was appended to its buffer once that is
committed, and our utterances, and the pauses of long ones, are the commits. A model that listens while the buffer
fills does not say which language it hears; one that does begins with the commit. So there are two, and which one is
used depends on whether the language is known.

Through ``websockets``: the SDK's realtime client reads no close codes, sets no time limits, and builds an object of
every message.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection

from app.config import Settings
from app.domain.audio import BYTES_PER_MS, duration_ms, silence
from app.domain.languages import LANGUAGE_NAMES, primary_subtag
from app.domain.usage import Stage, UsageUnit
from app.errors import ConfigError, ProviderError, ProviderRejected, ProviderThrottled, ProviderUnavailable
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.socket_stream import PRE_ROLL_MS, Heard, SocketStream, SttSocket
from app.usage import count_usage
from app.vendor_connections import OPEN_TIMEOUT_S, open_json_socket
from app.vendor_errors import RETRY_AFTER_S

log = structlog.get_logger(__name__)

NAME = "openai"
LANGUAGES = frozenset({*LANGUAGE_NAMES, "el", "hi", "ja", "ko", "sv", "tr", "vi"}) - {"oc"}
SEVERAL_LANGUAGES = ("gpt-transcribe", "gpt-live-transcribe")
"""Beginnings of the names of models that can be told several languages; the others take one or none."""
WITHOUT_PROMPT = frozenset({"gpt-realtime-whisper", "gpt-4o-transcribe-diarize"})
TELLS_LANGUAGE = "gpt-transcribe"
"""The same of those that say which one they heard."""
RENEW_AFTER_MS = 50 * 60_000
"""OpenAI ends a session after an hour."""
LONG_MS = 5000
"""So much of an utterance is committed at its next pause."""
TOLD_PROBABILITY = 0.9
"""OpenAI names the language that it heard and does not say how sure it is."""
_MINIMUM_COMMIT_MS = 120
"""OpenAI refuses to commit less than 100 ms."""


class _Language(msgspec.Struct):
    code: str


class _Error(msgspec.Struct):
    """Its ``message`` may quote speech and is not read."""

    type: str | None = None
    code: str | None = None


class _Event(msgspec.Struct):
    """What OpenAI sends, of all kinds."""

    type: str
    item_id: str = ""
    delta: str | None = None
    transcript: str = ""
    languages: list[_Language] | None = None
    error: _Error | None = None


@dataclass(slots=True)
class _Item:
    """What was committed at once."""

    audio_end_ms: int | None
    """How much of the call's audio there was before the commit; None for one that was not ours."""
    is_end: bool
    """Whether it answers "finalize"."""
    heard: _Event | None = None


class OpenAiStt(SttProvider):
    """One account; every leg has a socket of its own."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.openai_realtime_url}/realtime?intent=transcription"
        self._headers = {"Authorization": f"Bearer {settings.openai_api_key.get_secret_value()}"}
        self._model = settings.openai_stt_model
        self._detecting_model = settings.openai_stt_detecting_model
        self.capabilities = SttCapabilities(
            name=NAME,
            languages=LANGUAGES,
            detects_language=self._detecting_model.startswith(TELLS_LANGUAGE),
            interim_results=True,
            final_timeout_ms=2500,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.openai_api_key.get_secret_value():
            raise ConfigError("OPENAI_API_KEY is not set: make one at https://platform.openai.com/api-keys")
        return cls(settings)

    async def start(self) -> None:
        """Try the key and the models. Raises ConfigError when one is refused; a vendor that is away may come back."""
        try:
            for languages in (("en",), ("en", "es")):
                async with self._connect((), languages):
                    continue
        except ProviderRejected as error:
            raise ConfigError(
                f"OPENAI_API_KEY, OPENAI_STT_MODEL or OPENAI_STT_DETECTING_MODEL: OpenAI refused ({error.code})"
            ) from error
        except ProviderError as error:
            log.warning("openai.not_reached", code=error.code)

    async def open(self, options: SttOptions) -> SttStream:
        return SocketStream(
            partial(self._connect, options.keyterms),
            lambda languages, _: languages,
            self.capabilities,
            options,
            renew_after_ms=RENEW_AFTER_MS,
        )

    def _connect(self, keyterms: tuple[str, ...], languages: tuple[str, ...]) -> AbstractAsyncContextManager[SttSocket]:
        model = self._detecting_model if len(languages) > 1 else self._model
        return _open(self._url, self._headers, _transcription(model, keyterms, languages), languages)


def _transcription(model: str, keyterms: tuple[str, ...], languages: tuple[str, ...]) -> dict[str, object]:
    """Return what a session is told about its speech; models differ in what they can be told."""
    told: dict[str, object] = {"model": model}
    if model.startswith(SEVERAL_LANGUAGES):
        told["languages"] = languages
    elif len(languages) == 1:
        told["language"] = languages[0]
    if keyterms and model.startswith(SEVERAL_LANGUAGES):
        told["keywords"] = keyterms
    elif keyterms and model not in WITHOUT_PROMPT:
        told["prompt"] = ", ".join(keyterms)
    return told


@asynccontextmanager
async def _open(
    url: str, headers: dict[str, str], transcription: dict[str, object], languages: tuple[str, ...]
) -> AsyncGenerator[SttSocket]:
    """Open a session that is ready for audio."""
    audio = {"format": {"type": "audio/pcmu"}, "transcription": transcription, "turn_detection": None}
    session = {"type": "transcription", "audio": {"input": audio}}
    async with open_json_socket(NAME, url, headers) as connection:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            await _send(connection, "session.update", session=session)
            while _read(await connection.recv()).type != "session.updated":
                continue
        yield OpenAiSocket(connection, str(transcription["model"]), languages)


class OpenAiSocket(SttSocket):
    """One session. Its methods raise what ``websockets`` and ``msgspec`` raise; ``open_json_socket`` is around it."""

    def __init__(self, connection: ClientConnection, model: str, languages: tuple[str, ...]) -> None:
        self._connection = connection
        self._model = model
        self._languages = languages
        self._is_speech = False
        self._before_speech = bytearray()
        """The last of the audio that was not sent."""
        self._heard_ms = 0
        """Audio of the call, sent or not."""
        self._buffered_ms = 0
        """Audio that was sent and not committed."""
        self._commits: deque[_Item] = deque()
        """Those that OpenAI has not named yet."""
        self._items: dict[str, _Item] = {}
        """The others without an answer, in the order of speech."""
        self._hypotheses: dict[str, str] = {}

    async def send_audio(self, ulaw: bytes) -> None:
        self._heard_ms += duration_ms(ulaw)
        if self._is_speech:
            await self._append(ulaw)
        else:
            self._before_speech += ulaw
            del self._before_speech[: -PRE_ROLL_MS * BYTES_PER_MS]

    async def begin(self) -> None:
        self._is_speech = True
        before, self._before_speech = bytes(self._before_speech), bytearray()
        if before:
            await self._append(before)

    async def pause(self) -> None:
        if self._buffered_ms >= LONG_MS:
            await self._commit(is_end=False)

    async def finalize(self) -> None:
        self._is_speech = False
        await self._commit(is_end=True)

    async def keep_alive(self) -> None:
        """OpenAI minds no silence."""

    async def _append(self, ulaw: bytes) -> None:
        await _send(self._connection, "input_audio_buffer.append", audio=b64encode(ulaw).decode())
        self._buffered_ms += duration_ms(ulaw)
        count_usage(Stage.RECOGNITION, NAME, UsageUnit.AUDIO_MS, duration_ms(ulaw), self._model)

    async def _commit(self, is_end: bool) -> None:
        if self._buffered_ms < _MINIMUM_COMMIT_MS:
            await self._append(silence(_MINIMUM_COMMIT_MS - self._buffered_ms))
        self._commits.append(_Item(self._heard_ms, is_end))
        self._buffered_ms = 0
        await _send(self._connection, "input_audio_buffer.commit")

    # --- In -----------------------------------------------------------------------------------------------------------

    async def __aiter__(self) -> AsyncIterator[Heard]:
        async for text in self._connection:
            event = _read(text)
            match event.type:
                case "input_audio_buffer.committed":
                    self._items[event.item_id] = self._commits.popleft() if self._commits else _Item(None, is_end=False)
                case "conversation.item.input_audio_transcription.delta":
                    hypothesis = self._hypotheses.get(event.item_id, "") + (event.delta or "")
                    self._hypotheses[event.item_id] = hypothesis
                    if next(iter(self._items), event.item_id) == event.item_id:
                        yield Heard(hypothesis, is_stable=False)
                case "conversation.item.input_audio_transcription.completed":
                    for heard in self._completed(event):
                        yield heard
                case _:
                    continue

    def _completed(self, event: _Event) -> Iterator[Heard]:
        """Take one answer; give all whose turn it is, for a short piece may be ready before a long one."""
        self._hypotheses.pop(event.item_id, None)
        item = self._items.get(event.item_id)
        if item is None:
            return
        item.heard = event
        for item_id, each in list(self._items.items()):
            if each.heard is None:
                return
            del self._items[item_id]
            language, probability = self._language(each.heard.languages)
            yield Heard(
                each.heard.transcript,
                is_stable=True,
                is_finalized=each.is_end,
                audio_end_ms=each.audio_end_ms,
                language=language,
                language_probability=probability,
            )

    def _language(self, told: list[_Language] | None) -> tuple[str | None, float]:
        if len(self._languages) == 1:
            return self._languages[0], 1.0
        if not told:
            return None, 0.0
        return primary_subtag(told[0].code), TOLD_PROBABILITY / len(told)


async def _send(connection: ClientConnection, kind: str, **values: object) -> None:
    await connection.send(msgspec.json.encode({"type": kind, **values}).decode())


def _read(text: str | bytes) -> _Event:
    """Return an event that is no error. Raises ProviderError for one that is."""
    event = msgspec.json.decode(text, type=_Event)
    if event.error is None:
        return event
    match event.error.code or event.error.type:
        case "invalid_api_key" | "insufficient_permissions":
            raise ProviderRejected(NAME, "key-refused")
        case "insufficient_quota":
            raise ProviderRejected(NAME, "quota-exceeded")
        case "rate_limit_exceeded":
            raise ProviderThrottled(NAME, "throttled", RETRY_AFTER_S)
        case "session_expired" | "server_error":
            raise ProviderUnavailable(NAME, "ended")
        case _ if event.error.type == "invalid_request_error":
            raise ProviderRejected(NAME, "refused")
        case _:
            raise ProviderUnavailable(NAME, "ended")
