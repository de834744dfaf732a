"""One leg's stream through a recogniser that only knows whole stretches of audio."""

from __future__ import annotations

import asyncio
import audioop
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import FRAME_MS, AudioFrame
from app.domain.transcripts import Transcript
from app.domain.usage import Stage, UsageUnit
from app.errors import ProviderUnavailable
from app.stt.base import SttCapabilities, SttOptions, SttStream
from app.stt.decode_queue import DecodeQueue, Urgency
from app.stt.decoding import NOTHING, Decoded, Engine
from app.stt.local_agreement import LocalAgreement
from app.stt.transcript_feed import TranscriptFeed
from app.usage import count_usage

PRE_ROLL_MS = 1000
"""Audio kept outside utterances: up to 500 ms until the voice detector is sure, and the lead-in before that."""
LEAD_IN_MS = 100
"""Decoded before the speech begins: a soft consonant comes before the voice that is noticed."""
TAIL_MS = 100
"""Decoded after the speech ended."""
FORETOLD_FRAMES = 2
"""A decode begins before all of the tail was heard; these last ones are repeated for the rest. Of 54 utterances in five
languages 36 were read the same as with the tail that came, and the word error rate was 26.3 instead of 30.0 %.
"""
MAX_UTTERANCE_MS = 28_000
"""What fits the model's window; later audio of the same utterance is not heard, and counted."""
SHORTEST_PARTIAL_INTERVAL_MS = 300
INTERVAL_PER_TURNAROUND = 2
"""Audio between two partials, in turnaround times of the last one: half of one worker's time is all they may take."""
QUIET_MS = 60
"""No partial begins once the voice has been away for so long: it would be in the way of the decode at the pause."""
QUIET_SHARE = 0.1
"""Of the loudest frame's level: 20 dB below it. A noisier line is never quiet, and its partials go on."""
MAX_WAITING_FINALS = 8
HOLD_BACK_WORDS: int | None = None
"""Words of a short utterance are stable with the final only. Whatever is committed earlier binds the final decode to
the guesses of a fast one: with 2, three quarters of the words are stable before the end, 31 of 50 finals read
differently, and the word error rate of English telephone speech goes from 13 % to 20 %. Five hypotheses that agree,
instead of two, still cost 5.
"""
LONG_UTTERANCE_MS = 10_000
LONG_HOLD_BACK_WORDS = 6
"""Nobody can wait for the end of an utterance that goes on: from here on words are stable by agreement, but for the
last ones. Not sooner, because the offline translator needs whole sentences more than the listener needs them early:
from 5 s on, sentences of 5 to 12 s (FLEURS, through whole calls) scored 4 points of chrF less from English. Agreement
itself costs little: of eight stretches of 12 to 20 s without a pause the word error rate was 23.3 % for 22.7 in English
and 14.0 for 14.0 in Spanish. With 4 held back English costs 2 more and is 0.8 s sooner.
"""
FINAL_TIMEOUT_S = 10.0


@dataclass(slots=True)
class StreamCounts:
    """What the streams of one provider went through, since the start."""

    finals: int = 0
    finals_ahead: int = 0
    """Finals whose decode began at the pause, before the utterance had ended."""
    finals_given_up: int = 0
    """Finals that took too long, or that too many followed: the last interim was promoted."""
    finals_redone: int = 0
    finals_guarded: int = 0
    disagreements: int = 0
    """Hypotheses that contradicted a stable word."""
    truncated_frames: int = 0
    """Frames beyond the longest utterance."""


@dataclass(slots=True)
class _Ahead:
    """The decode that began at a pause."""

    key: tuple[WhisperStream, int, int]
    """Its stream, utterance and end of audio: one that turned out to come too early does not hold up the next."""
    audio_end_ms: int
    decoded: Decoded | None = None


