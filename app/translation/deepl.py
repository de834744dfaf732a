"""DeepL's text translation, through its SDK (https://developers.deepl.com/docs).

The SDK is synchronous: requests run in threads of this provider's own, and few may wait for one. Its retries are off:
what to do about a clause that would be late is not a vendor's decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Self, TypeVar

import deepl
import requests
import structlog
from deepl import http_client
from deepl.api_data import MultilingualGlossaryDictionaryEntries

from app.config import Settings
from app.domain.glossary import Glossary, PairGlossary
from app.domain.languages import LANGUAGE_NAMES
from app.domain.usage import Stage, UsageUnit
from app.errors import (
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnavailable,
)
from app.resilience.errands import Errands
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.sentences import clean
from app.translation.vendor_text import text_to_send
from app.translation.worker_threads import WorkerThreads
from app.usage import count_usage
from app.vendor_connections import answer_within
from app.vendor_errors import RETRY_AFTER_S, error_of_status

log = structlog.get_logger(__name__)

NAME = "deepl"
LANGUAGES = frozenset(
    [
        "ar",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "gl",
        "he",
        "hu",
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
        "nb",
        "nl",
        "oc",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sv",
        "tr",
        "uk",
        "zh",
    ]
)
"""What it is taken to know until it was asked."""
GLOSSARY_LANGUAGES = frozenset(
    "ar bg cs da de el en es et fi fr he hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv tr uk vi zh".split()  # noqa: SIM905
)
"""What a dictionary of a glossary may be from and into, by DeepL's OpenAPI description."""
_GLOSSARY_GONE = frozenset({"http-400", "http-404"})
_REQUESTS_AT_ONCE = 10
"""The size of the SDK's connection pool."""
T = TypeVar("T")


