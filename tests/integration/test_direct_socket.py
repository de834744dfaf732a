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

from app.api.direct_socket import DirectSocket, direct_socket

Serve = Callable[[DirectSocket, Receive, Send], Awaitable[None]]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def client_of(serve: Serve) -> AsyncIterator[ClientConnection]:
    """Serve one socket after its handshake; yield the client's end."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        direct = direct_socket(scope)
        assert direct is not None
        await receive()
        await send({"type": "websocket.accept"})
        await serve(direct, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, ws=DirectSocket, lifespan="off", log_config=None, access_log=False)
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(20):
                async with connect(f"ws://127.0.0.1:{listener.getsockname()[1]}", proxy=None) as client:
                    yield client
        finally:
            server.should_exit = True
            await serving


async def test_messages_come_in_order_whoever_takes_them() -> None:
    taken: list[str | bytes] = []
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        taken.append((await receive())["text"])
        await asyncio.sleep(0.05)  # More of them wait by now.
        await direct.listen(taken.append)
        over.set()

    async with client_of(serve) as client:
        for number in range(20):
            await client.send(str(number))
        await asyncio.sleep(0.1)
        await client.send(b"\x00\xff")
        await client.send(["in ", "pie", "ces"])
        await client.close()
        await over.wait()
    assert taken == [*map(str, range(20)), b"\x00\xff", "in pieces"]


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


async def test_text_that_is_none_closes_the_socket() -> None:
    taken: list[str | bytes] = []

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        await direct.listen(taken.append)

    async with client_of(serve) as client:
        await client.send("good")
        await client.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert taken == ["good"]


async def test_a_bug_of_the_listener_is_raised_where_it_listens_and_the_socket_can_still_be_closed() -> None:
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
        await client.send("one")
        await client.send("two")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert [str(error) for error in raised] == ["one"]


async def test_a_connection_that_breaks_ends_the_listening() -> None:
    over = asyncio.Event()

    async def serve(direct: DirectSocket, receive: Receive, send: Send) -> None:
        await direct.listen(lambda _: None)
        over.set()

    async with client_of(serve) as client:
        await client.send("one")
        client.transport.abort()
        await over.wait()
