"""No request may be larger than any that we understand."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import ApiError, ErrorCode, error_answer

MAXIMUM_BODY_BYTES = 64 * 1024
"""5,000 characters to translate, each as an escaped pair of surrogates, and everything that Twilio posts."""


def _too_large() -> ApiError:
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ErrorCode.TOO_LARGE,
        f"a body may have {MAXIMUM_BODY_BYTES} bytes at most",
    )


class BodyLimit:
    """ASGI middleware: 413 for a larger body, as soon as it is known to be, whether or not its length was told.

    FastAPI's ``max_body_size`` does the same, but answers in plain text instead of an error of ours.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAXIMUM_BODY_BYTES:
                raise _too_large()
            return message

        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told[:20]) > MAXIMUM_BODY_BYTES:
            await error_answer(_too_large())(scope, receive, send)
            return
        await self._application(scope, limited, send)
