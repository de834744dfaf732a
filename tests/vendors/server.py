"""What every local vendor is: a Starlette application on a real socket, with faults to order."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from tests.vendors.faults import Fault, FaultKind, Faults


class Vendor(ABC):
    """One vendor's API. ``key`` is the only one that it accepts."""

    key = "local-vendor-key"

    def __init__(self) -> None:
        self.faults = Faults()
        self.refused: list[str] = []
        """Why requests were refused, in the vendor's words."""

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """Return what it serves."""

    def refuse(self, status: int, message: str, **headers: str) -> Response:
        self.refused.append(message)
        return JSONResponse({"message": message}, status, headers)

    async def refuse_upgrade(
        self, socket: WebSocket, status: int, answer: dict[str, str], headers: dict[str, str] | None = None
    ) -> None:
        """Answer a WebSocket's handshake with an HTTP error."""
        self.refused += answer.values()
        await socket.send_denial_response(JSONResponse(answer, status, headers))


@asynccontextmanager
async def serving(*products: Vendor, port: int = 0) -> AsyncIterator[str]:
    """Serve a vendor, or several products of one, on this event loop; yield ``127.0.0.1:port``."""
    listener = socket.create_server(("127.0.0.1", port))
    # asyncio does this for sockets that it makes itself; without it an answer's second piece waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        Starlette(routes=[route for product in products for route in product.routes()]),
        lifespan="off",
        log_level="critical",
        ws="websockets-sansio",
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]), name=f"vendor-{type(products[0]).__name__}")
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
        listener.close()


def faulty(request: Request, fault: Fault) -> Response:
    """Return the answer that a fault makes of an HTTP request."""
    match fault.kind:
        case FaultKind.STATUS:
            return JSONResponse({"message": "fault"}, fault.value, fault.headers)
        case FaultKind.GARBAGE:
            return Response(b'{"translations": [{"te\xff\x00', 200, media_type="application/json")
        case FaultKind.SILENCE:
            return _Silence()
        case FaultKind.DROP | FaultKind.CLOSE:
            return _Broken()


class _Silence(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class _Broken(Response):
    """Promises a body and stops in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"', "more_body": False})
