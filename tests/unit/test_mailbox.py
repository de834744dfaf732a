"""The queue into a call: in order, awake when something comes, bounded for audio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

import pytest

from app.domain.audio import AudioFrame, silence
from app.domain.events import Event, FrameHeard, KeyPressed, TimePassed
from app.domain.legs import Leg
from app.runtime.mailbox import Mailbox
from tests.waiting import until

LAST = KeyPressed(Leg.AGENT, "*")


def frame(sequence: int) -> FrameHeard:
    return FrameHeard(AudioFrame(Leg.CLIENT, sequence, sequence * 20, silence(20)), False)


def never() -> float:
    return asyncio.get_running_loop().time() + 3600


def is_taking(mailbox: Mailbox[list[Event]]) -> bool:
    """Whether somebody takes what comes, and has nothing left to take."""
    return mailbox._delivery is not None and not mailbox._delivery.is_woken


async def until_last(
    mailbox: Mailbox[list[Event]],
    next_wake_s: Callable[[], float] = never,
    on_event: Callable[[Event], None] = lambda _: None,
) -> list[Event]:
    """Return what was delivered, up to ``LAST``."""
    seen: list[Event] = []

    def handle(event: Event) -> list[Event] | None:
        seen.append(event)
        on_event(event)
        return seen if event == LAST else None

    async with asyncio.timeout(10):
        return await mailbox.deliver(handle, next_wake_s)


async def test_events_come_out_in_order_whether_they_came_before_or_meanwhile() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    events = [frame(1), KeyPressed(Leg.AGENT, "1"), frame(2)]
    for event in events:
        mailbox.post(event)
    delivery = asyncio.create_task(until_last(mailbox))
    await asyncio.sleep(0.01)
    mailbox.post(frame(3))
    await asyncio.sleep(0)
    mailbox.post(LAST)
    assert await delivery == [*events, frame(3), LAST]


async def test_what_is_posted_by_the_consumer_comes_after_what_waits() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    mailbox.post(frame(1))
    mailbox.post(frame(2))
    seen = await until_last(mailbox, on_event=lambda event: mailbox.post(LAST) if event == frame(1) else None)
    assert seen == [frame(1), frame(2), LAST]


async def test_nothing_for_a_while_is_an_event_too() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    rings_s = [asyncio.get_running_loop().time() + 0.01]

    def ring(event: Event) -> None:
        rings_s[0] = never()
        mailbox.post(LAST)

    assert await until_last(mailbox, lambda: rings_s[0], ring) == [TimePassed(), LAST]


async def test_a_timer_that_was_put_off_rings_at_the_new_time_only() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    loop = asyncio.get_running_loop()
    rings_s = [loop.time() + 0.02]
    rang_s: list[float] = []

    def hear(event: Event) -> None:
        if isinstance(event, FrameHeard):
            rings_s[0] = loop.time() + 0.08
        elif event == TimePassed():
            rang_s.append(loop.time() - rings_s[0])
            rings_s[0] = never()
            mailbox.post(LAST)

    mailbox.post(frame(1))
    assert await until_last(mailbox, lambda: rings_s[0], hear) == [frame(1), TimePassed(), LAST]
    assert rang_s[0] >= -0.001, "not before"


async def test_a_timer_that_was_set_earlier_rings_earlier() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    rings_s = [never()]

    def hear(event: Event) -> None:
        if isinstance(event, FrameHeard):
            rings_s[0] = asyncio.get_running_loop().time() + 0.01
        elif event == TimePassed():
            mailbox.post(LAST)

    delivery = asyncio.create_task(until_last(mailbox, lambda: rings_s[0], hear))
    await asyncio.sleep(0)
    mailbox.post(frame(1))
    assert (await delivery)[:2] == [frame(1), TimePassed()]


@pytest.mark.parametrize("bug", [KeyError("a bug"), StopIteration()])
async def test_a_bug_of_the_consumer_ends_the_delivery(bug: Exception) -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()

    def raise_it(_: Event) -> None:
        raise bug

    mailbox.post(frame(1))
    with pytest.raises((KeyError, RuntimeError)):
        await until_last(mailbox, on_event=raise_it)


async def test_who_stops_waiting_is_given_nothing_any_more() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    seen: list[Event] = []
    delivery = asyncio.create_task(until_last(mailbox, on_event=seen.append))
    await asyncio.sleep(0.01)
    delivery.cancel()
    mailbox.post(frame(1))
    await asyncio.gather(delivery, return_exceptions=True)
    mailbox.post(frame(2))
    await asyncio.sleep(0.01)
    assert seen == []


async def test_events_are_handled_in_the_context_of_the_consumer() -> None:
    whose: ContextVar[str] = ContextVar("whose", default="nobody's")
    mailbox: Mailbox[list[Event]] = Mailbox()
    seen: list[str] = []

    async def consume() -> list[Event]:
        whose.set("the call's")
        return await until_last(mailbox, on_event=lambda _: seen.append(whose.get()))

    delivery = asyncio.create_task(consume())
    await asyncio.sleep(0.01)
    mailbox.post(LAST)
    await delivery
    assert seen == ["the call's"]


def test_audio_is_dropped_and_counted_but_facts_never_are() -> None:
    mailbox: Mailbox[None] = Mailbox()
    for sequence in range(600):
        mailbox.post(frame(sequence))
    mailbox.post(KeyPressed(Leg.CLIENT, "#"))
    assert mailbox.dropped_frames == 100
    taken = [mailbox.take() for _ in range(501)]
    assert taken[-1] == KeyPressed(Leg.CLIENT, "#")
    assert mailbox.take() is None
    mailbox.post(frame(1))
    assert mailbox.dropped_frames == 100, "room again"


async def test_what_is_taken_back_does_not_come_and_the_rest_keeps_its_order() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    events = [frame(1), KeyPressed(Leg.AGENT, "1"), frame(2), KeyPressed(Leg.CLIENT, "1"), LAST]

    def take_back(event: Event) -> None:
        if event == events[0]:
            mailbox.withdraw(lambda waiting: waiting == events[1] or waiting == events[2])

    for event in events:
        mailbox.post(event)
    assert await until_last(mailbox, on_event=take_back) == [events[0], *events[3:]]


async def test_frames_that_were_taken_back_leave_room_for_others() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    for number in range(1000):
        mailbox.post(frame(number))
    assert mailbox.dropped_frames
    dropped = mailbox.dropped_frames
    mailbox.withdraw(lambda event: isinstance(event, FrameHeard))
    assert len(mailbox) == 0
    mailbox.post(frame(1000))
    assert len(mailbox) == 1
    assert mailbox.dropped_frames == dropped


async def test_a_frame_is_taken_at_once_where_nothing_waits_before_it() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    seen: list[Event] = []
    delivery = asyncio.create_task(until_last(mailbox, on_event=seen.append))
    await until(lambda: is_taking(mailbox))
    mailbox.post_frame(frame(1))
    assert seen == [frame(1)]
    mailbox.post(KeyPressed(Leg.AGENT, "1"))
    mailbox.post_frame(frame(2))
    assert seen == [frame(1)], "what was posted before it comes first"
    await until(lambda: len(seen) == 3)
    assert seen == [frame(1), KeyPressed(Leg.AGENT, "1"), frame(2)]
    mailbox.post(LAST)
    await delivery


async def test_a_frame_that_the_consumer_posts_waits_until_it_is_done() -> None:
    caller: ContextVar[str] = ContextVar("caller")
    mailbox: Mailbox[list[Event]] = Mailbox()
    depth = deepest = 0
    contexts: list[str] = []

    def answer(event: Event) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        contexts.append(caller.get())
        if isinstance(event, TimePassed) or event == frame(1):
            mailbox.post_frame(frame(2))
        depth -= 1

    rings_s = asyncio.get_running_loop().time() + 0.02
    caller.set("the consumer")
    delivery = asyncio.create_task(
        until_last(mailbox, lambda: rings_s if len(contexts) < 3 else never(), on_event=answer)
    )
    caller.set("a socket")
    await until(lambda: is_taking(mailbox))
    mailbox.post_frame(frame(1))
    await until(lambda: len(contexts) == 4)
    mailbox.post(LAST)
    assert await delivery == [frame(1), frame(2), TimePassed(), frame(2), LAST]
    assert deepest == 1
    assert set(contexts) == {"the consumer"}


async def test_a_frame_before_anybody_listens_waits() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()
    mailbox.post_frame(frame(1))
    mailbox.post(LAST)
    assert await until_last(mailbox) == [frame(1), LAST]


async def test_a_frame_on_which_the_consumer_fails_is_the_consumers_failure() -> None:
    mailbox: Mailbox[list[Event]] = Mailbox()

    def fail(event: Event) -> None:
        raise ZeroDivisionError

    delivery = asyncio.create_task(until_last(mailbox, on_event=fail))
    await until(lambda: is_taking(mailbox))
    mailbox.post_frame(frame(1))
    with pytest.raises(ZeroDivisionError):
        await delivery


async def test_nothing_is_given_once_there_is_a_result() -> None:
    mailbox: Mailbox[str] = Mailbox()
    given: list[Event] = []

    def handle(event: Event) -> str:
        given.append(event)
        return "over"

    delivery = asyncio.create_task(mailbox.deliver(handle, never))
    await until(lambda: mailbox._delivery is not None and not mailbox._delivery.is_woken)
    for sequence in range(1, 4):
        mailbox.post_frame(frame(sequence))
    assert await delivery == "over"
    assert given == [frame(1)]
    assert len(mailbox) == 2
