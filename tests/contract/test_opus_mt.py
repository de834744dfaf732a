"""OPUS-MT through the real CTranslate2 and sentencepiece, with small models whose every answer is known."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.errors import ConfigError, ProviderThrottled, ProviderUnavailable
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from app.translation.local import LocalTranslator
from app.translation.opus_mt_model import target_token
from app.translation.worker_threads import WorkerThreads
from app.usage import Meter, metered
from tests.contract.letter_model import rotated, write_model
from tests.contract.translation_suite import LIMIT_S, TranslationSuite
from tests.vendors.model_hub import ModelHub
from tests.vendors.server import serving

REQUEST = TranslationRequest("Meine Nummer ist 4521.", "de", "es")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models: ``de-es`` rotates by 1, ``de-en`` by 2, ``en-es`` by 3, ``en-xx`` puts S or P first."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "de-es", 1)
    write_model(folder / "de-en", 2)
    write_model(folder / "en-es", 3, adds_source_eos=True)
    write_model(folder / "en-xx", 4, {">>spa<<": "S", ">>por<<": "P"})
    return folder


def settings(folder: Path, **values: Any) -> Settings:
    defaults = {"translation_provider": "opus_mt", "opus_mt_workers": 2, "models_dir": folder / "nothing-else"}
    return Settings(_env_file=None, **{**defaults, **values})


def build(models: Path, *pairs: str, **values: Any) -> TranslationProvider:
    chosen = {pair: str(models / pair) for pair in pairs or ("de-es",)}
    return create_translation_provider(settings(models, opus_mt_models=chosen, **values))


class TestOpusMt(TranslationSuite):
    pair = ("de", "es")
    sentence = "Meine Nummer ist 4521."

    @pytest.fixture(autouse=True)
    def _models(self, models: Path) -> None:
        self.models = models

    def build(self) -> TranslationProvider:
        return build(self.models)

    async def test_the_model_is_what_translates(self, provider: TranslationProvider) -> None:
        assert await provider.translate(self.request("Guten Tag. Wie geht es?")) == rotated(
            "Guten Tag. Wie geht es?", 1
        )

    async def test_what_the_model_does_not_know_is_never_spoken_as_a_sign(self, provider: TranslationProvider) -> None:
        answer = await provider.translate(self.request("日本語 12"))
        assert "12" in answer
        assert "⁇" not in answer
        assert "unk" not in answer

    async def test_the_loop_goes_on_meanwhile(self, provider: TranslationProvider) -> None:
        task = asyncio.create_task(provider.translate(self.request("Ein Satz aus vielen Worten. " * 20)))
        turns = 0
        while not task.done():
            turns += 1
            await asyncio.sleep(0.001)
        assert turns > 5
        assert (await task).count(rotated("Satz", 1)) == 20

    async def test_characters_are_counted_for_the_call(self, provider: TranslationProvider) -> None:
        meter = Meter()
        with metered(meter):
            await provider.translate(self.request("Eins.  Zwei."))
        assert meter == {UsageKey(Stage.TRANSLATION, "opus_mt", UsageUnit.CHARACTERS): len("Eins.Zwei.")}


@pytest.mark.parametrize(("pair", "by"), [("de-en", 2), ("en-es", 3)])
async def test_both_kinds_of_conversion_end_their_sentences(models: Path, pair: str, by: int) -> None:
    """One leaves the end of the source to the caller, the other does not."""
    provider = build(models, pair)
    source, target = pair.split("-")
    assert await provider.translate(TranslationRequest("Sentence 12", source, target)) == rotated("Sentence 12", by)
    await provider.aclose()


@pytest.mark.parametrize(("target", "first"), [("es", "S"), ("pt", "P")])
async def test_a_model_of_several_languages_is_told_which_one(models: Path, target: str, first: str) -> None:
    provider = create_translation_provider(settings(models, opus_mt_models={f"en-{target}": str(models / "en-xx")}))
    assert await provider.translate(TranslationRequest("Hello", "en", target)) == first + rotated(" Hello", 4)
    await provider.aclose()


async def test_a_model_that_does_not_write_a_language_is_found_at_the_start(models: Path) -> None:
    provider = create_translation_provider(
        settings(models, opus_mt_models={"en-it": str(models / "en-xx")}, default_agent_language="it")
    )
    with pytest.raises(ConfigError, match="OPUS_MT_MODELS: the model for en-it"):
        await provider.start()
    with pytest.raises(ProviderUnavailable):
        await provider.translate(TranslationRequest("Hello", "en", "it"))
    await provider.aclose()


@pytest.mark.parametrize(
    ("vocabulary", "target", "token"),
    [
        (["a", "b"], "es", ""),
        ([">>spa<<", ">>por<<"], "es", ">>spa<<"),
        ([">>es<<", ">>pt<<"], "es", ">>es<<"),
        ([">>pt_br<<", ">>por<<"], "pt", ">>por<<"),
        ([">>arb<<", ">>heb<<"], "ar", ">>arb<<"),
        ([">>fin<<"], "es", None),
    ],
)
def test_the_token_of_a_language_is_the_one_that_the_model_has(
    vocabulary: list[str], target: str, token: str | None
) -> None:
    assert target_token(vocabulary, target) == token


async def test_a_broken_model_is_a_sentence_that_names_the_fix(models: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(models / "de-es", tmp_path / "de-es")
    (broken / "model.bin").write_bytes((broken / "model.bin").read_bytes()[:100])
    provider = create_translation_provider(
        settings(models, opus_mt_models={"de-es": str(broken)}, default_client_language="de")
    )
    with pytest.raises(ConfigError, match="ct2-transformers-converter"):
        await provider.start()
    await provider.aclose()


@pytest.mark.parametrize("name", ["opus-mt-de-es", "./opus/mt", "/opus/mt"])
def test_a_folder_without_a_model_is_a_sentence_that_names_the_fix(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"lacks model.bin, .*ct2-transformers-converter --model Helsinki-NLP"):
        create_translation_provider(settings(tmp_path, opus_mt_models={"de-es": name}))


def test_without_models_the_fix_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set OPUS_MT_MODELS"):
        create_translation_provider(settings(tmp_path))


async def test_without_a_hub_the_fix_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    provider = create_translation_provider(
        settings(tmp_path, opus_mt_models={"de-es": "nobody/opus-mt-de-es-ctranslate2"})
    )
    with pytest.raises(ConfigError, match=r"cannot be downloaded .*ct2-transformers-converter"):
        await provider.start()
    await provider.aclose()


START_AND_TRANSLATE = """
import asyncio, sys
from app.config import Settings
from app.translation.base import TranslationRequest
from app.translation.factory import create_translation_provider

