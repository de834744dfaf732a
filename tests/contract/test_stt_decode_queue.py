"""The decode queue: who runs next, what is replaced, what is refused. Workers are held at a gate, so order is exact."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable

import pytest

from app.stt.decode_queue import DecodeQueue, Urgency
from tests.waiting import until


class Gate:
    """Work that waits in its thread until it is let through, and what was done in which order."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.delivered: list[str] = []
        self._open = threading.Semaphore(0)

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            self.started.append(name)
            assert self._open.acquire(timeout=10)
            return name

        return run

    def deliver(self, result: str | BaseException) -> None:
        self.delivered.append(result if isinstance(result, str) else type(result).__name__)

    async def let_through(self, count: int) -> None:
        """Let that many jobs end, and wait until their results are here."""
        wanted = len(self.delivered) + count
        self._open.release(count)
        await until(lambda: len(self.delivered) >= wanted)


@pytest.fixture
async def one_worker() -> AsyncIterator[DecodeQueue[str]]:
    queue: DecodeQueue[str] = DecodeQueue(workers=1)
    yield queue
    await queue.aclose()


def submit(queue: DecodeQueue[str], gate: Gate, urgency: Urgency, key: str, name: str) -> bool:
    return queue.submit(urgency, key, gate.work(name), gate.deliver)


async def test_finals_run_before_decodes_ahead_and_these_before_partials(one_worker: DecodeQueue[str]) -> None:
    gate = Gate()
    submit(one_worker, gate, Urgency.PARTIAL, "a", "running")
    submit(one_worker, gate, Urgency.PARTIAL, "b", "partial")
    submit(one_worker, gate, Urgency.AHEAD, "c", "ahead")
    submit(one_worker, gate, Urgency.FINAL, "d", "final 1")
    submit(one_worker, gate, Urgency.FINAL, "e", "final 2")
    await gate.let_through(5)
    assert gate.delivered == ["running", "final 1", "final 2", "ahead", "partial"]


async def test_a_newer_job_takes_the_place_and_the_turn_of_the_older(one_worker: DecodeQueue[str]) -> None:
    gate = Gate()
    submit(one_worker, gate, Urgency.PARTIAL, "x", "running")
    submit(one_worker, gate, Urgency.PARTIAL, "a", "a old")
    submit(one_worker, gate, Urgency.PARTIAL, "b", "b")
    submit(one_worker, gate, Urgency.PARTIAL, "a", "a new")
    assert one_worker.waiting == 2
    await gate.let_through(3)
    assert gate.delivered == ["running", "a new", "b"]
    assert one_worker.waiting == 0
    assert one_worker.counts.replaced == 1


async def test_partials_are_refused_while_finals_wait(one_worker: DecodeQueue[str]) -> None:
    gate = Gate()
    submit(one_worker, gate, Urgency.FINAL, "a", "running")
    assert submit(one_worker, gate, Urgency.FINAL, "b", "waiting")
    assert not submit(one_worker, gate, Urgency.PARTIAL, "c", "partial")
    assert one_worker.counts.skipped == 1
    await gate.let_through(2)
    assert submit(one_worker, gate, Urgency.PARTIAL, "c", "partial")
    await gate.let_through(1)
    assert gate.delivered == ["running", "waiting", "partial"]


async def test_partials_leave_a_worker_for_the_next_final() -> None:
    queue: DecodeQueue[str] = DecodeQueue(workers=2)
    gate = Gate()
    submit(queue, gate, Urgency.PARTIAL, "a", "partial a")
    submit(queue, gate, Urgency.PARTIAL, "b", "partial b")
    submit(queue, gate, Urgency.FINAL, "c", "final")
    await until(lambda: len(gate.started) == 2)
    assert sorted(gate.started) == ["final", "partial a"]
    await gate.let_through(3)
    assert gate.started[-1] == "partial b"
    await queue.aclose()


async def test_one_stream_never_has_two_partials_running() -> None:
    queue: DecodeQueue[str] = DecodeQueue(workers=3)
    gate = Gate()
    submit(queue, gate, Urgency.PARTIAL, "a", "first")
    submit(queue, gate, Urgency.PARTIAL, "a", "second")
    submit(queue, gate, Urgency.PARTIAL, "b", "other")
    await until(lambda: len(gate.started) == 2)
    assert sorted(gate.started) == ["first", "other"]
    await gate.let_through(3)
    assert gate.started[-1] == "second"
    await queue.aclose()


async def test_a_withdrawn_job_never_runs(one_worker: DecodeQueue[str]) -> None:
    gate = Gate()
    submit(one_worker, gate, Urgency.FINAL, "a", "running")
    submit(one_worker, gate, Urgency.FINAL, "b", "withdrawn")
    await until(lambda: gate.started == ["running"])
    assert one_worker.withdraw(Urgency.FINAL, "b")
    assert not one_worker.withdraw(Urgency.FINAL, "b")
    assert not one_worker.withdraw(Urgency.FINAL, "a"), "what runs cannot be withdrawn"
    await gate.let_through(1)
    assert gate.started == ["running"]


async def test_what_the_work_raises_is_delivered_and_the_worker_goes_on(one_worker: DecodeQueue[str]) -> None:
    gate = Gate()

    def fail() -> str:
        raise RuntimeError

    one_worker.submit(Urgency.FINAL, "a", fail, gate.deliver)
    submit(one_worker, gate, Urgency.FINAL, "b", "next")
    await gate.let_through(2)
    assert gate.delivered == ["RuntimeError", "next"]


async def test_a_closed_queue_takes_nothing_and_leaves_no_thread() -> None:
    queue: DecodeQueue[str] = DecodeQueue(workers=2)
    gate = Gate()
    submit(queue, gate, Urgency.FINAL, "a", "running")
    await gate.let_through(1)
    await queue.aclose()
    await queue.aclose()
    assert not submit(queue, gate, Urgency.FINAL, "b", "late")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
