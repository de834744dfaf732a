"""Deepgram's live recognition, through its SDK (https://developers.deepgram.com/docs/live-streaming-audio).

The call's mu-law goes out as it is. Deepgram's own endpointing makes words stable during an utterance; "Finalize" at
its end brings the rest.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

import structlog
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.listen.v1 import client as sdk
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v1.types import ListenV1Results
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.legacy.client import connect

from app.config import Settings
from app.domain.audio import BYTES_PER_MS, SAMPLE_RATE_HZ
from app.domain.languages import primary_subtag
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.socket_stream import Heard, SocketStream, SttSocket
from app.usage import count_usage
from app.vendor_errors import error_of_close, error_of_status

log = structlog.get_logger(__name__)

NAME = "deepgram"
LANGUAGES = frozenset(
    {"ar", "ca", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ro", "ru", "tr", "uk", "zh"}
)
TOGETHER = frozenset({"de", "en", "es", "fr", "hi", "it", "ja", "nl", "pt", "ru"})
"""What ``language=multi`` tells apart."""
MOST_KEYTERMS = 100
KEYTERM_CHARACTERS = 1000
"""Deepgram takes 500 tokens, whose length it does not tell; two letters each are few."""
UTTERANCE_END_MS = 1000
"""So long without a word ends what is said also where a noise hides the silence; Deepgram takes no less."""
_COVERED_MS = 20
"""A result that ends so shortly before the audio does has all of it."""
_OPEN_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 0.2
"""websockets' legacy client waits up to five times so long for a line that went dead, also in a handshake."""
# A module variable is the SDK's only way to set them.
vars(sdk).update(
    websockets_client_connect=partial(connect, open_timeout=_OPEN_TIMEOUT_S, close_timeout=_CLOSE_TIMEOUT_S)
)


class DeepgramStt(SttProvider):
    """One account; every leg has a socket of its own."""

    capabilities = SttCapabilities(name=NAME, languages=LANGUAGES, detects_language=True, interim_results=True)

    def __init__(self, settings: Settings) -> None:
        production = DeepgramClientEnvironment.PRODUCTION
        environment = DeepgramClientEnvironment(
            base=settings.deepgram_url.replace("ws", "http", 1) or production.base,
            production=settings.deepgram_url or production.production,
            agent=production.agent,
            agent_rest=production.agent_rest,
        )
        client = AsyncDeepgramClient(api_key=settings.deepgram_api_key.get_secret_value(), environment=environment)
        self._client = client.listen.v1
        """The SDK imports most of itself here, which takes too long for the first call."""
        self._model = settings.deepgram_model
        self._endpointing_ms = settings.deepgram_endpointing_ms
        self._keyterms = settings.deepgram_keyterms

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.deepgram_api_key.get_secret_value():
            raise ConfigError("DEEPGRAM_API_KEY is not set: make one at https://console.deepgram.com")
        return cls(settings)

    async def start(self) -> None:
        """Try the key and the model. Raises ConfigError when one is refused; a vendor that is away may come back."""
        try:
            async with self._connect([], ("en",)):
                return
        except ProviderRejected as error:
            raise ConfigError(f"DEEPGRAM_API_KEY or DEEPGRAM_MODEL: Deepgram refused ({error.code})") from error
        except ProviderError as error:
            log.warning("deepgram.not_reached", code=error.code)

    async def open(self, options: SttOptions) -> SttStream:
        keyterms = _bounded((*self._keyterms, *options.keyterms))
        return SocketStream(partial(self._connect, keyterms), _choose, self.capabilities, options)

    def _connect(self, keyterms: list[str], languages: tuple[str, ...]) -> AbstractAsyncContextManager[SttSocket]:
        several, terms = "-multi" if len(languages) > 1 else "", "+keyterms" if keyterms else ""
        return _open(partial(self._listen, keyterms, languages), f"{self._model}{several}{terms}", languages)

    def _listen(
        self, keyterms: list[str], languages: tuple[str, ...]
    ) -> AbstractAsyncContextManager[AsyncV1SocketClient]:
        is_several = len(languages) > 1
        socket: AbstractAsyncContextManager[AsyncV1SocketClient] = self._client.connect(
            model=self._model,
            language="multi" if is_several else languages[0],
            language_hint=list(languages) if is_several else None,
            encoding="mulaw",
            sample_rate=SAMPLE_RATE_HZ,
            channels=1,
            interim_results="true",
            punctuate="true",
            endpointing=self._endpointing_ms,
            utterance_end_ms=UTTERANCE_END_MS,
            keyterm=keyterms or None,
        )
        return socket


@dataclass(frozen=True, slots=True)
class _Asked:
    """A "Finalize" without an answer."""

    at_ms: int
    """Where in the audio."""
    is_end: bool
    """Whether an utterance ended there."""


