"""The server under attack: a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.config import PROJECT_ROOT
from app.demo.desk import free_port
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.twilio.status import CALL_SID

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "hostile-auth-token"
ADMIN_KEY = "hostile-admin-key"
PUBLIC_URL = "https://bridge.example.com"
_PATIENCE_S = 60.0
_EXPECTED_ERRORS = frozenset({"agent.not_dialled", "leg.not_hung_up"})
"""The calls of this play have no telephones, so the carrier says no; the server says so in its log."""


@dataclass(frozen=True, slots=True)
class State:
    """What must not grow."""

    tasks: int
    connections: int
    resident_mb: float
    live_calls: int


@dataclass
class Target:
    """A running server."""

    port: int
    http: httpx.AsyncClient
    process: asyncio.subprocess.Process
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def state(self) -> State:
        text = (await self.http.get("/metrics")).text
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return State(
            tasks=int(float(values["puente_tasks"])),
            connections=_connections(self.port),
            resident_mb=_resident_mb(self.process.pid),
            live_calls=int(float(values["puente_calls_live"])),
        )

    async def end_calls(self) -> None:
        """Hang every call up, and wait until none is left."""
        async with asyncio.timeout(_PATIENCE_S):
            while (await self.state()).live_calls:
                page = (await self.http.get("/calls", params={"live": "true", "limit": 500})).json()
                for call in page["calls"]:
                    if CALL_SID.fullmatch(call["call_sid"]):
                        await self.http.post(f"/calls/{call['call_sid']}/end")
                await asyncio.sleep(0.2)

    async def settled(self, before: State) -> State:
        """Return the state once it is no more than it was before, or as it is after some time."""
        state = await self.state()
        for _ in range(int(_PATIENCE_S / 0.5)):
            if state.tasks <= before.tasks and state.connections <= before.connections:
                break
            await asyncio.sleep(0.5)
            state = await self.state()
        return state

    def complaints(self) -> list[str]:
        """Return what the log says that an error of ours would say: errors, exceptions, and lines that are no JSON."""
        found = []
        for line in self.log_path.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                found.append(line)
                continue
            is_error = entry.get("level") in ("error", "critical") and entry.get("event") not in _EXPECTED_ERRORS
            if is_error or "exception" in entry:
                found.append(line)
        return found


def _connections(port: int) -> int:
    """Return how many connections to that port are open (proc_pid_net(5): TCP_LISTEN is 0A, TIME_WAIT has no inode)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] != "0A" and row[9] != "0" for row in rows)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@asynccontextmanager
async def target(folder: Path) -> AsyncIterator[Target]:
    """Start `python -m app serve` with scripted providers on SQLite, and an emulated Twilio for what it dials."""
    port = free_port()
    config = EmulatorConfig(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, server_url=f"http://127.0.0.1:{port}", public_url=PUBLIC_URL
    )
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with (
        Emulator(config) as emulator,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30.0, trust_env=False) as http,
    ):
        log_path = folder / "server.log"
        with log_path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app", "serve", "--host", "127.0.0.1", "--port", str(port)),
                cwd=PROJECT_ROOT,
                env={**os.environ, **_environment(folder, emulator.rest_url)},
                stdout=log,
                stderr=log,
            )
        try:
            await _wait_until_ready(http)
            yield Target(port, http, process, log_path)
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        await process.wait()
                except TimeoutError:
                    process.kill()
                    await process.wait()


def _environment(folder: Path, rest_url: str) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_PHONE_NUMBER": "+34910000001",
        "TWILIO_API_BASE_URL": rest_url,
        "WEBHOOK_BASE_URL": PUBLIC_URL,
        "AGENT_PHONE_NUMBER": "+34910000002",
        "ADMIN_API_KEY": ADMIN_KEY,
        "DATABASE_URL": f"sqlite:///{folder / 'puente.db'}",
        "JOURNAL_DIR": str(folder / "journal"),
        "STT_PROVIDER": "scripted",
        "TRANSLATION_PROVIDER": "scripted",
        "TTS_PROVIDER": "scripted",
        "LOG_FORMAT": "json",
        "MAX_CONCURRENT_CALLS": "10000",
        "STREAM_START_TIMEOUT_S": "2",
        "DRAIN_TIMEOUT_S": "1",
        # A machine that is busy with sending must not count as a server that is busy.
        "ADMISSION_MAX_LAG_MS": "10000",
        # Most of what is sent comes from an address of its own; the key is ours and one.
        "API_REQUESTS_PER_MINUTE": "1000000",
        "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
    }


async def _wait_until_ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            try:
                if (await http.get("/ready")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
