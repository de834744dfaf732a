"""What one leg says: from frames to utterances to committed clauses."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.core.clauses import ClausePolicy
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits, SpeechBoundary
from app.domain.audio import FRAME_MS
from app.domain.commands import (
    BeginUtterance,
    Command,
    EndUtterance,
    FinalizeUtterance,
    HintPause,
    PushAudio,
    ReportMissingFinal,
)
from app.domain.events import FrameHeard
from app.domain.legs import Leg
from app.domain.records import CommitReason, MissingFinal
from app.domain.transcripts import Transcript

_STALLED_AUDIO_MS = 1000
"""A stream that sends nothing for so long has paused: its open utterance is ended."""
_FINALIZE_MS = 600
"""A final transcript that has not come so long after the voice ended is asked for."""
_REMEMBERED_UTTERANCES = 32
"""Of so many utterances whose final was given up a late one is recognised as such."""


@dataclass(slots=True)
class _Utterance:
    clauses: ClausePolicy
    last: Transcript | None = None
    """The newest transcript."""
    ask_ms: int | None = None
    """When a final that has not come is asked for; None before the utterance has ended and after that was done."""
    give_up_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CommittedClause:
    """A piece of speech that is to be translated; its times are the call's clock."""

    utterance: int
    text: str
    language: str | None
    language_probability: float
    began_ms: int
    ended_ms: int
    reason: CommitReason


@dataclass(frozen=True, slots=True)
class LikelyClauses:
    """What will probably be committed next."""

    texts: Sequence[str]
    language: str | None


