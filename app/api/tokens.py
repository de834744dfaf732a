"""Short-lived tokens, for pages and sockets that should not hold a key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import ApiError, ErrorCode, error_responses
from app.api.schemas import EXAMPLE_CALL_SID
from app.api.security import CAPTIONS_PROTOCOL, allowed
from app.api.state import state_of
from app.domain.access import Caller, Grant, Permission, Purpose, roles_with

router = APIRouter(tags=["service"], responses=error_responses(401, 403, 413, 422, 429, 503))


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    purpose: Purpose = Field(description="captions (the socket) or transcript (the file), of one call.")
    call_sid: str = Field(pattern=r"^CA[0-9a-fA-F]{32}$", examples=[EXAMPLE_CALL_SID])


class TokenView(BaseModel):
    token: str = Field(
        description="For the header `Authorization: Bearer`, or as the subprotocol `bearer.<token>` of a WebSocket; "
        "never for an address, which ends up in logs."
    )
    expires_at: datetime = Field(description="A socket that was opened before stays open.")
    subprotocols: list[str] = Field(description="What a browser's `new WebSocket(url, subprotocols)` takes.")


@router.post("/tokens", status_code=201)
async def make_token(
    request: Request, wanted: TokenRequest, caller: Annotated[Caller, Depends(allowed(Permission.WATCH_CALL))]
) -> TokenView:
    """Make a token that opens one thing of one call for TOKEN_TTL_S seconds; for whoever may use it themselves."""
    state = state_of(request)
    if not caller.may(wanted.purpose.permission):
        raise ApiError(
            403,
            ErrorCode.FORBIDDEN,
            f"a key of the role {caller.role} may not do this; {', '.join(roles_with(wanted.purpose.permission))} may",
        )
    token, expires_at = state.tokens.mint(
        Grant(wanted.purpose, wanted.call_sid, caller.key_id), datetime.now(UTC), state.settings.token_ttl_s
    )
    protocols = [CAPTIONS_PROTOCOL, f"bearer.{token}"] if wanted.purpose is Purpose.CAPTIONS else []
    return TokenView(token=token, expires_at=expires_at, subprotocols=protocols)
