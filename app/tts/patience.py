"""How long to wait for a voice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from app.domain.audio import BYTES_PER_MS

_BYTES_PER_S = BYTES_PER_MS * 1000


class Patience:
    """A voice's mu-law pieces, waited for as long as whoever listens would.

    Each piece may take ``limit_s``, and all together ``behind_s`` longer than they last: of a voice that is slower than
    speech every piece may be in time, and its listener waits all the same. Time that the consumer takes does not count.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], limit_s: float, behind_s: float, first: bytes | None = None
    ) -> None:
        """``first`` is what came before; whoever opened ``pieces`` closes them."""
        self._pieces = pieces
        self._limit_s = limit_s
        self._left_s = behind_s + _seconds(first)
        self._clock = asyncio.get_running_loop().time

    async def next(self) -> bytes | None:
        """Return the next piece, None behind the last. Raises TimeoutError, and what the voice raises."""
        asked_at_s = self._clock()
        async with asyncio.timeout(min(self._limit_s, self._left_s)):
            piece = await anext(self._pieces, None)
        self._left_s += _seconds(piece) - (self._clock() - asked_at_s)
        return piece


def _seconds(piece: bytes | None) -> float:
    return len(piece or b"") / _BYTES_PER_S
