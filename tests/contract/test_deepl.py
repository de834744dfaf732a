"""DeepL's translator, with the vendor's SDK, against a local server that is as strict as DeepL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.errors import (
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
)
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from tests.contract.bad_days import TranslationBadDays
from tests.contract.translation_suite import TranslationSuite
from tests.vendors.deepl import DeepL
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import Vendor, serving

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[tuple[DeepL, str]]:
    vendor = DeepL()
    async with serving(vendor) as address:
        yield vendor, f"http://{address}"


def build(server_url: str, **values: Any) -> TranslationProvider:
    settings = {"translation_provider": "deepl", "deepl_api_key": DeepL.key, "deepl_server_url": server_url}
    return create_translation_provider(Settings(_env_file=None, **{**settings, **values}))


class TestDeepL(TranslationSuite):
    pair = ("en", "es")
    sentence = "My order number is 4521."

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor: tuple[DeepL, str]) -> None:
        self.vendor, self.server_url = vendor

    def build(self) -> TranslationProvider:
        return build(self.server_url)

    async def test_its_languages_are_those_that_the_account_has(self, provider: TranslationProvider) -> None:
        pairs = provider.capabilities.pairs
        assert {("gl", "es"), ("es", "en"), ("es", "pt")} <= pairs
        assert ("ja", "es") not in pairs

    async def test_it_asks_for_what_the_settings_say(self) -> None:
        provider = build(self.server_url, deepl_variants="en=EN-GB", deepl_formality="prefer_less")
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
    key_setting = "deepl_api_key"
    hears_retry_after = False

    def create_vendor(self) -> Vendor:
        return DeepL()

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "translation_provider": "deepl",
            "deepl_api_key": Vendor.key,
            "deepl_server_url": f"http://{address}",
        }

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
