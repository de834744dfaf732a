"""Azure's translator against a local server as strict as Azure, and both against what Microsoft publishes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.usage import Stage, UsageKey, UsageUnit
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
from app.usage import Meter, metered
from tests.contract.translation_suite import TranslationSuite
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.description import Description
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import serving

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")
PUBLISHED = Description("azure_translator")


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[tuple[AzureTranslator, str]]:
    vendor = AzureTranslator()
    async with serving(vendor) as address:
        yield vendor, f"http://{address}"


def build(url: str, **values: Any) -> TranslationProvider:
    settings = {
        "translation_provider": "azure",
        "azure_translator_key": AzureTranslator.key,
        "azure_translator_region": AzureTranslator.region,
        "azure_translator_url": url,
    }
    return create_translation_provider(Settings(_env_file=None, **{**settings, **values}))


class TestAzureTranslator(TranslationSuite):
    pair = ("en", "es")
    sentence = "My order number is 4521."

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor: tuple[AzureTranslator, str]) -> None:
        self.vendor, self.url = vendor

    def build(self) -> TranslationProvider:
        return build(self.url)

    async def test_its_languages_are_those_that_azure_has(self, provider: TranslationProvider) -> None:
        pairs = provider.capabilities.pairs
        assert {("gl", "es"), ("es", "pt"), ("no", "es"), ("es", "zh")} <= pairs
        assert ("ja", "es") not in pairs

    @pytest.mark.parametrize(
        ("variants", "language", "code"),
        [
            ("pt=pt,fr=FR-CA", "fr", "fr-ca"),
            ("pt=pt,fr=FR-CA", "pt", "pt"),
            ("es=es-mx", "es", "es"),
            ("es=es-mx", "fr", "fr"),
            ("pt=pt-pt", "pt", "pt-PT"),
            ("pt=pt-pt", "zh", "zh-Hans"),
            ("pt=pt-pt", "no", "nb"),
        ],
    )
    async def test_the_variety_is_the_one_that_was_chosen(self, variants: str, language: str, code: str) -> None:
        provider = build(self.url, azure_translator_variants=variants)
        await provider.start()
        await provider.translate(TranslationRequest("Good morning.", "en", language))
        await provider.aclose()
        assert self.vendor.requests[-1][0]["to"] == code

    async def test_what_goes_over_the_wire_is_what_microsoft_describes(self, provider: TranslationProvider) -> None:
        for language in sorted({target for source, target in provider.capabilities.pairs if source == "en"}):
            assert "4521" in await provider.translate(TranslationRequest(REQUEST.text, "en", language))
        assert self.vendor.refused == []
        for (query, body), answer in zip(self.vendor.requests, self.vendor.answers, strict=True):
            asked = {**query, "to": [query["to"]]}
            assert PUBLISHED.request_problems("post", "/translate", asked, body) == []
            assert PUBLISHED.answer_problems("post", "/translate", 200, answer) == []

    async def test_the_servers_other_answers_are_what_microsoft_describes(self) -> None:
        query = {"api-version": "3.0", "scope": "translation"}
        assert PUBLISHED.request_problems("get", "/languages", query) == []
        async with httpx.AsyncClient(base_url=self.url) as client:
            languages = await client.get("/languages", params=query)
            refused = await client.post("/translate", params={"api-version": "3.0", "to": "es"}, json=[])
        assert (languages.status_code, refused.status_code) == (200, 401)
        assert PUBLISHED.answer_problems("get", "/languages", 200, languages.json()) == []
        assert PUBLISHED.answer_problems("post", "/translate", 401, refused.json()) == []

    @pytest.mark.parametrize(
        ("query", "body"),
        [
            ({"to": ["es"]}, [{"text": "a"}]),
            ({"api-version": "3.0"}, [{"text": "a"}]),
            ({"api-version": "3.0", "to": ["es"], "formality": "more"}, [{"text": "a"}]),
            ({"api-version": "3.0", "to": ["es"], "textType": "Markdown"}, [{"text": "a"}]),
            ({"api-version": "3.0", "to": ["es"]}, [{"Text": 1}]),
            ({"api-version": "3.0", "to": ["es"]}, {"text": "a"}),
        ],
    )
    def test_microsofts_description_finds_what_is_wrong(self, query: dict[str, Any], body: object) -> None:
        assert PUBLISHED.request_problems("post", "/translate", query, body)

    async def test_characters_are_counted_for_the_call(self, provider: TranslationProvider) -> None:
        meter = Meter()
        with metered(meter):
            await provider.translate(REQUEST)
            await provider.translate(TranslationRequest("  ", "en", "es"))
        assert meter == {UsageKey(Stage.TRANSLATION, "azure", UsageUnit.CHARACTERS): len(REQUEST.text)}


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault(FaultKind.STATUS, 429), ProviderThrottled, "throttled"),
        (Fault(FaultKind.STATUS, 401), ProviderRejected, "key-refused"),
        (Fault(FaultKind.STATUS, 403), ProviderRejected, "key-refused"),
        (Fault(FaultKind.STATUS, 400), ProviderRejected, "http-400"),
        (Fault(FaultKind.STATUS, 408), ProviderUnavailable, "http-408"),
        (Fault(FaultKind.STATUS, 503), ProviderUnavailable, "http-503"),
        (Fault(FaultKind.GARBAGE), ProviderBadReply, "not-understood"),
        (Fault(FaultKind.SILENCE), ProviderTimeout, "timeout"),
        (Fault(FaultKind.DROP), ProviderUnavailable, "no-connection"),
    ],
    ids=str,
)
async def test_a_bad_day_is_an_error_of_ours_and_the_next_request_is_answered(
    vendor: tuple[AzureTranslator, str], fault: Fault, error: type[ProviderError], code: str
) -> None:
    server, url = vendor
    provider = build(url, translation_timeout_s=2.0)
    await provider.start()
    server.faults.plan(fault)
    with pytest.raises(error) as raised:
        await provider.translate(REQUEST)
    assert raised.value.code == code
    assert "4521" not in repr(raised.value)
    assert raised.value.__context__ is None or raised.value.__suppress_context__
    if isinstance(raised.value, ProviderThrottled):
        assert raised.value.retry_after_s == 2.0
    assert "4521" in await provider.translate(REQUEST)
    await provider.aclose()


async def test_no_key_is_a_sentence_that_names_the_fix() -> None:
    with pytest.raises(ConfigError, match="AZURE_TRANSLATOR_KEY is not set"):
        build("http://127.0.0.1:1", azure_translator_key="")


@pytest.mark.parametrize(
    "wrong",
    [
        {"azure_translator_key": "wrong"},
        {"azure_translator_region": "nowhere"},
        {"azure_translator_category": "unheard-of"},
    ],
    ids=lambda values: next(iter(values)),
)
async def test_what_azure_refuses_is_found_at_the_start(
    vendor: tuple[AzureTranslator, str], wrong: dict[str, str]
) -> None:
    provider = build(vendor[1], **wrong)
    with pytest.raises(ConfigError, match=next(iter(wrong)).upper()) as raised:
        await provider.start()
    assert not any(value in str(raised.value) for value in wrong.values())
    await provider.aclose()


async def test_an_azure_that_is_away_does_not_stop_the_start() -> None:
    provider = build("http://127.0.0.1:1")
    await provider.start()
    assert {("en", "es"), ("es", "no"), ("ar", "es")} <= provider.capabilities.pairs
    with pytest.raises(ProviderUnavailable):
        await provider.translate(REQUEST)
    await provider.aclose()
