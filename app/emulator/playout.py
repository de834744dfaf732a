"""The loudspeaker of one stream: a queue of audio and marks that drains in real time.

Twilio buffers what it is sent and plays it in order at 8 bytes a millisecond; a mark comes back when the audio before
it has been played, at once when there is none; ``clear`` empties the queue and brings every pending mark back.
Source: twilio.com/docs/voice/media-streams/websocket-messages and error 31931.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from app.domain.audio import SAMPLE_RATE_HZ
from app.emulator.tape import Tape, sample_at

BUFFER_LIMIT_BYTES = 600 * SAMPLE_RATE_HZ
"""Ten minutes; what exceeds it is dropped (31931)."""


@dataclass(slots=True)
class Played:
    """What happened since the playout was last looked at."""

    ulaw: bytes = b""
    """The audio that was played; silence between pieces is left out."""
    marks: list[str] = field(default_factory=list)
    """The marks that were reached, in order."""


class Playout:
    """Sans-I/O: every method takes the time in seconds on the call's clock, which never goes back."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._queue: deque[bytes | str] = deque()
        self._offset = 0
        """How much of the first piece has been played."""
        self._position = 0
        """The sample at which the first piece goes on."""
        self.buffered_bytes = 0
        self.overflow_bytes = 0
        """How much was dropped because ten minutes were waiting already."""

    def append(self, ulaw: bytes, now_s: float) -> bool:
        """Queue audio behind what is there; False when some of it did not fit and was dropped."""
        if not self._queue:
            self._position = sample_at(now_s)
        room = BUFFER_LIMIT_BYTES - self.buffered_bytes
        accepted = ulaw[:room]
        if accepted:
            self._queue.append(accepted)
            self.buffered_bytes += len(accepted)
        self.overflow_bytes += len(ulaw) - len(accepted)
        return len(accepted) == len(ulaw)

    def mark(self, name: str) -> None:
        """Queue a mark; ``advance`` reports it, at once when no audio lies before it."""
        self._queue.append(name)

    def clear(self) -> list[str]:
        """Drop all queued audio; return every pending mark, in order.

        Call ``advance`` first: what was due before the clear was heard.
        """
        marks = [item for item in self._queue if isinstance(item, str)]
        self._queue.clear()
        self._offset = 0
        self.buffered_bytes = 0
        return marks

    def advance(self, now_s: float) -> Played:
        """Play everything that is due before ``now_s`` onto the tape."""
        due = sample_at(now_s)
        played = Played()
        pieces: list[bytes] = []
        while self._queue:
            head = self._queue[0]
            if isinstance(head, str):
                played.marks.append(head)
                self._queue.popleft()
                continue
            count = min(len(head) - self._offset, due - self._position)
            if count <= 0:
                break
            piece = head[self._offset : self._offset + count]
            self._tape.record(self._position, piece)
            pieces.append(piece)
            self._position += count
            self._offset += count
            self.buffered_bytes -= count
            if self._offset == len(head):
                self._queue.popleft()
                self._offset = 0
        played.ulaw = b"".join(pieces)
        return played
