"""No request may be larger, or slower, than any that we understand."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import ApiError, ErrorCode, error_answer

MAXIMUM_BODY_BYTES = 64 * 1024
"""5,000 characters to translate, each as an escaped pair of surrogates, and everything that Twilio posts."""

BODY_TIMEOUT_S = 20.0
"""For the whole of it; Twilio itself waits for fifteen seconds."""

_CLOSE = {"Connection": "close"}


def _too_large() -> ApiError:
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ErrorCode.TOO_LARGE,
        f"a body may have {MAXIMUM_BODY_BYTES} bytes at most",
    )


def _too_slow() -> ApiError:
    return ApiError(
        HTTPStatus.REQUEST_TIMEOUT, ErrorCode.TOO_SLOW, f"a body has {BODY_TIMEOUT_S:g} seconds to come", _CLOSE
    )


class BodyLimit:
    """ASGI middleware: 413 for a larger body, as soon as it is known to be, whether or not its length was told.

    408 for one that does not come to its end in time.

    FastAPI's ``max_body_size`` does the same, but answers in plain text instead of an error of ours.
    """

    def __init__(self, application: ASGIApp, timeout_s: float = BODY_TIMEOUT_S) -> None:
        self._application = application
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        received = 0
        is_complete = False
        deadline_s = asyncio.get_running_loop().time() + self._timeout_s

        async def limited() -> Message:
            nonlocal received, is_complete
            try:
                async with asyncio.timeout_at(None if is_complete else deadline_s):
                    message = await receive()
            except TimeoutError:
                raise _too_slow() from None
            is_complete = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > MAXIMUM_BODY_BYTES:
                raise _too_large()
            return message

        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told[:20]) > MAXIMUM_BODY_BYTES:
            await error_answer(_too_large())(scope, receive, send)
            return
        await self._application(scope, limited, send)