async def main():
    provider = create_translation_provider(Settings(_env_file=None, translation_provider="opus_mt"))
    await provider.start()
    print(await provider.translate(TranslationRequest("Hello 12", "en", "es")))
    await provider.aclose()

asyncio.run(main())
"""


async def test_models_of_the_hub_are_downloaded_once_and_work_without_it(models: Path, tmp_path: Path) -> None:
    """In processes of their own, because the hub's client reads its settings when it is imported."""
    shutil.copytree(models / "en-es", tmp_path / "repository")
    (tmp_path / "repository" / "pytorch_model.bin").write_bytes(b"never asked for")
    hub = ModelHub({"somebody/opus-mt-en-es-ctranslate2": tmp_path / "repository"})

    async def run(address: str) -> tuple[str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            START_AND_TRANSLATE,
            env={
                **os.environ,
                "HF_ENDPOINT": f"http://{address}",
                "HF_HOME": str(tmp_path / "cache"),
                "OPUS_MT_MODELS": "en-es=somebody/opus-mt-en-es-ctranslate2",
                "MODELS_DIR": str(tmp_path / "nothing-else"),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(2 * LIMIT_S):
            output, errors = await process.communicate()
        return output.decode().strip(), errors.decode()

    async with serving(hub) as address:
        output, errors = await run(address)
    assert output == rotated("Hello 12", 3), errors
    assert "model.bin" in hub.downloads
    # The two are the same here, and what the hub's client has under one name it does not ask for under another.
    assert {"source.spm", "target.spm"} & set(hub.downloads)
    assert "pytorch_model.bin" not in hub.downloads
    output, errors = await run("127.0.0.1:1")
    assert output == rotated("Hello 12", 3), errors


@pytest.mark.parametrize("text", ["de=/models/de", "de-de=/models/de", "de-es", "german-spanish=/models/de-es"])
def test_what_is_no_list_of_models_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a list"):
        Settings(_env_file=None, opus_mt_models=text)


@pytest.fixture
def no_other_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("app.translation.apertium.SYSTEM_ROOT", tmp_path)
    return tmp_path


@pytest.fixture
async def offline(no_other_engine: Path, models: Path) -> AsyncIterator[LocalTranslator]:
    """The default translator of a machine that has German only by way of OPUS-MT."""
    for pair in ("de-en", "en-es"):
        target = no_other_engine / "opus_mt" / pair
        target.parent.mkdir(exist_ok=True)
        target.symlink_to(models / pair)
    provider = create_translation_provider(
        settings(models, models_dir=no_other_engine, translation_provider="local", default_client_language="de")
    )
    assert isinstance(provider, LocalTranslator)
    await provider.start()
    yield provider
    await provider.aclose()


async def test_the_default_translator_goes_by_way_of_english(offline: LocalTranslator) -> None:
    assert offline.capabilities.pairs == {("de", "en"), ("en", "es"), ("de", "es")}
    (route,) = offline.routes("de", "es")
    assert [(step.engine, step.target) for step in route.steps] == [("opus_mt", "en"), ("opus_mt", "es")]
    translation = await offline.translate(TranslationRequest("Zebras 4521 Xylophon.", "de", "es"))
    assert translation == rotated("Zebras 4521 Xylophon.", 5)


async def test_a_wrong_model_is_not_passed_over_by_the_default_translator(no_other_engine: Path) -> None:
    with pytest.raises(ConfigError, match="OPUS_MT_MODELS"):
        create_translation_provider(
            settings(no_other_engine, translation_provider="local", opus_mt_models={"de-es": "/nowhere"})
        )


async def test_loading_that_failed_is_tried_again(models: Path, tmp_path: Path) -> None:
    vocabulary = shutil.copytree(models / "de-es", tmp_path / "de-es") / "shared_vocabulary.json"
    provider = build(tmp_path)
    hidden = vocabulary.rename(tmp_path / "hidden")
    for _ in range(2):
        with pytest.raises(ProviderUnavailable) as raised:
            await provider.translate(REQUEST)
        assert raised.value.code == "model-valueerror"
    hidden.rename(vocabulary)
    assert "4521" in await provider.translate(REQUEST)
    await provider.aclose()


async def test_closing_tells_those_who_wait_for_a_thread() -> None:
    threads, gate = WorkerThreads("test", 1), threading.Event()
    jobs = [asyncio.create_task(threads.run(gate.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    threads.close()
    async with asyncio.timeout(LIMIT_S):
        waiting = await asyncio.gather(*jobs[1:], return_exceptions=True)
        assert [type(result) for result in waiting] == [ProviderUnavailable] * 2
        assert not jobs[0].done()
        gate.set()
        assert await jobs[0]
        await threads.aclose()


async def test_closing_while_a_model_is_loaded_is_no_cancellation(models: Path) -> None:
    provider = build(models)
    asker = asyncio.create_task(provider.translate(REQUEST))
    await asyncio.sleep(0)
    await provider.aclose()
    async with asyncio.timeout(LIMIT_S):
        (outcome,) = await asyncio.gather(asker, return_exceptions=True)
    assert isinstance(outcome, ProviderUnavailable) or "4521" in str(outcome)


async def test_threads_take_no_more_than_can_be_answered_in_time() -> None:
    threads, gate = WorkerThreads("test", 1), threading.Event()
    jobs = [asyncio.create_task(threads.run(gate.wait)) for _ in range(30)]
    try:
        while not threads.refused:  # noqa: ASYNC110 - a state to wait for, without an event of its own
            await asyncio.sleep(0)
        for _ in jobs:
            await asyncio.sleep(0)
        assert threads.refused == 30 - 17
        jobs[1].cancel()
        await asyncio.wait([jobs[1]])
        taken = asyncio.create_task(threads.run(lambda: "taken"))
        await asyncio.sleep(0)
    finally:
        gate.set()
    async with asyncio.timeout(LIMIT_S):
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert await taken == "taken"
    assert sum(isinstance(result, ProviderThrottled) for result in results) == 13
    await threads.aclose()
    with pytest.raises(ProviderUnavailable):
        await threads.run(gate.wait)
