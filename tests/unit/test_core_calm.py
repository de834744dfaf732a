"""What a core may leave out while nothing is due must not show: it decides what one decides that leaves out nothing."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest

from app.core.call import CallCore
from app.core.clauses import ClausePolicyName
from app.domain.audio import FRAME_MS, AudioFrame, silence
from app.domain.commands import BeginUtterance, Command, EndUtterance, PushAudio, SendMark, Speak, Translate
from app.domain.events import (
    Event,
    FrameHeard,
    KeyPressed,
    MarkReached,
    PolicyChanged,
    RecogniserBack,
    RecogniserLost,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
    TimePassed,
    TranscriptHeard,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import Leg
from app.domain.policies import Listening, Overlap
from app.domain.transcripts import Transcript
from tests.unit.core_driver import call_config

CALL_MS = 60_000
OUTAGE_MS = 8000
"""The translator fails for so long, then works again for as long."""
WORDS = tuple("yes the order number is 4827, and I paid 65 euros. but when does it come?".split())  # noqa: SIM905


class World:
    """Two parties, a recogniser, a translator, a voice and a carrier, all as erratic as the seed has it."""

    def __init__(self, seed: int, *, is_kind: bool) -> None:
        """``is_kind``: nobody presses keys and nothing fails, so that the parties never hear each other as they are."""
        self._random = Random(seed)
        self._is_kind = is_kind
        self._order = count()
        self._due: list[tuple[int, int, Event]] = []
        self._talks = dict.fromkeys(Leg, False)
        self._said: dict[Leg, list[str]] = {leg: [] for leg in Leg}
        self._utterance = dict.fromkeys(Leg, 0)
        for leg in Leg:
            self._later(0, StreamOpened(leg))
            for number in range(CALL_MS // FRAME_MS):
                self._later(500 + number * FRAME_MS + self._random.choice((0, 0, 0, 7, 13)), self._frame(leg, number))
        for at_ms in () if is_kind else range(3000, CALL_MS, 4000):
            self._later(at_ms, self._whim())

    def events(self) -> Iterator[tuple[int, Event]]:
        while self._due:
            at_ms, _, event = heapq.heappop(self._due)
            yield at_ms, event

    def next_ms(self) -> int:
        return self._due[0][0] if self._due else CALL_MS

    def take(self, command: Command, now_ms: int) -> None:
        """Do what was commanded, some time."""
        random = self._random
        match command:
            case BeginUtterance(leg, utterance, _):
                self._utterance[leg], self._said[leg] = utterance, []
                for beat in range(random.randint(0, 8)):
                    self._later(now_ms + 250 * (beat + 1), self._transcript(leg, utterance, is_final=False))
            case EndUtterance(leg, _):
                if random.random() < 0.9:
                    self._later(now_ms + random.randint(20, 900), self._transcript(leg, self._utterance[leg], True))
            case Translate(clause, text):
                failed = not self._is_kind and random.random() < (0.9 if now_ms // OUTAGE_MS % 2 else 0.05)
                result = TranslationFailed(clause, "timeout") if failed else TranslationReady(clause, text.upper())
                self._later(now_ms + random.randint(5, 600), result)
            case Speak(clause, text):
                at_ms = now_ms + random.randint(20, 500)
                for _ in range(random.randint(int(self._is_kind), 1 + len(text) // 6)):
                    self._later(at_ms, SpeechReady(clause, bytes([random.randint(1, 90)]) * random.randint(80, 4000)))
                    at_ms += random.randint(0, 150)
                failed = not self._is_kind and random.random() < 0.1
                self._later(at_ms, SpeechFailed(clause, "timeout") if failed else SpeechFinished(clause))
            case SendMark(leg, name):
                self._later(now_ms + random.randint(50, 400), MarkReached(leg, name))
            case _:
                pass

    def _later(self, at_ms: int, event: Event) -> None:
        heapq.heappush(self._due, (at_ms, next(self._order), event))

    def _frame(self, leg: Leg, number: int) -> FrameHeard:
        if self._random.random() < 0.012:
            self._talks[leg] = not self._talks[leg]
        is_speech = self._talks[leg] and self._random.random() < 0.9
        frame = AudioFrame(leg, number + 1, number * FRAME_MS, b"\x20" * 160 if is_speech else silence(FRAME_MS))
        return FrameHeard(frame, is_speech, self._random.choice((None, None, 110.0, 160.0)) if is_speech else None)

    def _transcript(self, leg: Leg, utterance: int, is_final: bool) -> TranscriptHeard:
        said = self._said[leg]
        said.append(self._random.choice(WORDS))
        stable = len(said) if is_final else max(0, len(said) - self._random.randint(0, 2))
        texts = " ".join(said[:stable]), " ".join(said[stable:])
        return TranscriptHeard(leg, Transcript(utterance, *texts, is_final, "en" if leg is Leg.CLIENT else "es", 0.9))

    def _whim(self) -> Event:
        leg = self._random.choice(tuple(Leg))
        whims: tuple[Event, ...] = (
            PolicyChanged(leg, self._random.choice(tuple(Listening)), self._random.choice(tuple(Overlap))),
            KeyPressed(leg, self._random.choice("0123456789*#")),
            RecogniserLost(leg),
            RecogniserBack(leg),
        )
        return self._random.choice(whims)


def wake_ms_anew(core: CallCore, now_ms: int) -> int:
    """Return when to wake a core that remembers nothing of having been asked."""
    wake_ms = core.next_wake_ms(now_ms)
    core.calm_until_ms = 0
    return wake_ms


@pytest.mark.parametrize("policy", list(ClausePolicyName))
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("is_kind", [False, True])
def test_a_core_that_is_asked_when_to_wake_decides_as_one_that_looks_at_everything(
    is_kind: bool, seed: int, policy: ClausePolicyName
) -> None:
    config = call_config(clause_policy=policy)
    calm, thorough, world = CallCore(config), CallCore(config), World(seed, is_kind=is_kind)
    skipped = decided = 0

    def give(event: Event, now_ms: int) -> None:
        nonlocal skipped, decided
        skipped += calm.next_wake_ms(now_ms) > now_ms
        commands = calm.handle(event, now_ms)
        assert thorough.handle(event, now_ms) == commands, (now_ms, event)
        assert calm.next_wake_ms(now_ms) <= wake_ms_anew(thorough, now_ms), (now_ms, event)
        decided += sum(not isinstance(command, PushAudio) for command in commands)
        for command in commands:
            world.take(command, now_ms)

    now_ms = 0
    for at_ms, event in world.events():
        while (wake_ms := max(calm.next_wake_ms(now_ms), now_ms + 1)) < at_ms:
            now_ms = wake_ms
            give(TimePassed(), now_ms)
        now_ms = max(now_ms, at_ms)
        give(event, now_ms)
    assert decided > 200, "something happened"
    assert skipped > (4000 if is_kind else 1000), "and often nothing was due"
