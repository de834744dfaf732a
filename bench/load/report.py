"""Figures of a run: a table for people, JSON under bench/results for whoever compares runs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"
_VERSIONS = ("uvicorn", "uvloop", "websockets", "msgspec", "webrtcvad-wheels")

Figures = Mapping[str, float | int | str | None]


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the value that this share of them is not above; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def report(name: str, command: str, rows: Sequence[tuple[str, Figures]]) -> None:
    """Print ``rows`` (a title and its figures), whichever way is narrower; write ``bench/results/<name>.json``."""
    names = list(dict.fromkeys(key for _, figures in rows for key in figures))
    table = [["", *names], *([title, *(_text(figures.get(key)) for key in names)] for title, figures in rows)]
    if len(names) > len(rows):
        table = [list(line) for line in zip(*table, strict=True)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    RESULTS.mkdir(exist_ok=True)
    result = {
        "command": command,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in _VERSIONS},
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "results": [{"what": title, **figures} for title, figures in rows],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _text(value: float | int | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
