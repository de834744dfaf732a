"""One leg's stream through a vendor's socket that takes audio all the time and can be told where an utterance ends.

Vendors differ in their messages and agree in this: audio goes in, hypotheses come out, and what comes after the answer
to "finalize" belongs to the audio that was sent after it. So words find their utterance by order, and no vendor has to
know about utterances.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum, auto

from app.domain.audio import BYTES_PER_MS, FRAME_MS, AudioFrame
from app.domain.transcripts import Transcript
from app.errors import ProviderError, ProviderUnavailable
from app.stt.base import SttCapabilities, SttOptions, SttStream
from app.stt.transcript_feed import TranscriptFeed

CHUNK_MS = 60
"""Audio travels in pieces of this length."""
PRE_ROLL_MS = 500
"""What a new socket is given of the audio before the utterance that it begins with."""
MAX_OUTGOING_MS = 40_000
"""Audio that may wait for a socket that opens slowly or does not read. Then it counts as gone."""
FINAL_TIMEOUT_S = 2.0
"""After this long without an answer to "finalize" what was heard so far is the final.

The same where "finalize" could not even be sent for so long; a socket that opens slowly owes nobody an answer yet.
"""
KEEP_ALIVE_S = 4.0
"""Without audio for so long, a vendor is told that somebody is still there."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a vendor says about the audio since the last stable words."""

    text: str
    is_stable: bool
    """Whether this stretch will not be heard differently any more; the next one begins behind it."""
    is_finalized: bool = False
    """Whether this answers "finalize": all audio that was sent before it has been heard."""
    audio_end_ms: int | None = None
    """The end of the audio in it, counted from the socket's first audio."""
    language: str | None = None
    language_probability: float = 0.0


class SttSocket(ABC):
    """A vendor's open socket. Its methods raise ProviderError."""

    @abstractmethod
    async def send_audio(self, ulaw: bytes) -> None:
        """Send mu-law 8 kHz."""

    @abstractmethod
    async def finalize(self) -> None:
        """Ask for everything about the audio sent so far; something with ``is_finalized`` answers, if there is any."""

    async def begin(self) -> None:  # noqa: B027
        """Speech began, at most ``PRE_ROLL_MS`` before the end of what was sent."""

    async def pause(self) -> None:  # noqa: B027
        """Speech paused and may go on: a good moment to make words stable, for a vendor that does not on its own."""

    async def finalize_again(self) -> None:  # noqa: B027
        """The answer to "finalize" is late: ask once more, where that can help."""

    @abstractmethod
    async def keep_alive(self) -> None:
        """Say that more audio may come."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[Heard]:
        """Yield what is heard until the socket is closed."""


Connect = Callable[[tuple[str, ...]], AbstractAsyncContextManager[SttSocket]]
"""Open a socket that listens for these languages. Raises ProviderError."""
Choose = Callable[[tuple[str, ...], bool], tuple[str, ...]]
"""Return what a socket would listen for, given the languages and whether the first one is settled."""


class _Order(Enum):
    BEGIN = auto()
    PAUSE = auto()
    FINALIZE_AGAIN = auto()
    HANG_UP = auto()


@dataclass(slots=True)
class _Utterance:
    number: int
    heard_from_ms: int
    """What ends before this is a late answer about an utterance whose time was up."""
    stable: list[str] = field(default_factory=list)
    unstable: str = ""
    language: str | None = None
    language_probability: float = 0.0
    audio_end_ms: int = 0
    ended_at_ms: int | None = None
    is_finished: bool = False
    timeout: asyncio.TimerHandle | None = None

    def hear(self, heard: Heard) -> None:
        if heard.is_stable:
            self.stable += heard.text.split()
            self.unstable = ""
        else:
            self.unstable = heard.text
        if heard.language is not None and heard.language_probability >= self.language_probability:
            self.language, self.language_probability = heard.language, heard.language_probability

    def finish(self) -> None:
        """What is heard so far is all."""
        self.stable += self.unstable.split()
        self.unstable = ""
        self.is_finished = True

    def transcript(self) -> Transcript:
        return Transcript(
            utterance=self.number,
            stable=" ".join(self.stable),
            unstable=self.unstable,
            is_final=self.is_finished,
            language=self.language,
            language_probability=self.language_probability,
            audio_end_ms=self.audio_end_ms,
        )


@dataclass(frozen=True, slots=True)
class _Finalize:
    utterance: _Utterance


_Outgoing = bytes | _Order | _Finalize


class _Link:
    """One socket from our side: what it is still to be sent, and the utterances that it has not finished."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.outgoing: asyncio.Queue[_Outgoing] = asyncio.Queue(MAX_OUTGOING_MS // CHUNK_MS)
        self.utterances: deque[_Utterance] = deque()
        self.began_ms: int | None = None
        """When its first audio was, on the leg's stream clock."""
        self.finalized_ms = 0
        """The end of the audio that "finalize" was asked for last, on the same clock."""
        self.task: asyncio.Task[None] | None = None


