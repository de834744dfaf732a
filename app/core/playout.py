"""What one leg hears and when: the only writer of its loudspeaker.

The carrier plays whatever it is sent in order and cannot take it back without ``clear``, so little is sent ahead: at
most ``lead_ms`` of audio lies at the carrier, and everything else waits here, where it can still be changed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from app.domain.audio import BYTES_PER_MS
from app.domain.commands import Command, PlayAudio, SendMark
from app.domain.legs import Leg

_LEAD_MS = 200
_MESSAGE_MS = 100
"""Audio travels in messages of this length: tiny ones make the start of words jitter."""


@dataclass(slots=True)
class _Item:
    clause: int
    audio: deque[bytes] = field(default_factory=deque)
    queued_bytes: int = 0
    was_heard: bool = False
    is_complete: bool = False


class Playout:
    """One leg's queue of clauses, paced against the time at which the carrier will have played what it has."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._items: deque[_Item] = deque()
        self._played_until_ms = 0.0
        self._is_open = False
        self._background = b""
        self._background_at = 0

    def open(self, now_ms: int) -> None:
        """The leg's stream is there: what was queued may be sent."""
        self._is_open = True
        self._played_until_ms = float(now_ms)

    def close(self) -> None:
        """The stream is gone: nothing is sent any more and nothing kept."""
        self._is_open = False
        self._items.clear()
        self._background = b""

    def set_background(self, cycle: bytes) -> None:
        """Play this mu-law again and again while no clause has audio; empty for silence."""
        self._background = cycle
        self._background_at = 0

    def add(self, clause: int, ulaw: bytes) -> None:
        """Queue the next audio of a clause; clauses are heard in the order of their first audio."""
        item = self._find(clause)
        if item is None:
            item = _Item(clause)
            self._items.append(item)
        item.audio.append(ulaw)
        item.queued_bytes += len(ulaw)

    def finish(self, clause: int) -> None:
        """No more audio will come for this clause."""
        item = self._find(clause)
        if item is not None:
            item.is_complete = True

    def queued_ms(self, now_ms: int) -> int:
        """How much audio is still to be heard on this leg, at the carrier or here."""
        at_carrier_ms = max(0, round(self._played_until_ms) - now_ms)
        return at_carrier_ms + sum(item.queued_bytes for item in self._items) // BYTES_PER_MS

    def due(self, now_ms: int) -> tuple[list[Command], list[int]]:
        """Return what to send now, and the clauses of which the first audio is among it."""
        commands: list[Command] = []
        started: list[int] = []
        while self._is_open and self._has_room(now_ms):
            item = self._items[0] if self._items else None
            if item is not None and item.is_complete and not item.audio:
                self._items.popleft()
                commands.append(SendMark(self._leg, mark_name(item.clause)))
            elif item is not None and item.audio:
                if not item.was_heard:
                    item.was_heard = True
                    started.append(item.clause)
                commands.append(self._send(self._take(item), now_ms))
            elif self._background:
                commands.append(self._send(self._take_background(), now_ms))
            else:
                break
        return commands, started

    def next_due_ms(self, now_ms: int) -> int | None:
        """Return when ``due`` will have something again, or None while there is nothing to send."""
        head = self._items[0] if self._items else None
        has_audio = head is not None and (bool(head.audio) or head.is_complete)
        if not self._is_open or not (has_audio or self._background):
            return None
        return max(now_ms, ceil(self._played_until_ms) - _LEAD_MS + _MESSAGE_MS)

    def _has_room(self, now_ms: int) -> bool:
        return self._played_until_ms - now_ms <= _LEAD_MS - _MESSAGE_MS

    def _find(self, clause: int) -> _Item | None:
        return next((item for item in self._items if item.clause == clause), None)

    def _send(self, ulaw: bytes, now_ms: int) -> PlayAudio:
        self._played_until_ms = max(self._played_until_ms, now_ms) + len(ulaw) / BYTES_PER_MS
        return PlayAudio(self._leg, ulaw)

    def _take(self, item: _Item) -> bytes:
        wanted = _MESSAGE_MS * BYTES_PER_MS
        pieces: list[bytes] = []
        while wanted and item.audio:
            piece = item.audio.popleft()
            if len(piece) > wanted:
                item.audio.appendleft(piece[wanted:])
                piece = piece[:wanted]
            pieces.append(piece)
            wanted -= len(piece)
        message = b"".join(pieces)
        item.queued_bytes -= len(message)
        return message

    def _take_background(self) -> bytes:
        start = self._background_at
        piece = self._background[start : start + _MESSAGE_MS * BYTES_PER_MS]
        self._background_at = (start + len(piece)) % len(self._background)
        return piece


def mark_name(clause: int) -> str:
    """Return the name of the mark behind a clause's last audio."""
    return f"clause-{clause}-end"
