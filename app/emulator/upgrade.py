"""Twilio's WebSocket client: the upgrade request it makes, and what it makes of the answer."""

from __future__ import annotations

import socket
import ssl
import struct

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from app.emulator.carrier import SocketAddress

USER_AGENT = "Twilio.TmeWs/1.0"
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0


class StreamRefused(Exception):
    """The stream could not be opened; ``code`` is Twilio's error number. Never leaves the emulator."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _Connect(connect):
    """Twilio follows no redirect: any answer but 101 is an error."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(address: SocketAddress) -> ClientConnection:
    """Open a socket with exactly the headers that Twilio sends: no Origin, no extensions, no subprotocols.

    Raises StreamRefused with 31901, 31902, 31910, 31920 or 31924.
    """
    try:
        return await _Connect(
            address.url,
            host=address.host,
            port=address.port,
            additional_headers={"X-Twilio-Signature": address.signature},
            user_agent_header=USER_AGENT,
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=None,
        )
    except InvalidStatus as error:
        raise StreamRefused(31920, f"HTTP {error.response.status_code} instead of 101") from None
    except InvalidHandshake as error:
        raise StreamRefused(31924, f"the upgrade failed: {type(error).__name__}") from None
    except TimeoutError:
        raise StreamRefused(31901, f"no answer within {OPEN_TIMEOUT_S:.0f} s") from None
    except ssl.SSLError:
        raise StreamRefused(31910, "TLS failed") from None
    except OSError as error:
        raise StreamRefused(31902, f"connection refused ({type(error).__name__})") from None


def reset(connection: ClientConnection) -> None:
    """Break the TCP connection with a reset, without a close frame."""
    transport = connection.transport
    tcp = transport.get_extra_info("socket")
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
