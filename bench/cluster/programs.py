"""Programs of this machine that are started, stopped and killed, each with its log in the cluster's folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_TIMEOUT_S = 20.0
_WHERE = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Beside PATH, which often lacks them where there is no root."""


def missing_programs() -> list[str]:
    """Return what a cluster needs and this machine lacks."""
    return [name for name in ("nginx", "redis-server") if find(name) is None]


def find(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_WHERE]))


class Program:
    """One program, which may be started again when it has ended.

    It gets a process group of its own: Ctrl-C is for whoever started it, who then ends it in order.
    """

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.process: asyncio.subprocess.Process | None = None
        self._command = command
        self._folder = folder
        self._environment = {**os.environ, **(environment or {})}

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """End it, by force if it takes too long. Idempotent."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(with_signal)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
