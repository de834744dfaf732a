"""Twilio's HTTP client: signed requests to the server under test."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from twilio.request_validator import RequestValidator

WEBHOOK_TIMEOUT_S = 15.0
ANSWER_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class EmulatorConfig:
    account_sid: str
    auth_token: str = field(repr=False)
    server_url: str = "http://127.0.0.1:8000"
    """Where the server under test really listens."""
    public_url: str = "https://bridge.example.com"
    """What the server believes its origin to be, and what gets signed; what lies under it is sent to ``server_url``."""
    voice_path: str = "/voice/webhook"
    status_path: str = ""
    """Where the client's own status callbacks go, as set on a Twilio number; empty for none."""
    rest_host: str = "127.0.0.1"
    rest_port: int = 0
    """0: any free port."""
    say_characters_per_s: float = 15.0
    """How fast ``<Say>`` reads."""
    propagation_s: float = 15.0
    """When one party is gone and the other hears nothing more, the server has so long to let them go."""
    kept_telephones: int = 2000
    """How many ended calls, with what was said and heard on them, the REST API still knows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answered."""

    status: int
    """HTTP status; 0 when there was no answer."""
    text: str = ""
    problem: str = ""
    """Why there is no answer."""


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """Where a socket is dialled, and what it calls itself."""

    url: str
    """ws or wss, with the public host: the ``Host`` header comes from it."""
    host: str
    port: int
    signature: str


class Carrier:
    """Signs with the auth token over the public URL, and sends to where the server really is."""

    def __init__(self, config: EmulatorConfig) -> None:
        self.config = config
        self._validator = RequestValidator(config.auth_token)
        self._wrong_validator = RequestValidator(token_hex(16))
        self._http = httpx.AsyncClient(
            timeout=WEBHOOK_TIMEOUT_S, trust_env=False, limits=httpx.Limits(max_connections=200)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def post(self, url: str, fields: Mapping[str, str], *, wrongly_signed: bool = False) -> Answer:
        """Deliver a form to a public URL; never raises for what the network does."""
        target = self._target(url, ("http", "https"))
        if target is None:
            return Answer(0, problem="the URL is not under the server's public URL")
        validator = self._wrong_validator if wrongly_signed else self._validator
        headers = {
            "Host": urlsplit(url).netloc,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": token_hex(16),
            "X-Twilio-Signature": validator.compute_signature(url, dict(fields)),
        }
        try:
            response = await self._http.post(target, data=dict(fields), headers=headers)
        except httpx.TimeoutException:
            return Answer(0, problem=f"no answer within {WEBHOOK_TIMEOUT_S:.0f} s")
        except httpx.TransportError as error:
            return Answer(0, problem=f"{type(error).__name__} at {self.config.server_url}")
        return Answer(response.status_code, response.text[:ANSWER_LIMIT_BYTES])

    def socket_address(self, url: str, *, wrongly_signed: bool = False) -> SocketAddress | None:
        """Return where and how a stream's public wss URL is dialled; None when it is not the server's."""
        target = self._target(url, ("ws", "wss"))
        if target is None:
            return None
        real, public = urlsplit(target), urlsplit(url)
        is_secure = real.scheme == "https"
        validator = self._wrong_validator if wrongly_signed else self._validator
        return SocketAddress(
            url=f"{'wss' if is_secure else 'ws'}://{public.netloc}{real.path}",
            host=real.hostname or "127.0.0.1",
            port=real.port or (443 if is_secure else 80),
            signature=validator.compute_signature(url, {}),
        )

    def _target(self, url: str, schemes: tuple[str, str]) -> str | None:
        """Return the real URL behind a public one; None when it lies elsewhere."""
        public, wanted = urlsplit(self.config.public_url), urlsplit(url)
        prefix = public.path.rstrip("/")
        if wanted.scheme not in schemes or wanted.netloc != public.netloc or not wanted.path.startswith(prefix):
            return None
        rest = wanted.path[len(prefix) :] + (f"?{wanted.query}" if wanted.query else "")
        return self.config.server_url.rstrip("/") + rest


def now_rfc2822() -> str:
    """Return the time as Twilio's callbacks and resources write it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
