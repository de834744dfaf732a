"""A recording whose pieces lie where they were heard, on the call's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.audio import SAMPLE_RATE_HZ, ULAW_SILENCE


def sample_at(at_s: float) -> int:
    """Return the sample that begins at or last before ``at_s``; a hair of float error does not count."""
    return int(at_s * SAMPLE_RATE_HZ + 1e-6)


@dataclass(slots=True)
class Tape:
    """Mu-law 8 kHz from the call's start; silence where nothing was recorded."""

    _pieces: list[tuple[int, bytes]] = field(default_factory=list)

    def record(self, position: int, ulaw: bytes) -> None:
        """Lay ``ulaw`` down at sample ``position``; a later piece covers an earlier one."""
        if ulaw:
            self._pieces.append((position, ulaw))

    def read(self, position: int, length: int) -> bytes:
        """Return ``length`` samples from ``position`` on; for tapes whose pieces were laid down in their order."""
        sound = bytearray(ULAW_SILENCE * length)
        for begin, ulaw in reversed(self._pieces):
            if begin + len(ulaw) <= position:
                break
            wanted = ulaw[max(0, position - begin) : max(0, position + length - begin)]
            start = max(0, begin - position)
            sound[start : start + len(wanted)] = wanted
        return bytes(sound)

    @property
    def length(self) -> int:
        """How many samples lie before the end of the last piece."""
        return max((position + len(ulaw) for position, ulaw in self._pieces), default=0)

    def render(self, length: int | None = None) -> bytes:
        """Return the whole recording from zero, cut or padded with silence to ``length`` samples."""
        wanted = self.length if length is None else length
        sound = bytearray(ULAW_SILENCE * max(wanted, self.length))
        for position, ulaw in self._pieces:
            sound[position : position + len(ulaw)] = ulaw
        return bytes(sound[:wanted])
