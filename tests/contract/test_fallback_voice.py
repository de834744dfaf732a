"""Chains of voices: against the contract, and through the bad days of their first link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from app.domain.audio import duration_ms
from app.domain.legs import Leg
from app.domain.voices import Register
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.fallback import rest_of
from app.tts.scripted import ScriptedVoice
from tests.contract.cloud import create
from tests.contract.fallback_days import BAD_DAYS
from tests.contract.stt_suite import until
from tests.contract.tts_suite import SENTENCES, TtsContract, say
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import ELEVENLABS


class TestFallbackVoice(TtsContract):
    @pytest_asyncio.fixture
    async def voice(self) -> AsyncIterator[TtsProvider]:
        async with ELEVENLABS.at_work() as (self.vendor, url):
            chain = {"tts_fallbacks": "scripted", "tts_first_audio_timeout_ms": 200, "scripted_tts_first_ms": 0}
            voice = create(ELEVENLABS, url, **chain)
            yield voice
            await voice.aclose()

    @pytest.mark.parametrize("fault", BAD_DAYS, ids=str)
    async def test_a_bad_day_is_heard_as_a_change_of_voice(self, voice: TtsProvider, fault: Fault) -> None:
        self.vendor.faults.always = fault
        async with asyncio.timeout(30):
            ulaw = await say(voice, SENTENCES["es"], "es")
        assert duration_ms(ulaw) >= 65 * len(SENTENCES["es"])

    async def test_the_next_voice_is_as_high_as_the_speaker_too(self, voice: TtsProvider) -> None:
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        for register in (Register.LOW, Register.HIGH):
            request = SpeechRequest(SENTENCES["es"], "es", Leg.AGENT, register)
            async with aclosing(voice.speak(request)) as pieces:
                heard = b"".join([piece async for piece in pieces])
            async with aclosing(ScriptedVoice().speak(request)) as pieces:
                assert heard == b"".join([piece async for piece in pieces])

    async def test_every_voice_gets_ready_for_what_is_expected(self, voice: TtsProvider) -> None:
        voice.expect("en", Leg.CLIENT)
        await until(lambda: bool(self.vendor.connections))
        assert self.vendor.connections[0].options["language_code"] == "en"

    def test_what_was_not_said_for_certain_is_said_again(self) -> None:
        text = "Su pedido llegará el martes."
        assert rest_of(text, 0) == text
        assert rest_of(text, 90 * 9) == "pedido llegará el martes."
        assert rest_of(text, 90 * 10) == "llegará el martes."
        assert text.endswith(rest_of(text, 10**6))
