"""Every translator against the one suite, and what only the processes behind the offline ones can do."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import pytest
import pytest_asyncio
import yaml

from app.config import Settings
from app.domain.phrasebook import PHRASEBOOK
from app.errors import ConfigError, ProviderTimeout, ProviderUnavailable
from app.translation import factory
from app.translation.apertium import ApertiumTranslator
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.fxtranslate import FxTranslator
from app.translation.local import LocalTranslator
from app.translation.piped import PipedTranslator
from app.translation.pipeline import Pipeline
from app.translation.scripted import ScriptedTranslator
from tests.contract.translation_suite import LIMIT_S, TranslationSuite

CUSTOMER_SERVICE = Path(__file__).parents[1] / "data" / "customer_service.yaml"


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def build(name: str, pair: tuple[str, str], **values: Any) -> TranslationProvider:
    try:
        provider = factory.create_translation_provider(settings(translation_provider=name, **values))
    except ConfigError as error:
        pytest.skip(str(error))
    if pair not in provider.capabilities.pairs:
        pytest.skip(f"{name} has no engine for {'-'.join(pair)} here: make engines")
    return provider


def alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


class TestScripted(TranslationSuite):
    pair = ("de", "es")
    sentence = "Die Nummer der Bestellung ist 4521."

    def build(self) -> TranslationProvider:
        return ScriptedTranslator(delay_ms=1)

    async def test_the_phrasebook_is_translated(self, provider: TranslationProvider) -> None:
        for row in PHRASEBOOK:
            heard = row["en"].upper().rstrip(".")
            assert await provider.translate(TranslationRequest(heard, "en", "gl")) == row["gl"]

    async def test_other_text_is_tagged(self, provider: TranslationProvider) -> None:
        assert await provider.translate(TranslationRequest("Zebra.", "en", "es")) == "[es] Zebra."


class EngineSuite(TranslationSuite):
    name: str

    def build(self) -> TranslationProvider:
        return build(self.name, self.pair)


@pytest.mark.engines
class TestApertium(EngineSuite):
    name, pair, sentence = "apertium", ("pt", "es"), "O número do meu pedido é o 4521."


@pytest.mark.engines
class TestApertiumWithConstraintGrammar(EngineSuite):
    name, pair, sentence = "apertium", ("it", "es"), "Il mio numero d'ordine è 4521."


@pytest.mark.engines
class TestFxTranslate(EngineSuite):
    name, pair, sentence = "fxtranslate", ("en", "pt"), "My order number is 4521."


@pytest.mark.engines
class TestLocal(EngineSuite):
    name, pair, sentence = "local", ("en", "es"), "My order number is 4521."

    @pytest.mark.parametrize(
        ("source", "target", "text", "expected"),
        [
            ("en", "es", "The total is $1,250.50.", "1250,50 dólares"),
            ("es", "en", "El total es 1.250,50 €.", "1250.50 euros"),
            ("en", "es", "Your code is 830164.", "830164"),
            ("en", "es", "Could you tell me your name?", "¿Podría decirme su nombre?"),
        ],
    )
    async def test_what_is_said(
        self, provider: TranslationProvider, source: str, target: str, text: str, expected: str
    ) -> None:
        assert expected in await provider.translate(TranslationRequest(text, source, target))

    async def test_german_and_arabic_are_not_pretended(self, provider: TranslationProvider) -> None:
        models = {"-".join(pair) for pair in FxTranslator.from_settings(settings()).capabilities.pairs}
        for language in ("de", "ar"):
            if not any(language in name for name in models):
                assert not any(language in pair for pair in provider.capabilities.pairs)

    async def test_a_portuguese_agent_is_served(self) -> None:
        provider = build("local", ("en", "pt"), default_agent_language="pt")
        await provider.start()
        assert "4521" in await provider.translate(TranslationRequest("My number is 4521.", "en", "pt"))
        await provider.aclose()


@pytest.mark.engines
@pytest.mark.parametrize(("source", "target"), [("en", "es"), ("es", "en"), ("gl", "es"), ("pt", "es"), ("it", "es")])
async def test_conversation_is_understood_and_keeps_its_numbers(source: str, target: str) -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    provider = build("local", (source, target))
    rows = yaml.safe_load(CUSTOMER_SERVICE.read_text(encoding="utf-8"))
    translations = [await provider.translate(TranslationRequest(row[source], source, target)) for row in rows]
    await provider.aclose()
    assert sacrebleu.corpus_chrf(translations, [[row[target] for row in rows]]).score >= 60
    for row, translation in zip(rows, translations, strict=True):
        for digits in filter(str.isdigit, row[source].replace("¿", " ").split()):
            assert digits in translation


@pytest_asyncio.fixture(params=[("apertium", "pt", "es"), ("fxtranslate", "en", "pt")], ids=lambda value: value[0])
async def piped(request: pytest.FixtureRequest) -> AsyncIterator[tuple[PipedTranslator, tuple[str, str]]]:
    name, source, target = request.param
    provider = build(name, (source, target))
    assert isinstance(provider, PipedTranslator)
    yield provider, (source, target)
    await provider.aclose()


@pytest.mark.engines
async def test_every_process_is_gone_after_closing(piped: tuple[PipedTranslator, tuple[str, str]]) -> None:
    provider, pair = piped
    await provider.translate(TranslationRequest("4521.", *pair))
    processes = provider.process_ids(*pair)
    assert processes
    await provider.aclose()
    assert not any(map(alive, processes))
    with pytest.raises(ProviderUnavailable):
        await provider.translate(TranslationRequest("4521.", *pair))


@pytest.mark.engines
@pytest.mark.parametrize("position", [0, 1, -1])
async def test_a_killed_process_is_replaced(piped: tuple[PipedTranslator, tuple[str, str]], position: int) -> None:
    provider, pair = piped
    await provider.translate(TranslationRequest("1111.", *pair))
    processes = provider.process_ids(*pair)
    os.kill(processes[position % len(processes)], signal.SIGKILL)
    answers = []
    async with asyncio.timeout(LIMIT_S):
        for number in ("2222", "3333", "4444"):
            try:
                answers.append((number, await provider.translate(TranslationRequest(f"{number}.", *pair))))
            except ProviderUnavailable:
                continue
    assert len(answers) >= 2
    assert all(number in answer for number, answer in answers)


@pytest.mark.engines
async def test_a_cancelled_question_costs_no_restart(piped: tuple[PipedTranslator, tuple[str, str]]) -> None:
    provider, pair = piped
    await provider.translate(TranslationRequest("1111.", *pair))
    processes = provider.process_ids(*pair)
    abandoned = asyncio.create_task(provider.translate(TranslationRequest("2222.", *pair)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    abandoned.cancel()
    assert "3333" in await provider.translate(TranslationRequest("3333.", *pair))
    assert provider.process_ids(*pair) == processes


class SedTranslator(PipedTranslator):
    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        raise NotImplementedError


async def test_a_route_that_loses_digits_gives_way_to_the_next() -> None:
    def engine(name: str, script: str) -> PipedTranslator:
        return SedTranslator(name, {("en", "es"): [("sed", "-u", "-z", script)]}, settings())

    provider = LocalTranslator(
        {"fxtranslate": engine("fxtranslate", "s/[0-9]/x/g"), "apertium": engine("apertium", "s/^/then /")}, settings()
    )
    assert [route.steps[0].engine for route in provider.routes("en", "es")] == ["fxtranslate", "apertium"]
    assert await provider.translate(TranslationRequest("Zebra.", "en", "es")) == "Zebra."
    assert await provider.translate(TranslationRequest("It is 4521.", "en", "es")) == "Then It is 4521."
    await provider.aclose()


def two_routes(first: str, second: str) -> LocalTranslator:
    """From Spanish to English: ``first`` and, where that is doubtful, ``second``, as scripts of sed."""
    engines = {"fxtranslate": first, "apertium": second}
    return LocalTranslator(
        {
            name: SedTranslator(name, {("es", "en"): [("sed", "-u", "-z", script)]}, settings())
            for name, script in engines.items()
        },
        settings(),
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("s/.*/A zebra./", "s/.*/A horse./", "A zebra."),
        ("s/.*/A zebra for the hotel of everybody else./", "s/.*/A horse./", "A horse."),
        ("s/.*/Zebras galore zebras./", "s/.*/A horse./", "A horse."),
        ("s/.*/A very very very big zebra./", "s/.*/A horse for the hotel of all./", "A horse for the hotel of all."),
        ("s/.*/A zebra for the hotel of all./", "s/.*/A horse for the hotel of all./", "A zebra for the hotel of all."),
    ],
)  # fmt: skip
async def test_what_is_invented_gives_way_to_the_next_route(first: str, second: str, expected: str) -> None:
    provider = two_routes(first, second)
    assert await provider.translate(TranslationRequest("Una cebra.", "es", "en")) == expected
    await provider.aclose()


async def test_set_phrases_never_reach_an_engine() -> None:
    provider = two_routes("s/.*/Zebra./", "s/.*/Horse./")
    translation = await provider.translate(
        TranslationRequest("Gracias. Sí, claro, una cebra, señora. ¿En qué puedo ayudarle?", "es", "en")
    )
    assert translation == "Thank you. Yes, of course, zebra, madam. How can I help you?"
    await provider.aclose()


@pytest.mark.engines
@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("es", "en", "Lo siento mucho, ¿cuál es el número de su pedido?", "I'm very sorry, what is your order number?"),
        ("es", "en", "¿Me puede decir el número de la factura?", "Can you tell me the invoice number?"),
        ("en", "es", "Thank you.", "Gracias."),
        ("es", "fr", "El pedido llega por la mañana.", "La commande arrive le matin."),
        ("fr", "es", "Bonjour, ma commande n'est pas encore arrivée.", "Hola, mi encargo no ha llegado todavía."),
    ],
)  # fmt: skip
async def test_everyday_sentences_keep_their_meaning(source: str, target: str, text: str, expected: str) -> None:
    provider = build("local", (source, target))
    translation = await provider.translate(TranslationRequest(text, source, target))
    await provider.aclose()
    assert translation == expected


@pytest.mark.engines
async def test_a_sentence_that_upsets_the_tagger_does_not_spoil_the_next() -> None:
    """The sentence is one of FLORES; after it Apertium 3.8's tagger reads every "um" as a numeral."""
    provider = build("apertium", ("pt", "es"))
    question = TranslationRequest("Posso falar com um supervisor?", "pt", "es")
    before = await provider.translate(question)
    upsetting = (
        "Mas, depois de perder o wicket do capitão, a índia só fez 36 corridas saqueando 7 wickets para acabar com as "
        "entradas."
    )
    await provider.translate(TranslationRequest(upsetting, "pt", "es"))
    after = await provider.translate(question)
    await provider.aclose()
    assert after == before == "Puedo hablar con un supervisor?"


