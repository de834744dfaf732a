"""What administrators may have deleted, and the evidence of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.calls import CallSid
from app.api.errors import ApiError, ErrorCode, error_responses
from app.api.security import administrator
from app.api.state import state_of
from app.domain.records import DeletionReason
from app.errors import CallIsLive, RecordingError, StoreError

router = APIRouter(
    tags=["calls"], dependencies=[Depends(administrator)], responses=error_responses(401, 403, 413, 422, 429, 503)
)


class CallerDeletion(BaseModel):
    """A telephone number is named in the body: addresses end up in logs."""

    model_config = ConfigDict(extra="forbid")

    phone_number: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164.", examples=["+442079460018"])


class DeletedView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    calls: int = Field(description="How many calls were deleted; those that still go on are not.")
    recordings: int = Field(
        description="How many recordings were deleted with them; one that another server keeps goes within the hour."
    )


class DeletionView(BaseModel):
    """That something was deleted; nothing that names anybody."""

    model_config = ConfigDict(from_attributes=True)

    deleted_at: datetime
    reason: DeletionReason
    older_than: datetime | None = Field(description="For retention: calls that began before this.")
    calls: int
    utterances: int
    recordings: int


class DeletionsView(BaseModel):
    deletions: list[DeletionView]


@router.delete("/calls/{call_sid}", responses=error_responses(404, 409))
async def delete_call(request: Request, call_sid: CallSid) -> DeletedView:
    """Delete a past call with everything that is stored of it, its recording among it."""
    try:
        deleted = await state_of(request).bridge.deletion.delete_call(call_sid)
    except CallIsLive as error:
        raise ApiError(409, ErrorCode.CALL_IS_LIVE, f"{error}; POST /calls/{{call_sid}}/end ends it") from error
    except (StoreError, RecordingError) as error:
        raise _not_deleted(error) from error
    if not deleted.calls:
        raise ApiError(404, ErrorCode.NOT_FOUND, "no call has this CallSid; GET /calls lists those that there are")
    return DeletedView.model_validate(deleted)


@router.post("/callers/delete")
async def delete_caller(request: Request, wanted: CallerDeletion) -> DeletedView:
    """Delete every past call that came from a telephone number."""
    bridge = state_of(request).bridge
    if not bridge.deletion.knows_callers:
        raise ApiError(503, ErrorCode.NOT_CONFIGURED, "callers are not known: set PRIVACY_PEPPER (docs/privacy.md)")
    try:
        return DeletedView.model_validate(await bridge.deletion.delete_caller(wanted.phone_number))
    except (StoreError, RecordingError) as error:
        raise _not_deleted(error) from error


@router.get("/deletions")
async def list_deletions(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> DeletionsView:
    """Return the evidence of deletions, newest first."""
    try:
        found = await state_of(request).bridge.eraser.deletions(limit)
    except StoreError as error:
        raise _not_deleted(error) from error
    return DeletionsView(deletions=[DeletionView.model_validate(deletion) for deletion in found])


def _not_deleted(error: StoreError | RecordingError) -> ApiError:
    if isinstance(error, RecordingError):
        return ApiError(503, ErrorCode.RECORDING_UNREADABLE, f"{error}; the recordings are tried again every hour")
    return ApiError(503, ErrorCode.DATABASE_UNREACHABLE, "the database cannot be reached; try again in a few seconds")
