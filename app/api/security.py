"""Who may ask: Twilio by its signature, administrators by their key."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.errors import ApiError, ErrorCode
from app.api.state import BridgeState, state_of
from app.twilio.signatures import public_url

_bearer = HTTPBearer(auto_error=False, description="ADMIN_API_KEY")


async def administrator(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Let administrators in; 401 for everybody else."""
    if credentials is None or not _is_key(state_of(request), credentials.credentials):
        raise ApiError(
            401,
            ErrorCode.UNAUTHORIZED,
            "send the header `Authorization: Bearer <ADMIN_API_KEY>`",
            {"WWW-Authenticate": "Bearer"},
        )


def is_administrator(state: BridgeState, authorization: str) -> bool:
    """Whether this ``Authorization`` header is an administrator's; for sockets."""
    scheme, _, key = authorization.partition(" ")
    return scheme.lower() == "bearer" and _is_key(state, key)


def _is_key(state: BridgeState, given: str) -> bool:
    return hmac.compare_digest(given.encode(), state.admin_api_key.get_secret_value().encode())


async def signed_form(request: Request) -> bytes:
    """Return the raw form body of a webhook that Twilio signed; 403 for a wrong signature."""
    body = await request.body()
    state = state_of(request)
    if state.settings.twilio_validate_signatures:
        url = public_url(state.settings.webhook_base_url, request.url.path, request.url.query)
        signature = request.headers.get("X-Twilio-Signature", "")
        if not state.signatures.webhook_is_valid(url, body, signature):
            state.bridge.metrics.refused_webhooks.inc()
            raise ApiError(
                403,
                ErrorCode.FORBIDDEN,
                "the Twilio signature does not fit; check WEBHOOK_BASE_URL and TWILIO_AUTH_TOKEN",
            )
    return body


def socket_is_signed(state: BridgeState, session_id: str, signature: str) -> bool:
    """Whether Twilio signed the upgrade to the media socket's public URL; it may end in the session's id."""
    if not state.settings.twilio_validate_signatures:
        return True
    url = state.settings.media_stream_url + (f"/{session_id}" if session_id else "")
    return state.signatures.socket_is_valid(url, signature)
