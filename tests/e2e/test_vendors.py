"""Whole calls through the vendors' SDKs and sockets, against local servers that are as strict as the vendors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.api.schemas import CallView
from app.domain.legs import Leg
from app.domain.records import Outcome
from app.domain.usage import Stage
from tests.contract.letter_model import rotated, write_model
from tests.e2e.harness import conversation, desk, script
from tests.e2e.sounds import babble
from tests.vendors.azure_recognition import AzureRecognition
from tests.vendors.azure_speech import AzureSpeech
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.openai import OpenAi as OpenAiChat
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.server import Vendor, serving

LANGUAGES = {"client_languages": ("en", "es")}
DEEPL_AND_ELEVENLABS = {
    "translation_provider": "deepl",
    "tts_provider": "elevenlabs",
    "deepl_api_key": SecretStr(Vendor.key),
    "elevenlabs_api_key": SecretStr(Vendor.key),
}


Translated = Callable[[str, str], str]
"""What becomes of a text that is translated into a language."""


def tagged(text: str, target: str) -> str:
    return f"[{target}] {text}"


async def test_a_call_through_deepgram_deepl_and_elevenlabs(tmp_path: Path) -> None:
    recogniser, translator, voice = vendors = Deepgram(), DeepL(), ElevenLabs()
    async with serving(recogniser) as stt, serving(translator) as translation, serving(voice) as tts:
        call = await hold_a_call(
            tmp_path,
            vendors,
            **LANGUAGES,
            **DEEPL_AND_ELEVENLABS,
            stt_provider="deepgram",
            deepgram_api_key=SecretStr(Vendor.key),
            deepgram_url=f"ws://{stt}",
            deepl_server_url=f"http://{translation}",
            elevenlabs_url=f"ws://{tts}",
        )
    assert_billed_as_received(call, translator, voice)


async def test_a_call_whose_ears_and_voice_are_elevenlabs(tmp_path: Path) -> None:
    recogniser, translator, voice = Scribe(), DeepL(), ElevenLabs()
    async with serving(recogniser, voice) as speech, serving(translator) as translation:
        call = await hold_a_call(
            tmp_path,
            (recogniser, translator, voice),
            **LANGUAGES,
            **DEEPL_AND_ELEVENLABS,
            stt_provider="elevenlabs",
            deepl_server_url=f"http://{translation}",
            elevenlabs_url=f"ws://{speech}",
        )
    assert_billed_as_received(call, translator, voice)


RECOGNISERS: dict[str, tuple[type[Vendor], str]] = {
    "azure": (AzureRecognition, "azure_speech_stt_url"),
    "openai": (OpenAiTranscription, "openai_realtime_url"),
}


@pytest.mark.parametrize("name", RECOGNISERS)
async def test_a_call_with_the_ears_of(name: str, tmp_path: Path) -> None:
    product, address_setting = RECOGNISERS[name]
    recogniser, translator, voice = vendors = product(), DeepL(), ElevenLabs()
    async with serving(recogniser) as stt, serving(translator) as translation, serving(voice) as tts:
        await hold_a_call(
            tmp_path,
            vendors,
            counts_anew=name == "azure",
            **LANGUAGES,
            **DEEPL_AND_ELEVENLABS,
            stt_provider=name,
            azure_speech_key=SecretStr(Vendor.key),
            openai_api_key=SecretStr(Vendor.key),
            deepl_server_url=f"http://{translation}",
            elevenlabs_url=f"ws://{tts}",
            **{address_setting: f"ws://{stt}" + ("/v1" if name == "openai" else "")},
        )


LANGUAGE_NAMES = {"es": "Spanish", "en": "English"}
TRANSLATORS: dict[str, tuple[type[Vendor], dict[str, str], Translated]] = {
    "azure": (
        AzureTranslator,
        {"azure_translator_url": "http://{address}", "azure_translator_region": AzureTranslator.region},
        tagged,
    ),
    "openai": (
        OpenAiChat,
        {"openai_base_url": "http://{address}/v1"},
        lambda text, target: tagged(text, LANGUAGE_NAMES[target]),
    ),
}


@pytest.mark.parametrize("name", TRANSLATORS)
async def test_a_call_translated_by(name: str, tmp_path: Path) -> None:
    product, places, translated = TRANSLATORS[name]
    recogniser, translator, voice = vendors = Deepgram(), product(), ElevenLabs()
    async with serving(recogniser) as stt, serving(translator) as address, serving(voice) as tts:
        await hold_a_call(
            tmp_path,
            vendors,
            translated,
            **LANGUAGES,
            stt_provider="deepgram",
            translation_provider=name,
            tts_provider="elevenlabs",
            deepgram_api_key=SecretStr(Vendor.key),
            deepgram_url=f"ws://{stt}",
            azure_translator_key=SecretStr(Vendor.key),
            openai_api_key=SecretStr(Vendor.key),
            elevenlabs_api_key=SecretStr(Vendor.key),
            elevenlabs_url=f"ws://{tts}",
            **{setting: place.format(address=address) for setting, place in places.items()},
        )


async def test_a_call_translated_by_models_on_this_machine(tmp_path: Path) -> None:
    """CTranslate2 and sentencepiece are real; the models rotate letters."""
    models = {
        f"{source}-{target}": str(write_model(tmp_path / target, 1)) for source, target in (("en", "es"), ("es", "en"))
    }
    recogniser, voice = vendors = Deepgram(), ElevenLabs()
    async with serving(recogniser) as stt, serving(voice) as tts:
        await hold_a_call(
            tmp_path,
            vendors,
            lambda text, _: rotated(text, 1),
            **LANGUAGES,
            stt_provider="deepgram",
            translation_provider="opus_mt",
            tts_provider="elevenlabs",
            opus_mt_models=models,
            deepgram_api_key=SecretStr(Vendor.key),
            deepgram_url=f"ws://{stt}",
            elevenlabs_api_key=SecretStr(Vendor.key),
            elevenlabs_url=f"ws://{tts}",
        )


VOICES: dict[str, tuple[type[Vendor], str]] = {
    "azure": (AzureSpeech, "azure_speech_tts_url"),
    "openai": (OpenAiSpeech, "openai_speech_url"),
}


@pytest.mark.parametrize("name", VOICES)
async def test_a_call_with_the_voices_of(name: str, tmp_path: Path) -> None:
    product, address_setting = VOICES[name]
    recogniser, translator, voice = vendors = Deepgram(), DeepL(), product()
    async with serving(recogniser) as stt, serving(translator) as translation, serving(voice) as tts:
        await hold_a_call(
            tmp_path,
            vendors,
            **LANGUAGES,
            stt_provider="deepgram",
            translation_provider="deepl",
            tts_provider=name,
            deepgram_api_key=SecretStr(Vendor.key),
            deepgram_url=f"ws://{stt}",
            deepl_api_key=SecretStr(Vendor.key),
            deepl_server_url=f"http://{translation}",
            azure_speech_key=SecretStr(Vendor.key),
            openai_api_key=SecretStr(Vendor.key),
            **{address_setting: f"http://{tts}" + ("/v1" if name == "openai" else "")},
        )


async def test_a_call_whose_ears_and_voice_are_deepgrams(tmp_path: Path) -> None:
    recogniser, translator, voice = Deepgram(), DeepL(), DeepgramAura()
    async with serving(recogniser, voice) as speech, serving(translator) as translation:
        await hold_a_call(
            tmp_path,
            (recogniser, translator, voice),
            **LANGUAGES,
            stt_provider="deepgram",
            translation_provider="deepl",
            tts_provider="deepgram",
            deepgram_api_key=SecretStr(Vendor.key),
            deepgram_url=f"ws://{speech}",
            deepl_api_key=SecretStr(Vendor.key),
            deepl_server_url=f"http://{translation}",
        )


async def hold_a_call(
    tmp_path: Path,
    vendors: Iterable[Vendor],
    translated: Translated = tagged,
    counts_anew: bool = False,
    **settings: object,
) -> CallView:
    """Let client and agent talk; no word may be lost, doubled or left unspoken, and nothing refused.

    ``counts_anew`` is for a recogniser whose connections, and so the numbers of its words, are utterances'.
    """
    async with desk(tmp_path, **settings) as at:
        report = await at.emulator.call(script(**conversation(babble(2.0))))
        (call,) = await at.settled_calls()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert [vendor.refused for vendor in vendors if vendor.refused] == []
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    for leg, target in ((Leg.CLIENT, "es"), (Leg.AGENT, "en")):
        translations = [each for each in call.utterances if each.speaker is leg]
        assert translations
        for each in translations:
            assert each.translated_text == translated(each.source_text, target)
    for leg in Leg:
        said = " ".join(each.source_text for each in call.utterances if each.speaker is leg).split()
        runs = "\n".join(said).replace("\nword1\n", "\n\nword1\n").split("\n\n")
        assert len(runs) == 1 or counts_anew
        for run in runs:
            assert run.split() == [f"word{number + 1}" for number in range(len(run.split()))]
    heard_ms = {Leg.AGENT: report.agent.heard_s * 1000, Leg.CLIENT: report.client.heard_s * 1000}
    for leg, milliseconds in heard_ms.items():
        characters = sum(len(each.translated_text or "") for each in call.utterances if each.speaker is leg.other)
        assert milliseconds > 0.7 * 65 * characters
    vendors_lines = [line for line in call.usage if line.stage is not Stage.TELEPHONY]
    wanted = {settings[kind] for kind in ("stt_provider", "translation_provider", "tts_provider")}
    assert {line.provider for line in vendors_lines if line.amount} == wanted, "everybody is on the bill"
    assert all(line.cost is not None for line in vendors_lines), "at a known price"
    return call


def assert_billed_as_received(call: CallView, translator: DeepL, voice: ElevenLabs) -> None:
    """The bill has what the vendors' servers counted, with what was translated ahead and never used.

    A translation that is given up in the moment of its beginning may never have been sent.
    """
    billed = {(line.provider, line.unit): line.amount for line in call.usage}
    longest = max(len(each.source_text) for each in call.utterances)
    assert translator.characters <= billed["deepl", "characters"] <= translator.characters + longest
    assert billed["elevenlabs", "characters"] == voice.spoken_characters
