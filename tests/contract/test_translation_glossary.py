"""The glossary through every translator: by its own means, or by stand-ins around one that has none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.glossary import Glossary, PairGlossary, Scope, Term
from app.domain.meaning import MeaningCheck, MissKind
from app.errors import ConfigError, ProviderRejected, ProviderUnavailable
from app.glossary_file import read_glossaries
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.deepl import GLOSSARY_LANGUAGES
from app.translation.factory import create_translation_provider
from app.translation.glossary import STAND_INS, GlossaryTranslator
from app.translation.guarded import GuardedTranslator, create_translator
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepl import DeepL
from tests.vendors.description import Description, answer_body, request_body
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.openai import OpenAi
from tests.vendors.server import serving

DEEPL = Description("deepl")
FILE = """
names: [Puente, Iberdrola, Plan Ahorro Plus]
terms:
  - {es: factura, en: invoice, fr: facture}
  - {es: "parte", en: "claim & report"}
numbers:
  "+34910000001": {names: [Hogar Seguro], terms: [{es: factura, en: bill}]}
"""
TEXT = "La factura de Puente y la del Plan Ahorro Plus."
Ask = Callable[[str], TranslationRequest]


@pytest.fixture
def glossary_file(tmp_path: Path) -> Path:
    path = tmp_path / "glossary.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def ask(glossary_file: Path) -> Ask:
    pair = read_glossaries(glossary_file).deployment.pair("es", "en")
    return lambda text: TranslationRequest(text, "es", "en", glossary=pair)


def build(name: str, glossary_file: Path | None, **values: Any) -> TranslationProvider:
    settings = {"translation_provider": name, "glossary_file": glossary_file}
    return create_translation_provider(Settings(_env_file=None, **{**settings, **values}))


class Lexicon(TranslationProvider):
    """Puts words into other words, and loses what it is told to."""

    def __init__(self, words: dict[str, str], pairs: tuple[tuple[str, str], ...] = ()) -> None:
        self.capabilities = TranslatorCapabilities(
            "lexicon", frozenset({("es", "en")}), glossary_pairs=frozenset(pairs)
        )
        self.asked: list[str] = []
        self._words = words

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls({})

    async def translate(self, request: TranslationRequest) -> str:
        self.asked.append(request.text)
        text = request.text
        for word, other in self._words.items():
            text = text.replace(word, other)
        return text


# --- Stand-ins --------------------------------------------------------------------------------------------------------


async def test_what_an_engine_would_translate_stays(ask: Ask) -> None:
    engine = Lexicon({"Puente": "Bridge", "factura": "receipt", "Plan Ahorro Plus": "Savings Plan Plus", "La ": "The "})
    assert await GlossaryTranslator(engine).translate(ask(TEXT)) == "The invoice de Puente y la del Plan Ahorro Plus."
    assert len(engine.asked) == 2
    assert "Puente" not in engine.asked[1]


async def test_what_is_right_already_is_left_to_the_engine(ask: Ask) -> None:
    engine = Lexicon({"factura": "invoices"})
    assert await GlossaryTranslator(engine).translate(ask(TEXT)) == TEXT.replace("factura", "invoices")
    assert await GlossaryTranslator(engine).translate(ask("Buenos días.")) == "Buenos días."
    assert engine.asked == [TEXT, "Buenos días."]


async def test_a_term_that_begins_a_sentence_has_a_capital(ask: Ask) -> None:
    engine = Lexicon({"actura": "actoring"})
    text = "Factura. ¿Factura? «Factura» la Factura Puente"
    assert await GlossaryTranslator(engine).translate(ask(text)) == "Invoice. ¿Invoice? «Invoice» la invoice Puente"


@pytest.mark.parametrize("kept", ["", "Zubrix Zubrix", "zubrixes"])
async def test_where_a_stand_in_is_lost_or_doubled_the_engines_own_words_are_taken(ask: Ask, kept: str) -> None:
    engine = Lexicon({"Puente": "Bridge", "Zubrix": kept})
    assert await GlossaryTranslator(engine).translate(ask("Aquí Puente.")) == "Aquí Bridge."


async def test_what_a_text_says_itself_stands_in_for_nothing(ask: Ask) -> None:
    engine = Lexicon({"Puente": "Bridge"})
    text = "zubrix y Puente y KOVAX y Puente"
    assert await GlossaryTranslator(engine).translate(ask(text)) == text


async def test_more_than_there_are_stand_ins_for_is_not_lost(ask: Ask) -> None:
    engine = Lexicon({"Puente": "Bridge"})
    names = ["Puente"] * (len(STAND_INS) + 2)
    assert (await GlossaryTranslator(engine).translate(ask(", ".join(names)))).count("Puente") == len(STAND_INS)


async def test_a_translator_with_means_of_its_own_is_not_helped(ask: Ask) -> None:
    engine = Lexicon({"Puente": "Bridge"}, pairs=(("es", "en"),))
    assert await GlossaryTranslator(engine).translate(ask("Puente")) == "Bridge"


async def test_without_a_glossary_nothing_is_around_a_translator(glossary_file: Path) -> None:
    assert not isinstance(build("scripted", None), GlossaryTranslator)
    assert isinstance(build("scripted", glossary_file), GlossaryTranslator)


async def test_every_link_of_a_chain_has_the_glossary(glossary_file: Path, ask: Ask) -> None:
    provider = build("scripted", glossary_file, translation_fallbacks="scripted")
    await provider.start()
    await provider.learn(read_glossaries(glossary_file).all())
    assert await provider.translate(ask("La factura.")) == "[en] La invoice."
    await provider.aclose()


# --- The guard --------------------------------------------------------------------------------------------------------


async def test_a_lost_name_is_flagged(ask: Ask) -> None:
    found = await GuardedTranslator(Lexicon({"Puente": "Bridge"})).translate_checked(ask("Trabajo en Puente."))
    assert (found.misses, found.check) == ((MissKind.TERM,), MeaningCheck.FLAGGED)


async def test_a_lost_term_is_asked_for_as_it_has_to_be(ask: Ask) -> None:
    class Obedient(Lexicon):
        async def translate(self, request: TranslationRequest) -> str:
            self.asked.append(" ".join(request.keep))
            return f"The bill. {' '.join(request.keep)}"

    engine = Obedient({})
    engine.capabilities = TranslatorCapabilities("obedient", frozenset({("es", "en")}), takes_instructions=True)
    found = await GuardedTranslator(engine).translate_checked(ask("La factura."))
    assert (found.text, found.check) == ("The bill. invoice", MeaningCheck.MENDED)
    assert engine.asked == ["", "invoice"]


async def test_a_name_is_no_number_and_no_negation() -> None:
    scope = Scope(("No Limit Uno",), (Term((("es", ("plan dos",)), ("en", ("plan two",)))),))
    glossary = Glossary((scope,)).pair("es", "en")
    request = TranslationRequest("Quiero el No Limit Uno y el plan dos.", "es", "en", glossary=glossary)
    right = Lexicon({request.text: "I want the No Limit Uno and plan two."})
    assert (await GuardedTranslator(right).translate_checked(request)).misses == ()
    wrong = Lexicon({request.text: "I do not want the No Limit Uno and plan two, 3 times."})
    assert set((await GuardedTranslator(wrong).translate_checked(request)).misses) == {
        MissKind.NUMBER,
        MissKind.NEGATION,
    }


async def test_the_guard_never_compares_with_the_context(ask: Ask) -> None:
    request = TranslationRequest("Mañana no.", "es", "en", context=("Le debo 20 euros.", "No llame a Puente."))
    engine = Lexicon({"Mañana no.": "Not tomorrow."})
    assert (await GuardedTranslator(engine).translate_checked(request)).check is MeaningCheck.CLEAN


# --- Vendors with means of their own ----------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def deepl_vendor() -> AsyncIterator[tuple[DeepL, str]]:
    vendor = DeepL()
    async with serving(vendor) as address:
        yield vendor, f"http://{address}"


async def learned(url: str, glossary_file: Path, stack: AsyncExitStack, **values: Any) -> TranslationProvider:
    """Return a started DeepL that was told of the glossaries."""
    key = {"deepl_api_key": DeepL.key, "deepl_server_url": url}
    provider = build("deepl", glossary_file, **{**key, **values})
    stack.push_async_callback(provider.aclose)
    await provider.start()
    await provider.learn(read_glossaries(glossary_file).all())
    return provider


async def test_deepl_gets_its_glossaries_once(deepl_vendor: tuple[DeepL, str], glossary_file: Path, ask: Ask) -> None:
    vendor, url = deepl_vendor
    async with AsyncExitStack() as stack:
        provider = await learned(url, glossary_file, stack)
        assert await provider.translate(ask(TEXT)) == "[en] La invoice de Puente y la del Plan Ahorro Plus."
        called = read_glossaries(glossary_file).of_call_to("+34910000001").pair("es", "en")
        assert (
            await provider.translate(TranslationRequest("La factura.", "es", "en", glossary=called)) == "[en] La bill."
        )
        assert len(vendor.requests) == 2, "its own means: nothing is asked twice"
        await learned(url, glossary_file, stack)
        assert len(vendor.created) == 2, "a restart finds what there is"
        await asyncio.to_thread(glossary_file.write_text, FILE.replace("invoice", "bill of sale"), encoding="utf-8")
        changed = await learned(url, glossary_file, stack)
        now = read_glossaries(glossary_file).deployment.pair("es", "en")
        assert "bill of sale" in await changed.translate(TranslationRequest(TEXT, "es", "en", glossary=now))
        assert len(vendor.created) == 4
    assert vendor.refused == []


async def test_what_deepl_is_sent_is_what_deepl_describes(
    deepl_vendor: tuple[DeepL, str], glossary_file: Path, ask: Ask
) -> None:
    vendor, url = deepl_vendor
    async with AsyncExitStack() as stack:
        provider = await learned(url, glossary_file, stack)
        await provider.translate(ask(TEXT))
    schema = request_body("/v3/glossaries")
    for created in vendor.created:
        for dictionary in created["dictionaries"]:  # The vendor's SDK writes them in capitals, which DeepL takes.
            dictionary |= {key: dictionary[key].lower() for key in ("source_lang", "target_lang")}
        assert DEEPL.problems(created, schema) == []
    assert DEEPL.problems(vendor.glossaries.list(), answer_body("/v3/glossaries")) == []
    for asked in vendor.requests:
        assert DEEPL.problems(asked, request_body("/v2/translate")) == []
    assert DEEPL.problems({"name": "a", "dictionaries": [{"source_lang": "gl"}]}, schema)
    known = {"$ref": "#/components/schemas/GlossarySourceLanguage"}
    assert not any(DEEPL.problems(language, known) for language in GLOSSARY_LANGUAGES)


async def test_a_language_that_deepl_has_no_glossary_for_gets_stand_ins(
    deepl_vendor: tuple[DeepL, str], glossary_file: Path
) -> None:
    vendor, url = deepl_vendor
    async with AsyncExitStack() as stack:
        provider = await learned(url, glossary_file, stack)
        pair = Glossary((Scope((), (Term((("gl", ("factura",)), ("es", ("recibo",)))),)),)).pair("gl", "es")
        request = TranslationRequest("A factura.", "gl", "es", glossary=pair)
        assert await provider.translate(request) == "[es] A recibo."
    assert vendor.refused == []
    assert all("glossary_id" not in asked for asked in vendor.requests)


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.STATUS, 503), Fault(FaultKind.STATUS, 456), Fault(FaultKind.GARBAGE)]
)
async def test_a_deepl_that_takes_no_glossary_gets_stand_ins(
    deepl_vendor: tuple[DeepL, str], glossary_file: Path, ask: Ask, fault: Fault
) -> None:
    vendor, url = deepl_vendor
    vendor.faults.plan(None, None, None, fault)
    async with AsyncExitStack() as stack:
        provider = await learned(url, glossary_file, stack)
        assert await provider.translate(ask("La factura.")) == "[en] La invoice."
    assert vendor.created == []


async def test_glossaries_that_somebody_deletes_are_done_without(
    deepl_vendor: tuple[DeepL, str], glossary_file: Path, ask: Ask
) -> None:
    vendor, url = deepl_vendor
    async with AsyncExitStack() as stack:
        provider = await learned(url, glossary_file, stack)
        vendor.glossaries.forget()
        with pytest.raises(ProviderRejected):
            await provider.translate(ask("La factura."))
        assert await provider.translate(ask("La factura.")) == "[en] La invoice."


async def test_a_deepl_that_is_away_does_not_stop_the_start(glossary_file: Path, ask: Ask) -> None:
    async with AsyncExitStack() as stack:
        provider = await learned("http://127.0.0.1:1", glossary_file, stack)
        with pytest.raises(ProviderUnavailable):
            await provider.translate(ask("La factura."))


async def test_a_language_model_is_told_only_what_the_clause_has(glossary_file: Path, ask: Ask) -> None:
    vendor = OpenAi()
    async with serving(vendor) as address, AsyncExitStack() as stack:
        key = {"openai_api_key": OpenAi.key, "openai_base_url": f"http://{address}/v1"}
        provider = build("openai", glossary_file, **key)
        stack.push_async_callback(provider.aclose)
        await provider.start()
        assert await provider.translate(ask("La factura de Puente.")) == "[English] La invoice de Puente."
        await provider.translate(ask("Buenos días."))
    said = [json.loads(asked["messages"][1]["content"]) for asked in vendor.requests[-2:]]
    assert said == [
        {"text": "La factura de Puente.", "glossary": {"factura": "invoice", "Puente": "Puente"}},
        {"text": "Buenos días."},
    ]
    assert all("`glossary`" in asked["messages"][0]["content"] for asked in vendor.requests)
    assert vendor.refused == []


async def test_azure_is_told_in_the_markup_of_its_dictionary(glossary_file: Path, ask: Ask) -> None:
    vendor = AzureTranslator()
    async with serving(vendor) as address, AsyncExitStack() as stack:
        key = {"azure_translator_key": vendor.key, "azure_translator_region": vendor.region}
        provider = build("azure", glossary_file, **key, azure_translator_url=f"http://{address}")
        stack.push_async_callback(provider.aclose)
        await provider.start()
        assert await provider.translate(ask("La factura de Puente.")) == "[en] La invoice de Puente."
        assert await provider.translate(ask("Un parte.")) == "[en] Un parte.", "what would break the markup is left out"
    assert vendor.requests[-2][1] == [
        {
            "text": 'La <mstrans:dictionary translation="invoice">factura</mstrans:dictionary> de '
            '<mstrans:dictionary translation="Puente">Puente</mstrans:dictionary>.'
        }
    ]
    assert vendor.refused == []


# --- The real engines -------------------------------------------------------------------------------------------------


@pytest.mark.engines
@pytest.mark.parametrize(
    ("source", "target", "text", "wanted"),
    [
        ("es", "en", "Le llamo de Puente por la factura de este mes.", ("Puente", "invoice")),
        ("es", "en", "¿Quiere contratar el Plan Ahorro Plus?", ("Plan Ahorro Plus",)),
        ("es", "en", "Ha llamado usted a Puente, buenos días.", ("Puente",)),
        ("es", "fr", "La factura del Plan Ahorro Plus es de 20 euros.", ("facture", "Plan Ahorro Plus", "20")),
        ("en", "es", "I want to cancel my Plan Ahorro Plus from Puente.", ("Plan Ahorro Plus", "Puente")),
        ("fr", "es", "Je n'ai pas reçu la facture du Plan Ahorro Plus.", ("factura", "Plan Ahorro Plus")),
        ("es", "gl", "Le llamo de Puente.", ("Puente",)),
        ("es", "pt", "El Plan Ahorro Plus de Puente cuesta 20 euros.", ("Plan Ahorro Plus", "Puente", "20")),
    ],
)
async def test_the_offline_engines_keep_names(
    glossary_file: Path, source: str, target: str, text: str, wanted: tuple[str, ...]
) -> None:
    pair = read_glossaries(glossary_file).deployment.pair(source, target)
    try:
        settings = Settings(_env_file=None, translation_provider="local", glossary_file=glossary_file)
        provider = create_translator(settings)
    except ConfigError as error:
        pytest.skip(str(error))
    if (source, target) not in provider.capabilities.pairs:
        pytest.skip(f"no engine for {source}-{target} here: make engines")
    found = await provider.translate_checked(TranslationRequest(text, source, target, glossary=pair))
    await provider.aclose()
    assert all(word in found.text for word in wanted), found.text
    assert not any(word in found.text for word in STAND_INS), found.text
    assert MissKind.TERM not in found.misses


def test_a_request_without_a_glossary_has_an_empty_one() -> None:
    assert TranslationRequest("a", "es", "en").glossary == PairGlossary("", "")
