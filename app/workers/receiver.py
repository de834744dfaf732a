"""A worker's end of the door: connections come as descriptors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

_AT_ONCE = 64
"""Connections taken before the loop does something else."""


class Receiver:
    """``take`` gets each connection, non-blocking, and owns it; ``abandoned`` is called when the supervisor is gone."""

    def __init__(
        self,
        connections: socket.socket,
        take: Callable[[socket.socket], None],
        abandoned: Callable[[], None],
    ) -> None:
        connections.setblocking(False)
        self._connections = connections
        self._take = take
        self._abandoned = abandoned

    def open(self) -> None:
        asyncio.get_running_loop().add_reader(self._connections, self._receive)

    def close(self) -> None:
        """Take no more. Idempotent."""
        if self._connections.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._connections)
            self._connections.close()

    def _receive(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                # One byte at a time, which never brings the descriptors of two.
                data, descriptors, _flags, _address = socket.recv_fds(self._connections, 1, 1)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                log.error("worker.cannot_receive", errno=error.errno)
                data, descriptors = b"", []
            if not data:
                self.close()
                self._abandoned()
                return
            for descriptor in descriptors:
                connection = socket.socket(fileno=descriptor)
                connection.setblocking(False)
                self._take(connection)
