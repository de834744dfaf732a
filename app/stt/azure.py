"""Azure's live recognition, through its SDK (https://learn.microsoft.com/azure/ai-services/speech-service).

The call's mu-law goes out as it is. Azure has no "finalize", but it gives what is left when the audio ends. So every
end of an utterance ends a turn: its audio stream is closed, and a recogniser with a connection of its own takes the
audio from there on. The SDK works on threads of its own, may block for seconds when it is let go, and connects again by
itself, with the audio that the lost connection swallowed.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Self

import msgspec
import structlog
from azure.cognitiveservices import speech

from app.config import Settings
from app.domain.audio import SAMPLE_RATE_HZ, duration_ms, silence
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
from app.stt.nagle import Opened, open_sockets, send_at_once
from app.stt.socket_stream import Heard, SocketStream, SttSocket
from app.usage import count_usage
from app.vendor_errors import error_of_status

log = structlog.get_logger(__name__)

NAME = "azure"
LOCALES = {
    **{"ar": "ar-SA", "ca": "ca-ES", "de": "de-DE", "el": "el-GR", "en": "en-US", "es": "es-ES", "eu": "eu-ES"},
    **{"fr": "fr-FR", "gl": "gl-ES", "hi": "hi-IN", "it": "it-IT", "ja": "ja-JP", "ko": "ko-KR", "nl": "nl-NL"},
    **{"pl": "pl-PL", "pt": "pt-PT", "ro": "ro-RO", "ru": "ru-RU", "sv": "sv-SE", "tr": "tr-TR", "uk": "uk-UA"},
    **{"vi": "vi-VN", "zh": "zh-CN"},
}
CANDIDATES = 10
"""Continuous language identification takes no more."""
CONFIDENCE = {"High": 0.9, "Medium": 0.7, "Low": 0.4}
"""How sure of the language Azure is, in its words and in ours."""
SEGMENTATION_MS = 500
"""The silence after which Azure makes words final on its own."""
END_TIMEOUT_S = 2.0
"""A turn whose audio has ended is over after this long, whatever Azure still owes."""
FINAL_TIMEOUT_S = 2 * END_TIMEOUT_S
"""The turn before it may have to be waited for as well."""
_PROPERTIES = {
    "SPEECH-TransmitLengthBeforThrottleMs": "60000",
    "SPEECH-Error-MaxRetryCount": "1",
    "SPEECH-StopRecognitionTimeoutInSeconds": "1",
    "SPEECH-USPRunPollingInterval": "4",
}
"""Of the SDK's inner workings. It would send at most 5 s of audio as fast as it can, and the rest at twice the speed of
speech: a recogniser that takes over from another one is told much at once. It would wait 10 s for a lost connection
when it is let go. And it would look after its socket every 10 ms only: an utterance's end waits for that on the way
out, and its words on the way in.
"""
_TRIED_MS = 100
_MAX_UNREAD = 1024
_TICKS_PER_MS = 10_000
_UPGRADE_STATUS = re.compile(r"WebSocket upgrade failed: [^(]*\((\d{3})\)")
_CLOSE_CODE = re.compile(r"Error code: (\d{4})")


class _Language(msgspec.Struct):
    Language: str
    Confidence: str = ""


class _Result(msgspec.Struct):
    """What the SDK's objects do not tell of Azure's answer."""

    PrimaryLanguage: _Language | None = None


class AzureStt(SttProvider):
    """One Speech resource; every utterance has a connection of its own."""

    capabilities = SttCapabilities(
        name=NAME, languages=frozenset(LOCALES), detects_language=True, interim_results=True, final_timeout_ms=2500
    )

    def __init__(self, settings: Settings) -> None:
        self._key = settings.azure_speech_key.get_secret_value()
        self._region = settings.azure_speech_region
        self._url = settings.azure_speech_stt_url
        self._locales = {**LOCALES, **settings.azure_speech_locales}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.azure_speech_key.get_secret_value():
            raise ConfigError("AZURE_SPEECH_KEY is not set: it is with the Speech resource in https://portal.azure.com")
        if not settings.azure_speech_region and not settings.azure_speech_stt_url:
            raise ConfigError("AZURE_SPEECH_REGION is not set: it is that of the Speech resource, such as westeurope")
        return cls(settings)

    async def start(self) -> None:
        """Try the key with a moment of silence. Raises ConfigError when it is refused; Azure may be away."""
        try:
            async with self._connect((), ("en",)) as socket:
                await socket.send_audio(silence(_TRIED_MS))
                await socket.finalize()
                async for heard in socket:
                    if heard.is_finalized:
                        return
        except ProviderRejected as error:
            raise ConfigError(
                f"AZURE_SPEECH_KEY: Azure refused it ({error.code}); is it of AZURE_SPEECH_REGION or of "
                "AZURE_SPEECH_STT_URL?"
            ) from error
        except ProviderError as error:
            log.warning("azure.not_reached", code=error.code)

    async def open(self, options: SttOptions) -> SttStream:
        connect = partial(self._connect, options.keyterms)
        return SocketStream(connect, _choose, self.capabilities, options, final_timeout_s=FINAL_TIMEOUT_S)

    def _connect(self, keyterms: tuple[str, ...], languages: tuple[str, ...]) -> AbstractAsyncContextManager[SttSocket]:
        return _open(partial(self._recogniser, keyterms, languages), languages)

    def _recogniser(
        self, keyterms: tuple[str, ...], languages: tuple[str, ...], audio: speech.audio.PushAudioInputStream
    ) -> speech.SpeechRecognizer:
        if self._url:
            config = speech.SpeechConfig(host=self._url, subscription=self._key)
        else:
            config = speech.SpeechConfig(region=self._region, subscription=self._key)
        for name, value in _PROPERTIES.items():
            config.set_property_by_name(name, value)
        config.set_profanity(speech.ProfanityOption.Raw)  # Whoever swears is interpreted.
        config.set_property(speech.PropertyId.Speech_SegmentationSilenceTimeoutMs, str(SEGMENTATION_MS))
        source = speech.audio.AudioConfig(stream=audio)
        locales = [self._locales[language] for language in languages]
        if len(locales) == 1:
            recogniser = speech.SpeechRecognizer(config, source, language=locales[0])
        else:
            config.set_property(speech.PropertyId.SpeechServiceConnection_LanguageIdMode, "Continuous")
            candidates = speech.languageconfig.AutoDetectSourceLanguageConfig(languages=locales)
            recogniser = speech.SpeechRecognizer(config, source, auto_detect_source_language_config=candidates)
        phrases = speech.PhraseListGrammar.from_recognizer(recogniser)
        for term in keyterms:
            phrases.addPhrase(term)
        return recogniser


def _choose(languages: tuple[str, ...], is_settled: bool) -> tuple[str, ...]:
    return languages[:CANDIDATES]


class _Turn:
    """The audio from one end of an utterance to the next, and what is heard in it."""

    def __init__(self, began_ms: int, languages: tuple[str, ...]) -> None:
        self.sent_ms = 0
        self.heard: asyncio.Queue[Heard | ProviderError | None] = asyncio.Queue(_MAX_UNREAD)
        """None behind the last of it."""
        self._began_ms = began_ms
        self._languages = languages
        self._loop = asyncio.get_running_loop()
        self._timeout: asyncio.TimerHandle | None = None
        wave = speech.audio.AudioStreamFormat(
            SAMPLE_RATE_HZ, bits_per_sample=8, wave_stream_format=speech.audio.AudioStreamWaveFormat.MULAW
        )
        self.audio = speech.audio.PushAudioInputStream(wave)
        self._recogniser: speech.SpeechRecognizer | None = None
        self._connection: speech.Connection | None = None
        self._is_connected = False
        self._is_released = False
        self._starting = threading.Lock()

    @property
    def end_ms(self) -> int:
        return self._began_ms + self.sent_ms

    def write(self, ulaw: bytes) -> None:
        """Hand the audio to the SDK, which sends it when it can."""
        self.audio.write(ulaw)
        self.sent_ms += duration_ms(ulaw)

    def end_audio(self) -> None:
        self.audio.close()
        self._timeout = self._loop.call_later(END_TIMEOUT_S, self._give_up)

    def start(self, recogniser: speech.SpeechRecognizer) -> None:
        """Recognise; blocks until the SDK has begun."""
        with self._starting:
            if self._is_released:
                return
            self._recogniser = recogniser
            recogniser.recognizing.connect(self._recognised)
            recogniser.recognized.connect(self._recognised)
            recogniser.canceled.connect(self._cancelled)
            known = open_sockets()
            self._connection = speech.Connection.from_recognizer(recogniser)
            self._connection.connected.connect(lambda _: self._connected(known))
            self._connection.disconnected.connect(lambda _: self._disconnected())
            recogniser.start_continuous_recognition_async().get()

    def release(self) -> None:
        """Let the SDK go, on a thread that ends when the SDK has. Idempotent."""
        if self._is_released:
            return
        if self._timeout is not None:
            self._timeout.cancel()
        self._is_released = True
        threading.Thread(target=self._release, name="stt-azure-release").start()

    def _release(self) -> None:
        self.audio.close()
        with self._starting:
            recogniser, self._recogniser = self._recogniser, None
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.connected.disconnect_all()
            connection.disconnected.disconnect_all()
        if recogniser is not None:
            for signal in (recogniser.recognizing, recogniser.recognized, recogniser.canceled):
                signal.disconnect_all()
            recogniser.stop_continuous_recognition_async()

    # --- On the SDK's threads -----------------------------------------------------------------------------------------

    def _recognised(self, event: speech.SpeechRecognitionEventArgs) -> None:
        result = event.result
        if result.reason is speech.ResultReason.NoMatch:
            return
        language, probability = self._language(result.json)
        heard = Heard(
            result.text,
            is_stable=result.reason is speech.ResultReason.RecognizedSpeech,
            audio_end_ms=self._began_ms + (result.offset + result.duration) // _TICKS_PER_MS,
            language=language,
            language_probability=probability,
        )
        self._tell(heard)

    def _language(self, json: str) -> tuple[str | None, float]:
        if len(self._languages) == 1:
            return self._languages[0], 1.0
        try:
            told = msgspec.json.decode(json, type=_Result).PrimaryLanguage
        except msgspec.MsgspecError:
            told = None
        if told is None:
            return None, 0.0
        return primary_subtag(told.Language), CONFIDENCE.get(told.Confidence, 0.0)

    def _cancelled(self, event: speech.SpeechRecognitionCanceledEventArgs) -> None:
        details = event.cancellation_details
        is_end = details.reason is speech.CancellationReason.EndOfStream
        self._tell(None if is_end else _error_of(details.code, details.error_details))

    def _connected(self, known: frozenset[Opened]) -> None:
        self._is_connected = True
        # Else the end of an utterance waits until Azure acknowledges its last piece, which it may do 40 ms later.
        send_at_once(open_sockets() - known)

    def _disconnected(self) -> None:
        self._is_connected = False

    def _tell(self, heard: Heard | ProviderError | None) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody listens any more.
            self._loop.call_soon_threadsafe(self._put, heard)

    # --- On the loop --------------------------------------------------------------------------------------------------

    def _give_up(self) -> None:
        """Azure is late with the end: that may be lost, unless nobody is there at all."""
        self._put(None if self._is_connected else ProviderTimeout(NAME, "no-connection"))

    def _put(self, heard: Heard | ProviderError | None) -> None:
        if self.heard.full():
            self.heard.get_nowait()  # Of so many unread hypotheses the oldest says least.
        self.heard.put_nowait(heard)


@asynccontextmanager
async def _open(recogniser: partial[speech.SpeechRecognizer], languages: tuple[str, ...]) -> AsyncGenerator[SttSocket]:
    socket = AzureSocket(recogniser, languages)
    try:
        await socket.begin_turn()
        yield socket
    except (RuntimeError, ValueError):
        raise ProviderBadReply(NAME, "not-understood") from None
    finally:
        socket.release()


class AzureSocket(SttSocket):
    """One turn after another, as one stream."""

    def __init__(self, recogniser: partial[speech.SpeechRecognizer], languages: tuple[str, ...]) -> None:
        self._recogniser = recogniser
        self._languages = languages
        self._variant = "" if len(languages) == 1 else "language-identification"
        self._turns: list[_Turn] = []
        """Those that are not over; audio goes to the last."""
        self._more = asyncio.Event()

    async def begin_turn(self) -> None:
        began_ms = self._turns[-1].end_ms if self._turns else 0
        turn = _Turn(began_ms, self._languages)
        self._turns.append(turn)
        self._more.set()
        await asyncio.to_thread(lambda: turn.start(self._recogniser(turn.audio)))

    async def send_audio(self, ulaw: bytes) -> None:
        self._turns[-1].write(ulaw)
        count_usage(Stage.RECOGNITION, NAME, UsageUnit.AUDIO_MS, duration_ms(ulaw), self._variant)

    async def finalize(self) -> None:
        self._turns[-1].end_audio()
        await self.begin_turn()

    async def keep_alive(self) -> None:
        """The SDK sends nothing without audio, and connects again where it has to."""

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            turn = self._turns[0]
            while (heard := await turn.heard.get()) is not None:
                if isinstance(heard, ProviderError):
                    raise heard
                yield heard
            yield Heard("", is_stable=True, is_finalized=True, audio_end_ms=turn.end_ms)
            turn.release()
            self._more.clear()
            while len(self._turns) == 1:
                await self._more.wait()
            self._turns.remove(turn)

    def release(self) -> None:
        """Let the SDK go, without waiting for it."""
        for turn in self._turns:
            turn.release()
        self._turns.clear()


def _error_of(code: speech.CancellationErrorCode, details: str) -> ProviderError:
    """The SDK's sentences may quote speech: only the numbers in them are read."""
    if status := _UPGRADE_STATUS.search(details):
        return error_of_status(NAME, int(status[1]))
    match code:
        case speech.CancellationErrorCode.AuthenticationFailure:
            return error_of_status(NAME, 401)
        case speech.CancellationErrorCode.TooManyRequests:
            return error_of_status(NAME, 429)
        case speech.CancellationErrorCode.Forbidden:
            return error_of_status(NAME, 403)
        case speech.CancellationErrorCode.BadRequest:
            return error_of_status(NAME, 400)
        case speech.CancellationErrorCode.ServiceTimeout:
            return ProviderTimeout(NAME, "service-timeout")
    if closed := _CLOSE_CODE.search(details):
        return ProviderUnavailable(NAME, f"closed-{closed[1]}")
    return ProviderUnavailable(NAME, "no-connection")