class _Utterance:
    def __init__(
        self,
        number: int,
        languages: tuple[str, ...],
        is_settled: bool,
        lead_in: list[AudioFrame],
        at_ms: int,
        agreement: LocalAgreement,
    ) -> None:
        self.number = number
        self.languages = languages
        self.is_settled = is_settled
        self.frames = lead_in
        self.began_at_ms = at_ms
        self.agreement = agreement
        self.last_decoded = NOTHING
        self.heard_until_ms = at_ms
        """The end of the audio that was given to the engine."""
        self.shown_until_ms = at_ms
        """The end of the audio in the last interim."""
        self.loudest_rms = 0
        self.quiet_ms = 0
        """For how long the voice has been away."""
        self.ended_at_ms: int | None = None
        self.ahead: _Ahead | None = None
        self.final: Transcript | None = None
        self.timeout: asyncio.TimerHandle | None = None

    def add(self, frame: AudioFrame) -> None:
        self.frames.append(frame)
        rms = audioop.rms(ulaw_to_pcm16(frame.ulaw), 2)
        self.loudest_rms = max(self.loudest_rms, rms)
        self.quiet_ms = self.quiet_ms + FRAME_MS if rms <= self.loudest_rms * QUIET_SHARE else 0

    def audio(self, until_ms: int) -> bytes:
        """Return what was heard until then, with its tail continued where not all of that was heard yet."""
        frames = [frame for frame in self.frames if frame.at_ms < until_ms]
        tail = [frame.ulaw for frame in frames if frame.at_ms >= until_ms - TAIL_MS]
        foretold = islice(cycle(tail[-FORETOLD_FRAMES:]), TAIL_MS // FRAME_MS - len(tail))
        return b"".join([*(frame.ulaw for frame in frames), *foretold])

    def transcript(self, audio_end_ms: int, is_final: bool) -> Transcript:
        return Transcript(
            utterance=self.number,
            stable=" ".join(self.agreement.stable),
            unstable=" ".join(self.agreement.unstable),
            is_final=is_final,
            language=self.last_decoded.language,
            language_probability=self.last_decoded.language_probability,
            audio_end_ms=audio_end_ms,
        )


class WhisperStream(SttStream):
    """Finds what to decode and when; the queue decides who gets a processor.

    While an utterance goes on, a partial decode every ``partial_interval_ms`` of audio feeds LocalAgreement. At a pause
    the final decode starts ahead of time, and it is the utterance's final if no speech came after it.
    """

    def __init__(
        self,
        engine: Engine,
        queue: DecodeQueue[Decoded],
        counts: StreamCounts,
        capabilities: SttCapabilities,
        options: SttOptions,
        partial_interval_ms: int,
        final_timeout_s: float = FINAL_TIMEOUT_S,
        hold_back_words: int | None = HOLD_BACK_WORDS,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._counts = counts
        self._capabilities = capabilities
        self._languages = capabilities.among(options.languages)
        self._is_settled = options.is_settled
        self._shortest_interval_ms = max(SHORTEST_PARTIAL_INTERVAL_MS, partial_interval_ms)
        self._partial_interval_ms = self._shortest_interval_ms
        """Widens while decodes take longer than the audio between them."""
        self._final_timeout_s = final_timeout_s
        self._hold_back_words = hold_back_words
        self._loop = asyncio.get_running_loop()
        self._feed = TranscriptFeed(capabilities.name)
        self._pre_roll: deque[AudioFrame] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        self._open: _Utterance | None = None
        self._ended: deque[_Utterance] = deque()
        self._last_end_ms = 0

    def push(self, frame: AudioFrame) -> None:
        self._pre_roll.append(frame)
        utterance = self._open
        if utterance is None or self._feed.is_over:
            return
        if len(utterance.frames) * FRAME_MS >= MAX_UTTERANCE_MS:
            self._counts.truncated_frames += 1
            return
        utterance.add(frame)
        # Here and not where it is decoded: the queue runs jobs of all calls in the context of any.
        count_usage(Stage.RECOGNITION, self._capabilities.name, UsageUnit.AUDIO_MS, FRAME_MS)
        is_due = frame.at_ms + FRAME_MS - utterance.heard_until_ms >= self._partial_interval_ms
        if is_due and utterance.quiet_ms < QUIET_MS:
            self._decode_partial(utterance, frame.at_ms + FRAME_MS)

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self.end_utterance(at_ms)
        from_ms = max(at_ms - LEAD_IN_MS, self._last_end_ms)
        lead_in = [frame for frame in self._pre_roll if frame.at_ms >= from_ms]
        agreement = LocalAgreement(self._hold_back_words)
        self._open = _Utterance(utterance, self._languages, self._is_settled, lead_in, at_ms, agreement)

    def hint_pause(self, at_ms: int) -> None:
        utterance = self._open
        if utterance is None or self._feed.is_over:
            return
        audio_end_ms = at_ms + TAIL_MS
        if utterance.ahead is not None and utterance.ahead.audio_end_ms >= audio_end_ms:
            return
        self._withdraw_ahead(utterance)
        ahead = utterance.ahead = _Ahead((self, utterance.number, audio_end_ms), audio_end_ms)
        utterance.heard_until_ms = audio_end_ms
        self._queue.withdraw(Urgency.PARTIAL, self)
        self._queue.submit(
            Urgency.AHEAD,
            ahead.key,
            self._final_work(utterance, audio_end_ms),
            partial(self._take_ahead, utterance, ahead),
        )

    def end_utterance(self, at_ms: int) -> None:
        utterance, self._open = self._open, None
        if utterance is None or self._feed.is_over:
            return
        utterance.ended_at_ms = self._last_end_ms = at_ms
        self._queue.withdraw(Urgency.PARTIAL, self)
        self._ended.append(utterance)
        if len(self._ended) > MAX_WAITING_FINALS:
            self._give_up(self._ended[0])
        utterance.timeout = self._loop.call_later(self._final_timeout_s, self._give_up, utterance)
        is_waiting_ahead = self._withdraw_ahead(utterance)
        ahead = utterance.ahead
        if ahead is None or is_waiting_ahead or ahead.audio_end_ms < at_ms:
            utterance.ahead = None
            self._queue.submit(
                Urgency.FINAL,
                (self, utterance.number),
                self._final_work(utterance, at_ms + TAIL_MS),
                partial(self._take_final, utterance),
            )
        elif ahead.decoded is not None:
            self._counts.finals_ahead += 1
            self._finish(utterance, ahead.decoded)

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None:
        self._languages = self._capabilities.among(languages)
        self._is_settled = is_settled and self._languages[0] == languages[0]

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        self._release()
        self._feed.close()

    def _decode_partial(self, utterance: _Utterance, audio_end_ms: int) -> None:
        utterance.heard_until_ms = audio_end_ms
        audio = utterance.audio(audio_end_ms)
        self._queue.submit(
            Urgency.PARTIAL,
            self,
            partial(self._engine.decode_partial, audio, utterance.languages, utterance.is_settled),
            partial(self._take_partial, utterance, audio_end_ms, self._loop.time()),
        )

    def _withdraw_ahead(self, utterance: _Utterance) -> bool:
        return utterance.ahead is not None and self._queue.withdraw(Urgency.AHEAD, utterance.ahead.key)

    def _final_work(self, utterance: _Utterance, audio_end_ms: int) -> partial[Decoded]:
        audio = utterance.audio(audio_end_ms)
        return partial(self._engine.decode_final, audio, utterance.languages, utterance.is_settled)

    def _take_partial(
        self, utterance: _Utterance, audio_end_ms: int, submitted_s: float, result: Decoded | BaseException
    ) -> None:
        turnaround_ms = int((self._loop.time() - submitted_s) * 1000)
        self._partial_interval_ms = max(self._shortest_interval_ms, turnaround_ms * INTERVAL_PER_TURNAROUND)
        if isinstance(result, BaseException):
            self._fail()
        elif result.text and utterance.ended_at_ms is None:
            self._show(utterance, result, audio_end_ms)

    def _take_ahead(self, utterance: _Utterance, ahead: _Ahead, result: Decoded | BaseException) -> None:
        if isinstance(result, BaseException):
            self._fail()
        elif utterance.ahead is not ahead:
            return
        elif utterance.ended_at_ms is None:
            ahead.decoded = result
            if result.text:
                self._show(utterance, result, ahead.audio_end_ms)
        else:
            self._counts.finals_ahead += 1
            self._finish(utterance, result)

    def _take_final(self, utterance: _Utterance, result: Decoded | BaseException) -> None:
        if isinstance(result, BaseException):
            self._fail()
        else:
            self._finish(utterance, result)

    def _show(self, utterance: _Utterance, decoded: Decoded, audio_end_ms: int) -> None:
        """Emit an interim, unless it is out of date or a final of an earlier utterance has to come first."""
        if audio_end_ms < utterance.shown_until_ms:
            return
        utterance.shown_until_ms = audio_end_ms
        utterance.last_decoded = decoded
        if self._hold_back_words is None and audio_end_ms - utterance.began_at_ms >= LONG_UTTERANCE_MS:
            utterance.agreement.hold_back = LONG_HOLD_BACK_WORDS
        utterance.agreement.feed(decoded.text.split())
        if not self._ended:
            self._feed.put(utterance.transcript(audio_end_ms, is_final=False))

    def _finish(self, utterance: _Utterance, decoded: Decoded) -> None:
        """Make the final, once, and emit all whose turn it is."""
        if utterance.final is not None or utterance.ended_at_ms is None or self._feed.is_over:
            return
        if utterance.timeout is not None:
            utterance.timeout.cancel()
        utterance.last_decoded = decoded
        utterance.agreement.finish(decoded.text.split())
        utterance.final = utterance.transcript(utterance.ended_at_ms, is_final=True)
        utterance.frames.clear()
        self._counts.finals += 1
        self._counts.finals_redone += decoded.was_redone
        self._counts.finals_guarded += decoded.was_guarded
        self._counts.disagreements += utterance.agreement.disagreements
        while self._ended and (final := self._ended[0].final) is not None:
            self._ended.popleft()
            self._feed.put(final)

    def _give_up(self, utterance: _Utterance) -> None:
        """Promote the last interim; what is decoded later is ignored."""
        if utterance.final is None:
            self._counts.finals_given_up += 1
            self._queue.withdraw(Urgency.FINAL, (self, utterance.number))
            self._finish(utterance, utterance.last_decoded)

    def _fail(self) -> None:
        """End the stream; what the model said stays out of the error, for it may hold speech."""
        self._release()
        self._feed.fail(ProviderUnavailable(self._capabilities.name, "decode-failed"))

    def _release(self) -> None:
        self._queue.withdraw(Urgency.PARTIAL, self)
        for utterance in (*self._ended, *((self._open,) if self._open is not None else ())):
            self._withdraw_ahead(utterance)
            self._queue.withdraw(Urgency.FINAL, (self, utterance.number))
            if utterance.timeout is not None:
                utterance.timeout.cancel()
        self._ended.clear()
        self._open = None
        self._pre_roll.clear()
