"""Calls in which a stage fails altogether: nobody is hung up on, both are told, and each hears the other directly."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from app.domain.legs import EndReason, Leg
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import desk, script, together
from tests.e2e.sounds import babble
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import Vendor, serving

TURNS_S = (2.0, 14.0)
"""When the client speaks: the second time, everything that is to be said about the first has been said."""
TURN_S = 2.5


def vendor_settings(stage: str, address: str) -> dict[str, object]:
    match stage:
        case "stt":
            return {"deepgram_api_key": SecretStr(Vendor.key), "deepgram_url": f"ws://{address}"}
        case "translation":
            return {"deepl_api_key": SecretStr(Vendor.key), "deepl_server_url": f"http://{address}"}
        case _:
            return {"elevenlabs_api_key": SecretStr(Vendor.key), "elevenlabs_url": f"ws://{address}"}


VENDORS: dict[str, tuple[str, type[Vendor]]] = {
    "stt": ("deepgram", Deepgram),
    "translation": ("deepl", DeepL),
    "tts": ("elevenlabs", ElevenLabs),
}


def share_heard(report: CallReport, listener: Leg, turn: int) -> float:
    """Return how much of the other's turn was heard at the same time, as a share."""
    said = report.leg(listener.other).said[turn]
    heard_s = sum(
        max(0.0, min(segment.end_s, said.end_s + 0.5) - max(segment.start_s, said.start_s))
        for segment in report.leg(listener).heard_segments
    )
    return heard_s / (said.end_s - said.start_s)


async def test_a_stage_without_anybody_left_is_explained_and_the_original_is_heard(tmp_path: Path) -> None:
    await together(tmp_path, tuple(VENDORS), hold_without)


async def hold_without(stage: str, folder: Path, all_up: asyncio.Barrier) -> None:
    name, kind = VENDORS[stage]
    vendor = kind()
    async with serving(vendor) as address:
        settings = {f"{stage}_provider": name, "client_languages": ("en", "es"), **vendor_settings(stage, address)}
        async with desk(folder, **settings) as at:
            await all_up.wait()
            vendor.faults.always = Fault(FaultKind.STATUS, 503)
            if isinstance(vendor, ElevenLabs):  # Its socket is open since the start.
                for connection in vendor.connections:
                    await connection.close(1011)
            turns = tuple(Turn(f"turn {at_s}", AtTime(at_s), say=babble(TURN_S)) for at_s in TURNS_S)
            report = await at.emulator.call(script(client=turns, linger_s=3.0))
            call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert call.end_reason is EndReason.CLIENT_HUNG_UP
    assert report.client.heard_s > 2, "the client was told"
    assert report.agent.heard_s > 2, "the agent was told"
    assert share_heard(report, Leg.AGENT, 1) > 0.6
    outcomes = [each.outcome for each in call.utterances if each.speaker is Leg.CLIENT]
    expected = {"stt": [], "translation": [Outcome.UNTRANSLATED], "tts": [Outcome.UNSPOKEN]}[stage]
    assert outcomes == expected * 2


async def test_a_recogniser_that_comes_back_is_used_again(tmp_path: Path) -> None:
    vendor = Deepgram()
    vendor.faults.always = Fault(FaultKind.STATUS, 503)
    async with serving(vendor) as address:
        settings = {"stt_provider": "deepgram", "client_languages": ("en", "es"), **vendor_settings("stt", address)}
        async with desk(tmp_path, **settings) as at:
            turns = (Turn("in vain", AtTime(2.0), say=babble(TURN_S)), Turn("heard", AtTime(16.0), say=babble(TURN_S)))
            calling = asyncio.create_task(
                at.emulator.call(script(client=turns, linger_s=6.0)),
            )
            await asyncio.sleep(6.0)  # The outage's own length: long enough for several attempts.
            vendor.faults.always = None
            report = await calling
            call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN]
