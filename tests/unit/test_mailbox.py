"""The queue into a call: in order, awake when something comes, bounded for audio."""

from __future__ import annotations

import asyncio

from app.domain.audio import AudioFrame, silence
from app.domain.events import FrameHeard, KeyPressed, TimePassed
from app.domain.legs import Leg
from app.runtime.mailbox import Mailbox


def frame(sequence: int) -> FrameHeard:
    return FrameHeard(AudioFrame(Leg.CLIENT, sequence, sequence * 20, silence(20)), False)


async def test_events_come_out_in_order() -> None:
    mailbox = Mailbox()
    events = [frame(1), KeyPressed(Leg.AGENT, "1"), frame(2)]
    for event in events:
        mailbox.post(event)
    assert [await mailbox.take(0) for _ in events] == events


async def test_nothing_for_a_while_is_an_event_too() -> None:
    assert await Mailbox().take(0.001) == TimePassed()
    assert await Mailbox().take(-5) == TimePassed()


async def test_a_waiting_consumer_wakes_at_once() -> None:
    mailbox = Mailbox()
    taking = asyncio.create_task(mailbox.take(60))
    await asyncio.sleep(0)
    mailbox.post(KeyPressed(Leg.CLIENT, "5"))
    async with asyncio.timeout(10):
        assert await taking == KeyPressed(Leg.CLIENT, "5")


async def test_audio_is_dropped_and_counted_but_facts_never_are() -> None:
    mailbox = Mailbox()
    for sequence in range(600):
        mailbox.post(frame(sequence))
    mailbox.post(KeyPressed(Leg.CLIENT, "#"))
    assert mailbox.dropped_frames == 100
    taken = [await mailbox.take(0) for _ in range(501)]
    assert taken[-1] == KeyPressed(Leg.CLIENT, "#")
    mailbox.post(frame(1))
    assert mailbox.dropped_frames == 100, "room again"
