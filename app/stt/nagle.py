"""Nagle's algorithm off (RFC 896), on sockets of a library that opens them itself and leaves it on.

With it a small message waits until the one before it is acknowledged, and a peer may take its time for that
(RFC 1122, 4.2.3.2: up to 500 ms; Linux: 40).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")

Opened = tuple[int, str]
"""A descriptor and what it leads to, since numbers are used again at once."""


def open_sockets() -> frozenset[Opened]:
    """Return the sockets that this process has open; none where the system does not tell."""
    found: set[Opened] = set()
    with suppress(OSError):
        for name in os.listdir(_DESCRIPTORS):
            with suppress(OSError):  # Closed meanwhile.
                target = os.readlink(_DESCRIPTORS / name)
                if target.startswith("socket:"):
                    found.add((int(name), target))
    return frozenset(found)


def send_at_once(sockets: Iterable[Opened]) -> None:
    """Let those of the sockets that are TCP's send without waiting; one that is gone is left alone."""
    for descriptor, _ in sockets:
        # A copy: Python's socket would close the library's own with itself.
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM:
                copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
