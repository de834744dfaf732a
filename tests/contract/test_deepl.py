"""DeepL's translator, with the vendor's SDK, against a local server that is as strict as DeepL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnavailable,
)
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from tests.contract.translation_suite import TranslationSuite
from tests.vendors.deepl import DeepL
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import serving

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


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault(FaultKind.STATUS, 429), ProviderThrottled, "throttled"),
        (Fault(FaultKind.STATUS, 529), ProviderThrottled, "throttled"),
        (Fault(FaultKind.STATUS, 456), ProviderRejected, "quota-exceeded"),
        (Fault(FaultKind.STATUS, 403), ProviderRejected, "key-refused"),
        (Fault(FaultKind.STATUS, 400), ProviderRejected, "http-400"),
        (Fault(FaultKind.STATUS, 503), ProviderUnavailable, "http-503"),
        (Fault(FaultKind.STATUS, 500), ProviderUnavailable, "http-500"),
        (Fault(FaultKind.GARBAGE), ProviderBadReply, "not-understood"),
        (Fault(FaultKind.SILENCE), ProviderTimeout, "timeout"),
        (Fault(FaultKind.DROP), ProviderUnavailable, "no-connection"),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else None,
)
async def test_a_bad_day_is_an_error_of_ours_and_the_next_request_is_answered(
    vendor: tuple[DeepL, str], fault: Fault, error: type[ProviderError], code: str
) -> None:
    server, url = vendor
    provider = build(url, translation_timeout_s=0.5)
    await provider.start()
    server.faults.plan(fault)
    with pytest.raises(error) as raised:
        await provider.translate(REQUEST)
    assert raised.value.code == code
    assert "4521" not in repr(raised.value)
    assert raised.value.__suppress_context__
    assert "4521" in await provider.translate(REQUEST)
    await provider.aclose()


async def test_a_silent_vendor_keeps_nobody_waiting_who_left(vendor: tuple[DeepL, str]) -> None:
    server, url = vendor
    provider = build(url, translation_timeout_s=1.0)
    await provider.start()
    server.faults.plan(Fault(FaultKind.SILENCE))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await provider.translate(REQUEST)
    assert "4521" in await provider.translate(REQUEST)
    await provider.aclose()


async def test_no_key_is_a_sentence_that_names_the_fix() -> None:
    with pytest.raises(ConfigError, match="DEEPL_API_KEY is not set"):
        build("http://127.0.0.1:1", deepl_api_key="")


async def test_a_wrong_key_is_found_at_the_start(vendor: tuple[DeepL, str]) -> None:
    provider = build(vendor[1], deepl_api_key="wrong")
    with pytest.raises(ConfigError, match="DEEPL_API_KEY") as raised:
        await provider.start()
    assert "wrong" not in str(raised.value)
    await provider.aclose()


async def test_a_vendor_that_is_away_does_not_stop_the_start() -> None:
    provider = build("http://127.0.0.1:1")
    await provider.start()
    assert ("en", "es") in provider.capabilities.pairs
    with pytest.raises(ProviderUnavailable):
        await provider.translate(REQUEST)
    await provider.aclose()
