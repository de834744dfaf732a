"""A vendor's WebSocket that carries JSON in text messages, with the errors of connections as ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.errors import ProviderBadReply, ProviderTimeout, ProviderUnavailable
from app.vendor_errors import error_of_close, error_of_status

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0


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
        raise error_of_status(provider, refused.response.status_code, refused.response.headers) from None
    except ConnectionClosed as closed:
        raise error_of_close(provider, closed) from None
    except TimeoutError:
        raise ProviderTimeout(provider, "no-connection") from None
    except (OSError, WebSocketException):
        raise ProviderUnavailable(provider, "no-connection") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ProviderBadReply(provider, "not-understood") from None
