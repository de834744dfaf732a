"""Sharing the processors: how many at once, who is next, and that nothing is lost when a waiting one leaves."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ProviderThrottled
from app.tts.turns import Turns


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@settings(deadline=None)
@given(st.integers(1, 3), st.lists(st.tuples(st.floats(0, 9), st.booleans()), max_size=12))
async def test_never_more_than_allowed_and_the_most_urgent_next(
    at_once: int, requests: list[tuple[float, bool]]
) -> None:
    turns = Turns("test", at_once)
    inside = 0
    order: list[float] = []
    gate = asyncio.Event()

    async def work(due_s: float) -> None:
        nonlocal inside
        async with turns.turn(due_s):
            inside += 1
            assert inside <= at_once
            await gate.wait()
            order.append(due_s)
            await settle()
            inside -= 1

    holders = [asyncio.create_task(work(-1.0)) for _ in range(at_once)]
    await settle()
    tasks = [asyncio.create_task(work(due_s)) for due_s, _ in requests]
    await settle()
    assert turns.waiting == len(requests)
    for task, (_, leaves) in zip(tasks, requests, strict=True):
        if leaves:
            task.cancel()
    await settle()
    gate.set()
    await asyncio.gather(*holders, *tasks, return_exceptions=True)
    assert order[at_once:] == sorted(due_s for due_s, leaves in requests if not leaves)
    async with asyncio.timeout(10), turns.turn(0.0):
        assert turns.waiting == 0


async def test_a_turn_given_to_one_who_just_left_is_passed_on() -> None:
    turns = Turns("test", 1)

    async def work() -> None:
        async with turns.turn(0.0):
            pass

    async with turns.turn(0.0):
        leaving, staying = asyncio.create_task(work()), asyncio.create_task(work())
        await settle()
    leaving.cancel()  # its turn is due, and it has not run since
    async with asyncio.timeout(10):
        await staying
    assert leaving.cancelled() or leaving.cancelling()


async def test_a_full_queue_refuses_and_counts() -> None:
    turns = Turns("test", 1, max_waiting=1)

    async def work() -> None:
        async with turns.turn(0.0):
            pass

    async with turns.turn(0.0):
        waiting = asyncio.create_task(work())
        await settle()
        with pytest.raises(ProviderThrottled):
            await work()
    await waiting
    assert turns.refused == 1