class DeepgramSocket(SttSocket):
    """One connection. Raises what the vendor's library raises; ``_errors_as_ours`` is around it."""

    def __init__(self, socket: AsyncV1SocketClient, billed_as: str, languages: tuple[str, ...]) -> None:
        """``billed_as`` is what the price depends on: the model, whether it tells languages apart and has terms."""
        self._socket = socket
        self._billed_as = billed_as
        self._languages = languages
        self._sent_ms = 0
        self._asked: deque[_Asked] = deque()
        self._has_unstable = False

    async def send_audio(self, ulaw: bytes) -> None:
        audio_ms = len(ulaw) // BYTES_PER_MS
        count_usage(Stage.RECOGNITION, NAME, UsageUnit.AUDIO_MS, audio_ms, self._billed_as)
        await self._socket.send_media(ulaw)
        self._sent_ms += audio_ms

    async def finalize(self) -> None:
        await self._finalize(is_end=True)

    async def finalize_again(self) -> None:
        await self._finalize(is_end=False)

    async def _finalize(self, is_end: bool) -> None:
        self._asked.append(_Asked(self._sent_ms, is_end))
        await self._socket.send_finalize()

    async def keep_alive(self) -> None:
        await self._socket.send_keep_alive()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        async for message in self._socket:
            if isinstance(message, bytes):
                continue
            match message.type:
                case "Results":
                    for heard in self._results(message):
                        yield heard
                case "UtteranceEnd" if self._has_unstable and not self._asked:
                    await self._finalize(is_end=False)
                case "Error":
                    raise ProviderBadReply(NAME, "refused-message")
                case _:
                    continue

    def _results(self, results: ListenV1Results) -> Iterator[Heard]:
        """Give what is heard, to the utterance whose end it answers or to the one that follows the end."""
        best = results.channel.alternatives[0]
        end_ms = round((results.start + results.duration) * 1000)
        self._has_unstable = bool(best.words) and not results.is_final
        if best.words:
            for asked in self._answered(best.words[0].start * 1000 - _COVERED_MS):
                yield _end_of(asked)
        ends = self._answered(end_ms, is_marked=bool(results.from_finalize)) if results.is_final else []
        language, probability = self._language([word.language for word in best.words])
        yield Heard(
            text=best.transcript,
            is_stable=bool(results.is_final),
            is_finalized=bool(ends),
            audio_end_ms=end_ms,
            language=language,
            language_probability=probability,
        )
        for asked in ends[1:]:
            yield _end_of(asked)

    def _answered(self, until_ms: float, is_marked: bool = False) -> list[_Asked]:
        """Forget the questions that are answered by all audio up to here; return those that are ends of utterances.

        Deepgram marks an answer, but gives none if there was nothing to flush: then the audio itself tells.
        """
        ends: list[_Asked] = []
        while self._asked and (is_marked or self._asked[0].at_ms <= until_ms + _COVERED_MS):
            asked = self._asked.popleft()
            if asked.is_end:
                ends.append(asked)
            is_marked = False
        return ends

    def _language(self, of_words: list[str | None]) -> tuple[str | None, float]:
        """Return the language of most words, and their share."""
        if len(self._languages) == 1:
            return self._languages[0], 1.0
        votes = Counter(primary_subtag(tag) for tag in of_words if tag is not None)
        known = {language: count for language, count in votes.items() if language in self._languages}
        if not known:
            return None, 0.0
        language = max(known, key=lambda code: known[code])
        return language, known[language] / len(of_words)


def _end_of(asked: _Asked) -> Heard:
    return Heard("", is_stable=True, is_finalized=True, audio_end_ms=asked.at_ms)


def _bounded(keyterms: Iterable[str]) -> list[str]:
    """Return the first of them, each once, that are no more than Deepgram takes."""
    kept: list[str] = []
    left = KEYTERM_CHARACTERS
    for term in dict.fromkeys(keyterms):
        if len(term) > left or len(kept) == MOST_KEYTERMS:
            break
        kept.append(term)
        left -= len(term)
    return kept


def _choose(languages: tuple[str, ...], is_settled: bool) -> tuple[str, ...]:
    """A language that Deepgram does not tell from others is listened for alone, if it is the one."""
    together = sorted(TOGETHER.intersection(languages))
    if len(together) < 2 or (is_settled and languages[0] not in TOGETHER):
        return languages[:1]
    return tuple(together)


@asynccontextmanager
async def _open(
    listen: Callable[[], AbstractAsyncContextManager[AsyncV1SocketClient]], billed_as: str, languages: tuple[str, ...]
) -> AsyncGenerator[SttSocket, None]:
    """Open a connection; what goes wrong with it, then or later, is an error of ours."""
    try:
        async with listen() as socket:
            yield DeepgramSocket(socket, billed_as, languages)
    except ApiError as error:
        raise error_of_status(NAME, error.status_code or 0) from None
    except ConnectionClosed as closed:
        raise error_of_close(NAME, closed) from None
    except TimeoutError:
        raise ProviderTimeout(NAME, "no-connection") from None
    except (OSError, WebSocketException):
        raise ProviderUnavailable(NAME, "no-connection") from None
    except (AttributeError, IndexError, TypeError, ValueError):
        raise ProviderBadReply(NAME, "not-understood") from None
