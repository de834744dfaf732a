"""A server in a process and on a core of its own, and what Linux says of it (proc(5))."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import PROJECT_ROOT
from app.demo.desk import free_port, stop

CENSUS_FILE = "BENCH_CENSUS_FILE"
"""The environment variable that names the file to which ``bench.load.observed`` writes what is in it."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_CENSUS_TIMEOUT_S = 10.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    ready_s: float
    """From the start of the process to its first answer."""
    census: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the processor time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def resident_bytes(self) -> int:
        line = next(each for each in Path(f"/proc/{self.pid}/status").read_text().splitlines() if "VmRSS" in each)
        return int(line.split()[1]) * 1024

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sockets(self) -> int:
        return sum(_link(each).startswith("socket:") for each in Path(f"/proc/{self.pid}/fd").iterdir())

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))

    async def tasks(self) -> int:
        """Return how many asyncio tasks it has; for a server under ``bench.load.observed``."""
        self.census.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        async with asyncio.timeout(_CENSUS_TIMEOUT_S):
            while not self.census.exists():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(_POLL_S)
        return int(json.loads(self.census.read_text())["tasks"])


@asynccontextmanager
async def serving(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
    core: int | None = None,
    port: int | None = None,
) -> AsyncIterator[Server]:
    """Run ``python *command`` until it answers on the port that PORT names, other than 503, and stop it at the end.

    Raises RuntimeError, with the end of its own words, when it does not get that far.
    """
    port = port or free_port()
    census, log_path = folder / "census.json", folder / "server.log"
    began_s = time.monotonic()
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            python,
            *command,
            cwd=PROJECT_ROOT,
            env={**os.environ, "PORT": str(port), CENSUS_FILE: str(census), **(environment or {})},
            stdout=log,
            stderr=log,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )
    try:
        await _wait_until_ready(process, port, log_path)
        yield Server(process.pid, port, time.monotonic() - began_s, census)
    finally:
        await stop(process, _STOP_TIMEOUT_S)


async def _wait_until_ready(process: asyncio.subprocess.Process, port: int, log_path: Path) -> None:
    deadline_s = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if process.returncode is not None:
            break
        if await _is_ready(port):
            return
        await asyncio.sleep(_POLL_S)
    raise RuntimeError(f"the server did not start in {_READY_TIMEOUT_S:g} s; its log ends with:\n{_words(log_path)}")


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        line = await reader.readline()
        return line.startswith(b"HTTP/1.1") and b" 503 " not in line
    except ConnectionError:
        return False
    finally:
        writer.close()


def _words(log_path: Path) -> str:
    return log_path.read_text(encoding="utf-8", errors="replace").strip()[-1500:]


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""
