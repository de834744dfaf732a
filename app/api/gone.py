"""Peers that reset their connection while they are answered."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UVLOOP_SAYS = "unable to perform operation on"


class GonePeers:
    """ASGI middleware: an answer to nobody is none.

    uvloop raises a plain RuntimeError for a write to a connection that was reset, where ASGI asks for an OSError or
    nothing; uvicorn passes it on, and it would count, and be logged, as an error of ours.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_if_there(message: Message) -> None:
            try:
                await send(message)
            except RuntimeError as error:
                if not str(error).startswith(_UVLOOP_SAYS):
                    raise

        await self._application(scope, receive, send_if_there if scope["type"] == "http" else send)
