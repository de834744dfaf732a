"""Chains of translators: against the contract, and through the bad days of their first link."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from app.errors import ProviderUnavailable
from app.resilience.breaker import BreakerState, CircuitBreaker
from app.resilience.chain import Link
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.fallback import FallbackTranslator
from app.translation.scripted import ScriptedTranslator
from tests.clock import Clock
from tests.contract.cloud import CloudTranslation, create, local
from tests.contract.fallback_days import BAD_DAYS
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import DEEPL

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")


vendor = local(DEEPL)
build = partial(create, DEEPL, translation_fallbacks="scripted", scripted_translation_ms=1)


class TestFallbackTranslator(CloudTranslation):
    product = DEEPL

    def build(self) -> TranslationProvider:
        return build(self.url)

    @pytest.mark.parametrize("fault", BAD_DAYS, ids=str)
    async def test_a_bad_day_is_not_noticed(self, fault: Fault) -> None:
        provider = build(self.url, translation_hedge_ms=100)
        await provider.start()
        self.vendor.faults.always = fault
        async with asyncio.timeout(30):
            assert await provider.translate(REQUEST) == "[es] My order number is 4521."
        await provider.aclose()

    async def test_what_only_the_second_covers_is_covered(self) -> None:
        provider = self.build()
        await provider.start()
        assert ("oc", "es") in provider.capabilities.pairs
        assert await provider.translate(TranslationRequest("Bonjorn", "oc", "es")) == "[es] Bonjorn"
        assert self.vendor.requests == []
        await provider.aclose()

    async def test_a_translator_that_keeps_failing_is_left_alone_and_tried_again_later(self) -> None:
        clock = Clock()
        first = create(DEEPL, self.url)
        breaker = CircuitBreaker("deepl", failures_to_open=3, cool_down_s=10, clock=clock)
        links = [Link("deepl", first, breaker), Link[TranslationProvider]("scripted", ScriptedTranslator(1))]
        provider = FallbackTranslator(links, hedge_after_s=5)
        await provider.start()
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        for _ in range(6):
            assert await provider.translate(REQUEST)
        assert (breaker.state, breaker.failures) == (BreakerState.OPEN, 3)
        self.vendor.faults.always = None
        assert await provider.translate(REQUEST)
        assert self.vendor.requests == []
        clock.now_s = 10
        assert await provider.translate(REQUEST)
        assert len(self.vendor.requests) == 1
        assert breaker.state is BreakerState.CLOSED
        await provider.aclose()

    async def test_when_all_fail_the_last_error_is_told(self) -> None:
        first = create(DEEPL, self.url)
        provider = FallbackTranslator([Link("deepl", first)], hedge_after_s=0.1)
        await provider.start()
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        with pytest.raises(ProviderUnavailable):
            await provider.translate(REQUEST)
        await provider.aclose()
