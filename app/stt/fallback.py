"""Several recognisers as one: when one dies in the middle of a word, the next one hears that word again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from app.config import Settings
from app.domain.audio import AudioFrame
from app.domain.transcripts import Transcript
from app.errors import ProviderError, ProviderUnavailable
from app.resilience.chain import LATE, Chain, Chained, Link, links_of
from app.stt.base import SttOptions, SttProvider, SttStream
from app.stt.factory import create_one
from app.stt.local_agreement import nearest_cut
from app.stt.replay import Begin, End, Hint, Languages, Replay, Told, pass_on
from app.stt.transcript_feed import TranscriptFeed

STAGE = "recognition"


@dataclass(frozen=True, slots=True)
class Patience:
    """When the next recogniser is asked as well."""

    final_s: float
    """After the end of an utterance, without its final."""
    stall_ms: int
    """Into an utterance, counted in audio behind the newest that was recognised."""


class FallbackStt(Chained[SttProvider], SttProvider):
    """Is what its first recogniser is, until that one fails."""

    def __init__(self, links: Iterable[Link[SttProvider]], patience: Patience) -> None:
        self._chain = Chain(links)
        self._patience = patience
        *most, last = (link.provider.capabilities for link in self._chain.links)
        patience_ms = last.final_timeout_ms + len(most) * int(patience.final_s * 1000)
        self.capabilities = replace(self._chain.first.capabilities, final_timeout_ms=patience_ms)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        links = links_of(settings.stt_provider, settings.stt_fallbacks, partial(create_one, settings), "STT_FALLBACKS")
        return cls(links, Patience(settings.stt_final_timeout_ms / 1000, settings.stt_stall_ms))

    @property
    def queued(self) -> int:
        return sum(link.provider.queued for link in self._chain.links)

    @property
    def processors(self) -> float:
        return self._chain.first.processors

    async def open(self, options: SttOptions) -> SttStream:
        return FallbackStream(self._chain, options, self._patience)


@dataclass(slots=True)
class _Utterance:
    """What the listeners of this stream know of an utterance that has no final yet."""

    number: int
    heard_until_ms: int
    """The end of the audio in what was given last: a recogniser that catches up says nothing until it is there."""
    words: int = 0
    """In what was given last."""
    stable: list[str] = field(default_factory=list)
    """Given, and never taken back."""
    kept: int = 0
    """How many of these words came from recognisers before the present one."""
    cut: int | None = None
    """Where the present one's words go on behind them; None until that is certain."""
    has_ended: bool = False
    deadline: asyncio.TimerHandle | None = None

    def another_recogniser(self) -> None:
        self.kept = len(self.stable)
        self.cut = None

    def forget_deadline(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()

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


class _Attempt:
    """One recogniser that hears this leg."""

    def __init__(self, link: Link[SttProvider]) -> None:
        self.link = link
        self.stream: SttStream | None = None
        """None until it is open and was told everything."""
        self.task: asyncio.Task[None] | None = None


class FallbackStream(SttStream):
    """One leg's stream through whichever recogniser works.

    One that fails by an error is replaced. One that is late, with a final or in the middle of an utterance, is doubted:
    the next one is asked as well, and whoever says more first goes on. Either way the next one is told again everything
    since the oldest utterance without a final; what was stable stays, and its words are found again in what the next
    one hears.
    """

    def __init__(self, chain: Chain[SttProvider], options: SttOptions, patience: Patience) -> None:
        self._chain = chain
        self._capabilities = chain.first.capabilities
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._feed = TranscriptFeed(self._capabilities.name)
        self._replay = Replay(replace(options, languages=self._capabilities.among(options.languages)))
        self._utterances: deque[_Utterance] = deque()
        self._tried: set[Link[SttProvider]] = set()
        """The links that were asked since the last final."""
        self._attempts: list[_Attempt] = []
        """The first one is who is believed."""
        self._tasks: set[asyncio.Task[None]] = set()
        """Those of the attempts, and of former ones that were told to go."""
        self._goodbyes: set[asyncio.Task[None]] = set()
        """Streams that are being closed, which may take a vendor's library a while: nobody waits for them."""
        self._doubt_again: asyncio.TimerHandle | None = None
        self._ask_next()

    def push(self, frame: AudioFrame) -> None:
        self._tell(frame)
        if not self._utterances:
            self._replay.forget_before(())
            return
        current = self._utterances[-1]
        is_behind = frame.at_ms - current.heard_until_ms >= self._patience.stall_ms
        if is_behind and not current.has_ended and self._is_believed_to_be_prompt:
            self._doubt()

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self._watch_last()
        self._utterances.append(_Utterance(utterance, at_ms))
        self._tell(Begin(utterance, at_ms))

    def hint_pause(self, at_ms: int) -> None:
        self._tell(Hint(at_ms))

    def end_utterance(self, at_ms: int) -> None:
        self._tell(End(at_ms))
        self._watch_last()

    def finalize(self) -> None:
        for attempt in self._attempts:
            if attempt.stream is not None:
                attempt.stream.finalize()

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        self._tell(Languages(self._capabilities.among(languages), is_settled))

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        self._feed.close()
        self._forget_deadlines()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*self._goodbyes, return_exceptions=True)

    # --- Telling ------------------------------------------------------------------------------------------------------

    def _tell(self, told: Told) -> None:
        if self._feed.is_over:
            return
        self._replay.add(told)
        for attempt in self._attempts:
            if attempt.stream is not None:
                pass_on(told, attempt.stream)

    def _watch_last(self) -> None:
        """The newest utterance has ended: its final is due."""
        if self._utterances and not self._utterances[-1].has_ended and not self._feed.is_over:
            self._utterances[-1].has_ended = True
            self._utterances[-1].deadline = self._loop.call_later(self._patience.final_s, self._doubt)

    def _forget_deadlines(self) -> None:
        self._forget_doubt()
        for utterance in self._utterances:
            utterance.forget_deadline()

    # --- Who hears ----------------------------------------------------------------------------------------------------

    @property
    def _is_believed_to_be_prompt(self) -> bool:
        """Whether the one who is believed says something during an utterance, and nobody else was asked yet."""
        return len(self._attempts) == 1 and self._attempts[0].link.provider.capabilities.interim_results

    def _ask_next(self) -> bool:
        """Let one more recogniser hear; False when there is nobody left."""
        link = next((link for link in self._chain.usable(lambda _: True) if link not in self._tried), None)
        if link is None:
            return False
        self._tried.add(link)
        attempt = _Attempt(link)
        self._attempts.append(attempt)
        task = attempt.task = asyncio.create_task(self._hear_with(attempt), name=f"stt-fallback-{link.name}")
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(attempt, task))
        return True

    def _doubt(self) -> None:
        """Something is late: ask the next one as well, and the one after it if that does not help."""
        if not self._feed.is_over and self._doubt_again is None and self._ask_next():
            self._doubt_again = self._loop.call_later(self._patience.final_s, self._still_doubt)

    def _still_doubt(self) -> None:
        self._doubt_again = None
        self._doubt()

    def _forget_doubt(self) -> None:
        if self._doubt_again is not None:
            self._doubt_again.cancel()
            self._doubt_again = None

    def _believe(self, attempt: _Attempt) -> None:
        """The others are not needed: those before it were too late, those behind it are unheard."""
        is_late = True
        for other in list(self._attempts):
            if other is attempt:
                is_late = False
                continue
            if is_late:
                other.link.failed(STAGE, LATE)
            else:
                self._tried.discard(other.link)
            self._attempts.remove(other)
            if other.task is not None:
                other.task.cancel()
        self._forget_doubt()

    async def _hear_with(self, attempt: _Attempt) -> None:
        stream = await attempt.link.provider.open(self._replay.options)
        try:
            for told in self._replay:
                pass_on(told, stream)
            attempt.stream = stream
            async for transcript in stream:
                self._heard(attempt, transcript)
            raise ProviderUnavailable(attempt.link.name, "ended")
        finally:
            attempt.stream = None
            self._say_goodbye(stream, attempt.link.name)

    def _say_goodbye(self, stream: SttStream, name: str) -> None:
        goodbye = asyncio.create_task(stream.aclose(), name=f"stt-fallback-goodbye-{name}")
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbye_said)

    def _goodbye_said(self, goodbye: asyncio.Task[None]) -> None:
        self._goodbyes.discard(goodbye)
        if not goodbye.cancelled() and isinstance(bug := goodbye.exception(), Exception):
            self._feed.fail(bug)

    def _ended(self, attempt: _Attempt, task: asyncio.Task[None]) -> None:
        """A recogniser failed, or there is a bug; or it was told to go."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if attempt not in self._attempts or self._feed.is_over:
            return
        was_believed = attempt is self._attempts[0]
        self._attempts.remove(attempt)
        if isinstance(error, ProviderError):
            attempt.link.failed(STAGE, error)
            if was_believed:
                self._another_is_believed()
            if self._attempts or self._ask_next():
                return
        self._forget_deadlines()
        if isinstance(error, Exception):
            self._feed.fail(error)

    def _another_is_believed(self) -> None:
        for utterance in self._utterances:
            utterance.another_recogniser()

    # --- What is heard ------------------------------------------------------------------------------------------------

    def _heard(self, attempt: _Attempt, transcript: Transcript) -> None:
        utterance = next((each for each in self._utterances if each.number == transcript.utterance), None)
        if utterance is None or attempt not in self._attempts:
            return
        says_more = transcript.is_final or len(transcript.text.split()) > utterance.words
        if attempt is not self._attempts[0]:
            if not says_more:
                return
            self._believe(attempt)
            self._another_is_believed()
        elif transcript.is_final or transcript.audio_end_ms > utterance.heard_until_ms:
            self._believe(attempt)
        merged = utterance.merge(transcript)
        if merged.is_final or merged.audio_end_ms >= utterance.heard_until_ms:
            utterance.heard_until_ms = merged.audio_end_ms
            utterance.words = len(merged.text.split())
            self._feed.put(merged)
        if transcript.is_final:
            attempt.link.breaker.succeeded()
            self._tried = {attempt.link}
            self._finish(utterance)

    def _finish(self, utterance: _Utterance) -> None:
        utterance.forget_deadline()
        self._utterances.remove(utterance)
        self._replay.forget_before({each.number for each in self._utterances})
