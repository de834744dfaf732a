"""Azure's translator against a local server as strict as Azure, and both against what Microsoft publishes."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from app.domain.usage import Stage, UsageKey, UsageUnit
from app.errors import ConfigError, ProviderRejected, ProviderUnavailable
from app.translation.base import TranslationProvider, TranslationRequest
from app.usage import Meter, metered
from tests.contract.bad_days_by_kind import TranslationBadDays
from tests.contract.cloud import CloudTranslation, create, local
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.description import Description
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import AZURE_TRANSLATOR

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")
DESCRIBED = Description("azure_translator")


vendor = local(AZURE_TRANSLATOR)
build = partial(create, AZURE_TRANSLATOR)


class TestAzureTranslator(CloudTranslation):
    product = AZURE_TRANSLATOR

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
            assert DESCRIBED.request_problems("post", "/translate", asked, body) == []
            assert DESCRIBED.answer_problems("post", "/translate", 200, answer) == []

    async def test_the_servers_other_answers_are_what_microsoft_describes(self) -> None:
        query = {"api-version": "3.0", "scope": "translation"}
        assert DESCRIBED.request_problems("get", "/languages", query) == []
        async with httpx.AsyncClient(base_url=self.url) as client:
            languages = await client.get("/languages", params=query)
            refused = await client.post("/translate", params={"api-version": "3.0", "to": "es"}, json=[])
        assert (languages.status_code, refused.status_code) == (200, 401)
        assert DESCRIBED.answer_problems("get", "/languages", 200, languages.json()) == []
        assert DESCRIBED.answer_problems("post", "/translate", 401, refused.json()) == []

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
        assert DESCRIBED.request_problems("post", "/translate", query, body)

    async def test_characters_are_counted_for_the_call(self, provider: TranslationProvider) -> None:
        meter = Meter()
        with metered(meter):
            await provider.translate(REQUEST)
            await provider.translate(TranslationRequest("  ", "en", "es"))
        assert meter == {UsageKey(Stage.TRANSLATION, "azure", UsageUnit.CHARACTERS): len(REQUEST.text)}


class TestAzuresBadDays(TranslationBadDays):
    product = AZURE_TRANSLATOR

    async def test_a_system_that_is_not_ready_may_be_soon(self) -> None:
        provider = await self.started()
        self.vendor.faults.always = Fault(FaultKind.STATUS, 408)
        with pytest.raises(ProviderUnavailable) as raised:
            await self.use(provider)
        assert raised.value.code == "http-408"

    async def test_a_quota_that_is_used_up_is_told_from_a_wrong_key(self) -> None:
        provider = await self.started()
        assert isinstance(self.vendor, AzureTranslator)
        self.vendor.quota = 0
        with pytest.raises(ProviderRejected) as raised:
            await self.use(provider)
        assert raised.value.code == "quota-exceeded"


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


async def test_an_azure_that_is_away_is_taken_to_know_its_languages() -> None:
    provider = build("http://127.0.0.1:1")
    await provider.start()
    assert {("en", "es"), ("es", "no"), ("ar", "es")} <= provider.capabilities.pairs
    await provider.aclose()
