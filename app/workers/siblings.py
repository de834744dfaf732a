"""A worker's line to its supervisor and, through it, to the other workers of this machine."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import assert_never

import structlog

from app.errors import FleetError
from app.workers.wire import (
    TO_WORKER,
    AskMetrics,
    FrameWriter,
    FromWorker,
    HolderFound,
    LineTaken,
    Metrics,
    OrderTaken,
    Post,
    Report,
    Roster,
    ToWorker,
    read_messages,
)

log = structlog.get_logger(__name__)

Reply = LineTaken | HolderFound | OrderTaken

REPORT_S = 0.5
ANSWER_TIMEOUT_S = 1.0


class Siblings:
    """The owner connects, and runs ``run()`` as a task, which returns when the supervisor is gone.

    ``receive`` and ``render_metrics`` are called by it; they return at once and never raise.
    """

    def __init__(self, index: int, count: int, line: socket.socket) -> None:
        """``line`` is this worker's end of the pair that the supervisor made; we own it."""
        self.index = index
        self.count = count
        self.roster = Roster(workers=1, calls=0, is_full=False)
        self.receive: Callable[[bytes], None] = _ignore
        self.render_metrics: Callable[[], bytes] = bytes
        self._socket = line
        self._reader: asyncio.StreamReader | None = None
        self._line: FrameWriter | None = None
        self._numbers = itertools.count()
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._polls: dict[int, _Poll] = {}

    @property
    def is_connected(self) -> bool:
        return self._line is not None

    async def connect(self) -> None:
        """To be called once, on the loop that ``run()`` will be on."""
        self._reader, writer = await asyncio.open_unix_connection(sock=self._socket)
        self._line = FrameWriter(writer)

    async def run(self) -> None:
        """Listen until the supervisor is gone."""
        assert self._reader is not None
        assert self._line is not None
        try:
            async for message in read_messages(self._reader, TO_WORKER):
                self._take(message)
        finally:
            self._line.close()
            self._line = None

    async def report(self, instance_id: str, calls: Callable[[], int]) -> None:
        """Say again and again how many calls there are, until cancelled; the first time means that we are ready."""
        while True:
            self.send(Report(instance_id, calls()))
            await asyncio.sleep(REPORT_S)

    def send(self, message: FromWorker) -> bool:
        """Queue a message; False when it was dropped. Never blocks."""
        return self._line is not None and self._line.send(message)

    async def ask(self, question: Callable[[int], FromWorker]) -> Reply:
        """Return the supervisor's reply to the question of this number. Raises FleetError."""
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        try:
            if not self.send(question(number)):
                raise FleetError("the supervisor cannot be reached")
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer: Reply = await reply
                return answer
        except TimeoutError:
            raise FleetError("the supervisor does not answer") from None
        finally:
            del self._replies[number]

    async def metrics(self) -> list[bytes]:
        """Return what the other workers and the supervisor have; who takes too long is left out, and logged."""
        number = next(self._numbers)
        poll = self._polls[number] = _Poll(self.count)
        try:
            if self.send(AskMetrics(self.index, number)):
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await poll.is_over.wait()
        except TimeoutError:
            log.warning("worker.did_not_answer", missing=poll.missing)
        finally:
            del self._polls[number]
        return poll.texts

    def _take(self, message: ToWorker) -> None:
        match message:
            case Post(_, body):
                self.receive(body)
            case Roster():
                self.roster = message
            case AskMetrics(asker, number):
                self.send(Metrics(asker, number, self.render_metrics()))
            case Metrics(_, number, text):
                if number in self._polls:
                    self._polls[number].take(text)
            case LineTaken(number) | HolderFound(number) | OrderTaken(number):
                reply = self._replies.get(number)
                if reply is not None and not reply.done():
                    reply.set_result(message)
            case _:
                assert_never(message)


class _Poll:
    """The answers to one question."""

    def __init__(self, expected: int) -> None:
        self.texts: list[bytes] = []
        self.missing = expected
        self.is_over = asyncio.Event()

    def take(self, text: bytes) -> None:
        self.missing -= 1
        if text:
            self.texts.append(text)
        if self.missing <= 0:
            self.is_over.set()


def _ignore(_: bytes) -> None:
    """Nobody listens yet."""
