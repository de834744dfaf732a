"""The workers of one machine as a fleet: what they ask, and tell each other, goes through the supervisor's sockets."""

from __future__ import annotations

import asyncio

import pytest

from app.errors import FleetError
from app.fleet.base import Line, LineAnswer, Roll
from app.workers.fleet import WorkersFleet
from tests.integration.test_workers_door import PATIENCE_S, House, house, until


def fleets(at: House) -> list[WorkersFleet]:
    return [WorkersFleet(f"instance-{worker.siblings.index}", worker.siblings) for worker in at.workers]


async def test_a_call_is_known_to_all_until_it_ends_or_its_worker_dies() -> None:
    async with house() as at:
        one, other = fleets(at)
        assert (await one.take_line("s1", "CA1")).line is Line.GIVEN
        assert await other.take_line("s2", "CA1") == LineAnswer(Line.HELD_ELSEWHERE, "instance-0")
        assert (await other.holder("CA1"), await one.holder("CA1")) == ("instance-0", None)
        one.hold("s3", "CA3")
        await until(lambda: other.roll == Roll(2, 2))
        one.release("s1")
        await until(lambda: other.roll == Roll(2, 1))
        assert await other.holder("CA1") is None
        await at.workers[0].aclose()
        await until(lambda: other.roll == Roll(1, 0))
        assert (await other.take_line("s4", "CA3")).line is Line.GIVEN


async def test_messages_reach_the_one_or_all_the_others() -> None:
    async with house() as at:
        heard: list[list[bytes]] = [[], []]
        one, other = fleets(at)
        running = [asyncio.create_task(fleet.run(heard[index].append)) for index, fleet in enumerate((one, other))]
        await asyncio.sleep(0)
        one.send(b"to all")
        one.send(b"to the other", "instance-1")
        one.send(b"to nobody", "instance-9")
        other.send(b"back", "instance-0")
        await until(lambda: len(heard[1]) == 2 and len(heard[0]) == 1)
        assert heard == [[b"back"], [b"to all", b"to the other"]]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_orders_are_counted_for_all_and_a_worker_alone_says_so() -> None:
    async with house() as at:
        one, other = fleets(at)
        waits = [await fleet.take_order() for fleet in (one, other) * 5]
        assert waits == [0.0] * 10
        assert 0 < await other.take_order() <= 60
        assert not one.trouble
        for link in at.hub.ready():
            link.close()
        async with asyncio.timeout(PATIENCE_S):
            await until(lambda: bool(one.trouble))
        assert (await one.take_line("s1", "CA1")).line is Line.GIVEN, "its own limits are left"
        with pytest.raises(FleetError):
            await one.holder("CA1")
