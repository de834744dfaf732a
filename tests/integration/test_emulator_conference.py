"""Conferences of the telephone on the desk: who is moved into one room hears the others, and nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from twilio.rest import Client

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.legs import Leg, LegStatus
from app.emulator import Answer, AtTime, CallReport, CallScript, Emulator, EmulatorConfig, Guest, Party, Turn
from app.emulator.conference import Room
from app.emulator.events import ROLES
from app.emulator.speaker import SILENT_FRAME
from tests.integration.emulator_bridge import ACCOUNT_SID, AGENT, AUTH_TOKEN, PUBLIC_URL, Bridge, Misdeeds, serving
from tests.integration.test_emulator_call import tone
from tests.integration.test_emulator_rest import FROM, Live, ask, refusal

INTERPRETER = "+34600000009"
PITCH_HZ = {Leg.CLIENT: 400, Leg.AGENT: 700, Guest.INTERPRETER: 1100}
CONFERENCE = '<Response><Dial><Conference endConferenceOnExit="{ends}">room 1</Conference></Dial><Hangup/></Response>'


def has_tone(ulaw: bytes, frequency_hz: int) -> bool:
    spectrum = np.abs(np.fft.rfft(ulaw_to_float(ulaw)))
    near = int(frequency_hz * len(ulaw) / 8000)
    return bool(spectrum[near - 20 : near + 20].max() > 0.2 * spectrum.max())


def party(role: str, number: str, at_s: float) -> Party:
    return Party(
        number=number,
        turns=(Turn(f"{role} speaks", AtTime(at_s), say=tone(0.6, PITCH_HZ[role])),),  # type: ignore[index]
        answer=Answer(after_s=0.05),
    )


async def conference(script: CallScript) -> CallReport:
    """Hold a call in which the server dials two and then moves the client to them."""
    async with serving(Bridge(Misdeeds(twiml="<Response><Pause length='30'/></Response>"))) as bridge:
        config = EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=bridge.url, public_url=PUBLIC_URL)
        async with Emulator(replace(config, propagation_s=3.0)) as emulator:
            live = Live(emulator)
            holding = asyncio.create_task(emulator.call(script, live.tell))
            await live.until("in-progress")

            def move(twilio: Client) -> None:
                for to, ends in ((AGENT, "true"), (INTERPRETER, "false")):
                    twilio.calls.create(to=to, from_=FROM, twiml=CONFERENCE.format(ends=ends))
                twilio.calls(live.client.sid).update(twiml=CONFERENCE.format(ends="true"))

            await ask(emulator, move)
            return await holding


SCRIPT = CallScript(
    client=party(Leg.CLIENT, "+14155550100", 0.5),
    agent=party(Leg.AGENT, AGENT, 0.8),
    interpreter=party(Guest.INTERPRETER, INTERPRETER, 2.0),
    linger_s=0.5,
    max_duration_s=60,
)


async def test_everybody_in_a_conference_hears_the_others_and_not_themselves() -> None:
    report = await conference(SCRIPT)
    assert report.is_clean, (report.errors, [report.leg(role).warnings for role in ROLES])
    sids = {role: report.leg(role).call_sid for role in ROLES}
    for role in ROLES:
        heard = report.leg(role).heard_ulaw
        assert {other for other in ROLES if has_tone(heard, PITCH_HZ[other])} == {*ROLES} - {role}
        (attended,) = report.leg(role).conferences
        assert attended.name == "room 1"
        assert set(attended.met) == {sid for other, sid in sids.items() if other is not role}
        assert report.leg(role).final_status is LegStatus.COMPLETED


async def test_a_conference_ends_when_somebody_leaves_who_ends_it() -> None:
    leaves = Turn("bye", AtTime(1.0), hang_up=True)
    report = await conference(replace(SCRIPT, client=Party(number="+14155550100", turns=(leaves,))))
    assert report.client.ended_by == "phone"
    assert (report.agent.ended_by, report.interpreter.ended_by) == ("twiml", "twiml")
    assert not report.errors


async def test_an_update_has_a_longest_twiml() -> None:
    async with serving(Bridge(Misdeeds(twiml="<Response><Pause length='30'/></Response>"))) as bridge:
        config = EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=bridge.url, public_url=PUBLIC_URL)
        async with Emulator(config) as emulator:
            live = Live(emulator)
            holding = asyncio.create_task(emulator.call(CallScript(max_duration_s=60), live.tell))
            await live.until("in-progress")
            sid = live.client.sid
            assert await refusal(emulator, lambda twilio: twilio.calls(sid).update(twiml="x" * 4001)) == (400, 20001)
            live.client.hang_up()
            await holding


def test_two_who_speak_at_once_are_both_heard() -> None:
    room = Room()
    listener, low, high = (room.enter(f"CA{name}", starts=True, ends=False) for name in ("1", "2", "3"))
    heard = b""
    for start in range(0, 1600, 160):
        low.say(tone(0.2, 400)[start : start + 160])
        high.say(tone(0.2, 1100)[start : start + 160])
        heard += listener.hear()
    spectrum = np.abs(np.fft.rfft(ulaw_to_float(heard)))
    assert {*np.argsort(spectrum)[-2:] * 8000 // len(heard)} == {400, 1100}
    assert listener.hear() is SILENT_FRAME


@pytest.mark.parametrize("starts", [True, False])
def test_nobody_hears_anybody_before_the_conference_starts(starts: bool) -> None:
    room = Room()
    first, second = (room.enter(sid, starts=False, ends=False) for sid in ("CA1", "CA2"))
    loud = float_to_ulaw(np.full(160, 0.5, dtype=np.float32))
    if starts:
        room.enter("CA3", starts=True, ends=False)
    first.say(loud)
    assert second.hear() == (loud if starts else SILENT_FRAME)
