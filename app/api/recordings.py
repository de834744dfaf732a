"""The sound of a call, for administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from app.api.calls import CallSid
from app.api.errors import ApiError, ErrorCode, error_responses
from app.api.security import administrator
from app.api.state import state_of
from app.domain.access import Caller
from app.errors import RecordingError
from app.recordings.container import Opened
from app.recordings.export import wav_bytes, wav_pieces
from app.runtime.bridge import Bridge

log = structlog.get_logger(__name__)

router = APIRouter(tags=["calls"], responses=error_responses(401, 403, 413, 422, 429, 503))

_WAV = "audio/wav"
_COMPLETE = "Recording-Complete"


@router.get(
    "/calls/{call_sid}/recording",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Four channels, 16 bits, 8 kHz: client said, agent heard, agent said, client heard. The "
            "first sample is the call's `started_at`.",
            "content": {_WAV: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                _COMPLETE: {
                    "description": "false: its end is missing, for its process died or the disk failed.",
                    "schema": {"type": "string", "enum": ["true", "false"]},
                }
            },
        },
        **error_responses(404, 409),
    },
)
async def get_recording(
    request: Request, call_sid: CallSid, caller: Annotated[Caller, Depends(administrator)]
) -> StreamingResponse:
    """Return a past call's recording, decrypted, as a WAV file."""
    bridge = state_of(request).bridge
    if bridge.registry.find(call_sid) is not None:
        raise ApiError(409, ErrorCode.CALL_IS_LIVE, "this call goes on; its recording can be had when it is over")
    try:
        recording, opened = await asyncio.to_thread(_open, bridge, call_sid)
    except FileNotFoundError:
        raise ApiError(
            404, ErrorCode.NOT_FOUND, "there is no recording of this call in the RECORDING_DIR of this server"
        ) from None
    except (RecordingError, OSError) as error:
        why = str(error) if isinstance(error, RecordingError) else f"RECORDING_DIR failed: {type(error).__name__}"
        raise ApiError(503, ErrorCode.RECORDING_UNREADABLE, why) from error
    log.info("recording.exported", call_sid=call_sid, key_id=caller.key_id)
    return StreamingResponse(
        _pieces(recording, opened),
        media_type=_WAV,
        headers={
            "Content-Length": str(wav_bytes(recording)),
            "Content-Disposition": f'attachment; filename="{call_sid}.wav"',
            _COMPLETE: str(recording.info.is_complete).lower(),
        },
    )


def _open(bridge: Bridge, call_sid: str) -> tuple[Opened, ExitStack]:
    """Return a recording that was read to its end once, for an answer that has begun cannot become an error."""
    with ExitStack() as stack:
        recording = stack.enter_context(bridge.shelf.open(call_sid, bridge.recording_keys))
        recording.check()
        return recording, stack.pop_all()


def _pieces(recording: Opened, opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from wav_pieces(recording)
