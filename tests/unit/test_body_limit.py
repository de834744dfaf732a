"""A request's body is neither too large nor too slow."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from starlette.types import Message

from app.api.body_limit import MAXIMUM_BODY_BYTES, BodyLimit
from app.api.errors import add_error_handlers


def application(timeout_s: float) -> FastAPI:
    made = FastAPI()
    made.add_middleware(BodyLimit, timeout_s=timeout_s)
    add_error_handlers(made)

    @made.post("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    return made


async def answer(messages: list[Message], timeout_s: float = 60.0) -> int:
    """Return the status for a body that comes in these messages and then hangs."""
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1"}
    await application(timeout_s)(scope, receive, send)
    return int(sent[0]["status"])


def part(size: int, *, is_last: bool) -> Message:
    return {"type": "http.request", "body": b" " * size, "more_body": not is_last}


async def test_a_body_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    assert await answer([part(10, is_last=False)], timeout_s=0.05) == 408
    assert await answer([], timeout_s=0.05) == 408


async def test_a_body_in_time_is_read() -> None:
    assert await answer([part(10, is_last=False), part(10, is_last=True)]) == 200


async def test_a_body_is_as_large_as_its_parts_together() -> None:
    half = MAXIMUM_BODY_BYTES // 2
    assert await answer([part(half, is_last=False), part(half, is_last=True)]) == 200
    assert await answer([part(half, is_last=False), part(half + 1, is_last=True)]) == 413
