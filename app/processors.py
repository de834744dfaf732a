"""This machine's processors: how many are ours, and threads that leave the event loop its turn on them."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

NICENESS = 5
"""What threads that compute add to their nice value: beside the event loop's thread they count a third."""
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_processors() -> float:
    """Return how many processors this process may use, which containers limit to a fraction (cgroup v2, cpu.max)."""
    processors = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        return min(processors, int(quota) / int(period))
    except (OSError, ValueError):
        return processors  # No container, or one without a limit ("max").


def give_way() -> None:
    """Let other threads go before this one and those that it starts from now on; there is no way back.

    Linux has a nice value for each thread (setpriority(2)); elsewhere nothing happens.
    """
    if hasattr(os, "sched_getaffinity"):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS))


async def run_giving_way(work: Callable[[], T]) -> T:
    """Return what ``work`` returns in a thread that gives way, as do the threads that it starts."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="giving-way", initializer=give_way)
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, work)
    finally:
        pool.shutdown(wait=False)


def busy_s(work: Callable[[], object], threads: int) -> float:
    """Return for how long ``work``, which computes on so many threads, keeps processors busy: the better of two times.

    Neither who else is busy here nor who keeps the machine busy counts: the process's processor time has the one in it,
    the time that passes the other.
    """
    best_s = float("inf")
    for _ in range(2):
        began_s, used_s = time.monotonic(), time.process_time()
        work()
        best_s = min(best_s, threads * (time.monotonic() - began_s), time.process_time() - used_s)
    return best_s
