"""A peer that is gone is no error of ours; anything else still is."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.gone import GonePeers


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def answer(error: Exception) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise error

    await GonePeers(application)({"type": "http"}, receive, send)


async def test_a_connection_that_was_reset_needs_no_answer() -> None:
    await answer(RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"))


async def test_what_else_goes_wrong_is_not_hidden() -> None:
    with pytest.raises(RuntimeError, match="something else"):
        await answer(RuntimeError("something else"))
