"""One run: calls ramp up on a server, talk while it is measured, and are hung up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
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


async def ramp_up(calls: list[AnyCall], ramp_s: float) -> None:
    """Begin them evenly over that time. Raises the first that failed."""

    async def begin(number: int, call: AnyCall) -> None:
        await asyncio.sleep(ramp_s * number / max(1, len(calls)))
        await call.begin()

    async with asyncio.TaskGroup() as group:
        for number, call in enumerate(calls):
            group.create_task(begin(number, call))


async def hang_up(calls: list[AnyCall]) -> None:
    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(call.end())


async def measure_bridge(
    exchange: Exchange, server: Server, load: Load, stubs_ms: float = STUBS_MS
) -> dict[str, float | int | str | None]:
    """Hold so many calls; return what they cost and how late they were beyond their providers' latencies."""
    pacer, findings, parties = Pacer(), Findings(), waves(load.longest_s)

    def new_call() -> Call:
        return Call(exchange, pacer, parties, findings, stubs_ms)

    warm = [new_call(), new_call()]
    await ramp_up([*warm], 0.0)
    await asyncio.sleep(2.0)
    await hang_up([*warm])
    await asyncio.sleep(1.0)
    base_bytes = server.resident_bytes()
    calls = [new_call() for _ in range(load.calls)]
    await ramp_up([*calls], load.ramp_s)
    await asyncio.sleep(SETTLE_S)
    cpu_s = await _measured(server, findings, pacer, load.duration_s)
    resident_bytes = server.resident_bytes()
    webhooks_ms = await probe_webhooks(exchange, server.port)
    await hang_up([*calls])
    pacer.close()
    counters = await _counters(server)
    streams = 2 * load.calls
    return {
        "calls": load.calls,
        "seconds": load.duration_s,
        "CPU ms per stream-second": cpu_s * 1000 / (streams * load.duration_s),
        "core used %": 100 * cpu_s / load.duration_s,
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
        "generator late ms max": pacer.latest_ms,
    }


async def measure_direct(server: Server, load: Load, path: str = "/ws") -> dict[str, float | int | str | None]:
    """Hold as many streams on a server that knows no calls, and return what they cost."""
    pacer, findings, parties = Pacer(), Findings(), waves(load.longest_s)
    base_bytes = server.resident_bytes()
    calls = [DirectCall(f"{server.url}{path}", pacer, parties, findings) for _ in range(load.calls)]
    await ramp_up([*calls], load.ramp_s)
    await asyncio.sleep(SETTLE_S)
    cpu_s = await _measured(server, findings, pacer, load.duration_s)
    resident_bytes = server.resident_bytes()
    await hang_up([*calls])
    pacer.close()
    return {
        "calls": load.calls,
        "seconds": load.duration_s,
        "CPU ms per stream-second": cpu_s * 1000 / (2 * load.calls * load.duration_s),
        "core used %": 100 * cpu_s / load.duration_s,
        "audio messages back": findings.audio_messages,
        "base MiB": base_bytes / 2**20,
        "MiB per call": (resident_bytes - base_bytes) / 2**20 / load.calls,
        "generator late ms max": pacer.latest_ms,
    }


async def _measured(server: Server, findings: Findings, pacer: Pacer, duration_s: float) -> float:
    """Let the phones note what they hear for so long; return the processor time of the server meanwhile."""
    pacer.latest_ms = 0.0
    findings.is_on = True
    before_s = server.cpu_s()
    await asyncio.sleep(duration_s)
    cpu_s = server.cpu_s() - before_s
    findings.is_on = False
    return cpu_s


async def _counters(server: Server) -> dict[str, float]:
    """Return the server's metrics that have no labels."""
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Authorization": f"Bearer {ADMIN_API_KEY}", "Accept": "text/plain"}
        text = (await http.get(f"{server.url}/metrics", headers=headers)).raise_for_status().text
    lines = (line.split(" ") for line in text.splitlines() if not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value in lines}
