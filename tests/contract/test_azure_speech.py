"""Azure's voices against a local server that is as strict as Azure."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.domain.voices import Register
from app.errors import ConfigError, ProviderRejected
from app.tts.azure import LANGUAGES, LOCALES, billed_characters, locale_of
from app.tts.base import SpeechRequest, TtsProvider
from app.usage import metered
from tests.contract.bad_days_by_kind import TtsBadDays
from tests.contract.cloud import CloudTts, create, local
from tests.contract.stt_suite import errands
from tests.contract.tts_suite import SENTENCES, say
from tests.vendors.azure_speech import VOICES, AzureSpeech
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import AZURE_SPEECH
from tests.waiting import until

vendor = local(AZURE_SPEECH)
build = partial(create, AZURE_SPEECH)


class TestAzure(CloudTts):
    product = AZURE_SPEECH

    async def test_what_is_said_is_all_there(self, voice: TtsProvider) -> None:
        text = "Cuesta < 5 € & \"más\" > 4 'quizás' ]]> &amp; <break/>"
        assert len(await say(voice, text, "es")) == len(text) * 65 * 8
        assert self.vendor.said[-1].text == text

    async def test_each_language_has_a_voice_of_its_own_in_both_registers(self, voice: TtsProvider) -> None:
        for language in sorted(LANGUAGES):
            for register in Register:
                async with aclosing(voice.speak(SpeechRequest("123", language, Leg.CLIENT, register))) as pieces:
                    assert [piece async for piece in pieces]
            high, low = self.vendor.said[-1], self.vendor.said[-2]
            assert high.voice != low.voice
            assert {high.lang, low.lang} == {LOCALES[language]}

    async def test_one_connection_serves_sentence_after_sentence(self, voice: TtsProvider) -> None:
        for _ in range(6):
            assert await say(voice, SENTENCES["es"], "es")
        assert len({said.client for said in self.vendor.said}) == 1

    async def test_leaving_ends_the_answer(self, voice: TtsProvider) -> None:
        async with aclosing(voice.speak(SpeechRequest("palabra " * 500, "es"))) as pieces:
            await anext(pieces)
            assert self.vendor.speaking == 1
        await until(lambda: self.vendor.speaking == 0)

    async def test_a_connection_is_there_before_it_is_needed(self, voice: TtsProvider) -> None:
        """Somebody else uses the first one at the moment."""
        async with aclosing(voice.speak(SpeechRequest("palabra " * 500, "es"))) as pieces:
            await anext(pieces)
            voice.expect("en", Leg.CLIENT)
            voice.expect("xx")
            await until(lambda: bool(self.vendor.warmed) and not errands())
            await say(voice, "Hello.", "en")
        assert self.vendor.said[-1].client == self.vendor.warmed[0] != self.vendor.said[0].client

    async def test_what_azure_bills_is_counted(self, voice: TtsProvider) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            await say(voice, "Sí.", "es")
            await say(voice, "你好", "zh")
        assert meter == {UsageKey(Stage.SPEECH, "azure", UsageUnit.CHARACTERS): 3 + 4}

    async def test_control_characters_are_refused(self, voice: TtsProvider) -> None:
        for character in "\x00\x07\x1b\x7f\x9f\uffff":
            with pytest.raises(ProviderRejected):
                await say(voice, f"uno{character}dos", "es")
        assert self.vendor.said == []


class TestAzureBadDays(TtsBadDays):
    product = AZURE_SPEECH
    has_socket = False


async def test_rate_and_a_voice_of_another_language(vendor: tuple[AzureSpeech, str]) -> None:
    server, url = vendor
    voice = build(
        url,
        azure_speech_rate_percent=15,
        azure_speech_voices="es=en-US-AvaMultilingualNeural,es.client=de-DE-KatjaNeural",
    )
    await say(voice, "Buenos días.", "es")
    said = server.said[0]
    assert (said.text, said.voice, said.lang, said.rate) == (
        "Buenos días.",
        "en-US-AvaMultilingualNeural",
        "es-ES",
        "+15%",
    )
    with pytest.raises(ProviderRejected):
        async with aclosing(voice.speak(SpeechRequest("Hola.", "es", Leg.CLIENT))) as pieces:
            await anext(pieces)
    await voice.aclose()


async def test_a_voice_that_azure_lacks_is_found_at_the_start(vendor: tuple[AzureSpeech, str]) -> None:
    voice = build(vendor[1], azure_speech_voices="es.client=es-ES-NobodyNeural")
    with pytest.raises(ConfigError, match=r"AZURE_SPEECH_VOICES.*es-ES-NobodyNeural"):
        await voice.start()
    await voice.aclose()


async def test_no_region_is_a_sentence_that_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="AZURE_SPEECH_REGION is not set"):
        build("")
    await build("", azure_speech_region="westeurope").aclose()


async def test_a_warm_up_that_fails_is_nobodys_problem(vendor: tuple[AzureSpeech, str]) -> None:
    server, url = vendor
    voice = build(url)
    server.faults.plan(Fault(FaultKind.SILENCE))
    voice.expect("es")
    await until(lambda: server.asked == 1)
    assert errands()
    assert await say(voice, "Hola.", "es")
    await voice.aclose()
    assert not errands()
    away = build("http://127.0.0.1:1")
    away.expect("es")
    await until(lambda: not errands())
    await away.aclose()


@given(st.text(max_size=60))
def test_the_longer_the_text_the_dearer(text: str) -> None:
    assert len(text) <= billed_characters(text) <= 2 * len(text)


def test_the_locale_of_a_voice_is_in_its_name() -> None:
    assert {locale_of(voice) for voice in VOICES} >= {"es-ES", "zh-CN-sichuan", "en-US"}
