"""How long a voice is waited for: by piece, and behind its own sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.domain.audio import silence
from app.tts.patience import Patience

LONG = silence(30_000)
LIMIT_S = 30.0


async def voice(*pieces: bytes | float) -> AsyncGenerator[bytes, None]:
    """Yield the pieces; a number is a pause in seconds."""
    for piece in pieces:
        if isinstance(piece, float):
            await asyncio.sleep(piece)
        else:
            yield piece


async def all_of(patience: Patience) -> int:
    count = 0
    while await patience.next() is not None:
        count += 1
    return count


async def test_a_piece_that_takes_too_long_is_not_waited_for_however_much_was_said() -> None:
    patience = Patience(voice(LONG, 60.0, LONG), limit_s=0.1, behind_s=LIMIT_S)
    assert await patience.next() == LONG
    with pytest.raises(TimeoutError):
        await patience.next()


async def test_a_voice_slower_than_its_sound_is_given_up_though_each_piece_is_in_time() -> None:
    trickle = [part for _ in range(500) for part in (0.02, b"\xff")]
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(TimeoutError):
            await all_of(Patience(voice(*trickle), limit_s=LIMIT_S, behind_s=0.4))


@pytest.mark.parametrize("first", [None, LONG])
async def test_whoever_speaks_ahead_may_be_slow_for_so_long(first: bytes | None) -> None:
    pauses = [part for _ in range(15) for part in (0.1, b"\xff")]
    said = voice(*([] if first else [LONG]), *pauses)
    assert await all_of(Patience(said, LIMIT_S, behind_s=1.0, first=first)) == 15 + (first is None)


async def test_time_that_the_consumer_takes_is_not_counted() -> None:
    patience = Patience(voice(b"\xff", b"\xff"), LIMIT_S, behind_s=1.0)
    await patience.next()
    await asyncio.sleep(1.2)
    assert await patience.next() == b"\xff"
    assert await patience.next() is None


async def test_what_the_voice_raises_is_raised() -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield LONG
        raise ConnectionError

    patience = Patience(broken(), LIMIT_S, LIMIT_S)
    await patience.next()
    with pytest.raises(ConnectionError):
        await patience.next()
