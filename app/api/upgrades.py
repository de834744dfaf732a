"""uvicorn's WebSockets, for peers that send what no client would."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class UpgradeProtocol(WebSocketsSansIOProtocol):
    """Answers 400 to an upgrade whose path or headers are not ASCII, and closes for text that comes after a close.

    uvicorn's own lets the errors of its parsers through to the event loop, which logs them as fatal, with the header,
    and so a token, in it; any stranger could fill the log so.
    """

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except (UnicodeError, InvalidState):
            if not self.handshake_complete:
                self.transport.write(_BAD_REQUEST)
            self.transport.close()
