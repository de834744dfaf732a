"""Connections through the door, over real sockets, to workers that say who they are."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from app.workers.aim import session_prefix
from app.workers.door import Door
from app.workers.hub import Hub, WorkerLink
from app.workers.lines import Lines
from app.workers.receiver import Receiver
from app.workers.siblings import Siblings
from app.workers.wire import FrameWriter
from tests import waiting

PATIENCE_S = 20
until = partial(waiting.until, patience_s=PATIENCE_S)

COUNT = 2


class Worker:
    """Answers each connection with its index and everything that it was sent, and hangs up."""

    def __init__(self, index: int, connections: socket.socket, line: socket.socket) -> None:
        self.calls = 0
        self.siblings = Siblings(index, COUNT, line)
        self.receiver = Receiver(connections, self._take, lambda: None)
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.receiver.open()
        await self.siblings.connect()
        self.own(self.siblings.run())

    def report(self) -> None:
        self.own(self.siblings.report(f"instance-{self.siblings.index}", lambda: self.calls))

    def own(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _take(self, connection: socket.socket) -> None:
        self.own(self._answer(connection))

    async def _answer(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(str(self.siblings.index).encode() + request)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def aclose(self) -> None:
        self.receiver.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class House:
    def __init__(self, hub: Hub, door: Door, port: int, workers: list[Worker]) -> None:
        self.hub, self.door, self.port, self.workers = hub, door, port, workers

    async def ask(self, path: str, pieces: int = 1, method: str = "GET") -> tuple[int, bytes]:
        """Return who answered, and what reached them."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        size = -(-len(request) // pieces)
        for start in range(0, len(request), size):
            writer.write(request[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read()
        writer.close()
        return int(answer[:1]), answer[1:]


@asynccontextmanager
async def house(**limits: float) -> AsyncIterator[House]:
    hub = Hub(COUNT, Lines(most_calls=0, orders_per_minute=10), lambda: b"supervisor")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    door = Door([listener], hub.hand_over, **limits)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(door.aclose)
        workers = [await _start(hub, index, stack) for index in range(COUNT)]
        for worker in workers:
            worker.report()
        await until(lambda: len(hub.ready()) == COUNT)
        door.open()
        yield House(hub, door, listener.getsockname()[1], workers)


async def _start(hub: Hub, index: int, stack: AsyncExitStack) -> Worker:
    connections, their_connections = socket.socketpair()
    line, their_line = socket.socketpair()
    connections.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=line)
    attending = asyncio.create_task(hub.attend(WorkerLink(index, connections, FrameWriter(writer)), reader))
    worker = Worker(index, their_connections, their_line)
    await worker.start()

    async def stop() -> None:
        await worker.aclose()
        async with asyncio.timeout(PATIENCE_S):
            await attending

    stack.push_async_callback(stop)
    return worker


@pytest.mark.parametrize("pieces", [1, 3, 60])
async def test_what_names_a_session_reaches_its_worker_whole_however_it_comes(pieces: int) -> None:
    async with house() as at:
        for index in (0, 1, 1, 0):
            path = f"/ws/media-stream/{session_prefix(index)}0123456789"
            who, request = await at.ask(path, pieces)
            assert who == index
            assert request == f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def test_new_calls_go_to_whoever_has_the_fewest_and_the_rest_in_turns() -> None:
    async with house() as at:
        first = [(await at.ask("/voice/webhook", method="POST"))[0] for _ in range(4)]
        assert sorted(first) == [0, 0, 1, 1]
        at.workers[0].calls = 10
        await until(lambda: at.hub.ready()[0].load == 10)
        assert {(await at.ask("/voice/webhook", method="POST"))[0] for _ in range(3)} == {1}
        assert {(await at.ask("/health"))[0] for _ in range(4)} == {0, 1}


async def test_what_names_a_worker_that_is_gone_is_for_another_to_refuse() -> None:
    async with house() as at:
        await at.workers[1].aclose()
        await until(lambda: len(at.hub.ready()) == 1)
        assert (await at.ask(f"/voice/status/{session_prefix(1)}0123456789", method="POST"))[0] == 0


async def test_who_says_nothing_holds_nobody_up_and_is_sent_away() -> None:
    async with house(first_line_timeout_s=0.3) as at:
        silent = await asyncio.open_connection("127.0.0.1", at.port)
        slow = await asyncio.open_connection("127.0.0.1", at.port)
        slow[1].write(b"GET /heal")
        assert (await at.ask("/health"))[1]
        async with asyncio.timeout(PATIENCE_S):
            assert await silent[0].read() == b""
            with pytest.raises(ConnectionResetError):
                # What nobody has read is lost with the connection.
                await slow[0].read()
        assert at.door.closed["silent"] == 2
        for _, writer in (silent, slow):
            writer.close()


async def test_of_too_many_who_say_nothing_the_oldest_goes() -> None:
    async with house(most_undecided=2) as at:
        silent = [await asyncio.open_connection("127.0.0.1", at.port) for _ in range(2)]
        await until(lambda: at.door.undecided == 2)
        assert (await at.ask("/health"))[1]
        async with asyncio.timeout(PATIENCE_S):
            assert await silent[0][0].read() == b""
        assert (at.door.closed["too-many"], at.door.undecided) == (1, 1)
        for _, writer in silent:
            writer.close()


async def test_workers_ask_the_others_and_the_supervisor_for_their_metrics() -> None:
    async with house() as at:
        at.workers[1].siblings.render_metrics = lambda: b"sibling" * 100_000
        assert sorted(await at.workers[0].siblings.metrics()) == [b"sibling" * 100_000, b"supervisor"]
        await at.workers[1].aclose()
        await until(lambda: len(at.hub.ready()) == 1)
        assert await at.workers[0].siblings.metrics() == [b"supervisor"]
