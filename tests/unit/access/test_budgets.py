"""Nobody gets more than their budget, nobody pays for another, and what is counted is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.budgets import Budget, Budgets, address_of
from app.access.message_budget import MessageBudget
from app.access.storage import BoundedMemory
from app.errors import ConfigError

T = TypeVar("T")
EPOCH_S = 1_800_000_000.0


def run(work: Coroutine[None, None, T]) -> T:
    return asyncio.run(work)


class Till:
    """Budgets with a clock that is set by hand."""

    def __init__(self, amount: int) -> None:
        self.now_s = EPOCH_S
        self.budgets = Budgets(dict.fromkeys(Budget, amount), clock_s=lambda: self.now_s)

    def spend(self, who: str, budget: Budget = Budget.API) -> float:
        return run(self.budgets.spend(budget, who))

    def overdrawn(self, who: str) -> float:
        return run(self.budgets.overdrawn(Budget.API, who))


def test_who_spent_all_waits_and_nobody_else_does() -> None:
    till = Till(3)
    assert [till.spend("a") for _ in range(3)] == [0.0] * 3
    assert till.overdrawn("a") > 0
    assert till.spend("a") > 0
    assert till.spend("b") == till.spend("a", Budget.ANONYMOUS) == till.overdrawn("b") == 0.0


def test_looking_spends_nothing() -> None:
    till = Till(1)
    assert [till.overdrawn("a") for _ in range(5)] == [0.0] * 5
    assert till.spend("a") == 0.0


@given(st.lists(st.floats(0.0, 40.0), min_size=1, max_size=40), st.integers(1, 4))
def test_no_minute_of_the_clock_has_more_and_who_waits_as_told_may_go_on(pauses_s: list[float], amount: int) -> None:
    till = Till(amount)
    spent_at: list[float] = []
    for pause_s in pauses_s:
        till.now_s += pause_s
        wait_s = till.spend("a")
        if wait_s:
            assert 0 < wait_s <= 60.0
            till.now_s += wait_s
            assert till.spend("a") == 0.0
        spent_at.append(till.now_s)
    for at_s in spent_at:
        assert sum(at_s <= other_s < at_s + 60.0 for other_s in spent_at) <= 2 * amount, "two windows at most"


def test_counters_are_bounded_and_the_oldest_goes_first() -> None:
    async def counted() -> tuple[int, int, int]:
        memory = BoundedMemory(maximum=100, clock_s=lambda: EPOCH_S)
        for number in range(1000):
            await memory.incr(str(number), 60)
            assert len(memory) <= 100
        return len(memory), await memory.get("0"), await memory.get("999")

    assert run(counted()) == (100, 0, 1)


def test_counters_that_are_over_are_forgotten_without_being_asked_for() -> None:
    now_s = EPOCH_S

    async def counted() -> int:
        nonlocal now_s
        memory = BoundedMemory(clock_s=lambda: now_s)
        for number in range(1000):
            await memory.incr(str(number), 60)
            now_s += 1.0
        return len(memory)

    assert run(counted()) <= 60


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("not an address", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_is_counted_as_what_its_holder_cannot_change(host: str, counted_as: str) -> None:
    assert address_of((host, 1)) == counted_as


def test_without_an_address_all_are_one() -> None:
    assert address_of(None) == address_of(("garbage", 0)) == "unknown"


@pytest.mark.parametrize("url", ["nonsense", "memcached://host", "redis://host:port/0"])
def test_a_storage_that_cannot_be_is_told_without_its_address(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        Budgets(dict.fromkeys(Budget, 1), url)
    assert url not in str(caught.value)


def test_a_storage_that_is_away_is_stood_in_for() -> None:
    budgets = Budgets(dict.fromkeys(Budget, 2), "redis://127.0.0.1:9/0")

    async def spend() -> list[bool]:
        spent = [await budgets.spend(Budget.API, "a") > 0 for _ in range(3)]
        await budgets.aclose()
        return spent

    assert run(spend()) == [False, False, True]


@given(st.lists(st.floats(0.0, 3.0), max_size=300), st.integers(1, 20), st.floats(0.5, 10.0))
def test_a_socket_may_send_a_burst_and_then_so_many_a_second(pauses_s: list[float], burst: int, per_s: float) -> None:
    budget = MessageBudget(burst, per_s)
    now_s, taken = 500.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        taken += budget.take(now_s)
        assert taken <= burst + (now_s - 500.0) * per_s + 1e-6


def test_who_keeps_to_the_rate_is_never_cut_off() -> None:
    budget = MessageBudget(5, 50.0)
    assert all(budget.take(100.0 + number / 50.0) for number in range(1000))
