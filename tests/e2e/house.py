"""The server as a process of its own, told what to do by signals, with the emulator in front of it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.domain.legs import CallStatus
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from tests import waiting
from tests.e2e.harness import ACCOUNT_SID, ADMIN_API_KEY, AGENT_NUMBER, AUTH_TOKEN, PUBLIC_URL

PATIENCE_S = 60
until = partial(waiting.until, patience_s=PATIENCE_S)

SERVE = ("-m", "app", "serve")
UVICORN = ("-m", "uvicorn", "app.main:app")


@dataclass
class House:
    """A server in a process of its own, and the emulator in front of it."""

    folder: Path
    port: int
    emulator: Emulator
    http: httpx.AsyncClient
    changes: dict[str, str]
    arguments: tuple[str, ...] = ()
    """For `python -m app serve`."""
    command: tuple[str, ...] = SERVE
    """What Python is to run."""
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def log(self) -> str:
        """What the servers have printed."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    async def start(self) -> asyncio.subprocess.Process:
        environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_PHONE_NUMBER": "+34910000001",
            "TWILIO_API_BASE_URL": self.emulator.rest_url,
            "WEBHOOK_BASE_URL": PUBLIC_URL,
            "AGENT_PHONE_NUMBER": AGENT_NUMBER,
            "ADMIN_API_KEY": ADMIN_API_KEY,
            "DATABASE_URL": f"sqlite:///{self.folder / 'puente.db'}",
            "JOURNAL_DIR": str(self.folder / "journal"),
            "STT_PROVIDER": "scripted",
            "TRANSLATION_PROVIDER": "scripted",
            "TTS_PROVIDER": "scripted",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
            "ADMISSION_MAX_LAG_MS": "10000",
            **self.changes,
        }
        with (self.folder / "server.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.command, "--host", "127.0.0.1", "--port", str(self.port)),
                *self.arguments,
                cwd=PROJECT_ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        await until(self.is_ready)
        return process

    async def is_ready(self) -> bool:
        try:
            return (await self.http.get("/ready")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def calls(self) -> list[CallView]:
        listed = (await self.http.get("/calls")).json()["calls"]
        return [CallView.model_validate((await self.http.get(f"/calls/{call['call_sid']}")).json()) for call in listed]


@asynccontextmanager
async def house(folder: Path, *arguments: str, **changes: str) -> AsyncIterator[House]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    config = EmulatorConfig(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, server_url=url, public_url=PUBLIC_URL, propagation_s=30.0
    )
    headers = {"Authorization": f"Bearer {ADMIN_API_KEY}"}
    async with (
        Emulator(config) as emulator,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=10, trust_env=False) as http,
    ):
        here = House(folder, port, emulator, http, changes, arguments)
        try:
            yield here
        finally:
            for process in here.processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


async def exit_code(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()


def is_talking(at: House, count: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        calls = await at.calls()
        return len(calls) == count and all(call.status is CallStatus.IN_PROGRESS and call.utterances for call in calls)

    return reached
