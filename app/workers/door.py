"""Takes connections off the listening sockets and hands them to workers, unread."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from app.workers.aim import ENOUGH_BYTES, Aim, read_aim

log = structlog.get_logger(__name__)

FIRST_LINE_TIMEOUT_S = 5.0
MOST_UNDECIDED = 512
"""Connections that have not said what they want; with one more, the oldest of them is closed."""
_AT_ONCE = 64
"""Connections accepted before the loop does something else."""
_LOOK_AGAIN_S = 0.02
"""How soon a first line that came in pieces is looked at again: what is unread keeps its socket readable."""
_PAUSE_S = 0.5
"""After the system refused another descriptor."""


class Door:
    """``hand_over`` gives a connection to a worker; it returns False when nobody could take it.

    The door closes its own descriptor afterwards in any case. A connection that does not say what it wants in time is
    closed: nothing of it ever occupies a worker.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        hand_over: Callable[[socket.socket, Aim], bool],
        *,
        first_line_timeout_s: float = FIRST_LINE_TIMEOUT_S,
        most_undecided: int = MOST_UNDECIDED,
    ) -> None:
        self.closed: Counter[str] = Counter()
        """Connections that no worker got, by why."""
        self._listeners = list(listeners)
        self._hand_over = hand_over
        self._first_line_timeout_s = first_line_timeout_s
        self._most_undecided = most_undecided
        self._undecided: dict[asyncio.Task[None], socket.socket] = {}
        self._is_open = False
        self._reopening: asyncio.TimerHandle | None = None

    @property
    def undecided(self) -> int:
        return len(self._undecided)

    def open(self) -> None:
        """Accept connections from now on; until then they wait in the system's queue. Idempotent."""
        if not self._is_open:
            self._is_open = True
            self._listen()

    def pause(self) -> None:
        """Accept none until ``open``. Idempotent."""
        self._is_open = False
        self._do_not_listen()

    async def aclose(self) -> None:
        """Accept nothing more, and close the listening sockets and what is undecided."""
        self.pause()
        for listener in self._listeners:
            listener.close()
        for task in self._undecided:
            task.cancel()
        await asyncio.gather(*self._undecided, return_exceptions=True)

    def _listen(self) -> None:
        self._reopening = None
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.add_reader(listener, self._accept, listener)

    def _do_not_listen(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _peer = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("door.cannot_accept", errno=error.errno)
                self._do_not_listen()
                self._reopening = asyncio.get_running_loop().call_later(_PAUSE_S, self._listen)
                return
            connection.setblocking(False)
            if len(self._undecided) >= self._most_undecided:
                self.closed["too-many"] += 1
                next(iter(self._undecided)).cancel()
            task = asyncio.create_task(self._direct(connection), name="door")
            self._undecided[task] = connection
            task.add_done_callback(self._decided)

    def _decided(self, task: asyncio.Task[None]) -> None:
        self._undecided.pop(task).close()

    async def _direct(self, connection: socket.socket) -> None:
        try:
            async with asyncio.timeout(self._first_line_timeout_s):
                aim = await _aim_of(connection)
        except TimeoutError:
            self.closed["silent"] += 1
        except OSError:
            self.closed["gone"] += 1
        else:
            if not self._hand_over(connection, aim):
                self.closed["nobody"] += 1


async def _aim_of(connection: socket.socket) -> Aim:
    """Raises OSError when the peer is gone before it has said what it wants."""
    seen = 0
    while True:
        await _until_readable(connection)
        head = connection.recv(ENOUGH_BYTES, socket.MSG_PEEK)
        if not head:
            raise ConnectionResetError
        aim = read_aim(head)
        if aim is not None:
            return aim
        if len(head) == seen:
            await asyncio.sleep(_LOOK_AGAIN_S)
        seen = len(head)


async def _until_readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    is_readable = loop.create_future()
    loop.add_reader(connection, _tell, is_readable)
    try:
        await is_readable
    finally:
        loop.remove_reader(connection)


def _tell(is_readable: asyncio.Future[None]) -> None:
    if not is_readable.done():
        is_readable.set_result(None)
