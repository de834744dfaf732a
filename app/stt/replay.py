"""What a recogniser was told, in order: telling it again to the next one is the replay."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from app.domain.audio import FRAME_MS, AudioFrame
from app.stt.base import SttOptions, SttStream

PRE_ROLL_MS = 1000
"""Audio before an utterance that the next recogniser is given as well."""
MAX_REPLAY_MS = 30_000
"""The audio that is kept for a replay; of a longer backlog the oldest is lost."""


@dataclass(frozen=True, slots=True)
class Begin:
    utterance: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Hint:
    at_ms: int


@dataclass(frozen=True, slots=True)
class End:
    at_ms: int


@dataclass(frozen=True, slots=True)
class Languages:
    languages: tuple[str, ...]
    is_settled: bool


Told = AudioFrame | Begin | Hint | End | Languages


def pass_on(told: Told, stream: SttStream) -> None:
    match told:
        case AudioFrame():
            stream.push(told)
        case Begin(utterance, at_ms):
            stream.begin_utterance(utterance, at_ms)
        case Hint(at_ms):
            stream.hint_pause(at_ms)
        case End(at_ms):
            stream.end_utterance(at_ms)
        case Languages(languages, is_settled):
            stream.set_languages(languages, is_settled)


class Replay:
    """Everything since the oldest utterance without a final, and the audio just before it."""

    def __init__(self, options: SttOptions) -> None:
        self.options = options
        """What to open a stream with that is then told the rest."""
        self._told: deque[Told] = deque()

    def __iter__(self) -> Iterator[Told]:
        return iter(self._told)

    def add(self, told: Told) -> None:
        self._told.append(told)
        if len(self._told) > MAX_REPLAY_MS // FRAME_MS and isinstance(told, AudioFrame):
            oldest = next(index for index, each in enumerate(self._told) if isinstance(each, AudioFrame))
            del self._told[oldest]

    def forget_before(self, unfinished: Collection[int]) -> None:
        """Keep what belongs to these utterances and what follows, or to none."""
        told = enumerate(self._told)
        first = next((i for i, each in told if isinstance(each, Begin) and each.utterance in unfinished), None)
        pre_roll: deque[Told] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        for _ in range(len(self._told) if first is None else first):
            match self._told.popleft():
                case AudioFrame() as frame:
                    pre_roll.append(frame)
                case Languages(languages, is_settled):
                    self.options = replace(self.options, languages=languages, is_settled=is_settled)
                case _:
                    continue
        self._told.extendleft(reversed(pre_roll))
