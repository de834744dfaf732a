"""Several recognisers as one: when one dies in the middle of a word, the next one hears that word again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from app.config import Settings
from app.domain.audio import FRAME_MS, AudioFrame
from app.domain.transcripts import Transcript
from app.errors import ProviderError, ProviderTimeout
from app.resilience.breaker import CircuitBreaker
from app.resilience.chain import Chain, Link
from app.stt.base import SttOptions, SttProvider, SttStream
from app.stt.factory import create_one
from app.stt.local_agreement import nearest_cut
from app.stt.transcript_feed import TranscriptFeed

STAGE = "recognition"
PRE_ROLL_MS = 1000
"""Audio before an utterance that the next recogniser is given as well."""
MAX_REPLAY_MS = 30_000
"""The audio that is kept for a replay; of a longer backlog the oldest is lost."""


class FallbackStt(SttProvider):
    """Is what its first recogniser is, until that one fails."""

    def __init__(self, links: Iterable[Link[SttProvider]], final_timeout_s: float) -> None:
        self._chain = Chain(links)
        self._final_timeout_s = final_timeout_s
        *most, last = (link.provider.capabilities for link in self._chain.links)
        patience_ms = last.final_timeout_ms + len(most) * int(final_timeout_s * 1000)
        self.capabilities = replace(self._chain.first.capabilities, final_timeout_ms=patience_ms)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        links = [Link(settings.stt_provider, create_one(settings, settings.stt_provider))]
        for name in settings.stt_fallbacks:
            links.append(Link(name, create_one(settings, name, "STT_FALLBACKS")))
        return cls(links, settings.stt_final_timeout_ms / 1000)

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return self._chain.breakers

    async def start(self) -> None:
        await self._chain.start()

    async def open(self, options: SttOptions) -> SttStream:
        return FallbackStream(self._chain, options, self._final_timeout_s)

    async def aclose(self) -> None:
        await self._chain.aclose()


@dataclass(frozen=True, slots=True)
class _Begin:
    utterance: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Hint:
    at_ms: int


@dataclass(frozen=True, slots=True)
class _End:
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Languages:
    languages: tuple[str, ...]
    is_settled: bool


_Told = AudioFrame | _Begin | _Hint | _End | _Languages
"""Everything that a recogniser was told, in order: telling it again is the replay."""


@dataclass(slots=True)
class _Utterance:
    """What the listeners of this stream know of an utterance that has no final yet."""

    number: int
    stable: list[str] = field(default_factory=list)
    """Given, and never taken back."""
    kept: int = 0
    """How many of these words came from recognisers before the present one."""
    cut: int | None = None
    """Where the present one's words go on behind them; None until that is certain."""
    heard_until_ms: int = 0
    """The end of the audio in what was given last: a recogniser that catches up says nothing until it is there."""
    deadline: asyncio.TimerHandle | None = None

    def another_recogniser(self) -> None:
        self.kept = len(self.stable)
        self.cut = None

    def merge(self, transcript: Transcript) -> Transcript:
        """Return the transcript with the words that were given before, whatever the present recogniser heard there."""
        stable, unstable = transcript.stable.split(), transcript.unstable.split()
        if self.kept:
            before = self.stable[: self.kept]
            cut = self.cut
            if cut is None:
                cut, _ = nearest_cut(before, [*stable, *unstable])
                if transcript.is_final or len(stable) > self.kept:
                    self.cut = cut
            unstable = unstable[max(0, cut - len(stable)) :]
            stable = [*before, *stable[cut:]]
        if len(stable) < len(self.stable):
            stable = list(self.stable)
        self.stable = stable
        return replace(transcript, stable=" ".join(stable), unstable=" ".join(unstable))


