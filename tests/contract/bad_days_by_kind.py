"""A vendor's bad days for each kind of provider, run over every one in the cloud."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import aclosing

import pytest

from app.config import Settings
from app.domain.legs import Leg
from app.errors import ProviderTimeout, ProviderUnavailable
from app.s2s.base import S2sProvider
from app.s2s.factory import create_s2s_provider
from app.stt.base import SttOptions, SttProvider
from app.stt.factory import create_stt_provider
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.factory import create_tts_provider
from tests.contract.bad_days import LIMIT_S, PATIENCE_S, BadDays
from tests.contract.s2s_suite import OPTIONS, interpret, target_text
from tests.contract.stt_suite import Talker, errands, finals, noise
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.line import Trouble
from tests.waiting import until


class SttBadDays(BadDays[SttProvider]):
    """A recogniser's."""

    has_socket = True
    speech = re.compile(r"\bword\d")
    languages: tuple[str, ...] = ("en", "es")

    def create(self, settings: Settings) -> SttProvider:
        return create_stt_provider(settings)

    async def use(self, provider: SttProvider) -> bool:
        stream = await provider.open(SttOptions(Leg.CLIENT, self.languages))
        try:
            talker = Talker(stream)
            for _ in range(2):
                await talker.say(noise(1200, loudness=0.2))
            heard = [transcript.stable for transcript in await finals(stream, 2) if transcript.is_final]
        finally:
            await stream.aclose()
        return all(heard)

    async def test_a_silent_vendor_gives_empty_finals_or_an_error_in_time(self) -> None:
        for always, trouble in ((Fault(FaultKind.SILENCE, after=1), None), (None, Trouble.STALL)):
            provider = await self.started()
            self.vendor.faults.always, self.line.trouble = always, trouble
            try:
                async with asyncio.timeout(LIMIT_S):
                    assert not await self.use(provider)
            except (ProviderTimeout, ProviderUnavailable) as error:
                self.tells_nothing(error)
            await self.works_again(provider)


class TranslationBadDays(BadDays[TranslationProvider]):
    """A translator's."""

    speech = re.compile("umpernickel")
    request = TranslationRequest("".join(["The p", "umpernickel costs 4521 euros."]), "en", "es")

    def create(self, settings: Settings) -> TranslationProvider:
        return create_translation_provider(settings)

    async def use(self, provider: TranslationProvider) -> bool:
        return "4521" in await provider.translate(self.request)

    async def test_a_connection_is_there_before_it_is_needed(self) -> None:
        provider = self.build()
        provider.expect("en", "es")
        provider.expect("en", "es")
        await until(lambda: self.line.accepted == 1 and not errands())
        assert await self.use(provider)
        assert self.line.accepted == 1

    async def test_no_answer_in_time_is_a_timeout(self) -> None:
        provider = await self.started(translation_timeout_s=PATIENCE_S)
        for fault in (Fault(FaultKind.SILENCE), None):
            self.vendor.faults.always = fault
            self.vendor.faults.latency_s = 0 if fault else 3 * PATIENCE_S
            with pytest.raises(ProviderTimeout) as raised:
                async with asyncio.timeout(LIMIT_S):
                    await self.use(provider)
            self.tells_nothing(raised.value)
        self.vendor.faults.latency_s = 0
        await self.works_again(provider)

    async def test_an_answer_that_trickles_is_a_timeout(self) -> None:
        """Every byte comes in time, the last one of them does not."""
        provider = await self.started(translation_timeout_s=PATIENCE_S)
        await self.works(provider)
        self.line.trouble = Trouble.TRICKLE
        began_s = time.monotonic()
        with pytest.raises(ProviderTimeout) as raised:
            async with asyncio.timeout(LIMIT_S):
                await self.use(provider)
        assert time.monotonic() - began_s < 3 * PATIENCE_S
        self.tells_nothing(raised.value)
        await self.works_again(provider)

    async def test_a_line_that_went_dead_is_a_timeout(self) -> None:
        provider = await self.started(translation_timeout_s=PATIENCE_S)
        self.line.trouble = Trouble.STALL
        with pytest.raises((ProviderTimeout, ProviderUnavailable)):
            await self.start_and_use(provider)
        await self.works_again(provider)


class TtsBadDays(BadDays[TtsProvider]):
    """A voice's."""

    has_socket = True
    speech = re.compile("umpernickel")
    request = SpeechRequest("".join(["El p", "umpernickel cuesta cuatro euros con cincuenta."]), "es")
    shortest_ms = 1000
    """That the vendor's server needs for ``request``."""

    def create(self, settings: Settings) -> TtsProvider:
        return create_tts_provider(settings)

    async def use(self, provider: TtsProvider) -> bool:
        async with aclosing(provider.speak(self.request)) as pieces:
            return sum([len(piece) async for piece in pieces]) // 8 >= self.shortest_ms


class S2sBadDays(BadDays[S2sProvider]):
    """A speech-to-speech provider's."""

    has_socket = True
    speech = re.compile(r"(word|palabra)\d")

    def create(self, settings: Settings) -> S2sProvider:
        provider = create_s2s_provider(settings)
        assert provider is not None
        return provider

    async def use(self, provider: S2sProvider) -> bool:
        stream = await provider.open(OPTIONS)
        try:
            pieces = await interpret(stream, noise(1000, loudness=0.2))
        finally:
            await stream.aclose()
        return bool(target_text(pieces))
