"""The way out of a recogniser's stream."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.transcripts import Transcript
from app.errors import ProviderTimeout, ProviderUnavailable
from app.stt.transcript_feed import MAX_UNREAD, TranscriptFeed


def final(utterance: int) -> Transcript:
    return Transcript(utterance=utterance, stable=f"words {utterance}", is_final=True)


async def test_what_is_put_comes_out_in_order_whether_it_waits_or_is_waited_for() -> None:
    feed = TranscriptFeed("test")
    feed.put(final(1))
    feed.put(final(2))
    assert [await anext(feed), await anext(feed)] == [final(1), final(2)]
    reader = asyncio.ensure_future(anext(feed))
    await asyncio.sleep(0)
    feed.put(final(3))
    assert await reader == final(3)


async def test_an_unread_interim_gives_way_to_what_follows_it_in_its_utterance() -> None:
    feed = TranscriptFeed("test")
    feed.put(Transcript(1, "a"))
    feed.put(Transcript(1, "a b"))
    feed.put(final(1))
    feed.put(Transcript(2, "c"))
    assert [await anext(feed), await anext(feed)] == [final(1), Transcript(2, "c")]
    assert feed.interims_replaced == 2


async def test_a_reader_that_stalls_fails_the_feed_and_still_gets_what_waited() -> None:
    feed = TranscriptFeed("test")
    for utterance in range(MAX_UNREAD + 1):
        feed.put(final(utterance))
    assert feed.is_over
    assert [(await anext(feed)).utterance for _ in range(MAX_UNREAD)] == list(range(MAX_UNREAD))
    with pytest.raises(ProviderUnavailable, match="reader-stalled"):
        await anext(feed)


async def test_a_failure_comes_after_what_was_said_and_the_first_one_counts() -> None:
    feed = TranscriptFeed("test")
    feed.put(final(1))
    feed.fail(ProviderTimeout("test", "slow"))
    feed.fail(ProviderUnavailable("test", "gone"))
    feed.put(final(2))
    assert await anext(feed) == final(1)
    with pytest.raises(ProviderTimeout):
        await anext(feed)


async def test_close_ends_a_waiting_reader() -> None:
    feed = TranscriptFeed("test")

    async def read_all() -> list[Transcript]:
        return [transcript async for transcript in feed]

    reader = asyncio.ensure_future(read_all())
    await asyncio.sleep(0)
    feed.close()
    assert await reader == []
    feed.put(final(1))
    assert [transcript async for transcript in feed] == []
