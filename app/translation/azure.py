"""Microsoft's Azure Translator, REST version 3.0.

https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3/translate, and its OpenAPI
description in github.com/Azure/azure-rest-api-specs. One pool of connections serves all calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Self, TypeVar

import httpx
import msgspec
import structlog

from app.config import Settings
from app.domain.glossary import PairGlossary
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from app.resilience.errands import Errands
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.sentences import clean
from app.translation.vendor_text import text_to_send
from app.usage import count_usage
from app.vendor_connections import IDLE_S, answer_within, tls_context
from app.vendor_errors import error_of_status

log = structlog.get_logger(__name__)

NAME = "azure"
_LANGUAGES = (
    "af am ar as az ba bg bn bo bs ca cs cy da de el en es et eu fa fi fil fo fr gl gu ha he hi hr ht hu hy id is it "
    "ja ka kk km kn ko ku ln lo lt lv mg mi mk ml mr ms mt my nb ne nl or pa pl ps pt pt-PT ro ru sd si sk sl sn so sq "
    "sr-Cyrl sv sw ta te th tk tr tt uk ur uz vi yo zh-Hans zh-Hant"
)
"""What it is taken to know until it was asked: a part of it."""
_OUR_CODES = {"nb": "no", "fil": "tl"}
"""Where Azure's code of a language is not that of the recognisers."""
_FIRST_VARIETIES = {"fr": "fr", "mn": "mn-Cyrl", "pt": "pt", "sr": "sr-Cyrl", "zh": "zh-Hans"}
"""Which variety a language is, where nothing else is configured and there are several."""
_API_VERSION = "3.0"
_CONNECTIONS = 20
_QUOTA_EXCEEDED = 403001
_MARKUP = re.compile('[<>"&]')


class _TranslatedText(msgspec.Struct):
    text: str
    to: str


class _Translated(msgspec.Struct):
    translations: list[_TranslatedText]


class _Languages(msgspec.Struct):
    translation: dict[str, object]


class _ErrorDetails(msgspec.Struct):
    code: int


class _ErrorAnswer(msgspec.Struct):
    error: _ErrorDetails


T = TypeVar("T")


