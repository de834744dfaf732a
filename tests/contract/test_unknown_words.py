"""Words that Apertium lacks, with its real dictionaries; and what happens when these fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.errors import ConfigError, ProviderError
from app.translation.apertium import ApertiumTranslator
from app.translation.base import TranslationRequest
from app.translation.local import LocalTranslator
from app.translation.routes import Step
from app.translation.unknown_words import UnknownWords

PT_ES = Step("apertium", "pt", "es")


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest_asyncio.fixture
async def apertium() -> AsyncIterator[ApertiumTranslator]:
    try:
        translator = ApertiumTranslator.from_settings(settings())
    except ConfigError as error:
        pytest.skip(str(error))
    yield translator
    await translator.aclose()


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalTranslator]:
    try:
        translator = LocalTranslator.from_settings(settings())
    except ConfigError as error:
        pytest.skip(str(error))
    yield translator
    await translator.aclose()


async def translate(translator: LocalTranslator, text: str, source: str) -> str:
    if (source, "es") not in translator.capabilities.pairs:
        pytest.skip(f"no engine for {source}-es here: make engines")
    return await translator.translate(TranslationRequest(text, source, "es"))


async def test_a_dictionary_tells_words_from_others(apertium: ApertiumTranslator) -> None:
    dictionary = apertium.largest_dictionary("es")
    if dictionary is None:
        pytest.skip("no Spanish dictionary here: make engines")
    assert await dictionary.known(["casa", "repolho", "", "^$", "a b", "repollo"]) == {"casa", "repollo"}
    assert await dictionary.known(["qqq"]) == frozenset()
    assert await dictionary.known([]) == frozenset()


async def test_neighbours_make_no_expression(apertium: ApertiumTranslator) -> None:
    dictionary = apertium.largest_dictionary("es")
    if dictionary is None:
        pytest.skip("no Spanish dictionary here: make engines")
    words = ["a", "pesar", "de", "sin", "embargo", "por", "favor"]
    assert await dictionary.known(words) == frozenset(words)


def test_a_language_of_no_pair_has_no_dictionary(apertium: ApertiumTranslator) -> None:
    assert apertium.largest_dictionary("ja") is None


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("The cabbage is in the kitchen.", "en", "repollo"),
        ("The charger is broken.", "en", "cargador"),
        ("O entregador não veio.", "pt", "repartidor"),
        ("The turtles live here.", "en", "tortugas"),
        ("Envío unha carruaxe nova.", "gl", "carruaje"),
        ("O meu pedido ainda não chegou.", "gl", "no llegó"),
        ("A policía ofrece uma perspectiva.", "gl", "una perspectiva"),
        ("Cobraronme duas veces o mesmo pedido.", "gl", "Me cobraron dos veces el mismo pedido"),
    ],
)
async def test_a_word_that_the_engine_lacks_is_found(
    local: LocalTranslator, text: str, source: str, expected: str
) -> None:
    assert expected in await translate(local, text, source)


@pytest.mark.parametrize("name", ["Siminoff", "Carter", "Rugbão"])
async def test_names_stay(local: LocalTranslator, name: str) -> None:
    assert name in await translate(local, f"I would like to talk to {name} about it.", "en")
    assert name in await translate(local, f"Quero falar con {name} sobre a conta.", "gl")


async def test_without_a_dictionary_the_translation_stays_as_it_is() -> None:
    broken = ApertiumTranslator("apertium", {("pt", "es"): [("false",)], ("gl", "es"): [("false",)]}, settings())
    words = UnknownWords(broken)
    original = TranslationRequest("O repolho.", "pt", "es")
    with pytest.raises(ProviderError):
        await broken.source_dictionary(("pt", "es")).known(["repolho"])
    assert await words.mend("El repolho.", "O repolho.", PT_ES, original) == "El repolho."
    assert await words.respell("ainda não", Step("apertium", "gl", "es")) == "ainda não"
    await broken.aclose()


async def test_only_apertium_into_spanish_is_mended(apertium: ApertiumTranslator) -> None:
    words = UnknownWords(apertium)
    for step in (Step("fxtranslate", "en", "pt"), Step("apertium", "es", "pt")):
        original = TranslationRequest("repolho", step.source, step.target)
        assert await words.mend("repolho", "repolho", step, original) == "repolho"
