"""Hostile inputs against a real server: no 5xx, no unhandled exception, no leak of memory, tasks or connections.

python -m bench.hostile --inputs 10000 --json /tmp/hostile.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.hostile.inputs import Inputs
from bench.hostile.raw import Connection, request
from bench.hostile.server import State, Target, target
from bench.hostile.sockets import attack_stream, drip

SHARES = {"webhooks": 30, "api": 30, "tokens": 12, "barely http": 13, "media streams": 14, "slow": 1}
"""Of a hundred inputs."""
_TENTHS_TO_WARM_UP = 5
"""The first state is taken after half of the inputs: pools and caches have filled."""
_CREEP_MB = 10.0
"""What memory may differ by: an allocator's granularity, not a leak of what 5,000 inputs hold."""


@dataclass
class Kind:
    """What became of the inputs of one kind."""

    inputs: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    """0: the connection was closed without an answer."""
    unanswered: int = 0
    server_errors: list[str] = field(default_factory=list)
    """The seeds of the inputs that were answered 5xx."""


@dataclass(frozen=True, slots=True)
class Verdict:
    kinds: dict[str, Kind]
    before: State
    after: State
    resident_mb: list[float]
    """After each tenth of the inputs."""
    complaints: list[str]
    seconds: float

    @property
    def server_errors(self) -> int:
        return sum(len(kind.server_errors) for kind in self.kinds.values())

    @property
    def unanswered(self) -> int:
        return sum(kind.unanswered for kind in self.kinds.values())

    def problems(self) -> list[str]:
        found = []
        if self.server_errors:
            found.append(f"{self.server_errors} answers 5xx")
        if self.unanswered:
            found.append(f"{self.unanswered} inputs got neither an answer nor a closed connection")
        if self.complaints:
            found.append(f"{len(self.complaints)} errors in the log, the first: {self.complaints[0][:2000]}")
        if self.after.tasks > self.before.tasks:
            found.append(f"tasks: {self.before.tasks} before, {self.after.tasks} after")
        if self.after.connections > self.before.connections:
            found.append(f"connections: {self.before.connections} before, {self.after.connections} after")
        if self.after.resident_mb > self.before.resident_mb + _CREEP_MB:
            found.append(f"memory: {self.before.resident_mb:.1f} MB before, {self.after.resident_mb:.1f} MB after")
        return found


async def attack(folder: Path, inputs: int, seed: int, at_once: int = 16) -> Verdict:
    """Start a server, send everything, and return what became of it."""
    began_s = time.monotonic()
    async with target(folder) as server:
        kinds = {name: Kind() for name in SHARES}
        names = random.Random(seed).choices(list(SHARES), list(SHARES.values()), k=inputs)
        # Each input has a generator of its own: whatever is sent at the same time, a seed means the same inputs.
        made_up = [(name, Inputs(f"{seed}-{number}")) for number, name in enumerate(names)]
        cuts = [inputs * tenth // 10 for tenth in range(11)]
        resident_mb = []
        for tenth, (begin, end) in enumerate(pairwise(cuts), 1):
            await _send_all(server, made_up[begin:end], kinds, at_once)
            if tenth == _TENTHS_TO_WARM_UP:
                before = await _calm(server)
            resident_mb.append(round((await server.state()).resident_mb, 1))
        await server.end_calls()
        after = await server.settled(before)
        return Verdict(kinds, before, after, resident_mb, server.complaints(), time.monotonic() - began_s)


async def _calm(server: Target) -> State:
    await server.end_calls()
    await asyncio.sleep(3.0)
    return await server.state()


async def _send_all(
    server: Target, made_up: Sequence[tuple[str, Inputs]], kinds: dict[str, Kind], at_once: int
) -> None:
    waiting = iter(made_up)

    async def send_some() -> None:
        for name, inputs in waiting:
            kinds[name].inputs += 1
            try:
                status = await _send(server.port, name, inputs)
            except TimeoutError:
                kinds[name].unanswered += 1
            else:
                kinds[name].statuses[status] += 1
                if status >= 500:
                    kinds[name].server_errors.append(f"{inputs.seed}: {status}")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(send_some())


async def _send(port: int, name: str, inputs: Inputs) -> int:
    match name:
        case "webhooks":
            return await _exchange(port, inputs.webhook())
        case "api":
            return await _exchange(port, inputs.api())
        case "tokens":
            return await _exchange(port, inputs.token())
        case "barely http":
            return await _exchange(port, inputs.barely_http(), is_complete=False)
        case "media streams":
            return await attack_stream(inputs, port)
        case _:
            return await drip(port, request("GET", "/health", inputs.proxied()), 0.02)


async def _exchange(port: int, data: bytes, *, is_complete: bool = True) -> int:
    """Send one request and return the status of its answer; one that has no end is given up after a moment."""
    connection = await Connection.open(port)
    try:
        await connection.send(data)
        if is_complete:
            return await connection.status()
        answer = await connection.read_until_closed(0.2)
        return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
    finally:
        await connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        verdict = asyncio.run(attack(Path(folder), options.inputs, options.seed))
    print("| kind | inputs | 2xx | 4xx | 5xx | upgraded | closed | unanswered |\n|---|---|---|---|---|---|---|---|")
    for name, kind in verdict.kinds.items():
        by_class = Counter(status // 100 for status in kind.statuses.elements())
        classes = (by_class[2], by_class[4], by_class[5], by_class[1], by_class[0], kind.unanswered)
        print(f"| {name} | {kind.inputs} | {' | '.join(map(str, classes))} |")
    for name, state in (("before", verdict.before), ("after", verdict.after)):
        print(f"{name}: {state.tasks} tasks, {state.connections} connections, {state.resident_mb:.1f} MB")
    print(f"memory after each tenth: {', '.join(map(str, verdict.resident_mb))} MB")
    print(f"{verdict.seconds:.0f} s; errors in the log: {len(verdict.complaints)}")
    if options.json is not None:
        kinds = {
            name: {
                "inputs": kind.inputs,
                "unanswered": kind.unanswered,
                "statuses": dict(kind.statuses),
                "server_errors": kind.server_errors,
            }
            for name, kind in verdict.kinds.items()
        }
        found = {
            "kinds": kinds,
            "before": asdict(verdict.before),
            "after": asdict(verdict.after),
            "resident_mb": verdict.resident_mb,
            "seconds": verdict.seconds,
            "complaints": verdict.complaints,
            "problems": verdict.problems(),
        }
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    for problem in verdict.problems():
        print(f"PROBLEM: {problem}", file=sys.stderr)
    return 1 if verdict.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
