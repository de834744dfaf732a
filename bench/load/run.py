"""One run: calls ramp up on a server, talk while it is measured, and are hung up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from bench.load.calls import Call, DirectCall
from bench.load.carrier import Exchange
from bench.load.pace import Pacer
from bench.load.phone import Findings
from bench.load.probe import probe_webhooks
from bench.load.report import percentile
from bench.load.servers import Server, free_port, serving
from bench.load.wave import PAUSE_MS, waves

FINAL_MS, TRANSLATION_MS, FIRST_MS = 200, 100, 150
"""The scripted providers' latencies."""
STUBS_MS = FINAL_MS + TRANSLATION_MS + FIRST_MS
SETTLE_S = 5.0
"""Between the last call's beginning and the measurement."""
GENERATOR_CORE, SERVER_CORE = 0, 1
ADMIN_API_KEY = "bench"
COST = "CPU ms per stream-second"
"""The figure by which servers are compared."""
_LONGEST_S = 3 * 3600.0

SCRIPTED = {
    "STT_PROVIDER": "scripted",
    "TRANSLATION_PROVIDER": "scripted",
    "TTS_PROVIDER": "scripted",
    "SCRIPTED_STT_FINAL_MS": str(FINAL_MS),
    "SCRIPTED_TRANSLATION_MS": str(TRANSLATION_MS),
    "SCRIPTED_TTS_FIRST_MS": str(FIRST_MS),
    "SPECULATIVE_TRANSLATION": "false",  # It would hide the translator's latency, and with it some of ours.
}


class AnyCall(Protocol):
    async def begin(self) -> None: ...

    async def end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Load:
    calls: int
    ramp_s: float
    duration_s: float

    @property
    def longest_s(self) -> float:
        return min(_LONGEST_S, self.ramp_s + self.duration_s + SETTLE_S + 60.0)


@dataclass(frozen=True, slots=True)
class Held:
    """Calls, or streams by twos, that talk on a server."""

    server: Server
    pacer: Pacer
    """Of all their telephones, and of no other."""
    streams: int

    async def cost_ms(self, duration_s: float) -> float:
        """Return the processor time that a second of a stream takes in the server, in so many seconds from now."""
        before_s = self.server.cpu_s()
        await asyncio.sleep(duration_s)
        return (self.server.cpu_s() - before_s) * 1000 / (self.streams * duration_s)


def use_cores() -> int | None:
    """Keep this process off the server's core; return that core, None where there is only one."""
    cores = os.sched_getaffinity(0)
    if len(cores) < 2:
        return None
    os.sched_setaffinity(0, {GENERATOR_CORE})
    return SERVER_CORE


@asynccontextmanager
async def bridge(
    folder: Path, core: int | None, settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Exchange, Server]]:
    """Run the bridge as `python -m app serve` does, with a database of its own, and a carrier for it."""
    port = free_port()
    async with Exchange(f"http://127.0.0.1:{port}") as exchange:
        environment = {
            "DATABASE_URL": f"sqlite:///{(folder / 'bench.db').resolve()}",
            "JOURNAL_DIR": str((folder / "journal").resolve()),
            "ADMIN_API_KEY": ADMIN_API_KEY,
            "UTTERANCE_PAUSE_MS": str(PAUSE_MS),
            "CONSENT_ANNOUNCEMENT": "false",  # It takes time to say.
            "MAX_CONCURRENT_CALLS": "1000",
            "ADMISSION_MAX_LAG_MS": "10000",  # Who measures wants the load that they asked for.
            "MEDIA_SOCKETS_PER_MINUTE": "1000000",
            "LOG_LEVEL": "info",
            **SCRIPTED,
            **exchange.settings(),
            **(settings or {}),
        }
        command = ("-m", "bench.load.observed")
        async with serving(command, folder, environment=environment, core=core, port=port) as server:
            yield exchange, server


@asynccontextmanager
async def holding(server: Server, pacer: Pacer, calls: Sequence[AnyCall], ramp_s: float) -> AsyncIterator[Held]:
    """Begin the calls evenly over that time, and hang them up in the end. Raises what goes wrong."""

    async def begin(number: int, call: AnyCall) -> None:
        await asyncio.sleep(ramp_s * number / len(calls))
        await call.begin()

    async with asyncio.TaskGroup() as group:
        for number, call in enumerate(calls):
            group.create_task(begin(number, call))
    await asyncio.sleep(SETTLE_S)
    yield Held(server, pacer, 2 * len(calls))
    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(call.end())


