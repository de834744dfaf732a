"""How connections to vendors are opened and how long they are kept; what goes wrong is an error of ours."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.errors import ProviderBadReply, ProviderTimeout, ProviderUnavailable
from app.vendor_errors import error_of_close, error_of_status

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 0.25
"""A line that went dead never answers that it is closed, and who takes over may wait for it."""

IDLE_S = 120.0
"""How long a connection for requests is kept that nobody uses: longer than people are silent."""


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return what all clients for requests check certificates with: each would take 40 ms to read them anew.

    As httpx makes it: SSL_CERT_FILE and SSL_CERT_DIR are obeyed.
    """
    return httpx.create_ssl_context()


def checked(provider: str, response: httpx.Response) -> httpx.Response:
    """Return the response if it is a success. Raises ProviderError."""
    if not response.is_success:
        raise error_of_status(provider, response.status_code, response.headers)
    return response


@asynccontextmanager
async def answer_within(provider: str, limit_s: float) -> AsyncGenerator[None]:
    """Raise ProviderTimeout where the body takes longer: clients' own limits are for each piece of an answer."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise ProviderTimeout(provider, "timeout") from None


async def open_socket(
    provider: str, url: str, headers: Mapping[str, str], kind: type[ClientConnection] = ClientConnection
) -> ClientConnection:
    """Open a connection; whoever asked for it closes it. Raises ProviderError."""
    try:
        return await connect(
            url,
            additional_headers=headers,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            compression=None,
            create_connection=kind,
        )
    except InvalidStatus as refused:
        raise error_of_status(provider, refused.response.status_code, refused.response.headers) from None
    except TimeoutError:
        raise ProviderTimeout(provider, "no-connection") from None
    except (OSError, WebSocketException):
        raise ProviderUnavailable(provider, "no-connection") from None


@asynccontextmanager
async def open_json_socket(
    provider: str, url: str, headers: Mapping[str, str], kind: type[ClientConnection] = ClientConnection
) -> AsyncGenerator[ClientConnection]:
    """Open a connection for JSON; what goes wrong with it, then or later in the body, is a ProviderError."""
    connection = await open_socket(provider, url, headers, kind)
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