class DeepLTranslator(TranslationProvider):
    """One account. Its languages are asked for at the start; an unreachable DeepL is no reason not to start."""

    def __init__(self, settings: Settings) -> None:
        self.capabilities = _capabilities(LANGUAGES, LANGUAGES)
        self._variants = settings.deepl_variants
        self._model_type = settings.deepl_model_type
        self._formality = settings.deepl_formality
        self._timeout_s = settings.translation_timeout_s
        # Module variables are the SDK's only way to set them.
        http_client.max_network_retries = 0
        http_client.min_connection_timeout = self._timeout_s
        self._client = deepl.DeepLClient(
            settings.deepl_api_key.get_secret_value(),
            server_url=settings.deepl_server_url or None,
            send_platform_info=False,
        )
        self._agent_language = settings.default_agent_language
        self._glossary_ids: dict[PairGlossary, str] = {}
        self._threads = WorkerThreads(NAME, _REQUESTS_AT_ONCE)
        self._errands = Errands(NAME)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        if not settings.deepl_api_key.get_secret_value():
            raise ConfigError("DEEPL_API_KEY is not set: make one at https://www.deepl.com/your-account/keys")
        return cls(settings)

    async def start(self) -> None:
        """Open a connection and learn which languages there are. Raises ConfigError when the key is refused."""
        try:
            sources = await self._run(self._client.get_source_languages)
            targets = await self._run(self._client.get_target_languages)
        except ProviderRejected as error:
            raise ConfigError(f"DEEPL_API_KEY: DeepL refused it ({error.code}); is it of this account?") from error
        except ProviderError as error:
            log.warning("deepl.not_reached", code=error.code)
            return
        if not sources or not targets:  # The SDK makes this of an answer that is no JSON.
            log.warning("deepl.not_reached", code="not-understood")
            return
        self.capabilities = _capabilities(*({_primary(each.code) for each in found} for found in (sources, targets)))

    async def learn(self, glossaries: Collection[Glossary]) -> None:
        """Let the account have one glossary for each of these; one that it has, by its content, is used again."""
        try:
            known = {each.name: each.glossary_id for each in await self._run(self._client.list_multilingual_glossaries)}
            for glossary in glossaries:
                views = self._views(glossary)
                if views:
                    glossary_id = known.get(_name(views)) or await self._create_glossary(views)
                    self._glossary_ids |= dict.fromkeys(views, glossary_id)
        except ProviderError as error:
            self._forget_glossaries(error.code)
            return
        languages = GLOSSARY_LANGUAGES
        pairs = frozenset(pair for pair in self.capabilities.pairs if languages.issuperset(pair))
        self.capabilities = replace(self.capabilities, glossary_pairs=pairs)

    async def _create_glossary(self, views: Collection[PairGlossary]) -> str:
        dictionaries = [
            MultilingualGlossaryDictionaryEntries(
                view.source, view.target, {entry.source: entry.target for entry in view.entries}
            )
            for view in views
        ]
        create = partial(self._client.create_multilingual_glossary, _name(views), dictionaries)
        return str((await self._run(create)).glossary_id)

    def _views(self, glossary: Glossary) -> tuple[PairGlossary, ...]:
        """Return what the glossary says of the pairs that calls translate: to and from the agent's language."""
        agent = self._agent_language
        others = sorted(GLOSSARY_LANGUAGES.intersection(LANGUAGE_NAMES) - {agent})
        pairs = [pair for other in others for pair in ((agent, other), (other, agent))]
        views = [
            glossary.pair(*pair) for pair in pairs if pair in self.capabilities.pairs and agent in GLOSSARY_LANGUAGES
        ]
        return tuple(view for view in views if view.entries)

    def _forget_glossaries(self, code: str) -> None:
        """Without them, stand-ins are used instead, as for a vendor that has none."""
        log.warning("deepl.no_glossaries", code=code)
        self._glossary_ids = {}
        self.capabilities = replace(self.capabilities, glossary_pairs=frozenset())

    def expect(self, source: str, target: str) -> None:
        """Ask for something that costs nothing: a connection is open behind it."""
        self._errands.begin("connection", lambda: self._run(self._client.get_source_languages))

    async def translate(self, request: TranslationRequest) -> str:
        text = text_to_send(self.capabilities, request)
        if not text:
            return ""
        count_usage(Stage.TRANSLATION, NAME, UsageUnit.CHARACTERS, len(text))
        glossary_id = self._glossary_ids.get(request.glossary)
        try:
            result = await self._run(
                partial(
                    self._client.translate_text,
                    text,
                    source_lang=request.source.upper(),
                    target_lang=self._variants.get(request.target, request.target.upper()),
                    formality=self._formality,
                    model_type=self._model_type,
                    context=" ".join(request.context) or None,
                    glossary=glossary_id,
                )
            )
        except ProviderRejected as error:
            if glossary_id is not None and error.code in _GLOSSARY_GONE:
                self._forget_glossaries(error.code)
            raise
        if not isinstance(result, deepl.TextResult):
            raise ProviderBadReply(NAME, "no-translation")
        return clean(result.text)

    async def aclose(self) -> None:
        await self._errands.aclose()
        self._threads.close()
        self._client.close()  # type: ignore[no-untyped-call]

    async def _run(self, request: Callable[[], T]) -> T:
        """Make a request in a thread. The vendor's own words about what goes wrong may hold speech and end here."""
        try:
            async with answer_within(NAME, self._timeout_s):
                return await self._threads.run(request)
        except deepl.ConnectionException as error:
            timed_out = isinstance(error.__cause__, requests.exceptions.Timeout)
            kind = ProviderTimeout if timed_out else ProviderUnavailable
            raise kind(NAME, "timeout" if timed_out else "no-connection") from None
        except deepl.AuthorizationException:
            raise ProviderRejected(NAME, "key-refused") from None
        except deepl.QuotaExceededException:
            raise ProviderRejected(NAME, "quota-exceeded") from None
        except deepl.TooManyRequestsException:
            raise ProviderThrottled(NAME, "throttled", RETRY_AFTER_S) from None
        except deepl.DeepLException as error:
            raise _error_of_status(error.http_status_code) from None
        except (ValueError, KeyError, TypeError, IndexError):
            raise ProviderBadReply(NAME, "not-understood") from None


def _error_of_status(status: int | None) -> ProviderError:
    if status is None:
        return ProviderBadReply(NAME, "not-understood")
    # DeepL's own number for a server that has too much to do.
    return error_of_status(NAME, 429 if status == 529 else status)


def _capabilities(sources: Collection[str], targets: Collection[str]) -> TranslatorCapabilities:
    pairs = frozenset((source, target) for source in sources for target in targets if source != target)
    return TranslatorCapabilities(NAME, pairs, takes_context=True)


def _name(views: Collection[PairGlossary]) -> str:
    """Name a glossary after its content, so that every process and every start finds the one there is."""
    lines = [
        f"{view.source}\t{view.target}\t{entry.source}\t{entry.target}" for view in views for entry in view.entries
    ]
    return f"puente-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def _primary(code: str) -> str:
    return code.split("-")[0].lower()
