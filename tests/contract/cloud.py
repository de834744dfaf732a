"""A provider in the cloud beside the local server that plays its vendor: what their contract tests have in common.

A module says ``vendor = local(PRODUCT)`` and ``build = partial(create, PRODUCT)``; its classes name their ``product``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.usage import Stage
from app.s2s.factory import create_s2s_provider
from app.stt.base import SttProvider
from app.stt.factory import create_stt_provider
from app.translation.base import TranslationProvider
from app.translation.factory import create_translation_provider
from app.tts.base import TtsProvider
from app.tts.factory import create_tts_provider
from tests.contract.stt_suite import SttContract
from tests.contract.translation_suite import TranslationSuite
from tests.contract.tts_suite import TtsContract
from tests.vendors.products import Product
from tests.vendors.server import Vendor

_CREATE: dict[Stage, Callable[[Settings], Any]] = {
    Stage.RECOGNITION: create_stt_provider,
    Stage.TRANSLATION: create_translation_provider,
    Stage.SPEECH: create_tts_provider,
    Stage.SPEECH_TO_SPEECH: create_s2s_provider,
}


def create(product: Product[Any], url: str, **values: Any) -> Any:
    """Build the provider, not yet started, towards a server at this address; ``values`` are other settings."""
    return provider_of(product.stage, **{**product.at(url), **values})


def provider_of(stage: Stage, **values: Any) -> Any:
    """Build what these settings choose for a stage."""
    return _CREATE[stage](Settings(_env_file=None, **values))


def local(product: Product[Any]) -> Any:
    """Return a fixture: the server, and the address that ``create`` takes."""

    @pytest_asyncio.fixture
    async def vendor() -> AsyncIterator[tuple[Vendor, str]]:
        async with product.at_work() as (server, url):
            yield server, url

    return vendor


class CloudStt(SttContract):
    """A recogniser."""

    product: Product[Any]

    @pytest_asyncio.fixture
    async def provider(self, vendor: tuple[Any, str]) -> AsyncIterator[SttProvider]:
        self.vendor, url = vendor
        provider = create(self.product, url)
        await provider.start()
        yield provider
        await provider.aclose()
        assert self.vendor.refused == []


class CloudTranslation(TranslationSuite):
    """A translator."""

    product: Product[Any]
    pair = ("en", "es")
    sentence = "My order number is 4521."

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor: tuple[Any, str]) -> None:
        self.vendor, self.url = vendor

    def check_after_use(self) -> None:
        assert self.vendor.refused == []

    def build(self) -> TranslationProvider:
        provider: TranslationProvider = create(self.product, self.url)
        return provider


class CloudTts(TtsContract):
    """A voice."""

    product: Product[Any]

    @pytest_asyncio.fixture
    async def voice(self, vendor: tuple[Any, str]) -> AsyncIterator[TtsProvider]:
        self.vendor, url = vendor
        voice = create(self.product, url)
        await voice.start()
        yield voice
        await voice.aclose()
        assert self.vendor.refused == []
