"""Calls that survive their vendors: every stage's first provider dies, and both parties are heard all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from app.domain.legs import Leg
from app.domain.records import Outcome
from tests.e2e.harness import conversation, desk, script, together
from tests.e2e.sounds import babble
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import Vendor, serving


async def test_a_call_outlives_all_three_vendors(tmp_path: Path) -> None:
    faults = Fault(FaultKind.STATUS, 503), Fault(FaultKind.CLOSE, 1011, 30), Fault(FaultKind.SILENCE, 0, 30)
    await together(tmp_path, faults, outlive)


async def outlive(fault: Fault, folder: Path, all_up: asyncio.Barrier) -> None:
    vendors = Deepgram(), DeepL(), ElevenLabs()
    for vendor in vendors[1:]:
        vendor.faults.always = Fault(fault.kind, fault.value, 1)
    vendors[0].faults.always = fault
    async with serving(vendors[0]) as stt, serving(vendors[1]) as translation, serving(vendors[2]) as tts:
        settings = {
            "client_languages": ("en", "es"),
            "stt_provider": "deepgram",
            "stt_fallbacks": ("scripted",),
            "translation_provider": "deepl",
            "translation_fallbacks": ("scripted",),
            "tts_provider": "elevenlabs",
            "tts_fallbacks": ("scripted",),
            "deepgram_api_key": SecretStr(Vendor.key),
            "deepl_api_key": SecretStr(Vendor.key),
            "elevenlabs_api_key": SecretStr(Vendor.key),
            "deepgram_url": f"ws://{stt}",
            "deepl_server_url": f"http://{translation}",
            "elevenlabs_url": f"ws://{tts}",
        }
        async with desk(folder, **settings) as at:
            await all_up.wait()
            report = await at.emulator.call(script(**conversation(babble(2.0)), linger_s=6.0))
            call = await at.the_call()
            health = (await at.http.get("/health")).json()
            metrics = (await at.http.get("/metrics")).text
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert {each.speaker for each in call.utterances} == set(Leg)
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    assert min(report.agent.heard_s, report.client.heard_s) > 1
    assert set(health["circuits"]) == {
        f"{stage}.{provider}"
        for stage, providers in {
            "recognition": ("deepgram", "scripted"),
            "translation": ("deepl", "scripted"),
            "speech": ("elevenlabs", "scripted"),
        }.items()
        for provider in providers
    }
    assert 'puente_provider_attempts{provider="scripted",result="succeeded",stage="speech"}' in metrics