class SocketStream(SttStream):
    """Keeps one socket open, and opens another one when an utterance begins and the languages have changed.

    The same when the socket is ``renew_after_ms`` old, for vendors whose sessions last shorter than calls.
    """

    def __init__(
        self,
        connect: Connect,
        choose: Choose,
        capabilities: SttCapabilities,
        options: SttOptions,
        final_timeout_s: float = FINAL_TIMEOUT_S,
        renew_after_ms: int | None = None,
    ) -> None:
        self._connect = connect
        self._choose = choose
        self._capabilities = capabilities
        self._languages = choose(capabilities.among(options.languages), options.is_settled)
        self._final_timeout_s = final_timeout_s
        self._renew_after_ms = renew_after_ms
        self._loop = asyncio.get_running_loop()
        self._feed = TranscriptFeed(capabilities.name)
        self._recent: deque[AudioFrame] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        self._pushed_ms = 0
        self._chunk = bytearray()
        self._open: _Utterance | None = None
        self._waiting: deque[_Utterance] = deque()
        """Every utterance without a final, in order: finals are given in the order of speech."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._link = self._new_link()

    def push(self, frame: AudioFrame) -> None:
        if self._feed.is_over:
            return
        self._recent.append(frame)
        self._pushed_ms = frame.at_ms + FRAME_MS
        if self._link.began_ms is None:
            self._link.began_ms = frame.at_ms
        self._chunk += frame.ulaw
        if len(self._chunk) >= CHUNK_MS * BYTES_PER_MS:
            self._send_chunk()

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self.end_utterance(at_ms)
        if self._feed.is_over:
            return
        if self._link.languages != self._languages or self._is_worn(self._link, at_ms):
            self._change_link()
        self._send_chunk()
        self._order(self._link, _Order.BEGIN)
        self._open = _Utterance(utterance, max(at_ms, self._link.finalized_ms), audio_end_ms=at_ms)
        self._link.utterances.append(self._open)
        self._waiting.append(self._open)

    def hint_pause(self, at_ms: int) -> None:
        if self._open is not None and not self._feed.is_over:
            self._send_chunk()
            self._order(self._link, _Order.PAUSE)

    def end_utterance(self, at_ms: int) -> None:
        utterance, self._open = self._open, None
        if utterance is None or self._feed.is_over:
            return
        utterance.ended_at_ms = at_ms
        if self._pushed_ms <= utterance.heard_from_ms:
            self._finish(self._link, utterance)  # It has no audio of its own.
            return
        self._send_chunk()
        self._order(self._link, _Finalize(utterance))
        self._link.finalized_ms = self._pushed_ms
        self._limit(self._link, utterance)

    def finalize(self) -> None:
        if self._feed.is_over:
            return
        if any(utterance.ended_at_ms is not None for utterance in self._link.utterances):
            self._order(self._link, _Order.FINALIZE_AGAIN)

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        self._languages = self._choose(self._capabilities.among(languages), is_settled)

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        self._feed.close()
        self._release()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- Out ----------------------------------------------------------------------------------------------------------

    def _new_link(self) -> _Link:
        link = _Link(self._languages)
        link.task = asyncio.create_task(self._run(link), name=f"stt-{self._capabilities.name}")
        self._tasks.add(link.task)
        link.task.add_done_callback(self._ended)
        return link

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(bug := task.exception(), Exception):
            self._fail(bug)

    def _is_worn(self, link: _Link, at_ms: int) -> bool:
        return (
            self._renew_after_ms is not None
            and link.began_ms is not None
            and at_ms - link.began_ms >= self._renew_after_ms
        )

    def _change_link(self) -> None:
        """Go on with another socket; the old one is closed when it owes nothing more."""
        old, self._link = self._link, self._new_link()
        self._chunk.clear()
        if not old.utterances:
            self._order(old, _Order.HANG_UP)
        if self._recent:
            self._link.began_ms = self._recent[0].at_ms
        for frame in self._recent:
            self._chunk += frame.ulaw
        self._send_chunk()

    def _send_chunk(self) -> None:
        if self._chunk:
            self._order(self._link, bytes(self._chunk))
            self._chunk.clear()

    def _limit(self, link: _Link, utterance: _Utterance) -> None:
        """Wait for a final no longer than the time limit, from now on."""
        if utterance.timeout is not None:
            utterance.timeout.cancel()
        utterance.timeout = self._loop.call_later(self._final_timeout_s, self._finish, link, utterance)

    def _order(self, link: _Link, order: _Outgoing) -> None:
        try:
            link.outgoing.put_nowait(order)
        except asyncio.QueueFull:
            self._fail(ProviderUnavailable(self._capabilities.name, "stalled"))

    async def _run(self, link: _Link) -> None:
        name = self._capabilities.name
        try:
            async with self._connect(link.languages) as socket:
                reader = asyncio.create_task(self._read(link, socket), name=f"stt-{name}-read")
                writer = asyncio.create_task(self._write(link, socket), name=f"stt-{name}-write")
                try:
                    await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    reader.cancel()
                    writer.cancel()
                    outcomes = await asyncio.gather(reader, writer, return_exceptions=True)
                for outcome in outcomes:
                    if isinstance(outcome, Exception):
                        raise outcome
            if link is self._link:
                raise ProviderUnavailable(name, "closed")
        except ProviderError as error:
            if link is self._link or link.utterances:
                self._fail(error)

    async def _write(self, link: _Link, socket: SttSocket) -> None:
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    order = await link.outgoing.get()
            except TimeoutError:
                await socket.keep_alive()
                continue
            match order:
                case _Order.BEGIN:
                    await socket.begin()
                case _Order.PAUSE:
                    await socket.pause()
                case _Finalize(utterance):
                    await socket.finalize()
                    if not utterance.is_finished:
                        self._limit(link, utterance)
                case _Order.FINALIZE_AGAIN:
                    await socket.finalize_again()
                case _Order.HANG_UP:
                    return
                case bytes():
                    await socket.send_audio(order)

    # --- In -----------------------------------------------------------------------------------------------------------

    async def _read(self, link: _Link, socket: SttSocket) -> None:
        async for heard in socket:
            if not link.utterances:
                continue
            utterance = link.utterances[0]
            if heard.audio_end_ms is not None and link.began_ms is not None:
                end_ms = link.began_ms + heard.audio_end_ms
                if end_ms <= utterance.heard_from_ms:
                    continue
                utterance.audio_end_ms = max(utterance.audio_end_ms, end_ms)
            utterance.hear(heard)
            if heard.is_finalized and utterance.ended_at_ms is not None:
                self._finish(link, utterance)
            elif self._waiting and self._waiting[0] is utterance and heard.text:
                self._feed.put(utterance.transcript())

    def _finish(self, link: _Link, utterance: _Utterance) -> None:
        """Make the final, once, and give all whose turn it is."""
        if utterance.is_finished or utterance.ended_at_ms is None or self._feed.is_over:
            return
        if utterance.timeout is not None:
            utterance.timeout.cancel()
        utterance.audio_end_ms = utterance.ended_at_ms
        utterance.finish()
        link.utterances.remove(utterance)
        if link is not self._link and not link.utterances:
            self._order(link, _Order.HANG_UP)
        while self._waiting and self._waiting[0].is_finished:
            self._feed.put(self._waiting.popleft().transcript())

    def _fail(self, error: Exception) -> None:
        self._feed.fail(error)
        self._release()

    def _release(self) -> None:
        for utterance in self._waiting:
            if utterance.timeout is not None:
                utterance.timeout.cancel()
        self._waiting.clear()
        self._open = None
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
