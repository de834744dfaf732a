"""Hours of calls that come and go: memory, tasks, sockets and descriptors over time, and what is left at the end.

    python -m bench.soak [--minutes 120] [--calls 50] [--call-seconds 120]

Calls last the given time on average, half to one and a half times as long each, and every one that ends is followed by
a new one. Memory counts from the tenth part of the run on, when every pool and cache has been filled. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from bench.load.calls import Call
from bench.load.carrier import Exchange
from bench.load.pace import Pacer
from bench.load.phone import Findings
from bench.load.report import Figures, report
from bench.load.run import STUBS_MS, bridge, use_cores
from bench.load.servers import Server
from bench.load.wave import waves

_SAMPLES = 60
_WARM_SHARE = 0.1
_END_SHARE = 0.2
"""Of the time that counts, its first and its last part are compared."""
_QUIET_S = 10.0


async def soak(exchange: Exchange, server: Server, options: argparse.Namespace) -> list[tuple[str, Figures]]:
    pacer, findings = Pacer(), Findings(is_on=True)
    parties, random = waves(options.call_seconds * 1.5 + 30), Random(6)
    began_s, duration_s = time.monotonic(), options.minutes * 60
    held = 0

    async def hold(number: int) -> None:
        nonlocal held
        await asyncio.sleep(number * 0.2)
        while time.monotonic() < began_s + duration_s:
            call = Call(exchange, pacer, parties, findings, STUBS_MS)
            await call.begin()
            left_s = began_s + duration_s - time.monotonic()
            await asyncio.sleep(max(0.0, min(left_s, options.call_seconds * random.uniform(0.5, 1.5))))
            await call.end()
            held += 1

    idle = await _sample(server, began_s)
    samples: list[dict[str, float]] = []
    async with asyncio.TaskGroup() as group:
        for number in range(options.calls):
            group.create_task(hold(number))
        while time.monotonic() < began_s + duration_s:
            await asyncio.sleep(duration_s / _SAMPLES)
            samples.append(await _sample(server, began_s))
            print("  ".join(f"{name} {value:g}" for name, value in samples[-1].items()), flush=True)
    await asyncio.sleep(_QUIET_S)
    # A pool of connections to the carrier closes those that are too old when it is asked for one.
    last = Call(exchange, pacer, parties, findings, STUBS_MS)
    await last.begin()
    await last.end()
    await asyncio.sleep(_QUIET_S)
    after = await _sample(server, began_s)
    pacer.close()
    warm = [each for each in samples if each["minute"] >= _WARM_SHARE * options.minutes]
    part = max(1, int(len(warm) * _END_SHARE))
    first, last = (median(each["MiB"] for each in some) for some in (warm[:part], warm[-part:]))
    summary = {
        "calls held": held,
        "clauses heard": findings.clauses,
        "missing": findings.missing,
        "late frames": len(findings.late_ms),
        "MiB at first, warm": first,
        "MiB at last": last,
        "memory grew by %": 100 * (last / first - 1),
    }
    return [("idle before", idle), ("idle after", after), ("run", summary)]


async def _sample(server: Server, began_s: float) -> dict[str, float]:
    return {
        "minute": round((time.monotonic() - began_s) / 60, 2),
        "MiB": round(server.resident_bytes() / 2**20, 1),
        "tasks": await server.tasks(),
        "threads": server.threads(),
        "sockets": server.sockets(),
        "descriptors": server.descriptors(),
        "cpu_s": server.cpu_s(),
    }


async def run(options: argparse.Namespace) -> list[tuple[str, Figures]]:
    core = use_cores()
    with TemporaryDirectory() as scratch:
        async with bridge(Path(scratch), core) as (exchange, server):
            return await soak(exchange, server, options)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--calls", type=int, default=50, help="calls at once")
    parser.add_argument("--call-seconds", type=float, default=120.0, help="how long a call lasts on average")
    options = parser.parse_args()
    report("soak", f"python -m bench.soak {' '.join(sys.argv[1:])}".strip(), asyncio.run(run(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
