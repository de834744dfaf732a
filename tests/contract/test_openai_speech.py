"""OpenAI's voices, against a local server that is as strict as OpenAI."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from functools import partial

import numpy as np
import pytest

from app.audio.ulaw import ulaw_to_float
from app.domain.audio import duration_ms
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.domain.voices import Register
from app.errors import ConfigError
from app.tts.base import SpeechRequest, TtsProvider
from app.usage import metered
from tests.contract.bad_days_by_kind import TtsBadDays
from tests.contract.cloud import CloudTts, create, local
from tests.contract.stt_suite import errands
from tests.contract.tts_suite import SENTENCES, say
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.products import OPENAI_SPEECH
from tests.waiting import until

vendor = local(OPENAI_SPEECH)
build = partial(create, OPENAI_SPEECH)


class TestOpenAi(CloudTts):
    product = OPENAI_SPEECH

    async def test_what_is_said_is_all_there_and_sounds_as_it_was_made(self, voice: TtsProvider) -> None:
        text = " ".join([SENTENCES["es"]] * 10)
        ulaw = await say(voice, text, "es")
        assert duration_ms(ulaw) == pytest.approx(len(text) * 65, abs=5)
        strength = np.abs(np.fft.rfft(ulaw_to_float(ulaw)[8000:16000]))
        assert set(np.argsort(strength)[-5:]) == {120, 240, 360, 480, 600}

    async def test_what_is_asked_for(self, voice: TtsProvider) -> None:
        await say(voice, "Buenos días.", "es")
        async with aclosing(voice.speak(SpeechRequest("Hello.", "en", Leg.CLIENT, Register.LOW))) as pieces:
            assert [piece async for piece in pieces]
        spanish, english = self.vendor.requests
        assert (spanish["input"], spanish["model"], spanish["voice"]) == ("Buenos días.", "gpt-4o-mini-tts", "marin")
        assert english["voice"] == "cedar"
        assert "Spanish" in spanish["instructions"]
        assert "English" in english["instructions"]
        assert "Buenos" not in spanish["instructions"]

    async def test_one_connection_serves_sentence_after_sentence(self, voice: TtsProvider) -> None:
        for _ in range(6):
            assert await say(voice, SENTENCES["es"], "es")
        assert len(set(self.vendor.clients)) == 1

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
            await until(lambda: self.vendor.looked == 2 and not errands())
            await say(voice, "Hello.", "en")
        assert len(set(self.vendor.clients)) == 2

    async def test_the_length_of_what_came_is_counted(self, voice: TtsProvider) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            await say(voice, "Sí.", "es")
        assert meter == {UsageKey(Stage.SPEECH, "openai", UsageUnit.AUDIO_MS, "gpt-4o-mini-tts"): 3 * 65}


class TestOpenAisBadDays(TtsBadDays):
    product = OPENAI_SPEECH
    has_socket = False

    async def test_no_key_is_a_sentence_that_names_the_setting(self) -> None:
        with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
            build("", openai_api_key="")


async def test_models_that_cannot_be_told_how_are_billed_by_characters(vendor: tuple[OpenAiSpeech, str]) -> None:
    server, url = vendor
    voice = build(url, openai_speech_model="tts-1", openai_speech_instructions="", openai_speech_voices="es=onyx")
    meter: Counter[UsageKey] = Counter()
    with metered(meter):
        await say(voice, "Sí.", "es")
    assert meter == {UsageKey(Stage.SPEECH, "openai", UsageUnit.CHARACTERS, "tts-1"): 3}
    assert server.requests[0]["voice"] == "onyx"
    await voice.aclose()


async def test_a_server_of_ones_own_needs_no_key(vendor: tuple[OpenAiSpeech, str]) -> None:
    vendor[0].key = "none"
    voice = build(vendor[1], openai_api_key="")
    await voice.start()
    assert await say(voice, "Hola.", "es")
    await voice.aclose()


async def test_the_address_of_translations_is_not_that_of_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/translations")
    voice = build("")
    assert str(voice._client.base_url) == "https://api.openai.com/v1/"
    await voice.aclose()
