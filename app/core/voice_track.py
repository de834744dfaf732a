"""The audio of the clauses that wait for one loudspeaker, and its shape: tempo and pauses."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from app.core.sound import Sound
from app.domain.audio import BYTES_PER_MS

_PIECE_BYTES = 100 * BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class Pace:
    """How what is played now is shaped."""

    speed: float = 1.0
    trims_pauses: bool = False
    catch_up: float = 1.0
    """The part of the speed that is there to catch up: what is counted."""


@dataclass(slots=True)
class _Item:
    clause: int
    audio: deque[bytes] = field(default_factory=deque)
    queued_bytes: int = 0
    is_complete: bool = False
    is_flushed: bool = False


class VoiceTrack:
    """Clauses in the order of their first audio. It is shaped when it is taken: what waits can still change."""

    def __init__(self, sound: Sound) -> None:
        self._items: deque[_Item] = deque()
        self._trimmer = sound.trimmer()
        self._stretcher = sound.stretcher()
        self._shaped = b""
        """Audio of the first clause that is ready to go."""
        self._paced_bytes: Counter[float] = Counter()
        self._trimmed_ms = 0

    @property
    def clause(self) -> int | None:
        """The clause whose turn it is."""
        return self._items[0].clause if self._items else None

    @property
    def clauses(self) -> tuple[int, ...]:
        """Every clause with audio here, in order."""
        return tuple(item.clause for item in self._items)

    @property
    def has_audio(self) -> bool:
        """Whether something can be taken now, if only the end of a clause."""
        return bool(self._items) and (bool(self._items[0].audio) or bool(self._shaped) or self._items[0].is_complete)

    @property
    def is_at_end(self) -> bool:
        """Whether the first clause was taken to its end."""
        head = self._items[0] if self._items else None
        return head is not None and head.is_flushed and not self._shaped

    def add(self, clause: int, ulaw: bytes) -> None:
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

    def clear(self) -> None:
        self._items.clear()
        self._trimmer.flush()
        self._stretcher.flush()
        self._shaped = b""

    def queued_ms(self, clause: int | None = None) -> int:
        """Return how much is here, of one clause or of all; at the voice's own tempo, as far as it is not shaped."""
        items = self._items if clause is None else [item for item in self._items if item.clause == clause]
        shaped = len(self._shaped) if clause is None or clause == self.clause else 0
        return (shaped + sum(item.queued_bytes for item in items)) // BYTES_PER_MS

    def take(self, count: int, pace: Pace) -> bytes:
        """Return up to ``count`` bytes of the first clause, shaped; less when its voice or its end gives no more."""
        item = self._items[0]
        while len(self._shaped) < count and item.audio:
            self._shaped += self._shape(_pop(item), pace)
        if item.is_complete and not item.audio and not item.is_flushed:
            item.is_flushed = True
            self._shaped += self._stretcher.shape(self._trimmer.flush(), pace.speed) + self._stretcher.flush()
        taken, self._shaped = self._shaped[:count], self._shaped[count:]
        return taken

    def drop_first(self) -> int:
        """Forget the first clause, which was taken to its end; return it."""
        return self._items.popleft().clause

    def settle(self) -> tuple[Counter[float], int]:
        """Return the milliseconds taken at each speed of catching up, and those cut as pauses, since last asked."""
        paced_ms = Counter({speed: count // BYTES_PER_MS for speed, count in self._paced_bytes.items()})
        self._paced_bytes.clear()
        trimmed_ms, self._trimmed_ms = self._trimmer.trimmed_ms - self._trimmed_ms, self._trimmer.trimmed_ms
        return paced_ms, trimmed_ms

    def _shape(self, ulaw: bytes, pace: Pace) -> bytes:
        self._paced_bytes[pace.catch_up] += len(ulaw)
        return self._stretcher.shape(self._trimmer.trim(ulaw, pace.trims_pauses), pace.speed)

    def _find(self, clause: int) -> _Item | None:
        return next((item for item in self._items if item.clause == clause), None)


def _pop(item: _Item) -> bytes:
    piece = item.audio.popleft()
    if len(piece) > _PIECE_BYTES:
        item.audio.appendleft(piece[_PIECE_BYTES:])
        piece = piece[:_PIECE_BYTES]
    item.queued_bytes -= len(piece)
    return piece
