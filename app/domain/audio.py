"""Telephone audio, as it travels through every room."""

from __future__ import annotations

import msgspec

from app.domain.legs import Leg

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000
BYTES_PER_MS = SAMPLE_RATE_HZ // 1000

ULAW_SILENCE = b"\xff"
"""One sample of mu-law silence."""


class AudioFrame(msgspec.Struct, frozen=True, gc=False):
    """20 ms that one party said.

    A struct, because it is made a hundred times a second and call: a frozen dataclass takes five times as long.
    """

    leg: Leg
    sequence: int
    """Counts the frames of this leg from 1."""
    at_ms: int
    """Where the frame begins: milliseconds since this leg's stream began, by the peer's clock."""
    ulaw: bytes
    """G.711 mu-law at 8 kHz: 160 bytes."""


def duration_ms(ulaw: bytes | bytearray) -> int:
    """Return how long mu-law 8 kHz audio plays."""
    return len(ulaw) // BYTES_PER_MS


def silence(milliseconds: int) -> bytes:
    """Return mu-law silence of that length."""
    return ULAW_SILENCE * (milliseconds * BYTES_PER_MS)
