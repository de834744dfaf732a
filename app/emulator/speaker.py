"""One party's mouth and ear: decides, frame by frame, what goes into the telephone."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from app.domain.audio import FRAME_BYTES, ULAW_SILENCE
from app.emulator.clock import FRAME_S
from app.emulator.script import AfterTurn, AtTime, Turn, WhenQuiet

SILENT_FRAME = ULAW_SILENCE * FRAME_BYTES
FRAMES_PER_KEY = 10
_HALF_FRAME_S = FRAME_S / 2
"""Tolerance of comparisons on the grid, against float error."""


@dataclass(frozen=True, slots=True)
class Said:
    """One turn that was carried out (or broken off), in seconds on the call's clock."""

    turn: str
    start_s: float
    end_s: float


@dataclass(slots=True)
class Frame:
    """What a party does in 20 ms."""

    ulaw: bytes = SILENT_FRAME
    digit: str = ""
    hang_up: bool = False
    started: str = ""
    """The turn that begins with this frame."""
    ended: str = ""
    """The turn that ends with this frame."""


class Speaker:
    """Carries out one party's turns; sans-I/O, times in seconds on the call's clock.

    ``ended_turns`` is shared by both parties of a call: turn id -> when it ended. ``sounds`` has the mu-law of every
    turn that says something.
    """

    def __init__(self, turns: Sequence[Turn], sounds: Mapping[str, bytes], ended_turns: dict[str, float]) -> None:
        self._waiting = deque(turns)
        self._sounds = sounds
        self._ended_turns = ended_turns
        self._turn: Turn | None = None
        self._turn_start_s = 0.0
        self._sound = b""
        self._offset = 0
        self._keys: deque[str] = deque()
        self._began_s: float | None = None
        self._has_heard = False
        self._last_loud_s = 0.0
        self.said: list[Said] = []

    @property
    def is_done(self) -> bool:
        """Whether every turn is over."""
        return self._turn is None and not self._waiting

    @property
    def waiting_turns(self) -> tuple[str, ...]:
        """The turns that have not begun."""
        return tuple(turn.id for turn in self._waiting)

    def quiet_for_s(self, now_s: float) -> float:
        """Return how long this party has heard nothing, counted from the stream's start at most."""
        return now_s - max(self._last_loud_s, self._began_s or 0.0)

    @property
    def last_said_s(self) -> float:
        """When this party's latest turn ended; 0 before any has."""
        return self.said[-1].end_s if self.said else 0.0

    def has_heard_since(self, time_s: float) -> bool:
        """Whether this party heard something after that time."""
        return self._last_loud_s > time_s

    def begin(self, now_s: float) -> None:
        """The leg's first stream begins; later streams go on where the turns are."""
        if self._began_s is None:
            self._began_s = now_s

    def hear(self, is_loud: bool, now_s: float) -> None:
        """Take note of whether the 20 ms that end now were audible."""
        if is_loud:
            self._last_loud_s = now_s
            if self._turn is None:
                self._has_heard = True

    def speak(self, now_s: float) -> Frame:
        """Return the 20 ms that begin now; call it once for every frame."""
        frame = Frame()
        if self._turn is None:
            if not (self._waiting and self._is_due(self._waiting[0], now_s)):
                return frame
            self._start(self._waiting.popleft(), now_s)
            frame.started = self._turn_id
        self._carry_on(frame)
        if frame.hang_up or (self._offset >= len(self._sound) and not self._keys):
            self._end(frame, now_s + FRAME_S)
        return frame

    def break_off(self, now_s: float) -> None:
        """The leg's stream is gone: what is being said ends here."""
        if self._turn is not None:
            self._end(Frame(), now_s)

    @property
    def _turn_id(self) -> str:
        return self._turn.id if self._turn else ""

    def _is_due(self, turn: Turn, now_s: float) -> bool:
        match turn.when:
            case AtTime(at_s):
                return now_s + _HALF_FRAME_S >= (self._began_s or 0.0) + at_s
            case AfterTurn(other, pause_s):
                ended_s = self._ended_turns.get(other)
                return ended_s is not None and now_s + _HALF_FRAME_S >= ended_s + pause_s
            case WhenQuiet(quiet_s, since):
                has_heard = self._last_loud_s > self._ended_turns.get(since, inf) if since else self._has_heard
                return has_heard and now_s + _HALF_FRAME_S >= self._last_loud_s + quiet_s

    def _start(self, turn: Turn, now_s: float) -> None:
        self._turn = turn
        self._turn_start_s = now_s
        self._sound = self._sounds.get(turn.id, b"")
        self._offset = 0
        self._keys = deque(key for digit in turn.press for key in (digit, *[""] * (FRAMES_PER_KEY - 1)))

    def _carry_on(self, frame: Frame) -> None:
        assert self._turn is not None
        if self._offset < len(self._sound):
            frame.ulaw = self._sound[self._offset : self._offset + FRAME_BYTES].ljust(FRAME_BYTES, ULAW_SILENCE)
            self._offset += FRAME_BYTES
        elif self._keys:
            frame.digit = self._keys.popleft()
        cut_s = self._turn.hang_up_at_s
        if cut_s is not None and self._offset / FRAME_BYTES * FRAME_S >= cut_s - _HALF_FRAME_S:
            frame.hang_up = True

    def _end(self, frame: Frame, end_s: float) -> None:
        assert self._turn is not None
        frame.ended = self._turn.id
        frame.hang_up = frame.hang_up or self._turn.hang_up
        self.said.append(Said(self._turn.id, round(self._turn_start_s, 3), round(end_s, 3)))
        self._ended_turns[self._turn.id] = end_s
        self._turn = None
        self._has_heard = False
