"""The supervisor's side of its workers: who gets a connection, which calls there are, and passing messages on."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable
from typing import assert_never

import structlog

from app.workers.aim import Aim
from app.workers.lines import Lines
from app.workers.wire import (
    FROM_WORKER,
    AskMetrics,
    FindHolder,
    FrameWriter,
    FromWorker,
    Hold,
    HolderFound,
    LineTaken,
    Metrics,
    OrderTaken,
    Post,
    Release,
    Report,
    Roster,
    TakeLine,
    TakeOrder,
    read_messages,
)

log = structlog.get_logger(__name__)


class WorkerLink:
    """One running worker: the socket that connections go through, and the line for messages."""

    def __init__(self, index: int, connections: socket.socket, line: FrameWriter) -> None:
        """``connections`` is a non-blocking stream of one byte per descriptor; both are closed with the link."""
        self.index = index
        self.instance_id = ""
        """Known, and not empty, once the worker has reported that it has started."""
        self.heard_at_s = time.monotonic()
        self.line = line
        self._connections = connections
        self._calls = 0
        self._calls_since = 0
        """Requests that may have begun a call since the last report."""
        self._is_closed = False

    @property
    def has_started(self) -> bool:
        return bool(self.instance_id)

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections."""
        return self.has_started and not self._is_closed

    @property
    def load(self) -> int:
        return self._calls + self._calls_since

    def report(self, instance_id: str, calls: int) -> None:
        self.instance_id = instance_id
        self._calls, self._calls_since = calls, 0
        self.heard_at_s = time.monotonic()

    def take(self, connection: socket.socket, aim: Aim) -> bool:
        """Hand the connection over; False when the worker is gone or so far behind that its socket is full."""
        try:
            socket.send_fds(self._connections, [b"\0"], [connection.fileno()])
        except OSError:
            return False
        self._calls_since += aim.begins_call
        return True

    def close(self) -> None:
        """Idempotent."""
        self._is_closed = True
        self.line.close()
        self._connections.close()


class Hub:
    """The workers that run now, out of ``count``. ``own_metrics`` are the supervisor's."""

    def __init__(self, count: int, lines: Lines, own_metrics: Callable[[], bytes]) -> None:
        self.changed = asyncio.Event()
        """Set whenever a worker has become ready or has gone; whoever waits for it clears it."""
        self._links: dict[int, WorkerLink] = {}
        self._count = count
        self._lines = lines
        self._own_metrics = own_metrics
        self._turns = itertools.count()
        self._told = Roster(0, 0, is_full=False)

    def ready(self) -> list[WorkerLink]:
        return [link for link in self._links.values() if link.is_ready]

    def hand_over(self, connection: socket.socket, aim: Aim) -> bool:
        """Give a connection to the worker that its session names, or a new call to whoever has the fewest.

        What names a worker that is not there is for any other to refuse. False when nobody could take it.
        """
        turn = next(self._turns)
        candidates = sorted(
            self.ready(),
            key=lambda link: (link.load if aim.begins_call else 0, (link.index + turn) % self._count),
        )
        named = [link for link in candidates if link.index == aim.worker]
        return any(link.take(connection, aim) for link in named or candidates)

    async def attend(self, link: WorkerLink, reader: asyncio.StreamReader) -> None:
        """Listen to a worker until it hangs up."""
        self._links[link.index] = link
        try:
            async for message in read_messages(reader, FROM_WORKER):
                self._take(link, message)
        finally:
            link.close()
            del self._links[link.index]
            self._lines.forget(link.instance_id)
            self._tell_roster()
            self.changed.set()

    def _take(self, link: WorkerLink, message: FromWorker) -> None:
        match message:
            case Report():
                self._take_report(link, message)
            case Post(to, _):
                for other in self._others(link):
                    if to in (None, other.instance_id):
                        other.line.send(message)
            case TakeLine(number, session_id, call_sid):
                link.line.send(LineTaken(number, self._lines.take(link.instance_id, session_id, call_sid)))
                self._tell_roster()
            case Hold(session_id, call_sid):
                self._lines.hold(link.instance_id, session_id, call_sid)
                self._tell_roster()
            case Release(session_id):
                self._lines.release(session_id)
                self._tell_roster()
            case FindHolder(number, call_sid):
                link.line.send(HolderFound(number, self._lines.holder(call_sid)))
            case TakeOrder(number):
                link.line.send(OrderTaken(number, self._lines.order(time.monotonic())))
            case AskMetrics():
                self._ask_metrics(link, message)
            case Metrics(asker=asker):
                if asker in self._links:
                    self._links[asker].line.send(message)
            case _:
                assert_never(message)

    def _take_report(self, link: WorkerLink, report: Report) -> None:
        is_first = not link.has_started
        link.report(report.instance_id, report.calls)
        if is_first:
            log.info("worker.ready", worker=link.index)
            self.changed.set()
            link.line.send(self._told)
            self._tell_roster()

    def _ask_metrics(self, link: WorkerLink, question: AskMetrics) -> None:
        """As many answers as there should be workers: the supervisor's is one, and it speaks for those not there."""
        asked = sum(other.line.send(question) for other in self._others(link))
        link.line.send(Metrics(question.asker, question.number, self._own_metrics()))
        for _ in range(self._count - 1 - asked):
            link.line.send(Metrics(question.asker, question.number, b""))

    def _tell_roster(self) -> None:
        roster = Roster(len(self.ready()), len(self._lines), self._lines.is_full)
        if roster != self._told:
            self._told = roster
            for link in self.ready():
                link.line.send(roster)

    def _others(self, link: WorkerLink) -> list[WorkerLink]:
        return [other for other in self.ready() if other is not link]
