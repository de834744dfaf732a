"""When a call has run its course."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.ulaw import float_to_ulaw
from app.domain.audio import SAMPLE_RATE_HZ
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, CallScript, Party, Turn
from tests.integration.emulator_bridge import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, Bridge, Misdeeds, serving

SOUND = float_to_ulaw((0.4 * np.sin(np.arange(3200) * 2 * np.pi * 440 / SAMPLE_RATE_HZ)).astype(np.float32))
LATE_FRAMES = 200
"""4 s: much longer than a busy machine needs to notice that patience is over."""


async def place(patience_s: float) -> CallReport:
    """The client says something, which the agent hears 4 s later."""
    bridge = Bridge(Misdeeds(relays_late=LATE_FRAMES))
    script = CallScript(
        client=Party(number="+14155550100", turns=(Turn("hello", AtTime(0.5), say=SOUND),)),
        agent=Party(answer=Answer(after_s=0.0)),
        linger_s=0.2,
        patience_s=patience_s,
        max_duration_s=60.0,
    )
    async with serving(bridge):
        config = EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=bridge.url, public_url=PUBLIC_URL)
        async with Emulator(config) as emulator:
            bridge.rest_url = emulator.rest_url
            return await emulator.call(script)


async def test_what_is_said_last_is_waited_for_by_who_has_heard_nothing_of_it() -> None:
    report = await place(patience_s=50.0)
    assert report.is_clean, report.to_json()
    (heard,) = report.agent.heard_segments
    assert heard.start_s > report.client.said[0].start_s + 3.0
    assert heard.end_s - heard.start_s == pytest.approx(0.4, abs=0.2)


async def test_patience_ends() -> None:
    report = await place(patience_s=0.4)
    assert not report.errors, report.to_json()
    assert not report.agent.heard_segments
