"""The resident memory of each process over time."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.cluster.cluster import Cluster

EVERY_S = 2.0
_PAGE_MB = os.sysconf("SC_PAGESIZE") / 1e6
FLAT_SHARE, FLAT_MB = 0.10, 8.0
"""How much more the last third may have than the middle one: noise of allocators, not a leak."""


@dataclass(slots=True)
class Memory:
    cluster: Cluster
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """Seconds since the start, and megabytes, by process; one that was started again is another one."""

    async def run(self) -> None:
        began_s = time.monotonic()
        while True:
            for bridge in self.cluster.bridges:
                process = bridge.program.process
                if process is not None and process.returncode is None:
                    used_mb = _resident_mb(process.pid)
                    if used_mb:
                        name = f"{bridge.program.name} ({process.pid})"
                        self.samples[name].append((time.monotonic() - began_s, used_mb))
            await asyncio.sleep(EVERY_S)

    def growth(self) -> dict[str, tuple[float, float]]:
        """Return the medians of the middle and of the last third of each process's life, in megabytes."""
        thirds = {name: (len(series) // 3, [used for _, used in series]) for name, series in self.samples.items()}
        return {
            name: (median(used[third : 2 * third]), median(used[2 * third :]))
            for name, (third, used) in thirds.items()
            if third
        }


def is_flat(middle_mb: float, last_mb: float) -> bool:
    return last_mb <= middle_mb * (1 + FLAT_SHARE) + FLAT_MB


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_MB
    except (OSError, IndexError):
        return 0.0
