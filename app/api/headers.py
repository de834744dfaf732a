"""What browsers are told about every answer: https://owasp.org/www-project-secure-headers/."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""Of an answer that is no page: nothing is loaded, framed, guessed or kept."""
HSTS = ("Strict-Transport-Security", "max-age=31536000")


class SecurityHeaders:
    """ASGI middleware: the strict headers on every answer, refused upgrades included.

    What a route set itself stays: a page says what it loads.
    """

    def __init__(self, application: ASGIApp, *, is_https: bool) -> None:
        self._application = application
        self._headers = {**STRICT_HEADERS, **(dict([HSTS]) if is_https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._application(scope, receive, with_headers)
