"""What every local voice has: speech that sounds as it is told to, sent at the pace that it is told."""

from __future__ import annotations

import asyncio
import audioop
import math
import struct
from collections.abc import AsyncIterator, Callable

from tests.vendors.server import Vendor

MS_PER_CHARACTER = 65
PIECE_BYTES = 2400


class SpeakingVendor(Vendor):
    """A voice. Its speech is a vowel, 65 ms for each character of text, unless a test wants another."""

    def __init__(self) -> None:
        super().__init__()
        self.sound_of: Callable[[str], bytes] = lambda text: vowel(len(text) * MS_PER_CHARACTER)
        """What a text sounds like: mu-law."""
        self.pace: float | None = None
        """How many times faster than it is heard speech is sent; None sends it at once."""

    async def pieces(self, text: str) -> AsyncIterator[bytes]:
        """Yield the speech, mu-law, as it is sent."""
        speech = self.sound_of(text)
        for start in range(0, len(speech), PIECE_BYTES):
            yield speech[start : start + PIECE_BYTES]
            await asyncio.sleep(PIECE_BYTES / 8000 / self.pace if self.pace else 0.0)


def vowel(milliseconds: int) -> bytes:
    """Return mu-law: the first harmonics of 120 Hz."""
    harmonics = range(1, 12)
    samples = [int(2500 * sum(math.sin(2 * math.pi * 120 * k * n / 8000) / k for k in harmonics)) for n in range(200)]
    period = audioop.lin2ulaw(struct.pack(f"<{len(samples)}h", *samples), 2)
    length = milliseconds * 8
    return (period * (length // len(period) + 1))[:length]
