"""Starts the workers, starts those again that die, and stops them all in order."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from app.workers.door import Door
from app.workers.hub import Hub, WorkerLink
from app.workers.lines import Lines
from app.workers.wire import FrameWriter

log = structlog.get_logger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 30.0
"""Before a worker that died is started again: doubled each time it dies before it has been up for a while."""
STEADY_AFTER_S = 60.0
SILENT_AFTER_S = 30.0
"""A worker whose event loop has stood still for so long is killed: its calls were given up, and ended, long before
(`app/runtime/caretaker.py`).
"""
STOPPING_GRACE_S = 60.0
"""What stopping may take beside the calls."""
_LOOK_S = 1.0


class Supervisor:
    """``command(index, connections_fd, line_fd)`` is how a worker is started: it inherits the two descriptors."""

    def __init__(
        self,
        count: int,
        listeners: Sequence[socket.socket],
        command: Callable[[int, int, int], Sequence[str]],
        environment: Mapping[str, str],
        lines: Lines,
        *,
        drain_timeout_s: float,
        cannot_start: Sequence[int],
    ) -> None:
        """``cannot_start`` are exit codes that another attempt would not change."""
        self._count = count
        self._command = command
        self._environment = environment
        self._cannot_start = cannot_start
        self._most_stopping_s = drain_timeout_s + STOPPING_GRACE_S
        self._hub = Hub(count, lines, self._render_metrics)
        self._door = Door(listeners, self._hub.hand_over)
        self._metrics = _Metrics()
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._has_started: set[int] = set()
        self._stopping = asyncio.Event()
        self._exit_code = 0

    async def run(self) -> int:
        """Return the exit code, after a signal, or because the workers cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        try:
            async with asyncio.TaskGroup() as tasks:
                minding = tasks.create_task(self._mind())
                keeping = [tasks.create_task(self._keep(index)) for index in range(self._count)]
                await asyncio.wait(keeping)
                minding.cancel()
        finally:
            await self._door.aclose()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        return self._exit_code

    def _signalled(self, number: signal.Signals) -> None:
        """Pass a signal on: at the first one workers let their calls finish, at the second they do not."""
        self._stopping.set()
        log.info("supervisor.stopping", signal=number.name, workers=len(self._processes))
        self._signal_all(signal.SIGTERM)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            if process.returncode is None:
                process.send_signal(number)

    async def _keep(self, index: int) -> None:
        """Have a worker running until the service stops."""
        wait_s = FIRST_WAIT_S
        while not self._stopping.is_set():
            began_s = time.monotonic()
            code = await self._run_once(index)
            if self._stopping.is_set():
                return
            if index not in self._has_started and code in self._cannot_start:
                self._exit_code = code
                self._stopping.set()
                self._signal_all(signal.SIGTERM)
                return
            wait_s = FIRST_WAIT_S if time.monotonic() - began_s >= STEADY_AFTER_S else wait_s
            self._metrics.restarts.inc()
            log.error("worker.died", worker=index, code=code, again_after_s=wait_s)
            try:
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()
            except TimeoutError:
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _run_once(self, index: int) -> int:
        """Start a worker and wait for its end; return its exit code."""
        connections, their_connections = socket.socketpair()
        line, their_line = socket.socketpair()
        with their_connections, their_line:
            descriptors = their_connections.fileno(), their_line.fileno()
            process = await asyncio.create_subprocess_exec(
                *self._command(index, *descriptors),
                env=self._environment,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is for the supervisor, who passes it on.
            )
        self._processes[index] = process
        connections.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=line)
        link = WorkerLink(index, connections, FrameWriter(writer))
        attending = asyncio.create_task(self._hub.attend(link, reader), name=f"worker-{index}")
        code = await process.wait()
        if link.has_started:
            self._has_started.add(index)
        # What it said last, and what its children still hold open, is of no interest.
        attending.cancel()
        await asyncio.gather(attending, return_exceptions=True)
        return code

    async def _mind(self) -> None:
        """Keep the door open while somebody is there, and kill who stands still."""
        stopping_since_s: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._hub.changed.wait()
            self._hub.changed.clear()
            ready = self._hub.ready()
            if ready:
                self._door.open()
            else:
                self._door.pause()
            now_s = time.monotonic()
            for link in ready:
                if now_s - link.heard_at_s > SILENT_AFTER_S:
                    log.error("worker.stands_still", worker=link.index)
                    self._kill(link.index)
            if self._stopping.is_set():
                stopping_since_s = stopping_since_s or now_s
                if now_s - stopping_since_s > self._most_stopping_s:
                    for index in list(self._processes):
                        self._kill(index)

    def _kill(self, index: int) -> None:
        if self._processes[index].returncode is None:
            self._processes[index].kill()

    def _render_metrics(self) -> bytes:
        return self._metrics.render(len(self._hub.ready()), self._door)


class _Metrics:
    """What only the supervisor knows."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._ready = Gauge("puente_workers_ready", "Worker processes that take calls.", registry=self._registry)
        self.restarts = Counter(
            "puente_worker_restarts", "Worker processes that died and were started again.", registry=self._registry
        )
        self._closed = Gauge(
            "puente_door_closed_connections",
            "Connections that no worker got, since the start: silent, gone, too-many or nobody there.",
            ["why"],
            registry=self._registry,
        )

    def render(self, ready: int, door: Door) -> bytes:
        self._ready.set(ready)
        for why, count in door.closed.items():
            self._closed.labels(why).set(count)
        return generate_latest(self._registry)
