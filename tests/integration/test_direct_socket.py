"""uvicorn's WebSocket with messages that go straight to a listener: as ASGI's own in all but the way they take."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from app.api.direct_socket import DirectSocket, direct_socket

Serve = Callable[[DirectSocket, Receive, Send], Awaitable[None]]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def client_of(serve: Serve, *, deflates: bool = False) -> AsyncIterator[ClientConnection]:
    """Serve one socket after its handshake; yield the client's end, which offers compression."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        direct = direct_socket(scope)
        assert direct is not None
        await receive()
        await send({"type": "websocket.accept"})
        await serve(direct, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            application,
            ws=DirectSocket,
            ws_per_message_deflate=deflates,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(20):
                async with connect(f"ws://127.0.0.1:{listener.getsockname()[1]}", proxy=None) as client:
                    yield client
        finally:
            server.should_exit = True
            await serving


@pytest.mark.parametrize("length", [1, 200])
async def test_messages_come_in_order_whoever_takes_them(length: int) -> None:
    sent = [str(number).zfill(length) for number in range(20)]
    taken: list[str | bytes] = []
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        taken.append((await receive())["text"])
        await asyncio.sleep(0.05)  # More of them wait by now.
        await direct.listen(taken.append)
        over.set()

    async with client_of(serve) as client:
        for text in sent:
            await client.send(text)
        await asyncio.sleep(0.1)
        await client.send(b"\x00\xff")
        await client.send(["in ", "pie", "ces"])
        await client.close()
        await over.wait()
    assert taken == [*sent, b"\x00\xff", "in pieces"]


async def test_messages_are_taken_in_the_context_of_who_listens() -> None:
    whose: ContextVar[str] = ContextVar("whose", default="nobody's")
    taken: list[str] = []
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        whose.set("the leg's")
        await direct.listen(lambda _: taken.append(whose.get()))
        over.set()

    async with client_of(serve) as client:
        await client.send("one")
        await asyncio.sleep(0.05)
        await client.send("two")
        await client.close()
        await over.wait()
    assert taken == ["the leg's", "the leg's"]


@pytest.mark.parametrize("length", [1, 100])
async def test_text_that_is_none_closes_the_socket(length: int) -> None:
    taken: list[str | bytes] = []

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        await direct.listen(taken.append)

    async with client_of(serve) as client:
        await client.send("good")
        await client.send(b"\xff\xfe" * length, text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert taken == ["good"]


@pytest.mark.parametrize("first", ["one", "one" * 100])
async def test_a_bug_of_the_listener_is_raised_where_it_listens_and_the_socket_can_still_be_closed(first: str) -> None:
    raised: list[Exception] = []

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        def take(message: str | bytes) -> None:
            raise ValueError(message)

        try:
            await direct.listen(take)
        except ValueError as error:
            raised.append(error)
            await send({"type": "websocket.close", "code": 1008})

    async with client_of(serve) as client:
        await client.send(first)
        await client.send("two")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert [str(error) for error in raised] == [first]


async def test_a_connection_that_breaks_ends_the_listening() -> None:
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        await direct.listen(lambda _: None)
        over.set()

    async with client_of(serve) as client:
        await client.send("one")
        client.transport.abort()
        await over.wait()


async def test_what_is_sent_now_and_what_is_sent_in_turn_arrive_in_order() -> None:
    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        for number in range(10):
            if number % 3:
                assert direct.send_now(str(number))
            else:
                await send({"type": "websocket.send", "text": str(number)})
        await direct.listen(lambda _: None)

    async with client_of(serve) as client:
        assert [await client.recv() for _ in range(10)] == [*map(str, range(10))]


async def test_what_has_to_be_compressed_is_not_sent_as_it_is() -> None:
    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        assert not direct.send_now("plain")
        await send({"type": "websocket.send", "text": "compressed"})
        await direct.listen(lambda _: None)

    async with client_of(serve, deflates=True) as client:
        assert await client.recv() == "compressed"


async def test_nothing_is_sent_now_to_who_does_not_read_and_nothing_is_lost() -> None:
    sent: list[str] = []
    stalled, over = asyncio.Event(), asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        text = "x" * 60_000
        while direct.send_now(text):
            sent.append(text)
        stalled.set()
        await send({"type": "websocket.send", "text": "last"})
        assert direct.send_now("now again")
        over.set()
        await direct.listen(lambda _: None)

    async with client_of(serve) as client:
        await stalled.wait()
        assert not over.is_set()
        received = []
        while (message := await client.recv()) != "last":
            received.append(message)
        assert received == sent
        assert await client.recv() == "now again"


@pytest.mark.parametrize("who", ["peer", "we", "nobody"])
async def test_nothing_is_sent_now_over_a_socket_that_is_closed(who: str) -> None:
    outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        if who == "we":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await direct.listen(lambda _: None)
        outcome.set_result(direct.send_now("too late"))

    async with client_of(serve) as client:
        if who == "peer":
            await client.close()
        elif who == "nobody":
            client.transport.abort()
        assert not await outcome
        with pytest.raises(ConnectionClosed):
            await client.recv()


async def test_messages_of_one_read_and_frames_that_are_not_plain_come_in_order() -> None:
    taken: list[str | bytes] = []
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.send", "text": "go on"})
        await direct.listen(taken.append)
        over.set()

    async with client_of(serve) as client:
        await client.recv()
        frames = [
            Frame(Opcode.TEXT, b"one"),
            Frame(Opcode.PING, b"?"),
            Frame(Opcode.TEXT, b"t", fin=False),
            Frame(Opcode.CONT, b"wo"),
            Frame(Opcode.BINARY, b"three"),
            Frame(Opcode.TEXT, b"four"),
        ]
        wire = b"".join(frame.serialize(mask=True) for frame in frames)
        client.transport.write(wire + wire[:5])
        await asyncio.sleep(0)
        client.transport.write(wire[5:])
        await (await client.ping())
        await client.close()
        await over.wait()
    assert taken == ["one", "two", b"three", "four"] * 2