async def measure_bridge(
    exchange: Exchange,
    server: Server,
    load: Load,
    stubs_ms: float = STUBS_MS,
    then: Callable[[Held], Awaitable[None]] | None = None,
) -> dict[str, float | int | str | None]:
    """Hold so many calls; return what they cost and how late they were beyond their providers' latencies.

    ``then`` is given the calls when they are measured, before they are hung up.
    """
    pacer, findings, parties = Pacer(), Findings(), waves(load.longest_s)

    def new_call() -> Call:
        return Call(exchange, pacer, parties, findings, stubs_ms)

    async with holding(server, pacer, [new_call(), new_call()], 0.0):
        pass
    await asyncio.sleep(1.0)
    base_bytes = server.resident_bytes()
    calls = [new_call() for _ in range(load.calls)]
    async with holding(server, pacer, calls, load.ramp_s) as held:
        cost_ms = await _measured(held, findings, load.duration_s)
        latest_ms, resident_bytes = pacer.latest_ms, server.resident_bytes()
        webhooks_ms = await probe_webhooks(exchange, server.port)
        if then is not None:
            await then(held)
    pacer.close()
    counters = await _counters(server)
    return {
        "calls": load.calls,
        "seconds": load.duration_s,
        COST: cost_ms,
        "core used %": cost_ms * held.streams / 10,
        "clauses heard": findings.clauses,
        "added ms p50": percentile(findings.added_ms, 50),
        "added ms p95": percentile(findings.added_ms, 95),
        "added ms max": max(findings.added_ms, default=None),
        "judged": len(findings.added_ms),
        "queued behind another": findings.queued,
        "missing": findings.missing,
        "late frames": len(findings.late_ms),
        "latest frame ms": max(findings.late_ms, default=0.0),
        "frames dropped": counters["puente_dropped_frames_total"],
        "webhook ms p95": percentile(webhooks_ms, 95),
        "webhook to audio ms p50": percentile([call.greeting_ms for call in calls if call.greeting_ms], 50),
        "base MiB": base_bytes / 2**20,
        "MiB per call": (resident_bytes - base_bytes) / 2**20 / load.calls,
        "server ready s": server.ready_s,
        "generator late ms max": latest_ms,
    }


@asynccontextmanager
async def holding_streams(server: Server, load: Load, findings: Findings) -> AsyncIterator[Held]:
    """Hold as many streams on a server that knows no calls."""
    pacer, parties = Pacer(), waves(load.longest_s)
    calls = [DirectCall(f"{server.url}/ws", pacer, parties, findings) for _ in range(load.calls)]
    async with holding(server, pacer, calls, load.ramp_s) as held:
        yield held
    pacer.close()


async def measure_direct(server: Server, load: Load) -> dict[str, float | int | str | None]:
    """Hold as many streams on a server that knows no calls, and return what they cost."""
    findings, base_bytes = Findings(), server.resident_bytes()
    async with holding_streams(server, load, findings) as held:
        cost_ms = await _measured(held, findings, load.duration_s)
        latest_ms, resident_bytes = held.pacer.latest_ms, server.resident_bytes()
    return {
        "calls": load.calls,
        "seconds": load.duration_s,
        COST: cost_ms,
        "core used %": cost_ms * held.streams / 10,
        "audio messages back": findings.audio_messages,
        "base MiB": base_bytes / 2**20,
        "MiB per call": (resident_bytes - base_bytes) / 2**20 / load.calls,
        "generator late ms max": latest_ms,
    }


async def _measured(held: Held, findings: Findings, duration_s: float) -> float:
    """Let the phones note what they hear for so long; return what a second of a stream costs meanwhile."""
    held.pacer.latest_ms = 0.0
    findings.is_on = True
    cost_ms = await held.cost_ms(duration_s)
    findings.is_on = False
    return cost_ms


async def _counters(server: Server) -> dict[str, float]:
    """Return the server's metrics that have no labels."""
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Authorization": f"Bearer {ADMIN_API_KEY}", "Accept": "text/plain"}
        text = (await http.get(f"{server.url}/metrics", headers=headers)).raise_for_status().text
    lines = (line.split(" ") for line in text.splitlines() if not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value in lines}
