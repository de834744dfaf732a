"""Who may ask: Twilio by its signature, people and programs by their keys, pages by short-lived tokens."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.budgets import Budget, address_of
from app.access.tokens import looks_like_token
from app.api.errors import ApiError, ErrorCode
from app.api.state import BridgeState, state_of
from app.domain.access import Caller, Permission, Purpose, roles_with
from app.errors import StoreError
from app.twilio.signatures import public_url

CAPTIONS_PROTOCOL = "puente.captions.v1"
"""What a watcher's WebSocket speaks (``Sec-WebSocket-Protocol``)."""
_TOKEN_PROTOCOL = "bearer."  # noqa: S105 - browsers can set no header but the subprotocols
_HOW = "send the header `Authorization: Bearer <key>`, with ADMIN_API_KEY or a key of `python -m app keys create`"

_bearer = HTTPBearer(auto_error=False, description="ADMIN_API_KEY, or a key that `python -m app keys create` made.")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Check = Callable[[Request, Credentials], Awaitable[Caller]]


def allowed(permission: Permission) -> Check:
    """Return a dependency that lets the keys in whose role may do this: 401 and 403 for others."""

    async def check(request: Request, credentials: Credentials) -> Caller:
        return await _caller(request, _given(credentials), permission)

    return check


administrator = allowed(Permission.ADMINISTER)


def allowed_or_token(purpose: Purpose) -> Callable[[Request, Credentials], Awaitable[None]]:
    """Let those keys in, and tokens for this purpose and the call of the path."""

    async def check(request: Request, credentials: Credentials) -> None:
        await _holder(request, _given(credentials), purpose, request.path_params["call_sid"])

    return check


async def admit_watcher(websocket: WebSocket, call_sid: str) -> str | None:
    """Let the holder of a key or a token watch a call; return the subprotocol to accept. Raises ApiError."""
    offered: list[str] = websocket.scope["subprotocols"]
    in_protocol = [each.removeprefix(_TOKEN_PROTOCOL) for each in offered if each.startswith(_TOKEN_PROTOCOL)]
    scheme, _, in_header = websocket.headers.get("authorization", "").partition(" ")
    given = in_protocol[0] if in_protocol else in_header if scheme.lower() == "bearer" else ""
    await _holder(websocket, given, Purpose.CAPTIONS, call_sid)
    return CAPTIONS_PROTOCOL if CAPTIONS_PROTOCOL in offered else None


async def anybody(request: Request) -> None:
    """Let everybody in, but not too often."""
    await _spend(state_of(request), Budget.ANONYMOUS, address_of(request.scope.get("client")))


async def signed_form(request: Request) -> bytes:
    """Return the raw form body of a webhook that Twilio signed; 403 for a wrong signature.

    What is signed is never limited: a limit that Twilio reaches costs calls.
    """
    body = await request.body()
    state = state_of(request)
    if state.settings.twilio_validate_signatures:
        url = public_url(state.settings.webhook_base_url, request.url.path, request.url.query)
        signature = request.headers.get("X-Twilio-Signature", "")
        if not state.signatures.webhook_is_valid(url, body, signature):
            state.bridge.metrics.refused_webhooks.inc()
            await _spend(state, Budget.WRONG_SIGNATURE, address_of(request.scope.get("client")))
            raise ApiError(
                403,
                ErrorCode.FORBIDDEN,
                "the Twilio signature does not fit; check WEBHOOK_BASE_URL and TWILIO_AUTH_TOKEN",
            )
    return body


async def admit_media(websocket: WebSocket, session_id: str) -> None:
    """Let Twilio's media sockets in: 403 where the upgrade to the public URL is not signed. Raises ApiError.

    The URL may end in the session's id.
    """
    state = state_of(websocket)
    address = address_of(websocket.scope.get("client"))
    signature = websocket.headers.get("x-twilio-signature", "")
    url = state.settings.media_stream_url + (f"/{session_id}" if session_id else "")
    if state.settings.twilio_validate_signatures and not state.signatures.socket_is_valid(url, signature):
        await _spend(state, Budget.WRONG_SIGNATURE, address)
        raise ApiError(403, ErrorCode.FORBIDDEN, "the Twilio signature does not fit")
    await _spend(state, Budget.MEDIA_SOCKET, address)


async def _holder(connection: HTTPConnection, given: str, purpose: Purpose, call_sid: str) -> None:
    """Let in whoever brings a token for this purpose and call, or a key that may ask for one."""
    if not looks_like_token(given):
        await _caller(connection, given, purpose.permission)
        return
    state = state_of(connection)
    address = address_of(connection.scope.get("client"))
    await _refuse_guessers(state, address)
    grant = state.tokens.read(given, purpose)
    if grant is None:
        await _failed(state, address)
        raise _unauthorized("this token is over, or was made for something else; POST /tokens makes one")
    if grant.call_sid != call_sid:
        raise ApiError(403, ErrorCode.FORBIDDEN, "this token is for another call")
    await _spend(state, Budget.API, grant.key_id)


async def _caller(connection: HTTPConnection, given: str, permission: Permission) -> Caller:
    """Return whose key it is, if their role may do this. Raises ApiError."""
    state = state_of(connection)
    address = address_of(connection.scope.get("client"))
    if not given:
        await _spend(state, Budget.ANONYMOUS, address)
        raise _unauthorized(_HOW)
    await _refuse_guessers(state, address)
    try:
        caller = await state.key_ring.identify(given)
    except StoreError as error:
        raise ApiError(
            503,
            ErrorCode.DATABASE_UNREACHABLE,
            "the database, which knows this key, cannot be reached; try again in a few seconds",
        ) from error
    if caller is None:
        await _failed(state, address)
        raise _unauthorized(_HOW)
    if not caller.may(permission):
        raise ApiError(
            403,
            ErrorCode.FORBIDDEN,
            f"a key of the role {caller.role} may not do this; {', '.join(roles_with(permission))} may",
        )
    await _spend(state, Budget.API, caller.key_id)
    return caller


async def _refuse_guessers(state: BridgeState, address: str) -> None:
    """Before anything is compared, so that guessing ends and costs no look-up. Raises ApiError."""
    wait_s = await state.budgets.overdrawn(Budget.FAILED_AUTHENTICATION, address)
    if wait_s:
        raise _too_many(state, Budget.FAILED_AUTHENTICATION, wait_s)


async def _failed(state: BridgeState, address: str) -> None:
    state.bridge.metrics.failed_authentications.inc()
    await state.budgets.spend(Budget.FAILED_AUTHENTICATION, address)


async def _spend(state: BridgeState, budget: Budget, who: str) -> None:
    wait_s = await state.budgets.spend(budget, who)
    if wait_s:
        raise _too_many(state, budget, wait_s)


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, ErrorCode.UNAUTHORIZED, message, {"WWW-Authenticate": "Bearer"})


def _too_many(state: BridgeState, budget: Budget, wait_s: float) -> ApiError:
    state.bridge.metrics.limited_requests.labels(budget).inc()
    return ApiError(
        429,
        ErrorCode.TOO_MANY_REQUESTS,
        "too many requests; the header Retry-After has the seconds to wait",
        {"Retry-After": str(math.ceil(wait_s))},
    )


def _given(credentials: HTTPAuthorizationCredentials | None) -> str:
    return "" if credentials is None else credentials.credentials
