"""What Twilio posts: a call came in, a stream is over, a leg's status changed."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response

from app.api.errors import ApiError, ErrorCode, error_responses
from app.api.security import signed_form
from app.api.state import state_of
from app.errors import CapacityError, RemoteProtocolError
from app.twilio.status import parse_status_callback, parse_voice_webhook

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/voice", tags=["twilio"], responses=error_responses(400, 403, 413, 429))

_MAY_DECLINE = "X-Puente-May-Decline"
"""A proxy's header: a 503 sends the call to another process instead of an apology to the caller."""

Form = Annotated[bytes, Depends(signed_form)]


@router.post(
    "/webhook",
    response_class=Response,
    responses={200: {"content": {"text/xml": {}}}, **error_responses(503)},
)
async def voice_webhook(request: Request, form: Form) -> Response:
    """Answer a client's call with TwiML. ``?language=fr`` on the URL says what the client speaks."""
    state = state_of(request)
    missing = state.settings.missing_for_calls()
    if missing:
        log.error("call.not_answered", missing=missing)
        raise ApiError(503, ErrorCode.NOT_CONFIGURED, f"this server cannot take calls yet: set {', '.join(missing)}")
    try:
        webhook = parse_voice_webhook(form, request.query_params.get("language", ""))
    except RemoteProtocolError as error:
        raise ApiError(400, ErrorCode.BAD_WEBHOOK, str(error)) from error
    if webhook.account_sid != state.settings.twilio_account_sid:
        raise ApiError(
            403, ErrorCode.FORBIDDEN, "this call belongs to another Twilio account; check TWILIO_ACCOUNT_SID"
        )
    try:
        return _twiml(await state.bridge.switchboard.answer(webhook, may_decline=_MAY_DECLINE in request.headers))
    except CapacityError as error:
        raise ApiError(503, ErrorCode.NO_CAPACITY, "no room for this call here; /ready says why") from error


@router.post("/after-stream", response_class=Response, responses={200: {"content": {"text/xml": {}}}})
@router.post("/after-stream/{session_id}", response_class=Response, responses={200: {"content": {"text/xml": {}}}})
async def after_stream(request: Request, form: Form, session_id: str = "") -> Response:
    """Say what a client's call goes on with when its media stream is over (`<Connect action>`)."""
    try:
        webhook = parse_voice_webhook(form)
    except RemoteProtocolError as error:
        raise ApiError(400, ErrorCode.BAD_WEBHOOK, str(error)) from error
    return _twiml(state_of(request).bridge.switchboard.after_stream(webhook.call_sid, session_id))


@router.post("/status", status_code=204)
@router.post("/status/{session_id}", status_code=204)
async def status(request: Request, form: Form, session_id: str = "") -> None:
    """Take a status callback of either leg; repeated and late ones do no harm."""
    try:
        callback = parse_status_callback(form)
    except RemoteProtocolError as error:
        raise ApiError(400, ErrorCode.BAD_WEBHOOK, str(error)) from error
    state_of(request).bridge.switchboard.leg_status(callback, session_id)


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
