"""The metrics of several processes as one page (https://prometheus.io/docs/instrumenting/exposition_formats/).

Every worker's samples get its label, so that a counter which starts again with its process does so in its own series:
sums over workers would fall then, and a fall is taken for another start of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

LABEL = "worker"


def merged(pages: Iterable[bytes]) -> bytes:
    """Return one page of pages: a family's help and type come once, in front of its samples."""
    headers: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for page in pages:
        _sort(page.decode(), headers, samples)
    lines = [line for family in headers for line in (*headers[family], *samples[family])]
    return "".join(f"{line}\n" for line in lines).encode()


def labelled(text: bytes, worker: int) -> bytes:
    """Return a page whose samples have the worker's label in front of their own."""
    return "".join(f"{_with_label(line, worker)}\n" for line in text.decode().splitlines()).encode()


def _with_label(line: str, worker: int) -> str:
    if not line or line.startswith("#"):
        return line
    name, brace, rest = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{{LABEL}="{worker}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{{LABEL}="{worker}"}} {value}'


def _sort(page: str, headers: dict[str, list[str]], samples: dict[str, list[str]]) -> None:
    """Add a page's lines to their families, which begin with ``# HELP name``."""
    family = ""
    is_first = False
    for line in page.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            is_first = family not in headers
            samples.setdefault(family, [])
            headers.setdefault(family, [])
        if line.startswith("#"):
            if is_first:
                headers[family].append(line)
        elif line:
            samples[family].append(line)
