"""What providers bill is counted for the call that asked, whatever task does it."""

from __future__ import annotations

import asyncio

from app.domain.usage import Stage, UsageKey, UsageUnit
from app.usage import Meter, count_usage, metered


def _count(amount: int) -> None:
    count_usage(Stage.TRANSLATION, "vendor", UsageUnit.CHARACTERS, amount)


async def _call(meter: Meter, amounts: list[int]) -> None:
    async def ask(amount: int) -> None:
        await asyncio.sleep(0)
        _count(amount)

    with metered(meter):
        await asyncio.gather(*(asyncio.create_task(ask(amount)) for amount in amounts))


async def test_calls_at_the_same_time_are_counted_apart() -> None:
    first, second = Meter(), Meter()
    await asyncio.gather(_call(first, [1, 2, 3]), _call(second, [10, 20]))
    key = UsageKey(Stage.TRANSLATION, "vendor", UsageUnit.CHARACTERS)
    assert (first[key], second[key]) == (6, 30)


def test_outside_a_call_nothing_is_counted() -> None:
    meter = Meter()
    with metered(meter):
        pass
    _count(5)
    assert not meter
