"""What administrators may see, change and end."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.api.errors import ApiError, ErrorCode, error_responses, process_unreachable
from app.api.negotiation import best_media_type
from app.api.schemas import (
    EXAMPLE_CALL_SID,
    AcceptedView,
    CallPolicies,
    CallQuery,
    CallsView,
    CallView,
    OutboundRequest,
    PlacedCallView,
)
from app.api.security import allowed, allowed_or_token
from app.api.state import state_of
from app.api.transcripts import TranscriptFormat, TranscriptView
from app.domain.access import Permission, Purpose
from app.domain.legs import CallStatus
from app.errors import CapacityError, FleetError, OutboundRefusal, OutboundRefused, StoreError, TelephonyError
from app.store.repository import CallCursor, CallDetail

router = APIRouter(
    prefix="/calls",
    tags=["calls"],
    responses=error_responses(401, 403, 413, 422, 429, 503),
)

_READ_CALLS = Depends(allowed(Permission.READ_CALLS))
_CHANGE_CALLS = Depends(allowed(Permission.CHANGE_CALLS))

CallSid = Annotated[
    str, Path(pattern=r"^CA[0-9a-fA-F]{32}$", description="The client's CallSid.", examples=[EXAMPLE_CALL_SID])
]


@router.get("", dependencies=[Depends(allowed(Permission.LIST_CALLS))])
async def list_calls(request: Request, query: Annotated[CallQuery, Query()]) -> CallsView:
    """Return calls, live and past, newest first."""
    try:
        before = None if query.cursor is None else CallCursor.parse(query.cursor)
    except ValueError:
        raise ApiError(422, ErrorCode.UNKNOWN_CURSOR, "`cursor` is the `next_cursor` of another page") from None
    try:
        found = await state_of(request).bridge.repository.list_calls(query.limit + 1, before, query.filter())
    except StoreError as error:
        raise _unreachable() from error
    return CallsView.page(found, query.limit)


@router.post(
    "", status_code=202, dependencies=[Depends(allowed(Permission.PLACE_CALLS))], responses=error_responses(502)
)
async def place_call(request: Request, response: Response, wanted: OutboundRequest) -> PlacedCallView:
    """Dial a client; when they have answered, the agent is dialled, as in any other call."""
    state = state_of(request)
    missing = state.settings.missing_for_calls()
    if missing:
        raise ApiError(503, ErrorCode.NOT_CONFIGURED, f"this server cannot place calls yet: set {', '.join(missing)}")
    covered = state.bridge.client_languages
    if wanted.client_language is not None and wanted.client_language not in covered:
        raise ApiError(
            422,
            ErrorCode.NOT_COVERED,
            f"clients who speak this cannot be interpreted; those who speak {', '.join(covered)} can",
        )
    try:
        call_sid = await state.bridge.switchboard.call_out(wanted.to, wanted.client_language or "")
    except OutboundRefused as error:
        raise _not_placed(error) from error
    except CapacityError as error:
        raise ApiError(503, ErrorCode.NO_CAPACITY, "no room for another call; /ready says why") from error
    except TelephonyError as error:
        raise ApiError(
            502,
            ErrorCode.CARRIER_FAILED,
            f"Twilio did not place the call (error {error.code}, HTTP {error.status}; 0 is no answer): "
            "https://www.twilio.com/docs/api/errors",
        ) from error
    response.headers["Location"] = f"/calls/{call_sid}"
    return PlacedCallView(call_sid=call_sid, status=CallStatus.WAITING)


@router.get("/{call_sid}", dependencies=[_READ_CALLS], responses=error_responses(404))
async def get_call(request: Request, call_sid: CallSid) -> CallView:
    """Return one call, live or past, with telephones, utterances, the time of each stage, and its bill."""
    return CallView.of(await _stored(request, call_sid))


@router.get(
    "/{call_sid}/transcript",
    dependencies=[Depends(allowed_or_token(Purpose.TRANSCRIPT))],
    response_class=Response,
    responses={
        200: {
            "model": TranscriptView,
            "description": "The transcript, as a file.",
            "content": {
                "text/vtt": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        },
        **error_responses(404, 406),
    },
)
async def get_transcript(
    request: Request,
    call_sid: CallSid,
    wanted: Annotated[
        TranscriptFormat | None, Query(alias="format", description="Overrides the header Accept; json by default.")
    ] = None,
) -> Response:
    """Return what was said and its translation, with speakers and times from the beginning of the call."""
    form = wanted or _accepted(request)
    transcript = TranscriptView.of(await _stored(request, call_sid))
    return Response(
        transcript.rendered(form),
        media_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{call_sid}.{form}"', "Vary": "Accept"},
    )


@router.patch("/{call_sid}", status_code=202, dependencies=[_CHANGE_CALLS], responses=error_responses(404))
async def change_call(request: Request, call_sid: CallSid, wanted: CallPolicies) -> AcceptedView:
    """Choose what the parties of a live call hear from now on, and what becomes of translations they speak over."""
    try:
        is_live = await state_of(request).bridge.switchboard.change_policies(call_sid, wanted.changes())
    except FleetError as error:
        raise process_unreachable(error) from error
    if not is_live:
        raise _not_live()
    return AcceptedView(status="changing")


@router.post("/{call_sid}/end", status_code=202, dependencies=[_CHANGE_CALLS], responses=error_responses(404))
async def end_call(request: Request, call_sid: CallSid) -> AcceptedView:
    """End a live call: both telephones are hung up."""
    try:
        is_live = await state_of(request).bridge.switchboard.end_call(call_sid)
    except FleetError as error:
        raise process_unreachable(error) from error
    if not is_live:
        raise _not_live()
    return AcceptedView(status="ending")


async def _stored(request: Request, call_sid: str) -> CallDetail:
    try:
        call = await state_of(request).bridge.repository.get_call(call_sid)
    except StoreError as error:
        raise _unreachable() from error
    if call is None:
        raise ApiError(404, ErrorCode.NOT_FOUND, "no call has this CallSid; GET /calls lists those that there are")
    return call


def _accepted(request: Request) -> TranscriptFormat:
    forms = {form.media_type: form for form in TranscriptFormat}
    best = best_media_type(request.headers.get("accept", ""), list(forms))
    if best is None:
        raise ApiError(406, ErrorCode.NOT_ACCEPTABLE, f"a transcript is one of {', '.join(forms)}; accept one of them")
    return forms[best]


def _not_placed(error: OutboundRefused) -> ApiError:
    match error.reason:
        case OutboundRefusal.OFF:
            return ApiError(
                403,
                ErrorCode.OUTBOUND_OFF,
                "outbound calls are off; OUTBOUND_ALLOWED_PREFIXES says what may be dialled",
            )
        case OutboundRefusal.NUMBER:
            return ApiError(
                403,
                ErrorCode.NUMBER_NOT_ALLOWED,
                "this number is not dialled: OUTBOUND_ALLOWED_PREFIXES lacks its beginning, its callers pay a premium, "
                "or it is our own",
            )
        case OutboundRefusal.RATE:
            return ApiError(
                429,
                ErrorCode.TOO_MANY_REQUESTS,
                "OUTBOUND_CALLS_PER_MINUTE is reached; the header Retry-After has the seconds to wait",
                {"Retry-After": str(math.ceil(error.retry_after_s))},
            )


def _not_live() -> ApiError:
    return ApiError(404, ErrorCode.NOT_FOUND, "no live call has this CallSid; GET /calls?live=true lists those")


def _unreachable() -> ApiError:
    return ApiError(503, ErrorCode.DATABASE_UNREACHABLE, "the database cannot be reached; try again in a few seconds")