class AzureTranslator(TranslationProvider):
    """One resource of Azure. Its languages are asked for at the start; an Azure that is away is no reason not to."""

    def __init__(self, settings: Settings) -> None:
        self._variants = settings.azure_translator_variants
        self._timeout_s = settings.translation_timeout_s
        self._codes, self.capabilities = self._cover(_LANGUAGES.split())
        self._parameters = {
            "api-version": _API_VERSION,
            "category": settings.azure_translator_category,
            "textType": "Plain",
            "profanityAction": "NoAction",  # An interpreter leaves nothing out.
        }
        headers = {"Ocp-Apim-Subscription-Key": settings.azure_translator_key.get_secret_value()}
        if settings.azure_translator_region:
            headers["Ocp-Apim-Subscription-Region"] = settings.azure_translator_region
        self._client = httpx.AsyncClient(
            verify=tls_context(),
            base_url=settings.azure_translator_url,
            headers=headers,
            timeout=settings.translation_timeout_s,
            limits=httpx.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=IDLE_S
            ),
        )
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.azure_translator_key.get_secret_value():
            raise ConfigError(
                "AZURE_TRANSLATOR_KEY is not set: see `Keys and Endpoint` of "
                "your Translator resource in https://portal.azure.com"
            )
        return cls(settings)

    async def start(self) -> None:
        """Learn which languages there are, and have the key tried, which costs one character.

        Raises ConfigError when the key is refused.
        """
        try:
            if languages := _decode(await self._list_languages(), _Languages).translation:
                self._codes, self.capabilities = self._cover(languages)
            else:
                log.warning("azure.not_reached", code="no-languages")
            await self._ask("1", "en", "es")
        except ProviderRejected as error:
            raise ConfigError(
                f"AZURE_TRANSLATOR_KEY: Azure refused it ({error.code}); is it of this resource, and are "
                "AZURE_TRANSLATOR_REGION, AZURE_TRANSLATOR_URL and AZURE_TRANSLATOR_CATEGORY that resource's?"
            ) from error
        except ProviderError as error:
            log.warning("azure.not_reached", code=error.code)

    def expect(self, source: str, target: str) -> None:
        self._errands.begin("connection", self._list_languages)

    async def translate(self, request: TranslationRequest) -> str:
        text = text_to_send(self.capabilities, request)
        if not text:
            return ""
        text = _with_dictionary(text, request.glossary)
        count_usage(Stage.TRANSLATION, NAME, UsageUnit.CHARACTERS, len(text))
        return clean(await self._ask(text, self._codes[request.source], self._codes[request.target]))

    async def aclose(self) -> None:
        await self._errands.aclose()
        await self._client.aclose()

    async def _list_languages(self) -> bytes:
        """The request that costs nothing: a connection is open behind it."""
        parameters = {"api-version": _API_VERSION, "scope": "translation"}
        return await self._send(self._client.build_request("GET", "/languages", params=parameters))

    async def _ask(self, text: str, source: str, target: str) -> str:
        request = self._client.build_request(
            "POST", "/translate", params={**self._parameters, "from": source, "to": target}, json=[{"text": text}]
        )
        match _decode(await self._send(request), list[_Translated]):
            case [_Translated(translations=[_TranslatedText(text=translation)])]:
                return translation
            case _:
                raise ProviderBadReply(NAME, "no-translation")

    async def _send(self, request: httpx.Request) -> bytes:
        """Return the body of the answer. The vendor's own words about what goes wrong may hold speech and end here."""
        try:
            async with answer_within(NAME, self._timeout_s):
                response = await self._client.send(request)
        except httpx.TimeoutException:
            raise ProviderTimeout(NAME, "timeout") from None
        except httpx.RequestError:
            raise ProviderUnavailable(NAME, "no-connection") from None
        if response.is_success:
            return response.content
        raise _error_as_ours(response)

    def _cover(self, codes: Collection[str]) -> tuple[dict[str, str], TranslatorCapabilities]:
        """Return Azure's code for each language of ours, and what can be translated."""
        chosen: dict[str, str] = {}
        for code in sorted(codes):
            primary = code.split("-")[0].lower()
            language = _OUR_CODES.get(primary, primary)
            wanted = self._variants.get(language, _FIRST_VARIETIES.get(primary, ""))
            if language not in chosen or code.lower() == wanted.lower():
                chosen[language] = code
        pairs = frozenset((source, target) for source in chosen for target in chosen if source != target)
        return chosen, TranslatorCapabilities(NAME, pairs, glossary_pairs=pairs)


def _with_dictionary(text: str, glossary: PairGlossary) -> str:
    """Mark names and terms with what they are to become: Azure's dynamic dictionary.

    https://learn.microsoft.com/azure/ai-services/translator/text-translation/how-to/use-dynamic-dictionary
    """
    for found in reversed(glossary.find(text)):
        if not _MARKUP.search(found.entry.target):
            said = text[found.start : found.end]
            marked = f'<mstrans:dictionary translation="{found.entry.target}">{said}</mstrans:dictionary>'
            text = text[: found.start] + marked + text[found.end :]
    return text


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderBadReply(NAME, "not-understood") from None


def _error_as_ours(response: httpx.Response) -> ProviderError:
    if response.status_code == 403 and _number_of_error(response.content) == _QUOTA_EXCEEDED:
        return ProviderRejected(NAME, "quota-exceeded")
    return error_of_status(NAME, response.status_code, response.headers)


def _number_of_error(body: bytes) -> int:
    """Return Azure's number of what went wrong, 0 where it gives none."""
    try:
        return _decode(body, _ErrorAnswer).error.code
    except ProviderBadReply:
        return 0
