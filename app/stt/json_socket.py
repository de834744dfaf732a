"""A vendor's WebSocket that carries JSON in text messages, with the errors of connections as ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.errors import (
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnavailable,
)

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0
RETRY_AFTER_S = 5.0
"""Where a vendor says nothing."""


@asynccontextmanager
async def open_json_socket(provider: str, url: str, headers: Mapping[str, str]) -> AsyncGenerator[ClientConnection]:
    """Open a connection; what goes wrong with it, then or later in the body, is a ProviderError."""
    try:
        async with connect(
            url,
            additional_headers=headers,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            compression=None,
        ) as connection:
            yield connection
    except InvalidStatus as refused:
        retry_after = refused.response.headers.get("Retry-After", "")
        retry_after_s = float(retry_after) if retry_after.isdecimal() else RETRY_AFTER_S
        raise error_of_status(provider, refused.response.status_code, retry_after_s) from None
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd is not None else 0
        raise ProviderUnavailable(provider, f"closed-{code}") from None
    except TimeoutError:
        raise ProviderTimeout(provider, "no-connection") from None
    except (OSError, WebSocketException):
        raise ProviderUnavailable(provider, "no-connection") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ProviderBadReply(provider, "not-understood") from None


def error_of_status(provider: str, status: int, retry_after_s: float = RETRY_AFTER_S) -> ProviderError:
    """Return the error that an HTTP status is, in answer to a handshake."""
    if status in (401, 403):
        return ProviderRejected(provider, "key-refused")
    if status == 429:
        return ProviderThrottled(provider, "throttled", retry_after_s)
    if 400 <= status < 500:
        return ProviderRejected(provider, f"http-{status}")
    return ProviderUnavailable(provider, f"http-{status}")
