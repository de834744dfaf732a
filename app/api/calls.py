"""What administrators may see, change and end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from app.api.schemas import CallPolicies, CallSummaryView, CallsView, CallView
from app.api.security import administrator
from app.api.state import state_of
from app.errors import StoreError

router = APIRouter(prefix="/calls", tags=["calls"], dependencies=[Depends(administrator)])

CallSid = Annotated[str, Path(pattern=r"^CA[0-9a-fA-F]{32}$", description="The client's CallSid.")]


@router.get("")
async def list_calls(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> CallsView:
    """Return the latest calls, live and past, newest first."""
    try:
        calls = await state_of(request).bridge.repository.list_calls(limit)
    except StoreError as error:
        raise HTTPException(503, "the database cannot be reached") from error
    return CallsView(calls=[CallSummaryView.model_validate(call) for call in calls])


@router.get("/{call_sid}")
async def get_call(request: Request, call_sid: CallSid) -> CallView:
    """Return one call with what was said in it."""
    try:
        call = await state_of(request).bridge.repository.get_call(call_sid)
    except StoreError as error:
        raise HTTPException(503, "the database cannot be reached") from error
    if call is None:
        raise HTTPException(404, "no call has this CallSid")
    return CallView.of(call)


@router.patch("/{call_sid}", status_code=202)
async def change_call(request: Request, call_sid: CallSid, wanted: CallPolicies) -> dict[str, str]:
    """Choose what the parties of a live call hear from now on, and what becomes of translations they speak over."""
    if not state_of(request).bridge.change_policies(call_sid, wanted.changes()):
        raise HTTPException(404, "no live call has this CallSid")
    return {"status": "changing"}


@router.post("/{call_sid}/end", status_code=202)
async def end_call(request: Request, call_sid: CallSid) -> dict[str, str]:
    """End a live call: both telephones are hung up."""
    if not state_of(request).bridge.end_call(call_sid):
        raise HTTPException(404, "no live call has this CallSid")
    return {"status": "ending"}