class UtteranceTracker:
    """One leg's speech. Its utterances count from 1, and each ended one gets one final transcript.

    Where the recogniser gives none within ``final_timeout_ms`` after the voice ended, the last interim is promoted.
    """

    __slots__ = (
        "_current",
        "_final_timeout_ms",
        "_given_up",
        "_last_frame_ms",
        "_leg",
        "_new_clauses",
        "_promoted",
        "_segmenter",
        "_stream_began_ms",
        "_utterances",
        "is_speaking",
    )

    def __init__(
        self, leg: Leg, limits: SegmenterLimits, new_clauses: Callable[[int], ClausePolicy], final_timeout_ms: int
    ) -> None:
        """``new_clauses`` makes the policy of an utterance that began at a time of the call's clock."""
        self._leg = leg
        self._segmenter = Segmenter(limits)
        self._new_clauses = new_clauses
        self._final_timeout_ms = final_timeout_ms
        self._utterances: dict[int, _Utterance] = {}
        self._given_up: deque[int] = deque(maxlen=_REMEMBERED_UTTERANCES)
        self._promoted: list[Transcript] = []
        self._current = 0
        self._stream_began_ms = 0
        self._last_frame_ms = 0
        self.is_speaking = False
        """Whether an utterance has begun and not ended."""

    @property
    def is_unfinished(self) -> bool:
        """Whether something was said of which the last transcript has not come."""
        return bool(self._utterances)

    def hear(self, event: FrameHeard, now_ms: int) -> list[Command]:
        """Take the next frame; return what the recogniser is to be told, in order."""
        frame = event.frame
        self._last_frame_ms = now_ms
        self._stream_began_ms = now_ms - frame.at_ms - FRAME_MS
        boundary = self._segmenter.add(frame.at_ms, event.is_speech)
        push = PushAudio(frame)
        return [push] if boundary is None else [push, *self._announce(boundary, now_ms)]

    def stop(self, now_ms: int) -> list[Command]:
        """End the open utterance: no more audio comes."""
        return self._announce(self._segmenter.close(), now_ms)

    def recognise(self, transcript: Transcript, language: str, now_ms: int) -> list[Command]:
        """Take a transcript; ``committed`` tells what it completes.

        ``language``: what the speaker speaks, where the transcript does not say it.
        """
        utterance = self._utterances.get(transcript.utterance)
        if utterance is not None and utterance.last is not None and utterance.last.is_final:
            return []
        if utterance is None:
            return self._ignore(transcript)
        utterance.last = transcript
        if transcript.is_final:
            utterance.ask_ms = utterance.give_up_ms = None
        utterance.clauses.hear(transcript, self._stream_began_ms, transcript.language or language)
        return []

    def committed(self, now_ms: int, queued_ms: int) -> list[CommittedClause]:
        """Return the clauses that are complete by now, in the order in which they were said."""
        clauses: list[CommittedClause] = []
        for number, utterance in list(self._utterances.items()):
            last = utterance.last
            if last is None:
                break
            clauses += [
                CommittedClause(
                    utterance=number,
                    text=commit.text,
                    language=last.language,
                    language_probability=last.language_probability,
                    began_ms=commit.began_ms,
                    ended_ms=commit.ended_ms,
                    reason=commit.reason,
                )
                for commit in utterance.clauses.due(now_ms, queued_ms)
            ]
            if not last.is_final:
                break
            del self._utterances[number]
        return clauses

    def likely(self, now_ms: int, queued_ms: int) -> LikelyClauses:
        """Return what will probably be committed next."""
        first = next(iter(self._utterances.values()), None)
        if first is None or first.last is None:
            return LikelyClauses((), None)
        return LikelyClauses(first.clauses.likely(now_ms, queued_ms), first.last.language)

    def watch(self, language: str, now_ms: int) -> list[Command]:
        """Act on what did not happen: audio that stopped, finals that never came."""
        commands: list[Command] = []
        if self.is_speaking and now_ms - self._last_frame_ms >= _STALLED_AUDIO_MS:
            commands += self.stop(now_ms)
        for number, utterance in list(self._utterances.items()):
            if utterance.give_up_ms is not None and now_ms >= utterance.give_up_ms:
                commands += self._give_up(number, utterance, language)
            elif utterance.ask_ms is not None and now_ms >= utterance.ask_ms:
                utterance.ask_ms = None
                commands.append(FinalizeUtterance(self._leg))
        return commands

    def wake_times_ms(self) -> list[int]:
        """Return when ``watch`` and ``committed`` should look again."""
        wanted = [self._last_frame_ms + _STALLED_AUDIO_MS] if self.is_speaking else []
        if not self._utterances:
            return wanted
        for utterance in self._utterances.values():
            if utterance.ask_ms is not None:
                wanted.append(utterance.ask_ms)
            if utterance.give_up_ms is not None:
                wanted.append(utterance.give_up_ms)
        first_ms = next(iter(self._utterances.values())).clauses.next_due_ms()
        return wanted if first_ms is None else [*wanted, first_ms]

    def _give_up(self, number: int, utterance: _Utterance, language: str) -> list[Command]:
        self._given_up.append(number)
        last = utterance.last
        if last is None:
            del self._utterances[number]
            return [ReportMissingFinal(self._leg, MissingFinal.LOST)]
        utterance.last = replace(last, stable=last.text, unstable="", is_final=True, stable_ends_ms=())
        utterance.ask_ms = utterance.give_up_ms = None
        utterance.clauses.hear(utterance.last, self._stream_began_ms, last.language or language)
        return [ReportMissingFinal(self._leg, MissingFinal.PROMOTED)]

    def _ignore(self, transcript: Transcript) -> list[Command]:
        if not transcript.is_final or transcript.utterance not in self._given_up:
            return []
        self._given_up.remove(transcript.utterance)
        return [ReportMissingFinal(self._leg, MissingFinal.LATE)]

    def _announce(self, boundary: SpeechBoundary | None, now_ms: int) -> list[Command]:
        if boundary is None:
            return []
        at_call_ms = self._stream_began_ms + boundary.at_ms
        self.is_speaking = boundary.kind is not Boundary.ENDED
        if boundary.kind is Boundary.BEGAN:
            self._current += 1
            self._utterances[self._current] = _Utterance(self._new_clauses(at_call_ms))
            return [BeginUtterance(self._leg, self._current, boundary.at_ms)]
        utterance = self._utterances.get(self._current)
        if utterance is None:
            # Its recogniser did not wait to be told of the end.
            return [EndUtterance(self._leg, boundary.at_ms)] if boundary.kind is Boundary.ENDED else []
        match boundary.kind:
            case Boundary.PAUSED:
                utterance.clauses.paused(at_call_ms)
                return [HintPause(self._leg, boundary.at_ms)]
            case Boundary.RESUMED:
                utterance.clauses.resumed(at_call_ms)
                return []
            case Boundary.ENDED:
                utterance.clauses.ended(at_call_ms)
                # A recogniser is only late once it has been told of the end.
                utterance.ask_ms = max(at_call_ms + _FINALIZE_MS, now_ms)
                utterance.give_up_ms = utterance.ask_ms + max(0, self._final_timeout_ms - _FINALIZE_MS)
                return [EndUtterance(self._leg, boundary.at_ms)]
