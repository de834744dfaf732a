"""A real server in a process of its own, with an emulator for its Twilio: everything a call on one machine needs."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.config import PROJECT_ROOT
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.errors import ConfigError

TWILIO_NUMBER = "+34910000001"
AGENT_NUMBER = "+34910000002"
PUBLIC_URL = "https://puente.example"
_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 15.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Desk:
    emulator: Emulator
    http: httpx.AsyncClient
    """Towards the server, with the administrators' key."""
    ready_s: float
    """From the start of the server's process to its first healthy answer."""


@asynccontextmanager
async def running_desk(folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[Desk]:
    """Start `uvicorn app.main:app` and an emulator, wait until a call can be taken, and stop both at the end.

    The server's database and log are in ``folder``; ``settings`` are environment variables besides Twilio's.
    Raises ConfigError, with the end of the server's own words, when it does not get that far.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = EmulatorConfig(
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        server_url=url,
        public_url=PUBLIC_URL,
    )
    admin_api_key = secrets.token_urlsafe(16)
    headers = {"Authorization": f"Bearer {admin_api_key}"}
    async with (
        Emulator(config) as emulator,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=5.0, trust_env=False) as http,
    ):
        environment = {
            "TWILIO_ACCOUNT_SID": config.account_sid,
            "TWILIO_AUTH_TOKEN": config.auth_token,
            "TWILIO_PHONE_NUMBER": TWILIO_NUMBER,
            "TWILIO_API_BASE_URL": emulator.rest_url,
            "WEBHOOK_BASE_URL": PUBLIC_URL,
            "AGENT_PHONE_NUMBER": AGENT_NUMBER,
            "ADMIN_API_KEY": admin_api_key,
            "TRANSCRIPTS": "full",
            "LOCAL_CAPACITY_CALLS": "50",  # How many there are at once is for whoever sits at the desk to say.
            "JOURNAL_DIR": str((folder / "journal").resolve()),
            "DATABASE_URL": f"sqlite:///{(folder / 'puente.db').resolve()}",
            **(settings or {}),
        }
        log_path = folder / "server.log"
        began_s = time.monotonic()
        process = await _start(environment, port, log_path)
        try:
            await _wait_until_ready(process, http, log_path)
            yield Desk(emulator, http, time.monotonic() - began_s)
        finally:
            await stop(process, _STOP_TIMEOUT_S)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _start(environment: Mapping[str, str], port: int, log_path: Path) -> asyncio.subprocess.Process:
    with log_path.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)),
            cwd=PROJECT_ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )


async def _wait_until_ready(process: asyncio.subprocess.Process, http: httpx.AsyncClient, log_path: Path) -> None:
    deadline_s = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if process.returncode is not None:
            raise ConfigError(
                f"the server did not start, it ended with {process.returncode}; {log_path} ends with:\n"
                f"{_last_words(log_path)}"
            )
        try:
            if (await http.get("/ready")).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(_POLL_S)
    raise ConfigError(f"the server was not ready in {_READY_TIMEOUT_S:g} s; see {log_path}")


def _last_words(log_path: Path) -> str:
    return log_path.read_text(encoding="utf-8", errors="replace").strip()[-800:]


async def stop(process: asyncio.subprocess.Process, timeout_s: float) -> None:
    """Ask a server to end, and end it where it has not in that time."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(timeout_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
