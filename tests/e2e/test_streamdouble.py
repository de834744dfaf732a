"""An outside opinion on the media protocol: a Media Streams client that somebody else wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamdouble.protocol import StreamIdentity
from streamdouble.session import SessionConfig, SessionResult, run_call

from app.domain.audio import FRAME_BYTES
from tests.e2e.harness import ACCOUNT_SID, Desk, desk
from tests.e2e.sounds import babble
from tests.e2e.test_api import CALL_SID, incoming_call

SPEECH = babble(2.0)
FRAMES = [SPEECH[start : start + FRAME_BYTES] for start in range(0, len(SPEECH), FRAME_BYTES)]


async def dial(at: Desk, identity: StreamIdentity) -> SessionResult:
    """Have the webhook answered for CALL_SID, and open its stream under this identity."""
    twiml = (await at.http.post("/voice/webhook", data=incoming_call())).text
    parameters = dict(re.findall(r'<Parameter name="(\w+)" value="([^"]+)"', twiml))
    url = at.url.replace("http://", "ws://") + "/ws/media-stream"
    return await run_call(url, FRAMES, config=SessionConfig(custom_parameters=parameters), identity=identity)


async def test_a_client_that_somebody_else_wrote_is_served(tmp_path: Path) -> None:
    async with desk(tmp_path, twilio_validate_signatures=False) as at:
        result = await dial(at, StreamIdentity(account_sid=ACCOUNT_SID, call_sid=CALL_SID))
        metrics = (await at.http.get("/metrics")).text
    assert not result.violations
    assert len(result.audio_received) > 8000, "ring-back, at least"
    assert 'puente_media_odd_messages_total{kind="malformed"} 0.0' in metrics


@pytest.mark.parametrize(
    "identity",
    [StreamIdentity(account_sid=ACCOUNT_SID), StreamIdentity(call_sid=CALL_SID)],
    ids=["another-call", "another-account"],
)
async def test_a_token_is_good_for_its_own_call_and_account_only(tmp_path: Path, identity: StreamIdentity) -> None:
    async with desk(tmp_path, twilio_validate_signatures=False) as at:
        result = await dial(at, identity)
        served = await dial(at, StreamIdentity(account_sid=ACCOUNT_SID, call_sid=CALL_SID))
    assert len(result.audio_received) == 0
    assert len(served.audio_received) > 0, "a stranger's attempt does not use the ticket up"
