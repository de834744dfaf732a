"""Calls placed and ended by Twilio's REST API: https://www.twilio.com/docs/voice/api/call-resource."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import msgspec
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client

from app.errors import TelephonyError
from app.twilio.status import CALL_SID
from app.vendor_connections import tls_context

TIMEOUT_S = 10.0
STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]

_LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""A connection that the other side is about to close costs a call: to place one is never tried again."""
_NOT_FOUND = 404
_CODE_NOT_FOUND = 20404
_CODE_NOT_IN_PROGRESS = 21220


class TwilioRest:
    """The account's calls. Every method takes 10 seconds at most and raises TelephonyError."""

    def __init__(
        self, account_sid: str, auth_token: str, api_base_url: str = "", *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._timeout_s = timeout_s
        self._http = _HttpClient(api_base_url, timeout_s)
        # Resolving `calls` imports the SDK's modules for it now and not during the first call.
        self._calls = Client(account_sid, auth_token, http_client=self._http).calls

    async def dial(
        self, *, to: str, from_: str, twiml: str, status_callback: str, ring_timeout_s: int, time_limit_s: int
    ) -> str:
        """Place a call and return its CallSid; Twilio has queued it, and it does not ring yet.

        Never retried: a request whose answer is lost may have placed the call.
        """
        async with self._errors_translated():
            call = await self._calls.create_async(
                to=to,
                from_=from_,
                twiml=twiml,
                status_callback=status_callback,
                status_callback_event=STATUS_EVENTS,
                status_callback_method="POST",
                timeout=ring_timeout_s,
                time_limit=time_limit_s,
            )
        if not isinstance(call.sid, str) or CALL_SID.fullmatch(call.sid) is None:
            raise TelephonyError(0, httpx.codes.CREATED)
        return call.sid

    async def instruct(self, call_sid: str, twiml: str) -> None:
        """Break off what a call that was answered is doing and let it follow other TwiML."""
        await self._update(call_sid, twiml=twiml)

    async def hang_up(self, call_sid: str) -> None:
        """End a call in whatever state it is; one that is over already is no error."""
        try:
            await self._update(call_sid, status="completed")
        except TelephonyError as error:
            if error.status == _NOT_FOUND or error.code in (_CODE_NOT_FOUND, _CODE_NOT_IN_PROGRESS):
                return
            raise

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._http.aclose()

    async def _update(self, call_sid: str, **changes: str) -> None:
        """Change a call; to do it twice does no harm, so a lost connection is tried again once."""
        async with self._errors_translated():
            try:
                await self._calls(call_sid).update_async(**changes)
            except _ConnectionFailed:
                await self._calls(call_sid).update_async(**changes)

    @asynccontextmanager
    async def _errors_translated(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError:
            raise TelephonyError(0, 0) from None
        except (TwilioRestException, TwilioServiceException) as error:
            # `from None`: the SDK's text quotes what it was sent, numbers included. Where the body has no error number
            # the SDK repeats the HTTP status.
            code = error.code if isinstance(error.code, int) and error.code != error.status else 0
            raise TelephonyError(code, error.status) from None


class _ConnectionFailed(TelephonyError):
    """The request or its answer was lost on the way."""


class _HttpClient:
    """What the SDK calls an asynchronous HTTP client, on httpx.

    The SDK's own sets no timeout, logs headers and needs another HTTP library. It sends every request to
    ``base_url`` instead of the URL's own origin, unless that is empty.
    """

    is_async = True

    def __init__(self, base_url: str, timeout_s: float) -> None:
        self._base_url = base_url.rstrip("/")
        # An emulator on this machine is never behind the environment's proxy.
        direct = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}
        self._client = httpx.AsyncClient(verify=tls_context(), timeout=timeout_s, mounts=direct, limits=_LIMITS)

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Raises TelephonyError when there is no answer, or success comes without a JSON object."""
        try:
            response = await self._client.request(
                method,
                self._redirected(url),
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=timeout or self._client.timeout,
                follow_redirects=allow_redirects,
            )
        except httpx.TimeoutException:
            raise TelephonyError(0, 0) from None
        except httpx.HTTPError:
            raise _ConnectionFailed(0, 0) from None
        if response.is_success and not _is_json_object(response.content):
            raise TelephonyError(0, response.status_code)
        return Response(response.status_code, response.text, response.headers)

    def _redirected(self, url: str) -> str:
        return f"{self._base_url}{urlsplit(url).path}" if self._base_url else url

    async def aclose(self) -> None:
        await self._client.aclose()


def _is_json_object(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
