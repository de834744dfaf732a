"""A vendor's WebSocket that carries JSON in text messages, with the errors of connections as ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from app.errors import ProviderBadReply, ProviderUnavailable
from app.vendor_connections import open_socket
from app.vendor_errors import error_of_close


@asynccontextmanager
async def open_json_socket(provider: str, url: str, headers: Mapping[str, str]) -> AsyncGenerator[ClientConnection]:
    """Open a connection; what goes wrong with it, then or later in the body, is a ProviderError."""
    connection = await open_socket(provider, url, headers)
    try:
        yield connection
    except ConnectionClosed as closed:
        raise error_of_close(provider, closed) from None
    except (OSError, WebSocketException):
        raise ProviderUnavailable(provider, "no-connection") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ProviderBadReply(provider, "not-understood") from None
    finally:
        await connection.close()
