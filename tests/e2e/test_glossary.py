"""Names and terms through whole calls: what the called number's glossary says is what is recognised and translated."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.cli.doctor import _glossary
from app.config import PROJECT_ROOT, Settings
from app.demo.captions import CaptionReader
from app.demo.desk import running_desk
from app.domain.audio import silence
from app.domain.legs import Leg
from app.domain.records import Outcome
from app.emulator.script import AtTime, Turn
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from app.tts.base import SpeechRequest
from app.tts.factory import create_tts_provider
from tests.e2e.harness import conversation, desk, script
from tests.e2e.sounds import babble
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.server import Vendor, serving

MODELS = PROJECT_ROOT / "models"
FILE = """
names: [Puente]
terms: [{en: word1, es: palabra uno}]
numbers:
  "+34910000001": {names: [word2], terms: [{en: word3, es: palabra tres}]}
  "+34910000009": {names: [Orense]}
"""


@pytest.fixture
def glossary_file(tmp_path: Path) -> Path:
    path = tmp_path / "glossary.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


async def test_the_called_numbers_glossary_goes_with_the_call(tmp_path: Path, glossary_file: Path) -> None:
    recogniser, translator = Deepgram(), DeepL()
    async with serving(recogniser) as stt, serving(translator) as translation:
        settings = {
            "client_languages": ("en", "es"),
            "stt_provider": "deepgram",
            "translation_provider": "deepl",
            "deepgram_api_key": SecretStr(Vendor.key),
            "deepl_api_key": SecretStr(Vendor.key),
            "deepgram_url": f"ws://{stt}",
            "deepl_server_url": f"http://{translation}",
            "glossary_file": glossary_file,
        }
        async with desk(tmp_path, **settings) as at:
            report = await at.emulator.call(script(**conversation(babble(2.0))))
            call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert (recogniser.refused, translator.refused) == ([], [])
    of_the_call = recogniser.connections[1:]  # The first one tried the key.
    expected = {tuple(connection.options.getlist("keyterm")) for connection in of_the_call}
    assert {terms[:2] for terms in expected} == {("word2", "Puente")}
    assert {"word3", "palabra tres", "word1", "palabra uno"} == {term for terms in expected for term in terms[2:]}
    first = next(each for each in call.utterances if each.speaker is Leg.CLIENT)
    assert first.source_text.startswith("word1 word2 word3")
    assert (first.translated_text or "").startswith("[es] palabra uno word2 palabra tres")
    assert (first.outcome, first.flags) == (Outcome.SPOKEN, ())


async def test_administrators_translate_with_the_deployments_glossary(tmp_path: Path, glossary_file: Path) -> None:
    async with desk(tmp_path, glossary_file=glossary_file) as at:
        reply = await at.http.post(
            "/test/translate", json={"text": "word1 word3", "source_language": "en", "target_language": "es"}
        )
    assert reply.json()["translated_text"] == "[es] palabra uno word3"


def test_the_doctor_says_what_the_file_has_and_what_is_wrong_with_it(glossary_file: Path) -> None:
    settings = Settings(_env_file=None, glossary_file=glossary_file)
    assert "1 names, 1 terms, 2 numbers" in _glossary(settings).detail
    glossary_file.write_text("nmaes: [Puente]", encoding="utf-8")
    assert "glossary.yaml:1" in _glossary(settings).problem
    assert _glossary(Settings(_env_file=None)).problem == ""


SPOKEN = "Buenos días, le llamo de Puente. ¿Quiere usted el Plan Ahorro Plus?"


async def spoken(text: str, language: str) -> bytes:
    """Return mu-law of the text, by the voices that interpret."""
    voice = create_tts_provider(Settings(_env_file=None))
    await voice.start()
    try:
        async with aclosing(voice.speak(SpeechRequest(text, language))) as pieces:
            return silence(100) + b"".join([piece async for piece in pieces]) + silence(100)
    finally:
        await voice.aclose()


@pytest.mark.engines
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    not all(looks_installed(engine, MODELS) for engine in ENGINES),
    reason="the offline engines are not installed: run `make engines`",
)
async def test_names_reach_the_other_party_through_the_offline_engines(tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    await asyncio.to_thread(path.write_text, "names: [Puente, Plan Ahorro Plus, Orense]", encoding="utf-8")
    sound = await spoken(SPOKEN, "es")
    async with running_desk(tmp_path, {"GLOSSARY_FILE": str(path)}) as at:
        report = await at.emulator.call(
            script(agent=(Turn("offer", AtTime(1.5), say=sound),), linger_s=6.0, patience_s=60.0, max_duration_s=90.0)
        )
        call = await CaptionReader(at.http, lambda _: None).read_to_the_end()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    heard = " ".join(each.source_text for each in call.utterances)
    told = " ".join(each.translated_text or "" for each in call.utterances)
    assert "Puente" in heard, heard
    assert "Puente" in told, (heard, told)
    assert "plan ahorro plus" in told.lower(), (heard, told)
    assert "bridge" not in told.lower(), (heard, told)