class FallbackStream(SttStream):
    """One leg's stream through whichever recogniser works.

    One fails by an error, or by a final that is late. The next one is told again everything since the oldest utterance
    without a final; what was stable stays, and its words are found again in what the next one hears.
    """

    def __init__(self, chain: Chain[SttProvider], options: SttOptions, final_timeout_s: float) -> None:
        self._capabilities = chain.first.capabilities
        self._links = chain.usable(lambda _: True)
        self._options = replace(options, languages=self._capabilities.among(options.languages))
        self._final_timeout_s = final_timeout_s
        self._loop = asyncio.get_running_loop()
        self._feed = TranscriptFeed(self._capabilities.name)
        self._told: deque[_Told] = deque()
        self._utterances: deque[_Utterance] = deque()
        self._ended: set[int] = set()
        self._stream: SttStream | None = None
        self._late = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="stt-fallback")
        self._task.add_done_callback(self._finished)

    def push(self, frame: AudioFrame) -> None:
        self._tell(frame)
        if not self._utterances:
            self._keep_from(len(self._told))
        elif len(self._told) > MAX_REPLAY_MS // FRAME_MS:
            oldest = next(index for index, told in enumerate(self._told) if isinstance(told, AudioFrame))
            del self._told[oldest]

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self._watch_last()
        self._utterances.append(_Utterance(utterance))
        self._tell(_Begin(utterance, at_ms))

    def hint_pause(self, at_ms: int) -> None:
        self._tell(_Hint(at_ms))

    def end_utterance(self, at_ms: int) -> None:
        self._tell(_End(at_ms))
        self._watch_last()

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        self._tell(_Languages(self._capabilities.among(languages), is_settled))

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        self._feed.close()
        self._forget_deadlines()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    # --- Telling ------------------------------------------------------------------------------------------------------

    def _tell(self, told: _Told) -> None:
        if self._feed.is_over:
            return
        self._told.append(told)
        if self._stream is not None:
            _pass_on(told, self._stream)

    def _watch_last(self) -> None:
        """The newest utterance has ended: its final is due."""
        if self._utterances and self._utterances[-1].number not in self._ended and not self._feed.is_over:
            self._ended.add(self._utterances[-1].number)
            self._watch(self._utterances[-1])

    def _watch(self, utterance: _Utterance) -> None:
        if utterance.deadline is not None:
            utterance.deadline.cancel()
        utterance.deadline = self._loop.call_later(self._final_timeout_s, self._late.set)

    def _forget_deadlines(self) -> None:
        for utterance in self._utterances:
            if utterance.deadline is not None:
                utterance.deadline.cancel()

    # --- Hearing ------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        error: ProviderError | None = None
        for link in self._links:
            try:
                await self._hear_with(link)
            except ProviderError as failure:
                link.failed(STAGE, failure.code)
                error = failure
                for utterance in self._utterances:
                    utterance.another_recogniser()
            else:
                return
        if error is not None:
            raise error

    async def _hear_with(self, link: Link[SttProvider]) -> None:
        """Use one recogniser until it fails or the stream is closed. Nobody follows the last: it may be late."""
        is_last = link is self._links[-1]
        stream = await link.provider.open(self._options)
        try:
            for told in self._told:
                _pass_on(told, stream)
            self._stream = stream
            self._late.clear()
            for utterance in self._utterances:
                if utterance.number in self._ended:
                    self._watch(utterance)
            reader = asyncio.create_task(self._read(link, stream), name=f"stt-fallback-{link.name}")
            late = asyncio.create_task(self._late.wait(), name="stt-fallback-late")
            waited = {reader} if is_last else {reader, late}
            try:
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            finally:
                late.cancel()
                reader.cancel()
                outcomes = await asyncio.gather(reader, late, return_exceptions=True)
            if isinstance(outcomes[0], asyncio.CancelledError):
                raise ProviderTimeout(link.name, "late")
            if isinstance(outcomes[0], Exception):
                raise outcomes[0]
        finally:
            self._stream = None
            await stream.aclose()

    async def _read(self, link: Link[SttProvider], stream: SttStream) -> None:
        async for transcript in stream:
            utterance = next((each for each in self._utterances if each.number == transcript.utterance), None)
            if utterance is None:
                continue
            merged = utterance.merge(transcript)
            if merged.is_final or merged.audio_end_ms >= utterance.heard_until_ms:
                utterance.heard_until_ms = merged.audio_end_ms
                self._feed.put(merged)
            if transcript.is_final:
                link.breaker.succeeded()
                self._finish(utterance)

    def _finish(self, utterance: _Utterance) -> None:
        if utterance.deadline is not None:
            utterance.deadline.cancel()
        self._utterances.remove(utterance)
        self._ended.discard(utterance.number)
        unfinished = {each.number for each in self._utterances}
        told = enumerate(self._told)
        self._keep_from(
            next((i for i, each in told if isinstance(each, _Begin) and each.utterance in unfinished), len(self._told))
        )

    def _keep_from(self, first: int) -> None:
        """Forget what was told before, but for the audio just before it and the languages."""
        pre_roll: deque[_Told] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        for _ in range(first):
            match self._told.popleft():
                case AudioFrame() as frame:
                    pre_roll.append(frame)
                case _Languages(languages, is_settled):
                    self._options = replace(self._options, languages=languages, is_settled=is_settled)
                case _:
                    continue
        self._told.extendleft(reversed(pre_roll))

    def _finished(self, task: asyncio.Task[None]) -> None:
        """All have failed, or there is a bug: the reader is told."""
        self._forget_deadlines()
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._feed.fail(error)


def _pass_on(told: _Told, stream: SttStream) -> None:
    match told:
        case AudioFrame():
            stream.push(told)
        case _Begin(utterance, at_ms):
            stream.begin_utterance(utterance, at_ms)
        case _Hint(at_ms):
            stream.hint_pause(at_ms)
        case _End(at_ms):
            stream.end_utterance(at_ms)
        case _Languages(languages, is_settled):
            stream.set_languages(languages, is_settled)
