"""A real server in a process of its own, configured for one call on this machine."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.config import PROJECT_ROOT
from app.errors import ConfigError

_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 15.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class RunningBridge:
    url: str
    admin_api_key: str
    ready_s: float
    """From the start of the process to its first healthy answer."""


@asynccontextmanager
async def running_bridge(environment: dict[str, str], port: int, log_path: Path) -> AsyncIterator[RunningBridge]:
    """Start `uvicorn app.main:app`, wait until it can take calls, and stop it at the end.

    Raises ConfigError, with the end of the server's own words, when it does not get that far.
    """
    admin_api_key = secrets.token_urlsafe(16)
    began_s = time.monotonic()
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)),
            cwd=PROJECT_ROOT,
            env={**os.environ, **environment, "ADMIN_API_KEY": admin_api_key},
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        await _wait_until_healthy(process, url, log_path)
        yield RunningBridge(url, admin_api_key, time.monotonic() - began_s)
    finally:
        await _stop(process)


async def _wait_until_healthy(process: asyncio.subprocess.Process, url: str, log_path: Path) -> None:
    deadline_s = time.monotonic() + _READY_TIMEOUT_S
    async with httpx.AsyncClient(timeout=2.0) as client:
        while time.monotonic() < deadline_s:
            if process.returncode is not None:
                raise ConfigError(f"the server did not start; {log_path} ends with:\n{_last_words(log_path)}")
            try:
                if (await client.get(f"{url}/health")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(_POLL_S)
    raise ConfigError(f"the server was not ready in {_READY_TIMEOUT_S:g} s; see {log_path}")


def _last_words(log_path: Path) -> str:
    return log_path.read_text(encoding="utf-8", errors="replace").strip()[-800:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
