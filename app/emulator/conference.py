"""Conferences: parties in one room hear each other (``<Dial><Conference>``).

Source: twilio.com/docs/voice/twiml/conference. A room is known by its name to the whole account; it begins with the
first party that may start it, and is over for all when one leaves that ends it. There is no waiting music and no beep.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.emulator.clock import FrameClock
from app.emulator.events import EventKind
from app.emulator.leglog import LegLog
from app.emulator.report import ConferenceReport
from app.emulator.speaker import SILENT_FRAME, Speaker
from app.emulator.tape import Tape, sample_at
from app.emulator.twiml import DialConference
from app.emulator.wav import is_audible

LATE_FRAMES = 10
"""A listener whose clock lags keeps so much of each speaker; what is older is lost."""


class Seat:
    """One party's place in a room. Sans-I/O: 20 ms of speech go in and 20 ms of what the others say come out."""

    def __init__(self, room: Room, call_sid: str, *, starts: bool, ends: bool) -> None:
        self.call_sid = call_sid
        self.starts = starts
        self.ends = ends
        self.is_over = False
        """Whether the conference has ended for this party."""
        self.met: list[str] = []
        """CallSids of the others that were in the room, in order."""
        self._room = room
        self._heard: dict[str, deque[bytes]] = {}

    def say(self, ulaw: bytes) -> None:
        """Let the others hear a frame."""
        for other in self._room.others(self):
            other._heard.setdefault(self.call_sid, deque(maxlen=LATE_FRAMES)).append(ulaw)

    def hear(self) -> bytes:
        """Return the next frame of what the others say, mixed."""
        frames = [waiting.popleft() for waiting in self._heard.values() if waiting]
        loud = [frame for frame in frames if frame is not SILENT_FRAME]
        if len(loud) <= 1:
            return loud[0] if loud else SILENT_FRAME
        mixed = np.clip(np.sum([ulaw_to_float(frame) for frame in loud], axis=0), -1.0, 1.0)
        return float_to_ulaw(mixed.astype(np.float32))

    def leave(self) -> None:
        self._room.leave(self)


class Room:
    """One conference."""

    def __init__(self) -> None:
        self._seats: list[Seat] = []
        self._has_started = False

    @property
    def is_empty(self) -> bool:
        return not self._seats

    def enter(self, call_sid: str, *, starts: bool, ends: bool) -> Seat:
        seat = Seat(self, call_sid, starts=starts, ends=ends)
        for other in self._seats:
            other.met.append(seat.call_sid)
            seat.met.append(other.call_sid)
        self._seats.append(seat)
        self._has_started = self._has_started or starts
        return seat

    def others(self, seat: Seat) -> list[Seat]:
        """Return who hears this party."""
        return [other for other in self._seats if other is not seat] if self._has_started else []

    def leave(self, seat: Seat) -> None:
        if seat in self._seats:
            self._seats.remove(seat)
        seat.is_over = True
        if seat.ends:
            for other in self._seats:
                other.is_over = True


class Conferences:
    """The account's rooms by name; an empty room is gone, and its name begins a new conference."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def enter(self, verb: DialConference, call_sid: str) -> Seat:
        self._rooms = {name: room for name, room in self._rooms.items() if not room.is_empty}
        return self._rooms.setdefault(verb.name, Room()).enter(call_sid, starts=verb.starts, ends=verb.ends)


class Attendance:
    """One telephone in a room: every 20 ms its party hears and speaks.

    ``hang_up`` is called when the party's script says so; it sets the event that ``run`` was given.
    """

    def __init__(
        self,
        seat: Seat,
        *,
        name: str,
        speaker: Speaker,
        heard: Tape,
        said: Tape,
        log: LegLog,
        hang_up: Callable[[], None],
    ) -> None:
        self.report = ConferenceReport(name, entered_at_s=log.stamp(), met=seat.met)
        self._seat = seat
        self._speaker = speaker
        self._heard = heard
        self._said = said
        self._log = log
        self._hang_up = hang_up

    async def run(self, stop: asyncio.Event) -> None:
        """Sit in the room until the conference ends or ``stop`` is set."""
        self._log.emit(EventKind.CONFERENCE_ENTERED, self.report.name)
        start_s = self._log.now()
        self._speaker.begin(start_s)
        clock = FrameClock(start_s)
        try:
            while not (stop.is_set() or self._seat.is_over):
                await asyncio.sleep(max(0.0, clock.next_at_s - self._log.now()))
                for at_s in clock.take(self._log.now()):
                    self._live(at_s)
        finally:
            self._seat.leave()
            self._speaker.break_off(self._log.now())
            self.report.left_at_s = self._log.stamp()
            self._log.emit(EventKind.CONFERENCE_LEFT, self.report.name)

    def _live(self, at_s: float) -> None:
        heard = self._seat.hear()
        if heard is not SILENT_FRAME:
            self._heard.record(sample_at(at_s), heard)
        self._speaker.hear(is_audible(heard), at_s)
        frame = self._speaker.speak(at_s)
        if frame.started:
            self._log.emit(EventKind.TURN_STARTED, frame.started)
        if frame.ended:
            self._log.emit(EventKind.TURN_ENDED, frame.ended)
        if frame.ulaw is not SILENT_FRAME:
            self._said.record(sample_at(at_s), frame.ulaw)
        self._seat.say(frame.ulaw)
        if frame.digit:
            self._log.report.digits += frame.digit
            self._log.emit(EventKind.DIGIT, frame.digit)
        if frame.hang_up:
            self._hang_up()