async def test_a_program_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    """It answers from its second start on."""
    script = f"if [ -e {tmp_path}/started ]; then exec cat; fi; : > {tmp_path}/started; exec tail -f /dev/null"
    pipeline = Pipeline("test", [("sh", "-c", script)], timeout_s=0.3)
    with pytest.raises(ProviderTimeout):
        await pipeline.request(b"one")
    assert pipeline.process_ids == ()
    assert await pipeline.request(b"two") == b"two"
    await pipeline.aclose()


async def test_a_program_that_is_missing_is_unavailable() -> None:
    pipeline = Pipeline("test", [("cat",), ("/nonexistent/program",), ("cat",)], timeout_s=5)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await pipeline.request(b"one")
        assert pipeline.process_ids == ()
    await pipeline.aclose()


async def test_closing_fails_the_request_under_way() -> None:
    pipeline = Pipeline("test", [("tail", "-f", "/dev/null")], timeout_s=LIMIT_S)
    requests = [asyncio.create_task(pipeline.request(b"one")) for _ in range(3)]
    while not pipeline.process_ids:  # noqa: ASYNC110 - a state to wait for, without an event of its own
        await asyncio.sleep(0)
    await pipeline.aclose()
    results = await asyncio.gather(*requests, return_exceptions=True)
    assert [type(result) for result in results] == [ProviderUnavailable] * 3


@pytest.mark.parametrize("provider_class", [FxTranslator, ApertiumTranslator, LocalTranslator])
def test_without_engines_the_fix_is_named(
    provider_class: type[TranslationProvider], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.translation.apertium.SYSTEM_ROOT", tmp_path)
    with pytest.raises(ConfigError, match="make engines"):
        provider_class.from_settings(settings(models_dir=tmp_path))
