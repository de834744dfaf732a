"""DeepL's translator, with the vendor's SDK, against a local server that is as strict as DeepL."""

from __future__ import annotations

from functools import partial

import pytest

from app.errors import (
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
)
from app.translation.base import TranslationProvider, TranslationRequest
from tests.contract.bad_days_by_kind import TranslationBadDays
from tests.contract.cloud import CloudTranslation, create, local
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import DEEPL

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")


vendor = local(DEEPL)
build = partial(create, DEEPL)


class TestDeepL(CloudTranslation):
    product = DEEPL

    async def test_its_languages_are_those_that_the_account_has(self, provider: TranslationProvider) -> None:
        pairs = provider.capabilities.pairs
        assert {("gl", "es"), ("es", "en"), ("es", "pt")} <= pairs
        assert ("ja", "es") not in pairs

    async def test_it_asks_for_what_the_settings_say(self) -> None:
        provider = build(self.url, deepl_variants="en=EN-GB", deepl_formality="prefer_less")
        await provider.start()
        await provider.translate(TranslationRequest("Hola.", "es", "en"))
        await provider.aclose()
        (asked,) = self.vendor.requests
        assert (asked["target_lang"], asked["source_lang"]) == ("EN-GB", "ES")
        assert (asked["formality"], asked["model_type"]) == ("prefer_less", "latency_optimized")

    async def test_a_fragment_goes_with_what_was_said_before_it(self, provider: TranslationProvider) -> None:
        before = ("My washing machine is broken.", "I bought it in May")
        assert provider.capabilities.takes_context
        await provider.translate(TranslationRequest("and it never worked.", "en", "es", context=before))
        await provider.translate(TranslationRequest("Hello.", "en", "es"))
        assert [asked.get("context") for asked in self.vendor.requests] == [
            "My washing machine is broken. I bought it in May",
            None,
        ]
        assert self.vendor.requests[0]["text"] == ["and it never worked."]

    async def test_nothing_that_was_asked_was_refused(self, provider: TranslationProvider) -> None:
        for target in sorted({target for source, target in provider.capabilities.pairs if source == "es"}):
            assert await provider.translate(TranslationRequest("Hola.", "es", target))
        assert self.vendor.refused == []


class TestDeepLsBadDays(TranslationBadDays):
    product = DEEPL
    hears_retry_after = False

    @pytest.mark.parametrize(
        ("status", "error", "code"),
        [(456, ProviderRejected, "quota-exceeded"), (529, ProviderThrottled, "throttled")],
    )
    async def test_its_own_statuses_are_understood(self, status: int, error: type[ProviderError], code: str) -> None:
        provider = await self.started()
        self.vendor.faults.always = Fault(FaultKind.STATUS, status)
        with pytest.raises(error) as raised:
            await self.use(provider)
        assert raised.value.code == code
