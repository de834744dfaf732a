"""What one leg says: from frames to utterances to committed clauses."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.clauses import ClausePolicy
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits, SpeechBoundary
from app.domain.audio import FRAME_MS
from app.domain.commands import BeginUtterance, Command, EndUtterance, HintPause, PushAudio
from app.domain.events import FrameHeard
from app.domain.legs import Leg
from app.domain.transcripts import Transcript

_STALLED_AUDIO_MS = 1000
"""A stream that sends nothing for so long has paused: its open utterance is ended."""
_FINAL_TIMEOUT_MS = 10_000
"""A final transcript that does not come in this time is given up."""


@dataclass(slots=True)
class _Utterance:
    began_ms: int
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CommittedClause:
    """A piece of speech that is to be translated; its times are the call's clock."""

    utterance: int
    text: str
    language: str | None
    language_probability: float
    began_ms: int
    ended_ms: int


class UtteranceTracker:
    """One leg's speech. Its utterances count from 1, and each ended one gets one final transcript or is given up."""

    def __init__(self, leg: Leg, limits: SegmenterLimits, policy: ClausePolicy) -> None:
        self._leg = leg
        self._segmenter = Segmenter(limits)
        self._policy = policy
        self._utterances: dict[int, _Utterance] = {}
        self._current = 0
        self._stream_began_ms = 0
        self._last_frame_ms = 0
        self.lost_count = 0
        """Utterances whose final transcript never came."""

    @property
    def is_speaking(self) -> bool:
        return self._segmenter.is_open

    @property
    def is_unfinished(self) -> bool:
        """Whether something was said of which the last transcript has not come."""
        return bool(self._utterances)

    def hear(self, event: FrameHeard, now_ms: int) -> list[Command]:
        """Take the next frame; return what the recogniser is to be told, in order."""
        frame = event.frame
        self._last_frame_ms = now_ms
        self._stream_began_ms = now_ms - frame.at_ms - FRAME_MS
        commands: list[Command] = [PushAudio(frame)]
        boundary = self._segmenter.add(frame.at_ms, event.is_speech)
        if boundary is not None:
            commands.append(self._announce(boundary))
        return commands

    def stop(self) -> list[Command]:
        """End the open utterance: no more audio comes."""
        boundary = self._segmenter.close()
        return [] if boundary is None else [self._announce(boundary)]

    def recognise(self, transcript: Transcript, now_ms: int) -> list[CommittedClause]:
        """Take a transcript; return the clauses that it completes. Transcripts of unknown utterances say nothing."""
        utterance = self._utterances.get(transcript.utterance)
        if utterance is None:
            return []
        if transcript.is_final:
            del self._utterances[transcript.utterance]
        ended_ms = now_ms if utterance.ended_ms is None else utterance.ended_ms
        return [
            CommittedClause(
                utterance=transcript.utterance,
                text=text,
                language=transcript.language,
                language_probability=transcript.language_probability,
                began_ms=utterance.began_ms,
                ended_ms=ended_ms,
            )
            for text in self._policy.commit(transcript)
        ]

    def watch(self, now_ms: int) -> list[Command]:
        """Act on what did not happen: audio that stopped, finals that never came."""
        for number, utterance in list(self._utterances.items()):
            if utterance.ended_ms is not None and now_ms - utterance.ended_ms > _FINAL_TIMEOUT_MS:
                del self._utterances[number]
                self.lost_count += 1
        return self.stop() if self.is_speaking and now_ms - self._last_frame_ms >= _STALLED_AUDIO_MS else []

    def next_watch_ms(self) -> int | None:
        """Return when ``watch`` should look again."""
        return self._last_frame_ms + _STALLED_AUDIO_MS if self.is_speaking else None

    def _announce(self, boundary: SpeechBoundary) -> Command:
        at_call_ms = self._stream_began_ms + boundary.at_ms
        match boundary.kind:
            case Boundary.BEGAN:
                self._current += 1
                self._utterances[self._current] = _Utterance(began_ms=at_call_ms)
                return BeginUtterance(self._leg, self._current, boundary.at_ms)
            case Boundary.PAUSED:
                return HintPause(self._leg, boundary.at_ms)
            case Boundary.ENDED:
                self._utterances[self._current].ended_ms = at_call_ms
                return EndUtterance(self._leg, boundary.at_ms)
