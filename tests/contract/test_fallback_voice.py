"""Chains of voices: against the contract, and through the bad days of their first link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from app.domain.audio import duration_ms, silence
from app.domain.legs import Leg
from app.domain.voices import Register
from app.resilience.chain import Link
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.fallback import FallbackVoice, rest_of
from app.tts.scripted import ScriptedVoice
from tests.contract.cloud import create
from tests.contract.fallback_days import BAD_DAYS
from tests.contract.tts_suite import SENTENCES, TtsContract, say
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import ELEVENLABS
from tests.waiting import until


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


class Hesitant(ScriptedVoice):
    """Speaks when it is told to, and says whether it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.may_speak = asyncio.Event()
        self.asked = 0
        self.left = 0

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        self.asked += 1
        try:
            await self.may_speak.wait()
            async with aclosing(super().speak(request)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self.left += 1


@pytest.mark.parametrize("winner", [0, 1])
async def test_a_late_voice_is_asked_together_with_the_next_and_the_first_to_speak_goes_on(winner: int) -> None:
    voices = [Hesitant(), Hesitant()]
    links = [Link[TtsProvider](str(number), voice) for number, voice in enumerate(voices)]
    chain = FallbackVoice(links, first_timeout_s=0.01, stall_timeout_s=30)
    speaking = asyncio.create_task(say(chain, SENTENCES["es"], "es"))
    await until(lambda: [voice.asked for voice in voices] == [1, 1])
    voices[winner].may_speak.set()
    async with asyncio.timeout(30):
        assert duration_ms(await speaking) >= 65 * len(SENTENCES["es"])
    assert [voice.left for voice in voices] == [1, 1]
    assert [link.breaker.successes for link in links] == [int(number == winner) for number in range(2)]
    assert links[winner].breaker.failures == 0


async def test_whoever_leaves_while_two_voices_are_asked_leaves_neither() -> None:
    voices = [Hesitant(), Hesitant()]
    links = [Link[TtsProvider](str(number), voice) for number, voice in enumerate(voices)]
    speaking = asyncio.create_task(say(FallbackVoice(links, 0.01, 30), SENTENCES["es"], "es"))
    await until(lambda: [voice.asked for voice in voices] == [1, 1])
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    await until(lambda: [voice.left for voice in voices] == [1, 1])


class Slow(ScriptedVoice):
    """Is slower than its own sound, without a pause that is long."""

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        while True:
            await asyncio.sleep(0.1)
            yield silence(20)


async def test_a_voice_slower_than_its_own_sound_is_followed_by_the_next() -> None:
    links = [Link[TtsProvider]("slow", Slow()), Link[TtsProvider]("next", ScriptedVoice())]
    async with asyncio.timeout(30):
        heard = await say(FallbackVoice(links, first_timeout_s=30, stall_timeout_s=30), SENTENCES["es"], "es")
    assert duration_ms(heard) >= 65 * len(SENTENCES["es"])
    assert [link.breaker.failures for link in links] == [1, 0]
