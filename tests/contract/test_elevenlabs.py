"""ElevenLabs' voices against a local server that is as strict as ElevenLabs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

from app.domain.legs import Leg
from app.domain.voices import Register
from app.tts.base import SpeechRequest, TtsProvider
from tests.contract.bad_days_by_kind import TtsBadDays
from tests.contract.cloud import CloudTts, create, local
from tests.contract.tts_suite import SENTENCES, say
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.products import ELEVENLABS
from tests.waiting import until

vendor = local(ELEVENLABS)
build = partial(create, ELEVENLABS)


class TestElevenLabs(CloudTts):
    product = ELEVENLABS

    async def test_what_is_said_is_all_there(self, voice: TtsProvider) -> None:
        text = " ".join([SENTENCES["es"]] * 10)
        assert len(await say(voice, text, "es")) == len(text) * 65 * 8

    async def test_one_socket_serves_sentence_after_sentence(self, voice: TtsProvider) -> None:
        for _ in range(12):
            assert await say(voice, SENTENCES["es"], "es")
        assert len(self.vendor.connections) == 1
        assert self.vendor.connections[0].options["output_format"] == "ulaw_8000"
        assert self.vendor.connections[0].options["language_code"] == "es"

    async def test_a_socket_is_there_before_it_is_needed(self, voice: TtsProvider) -> None:
        voice.expect("en", Leg.CLIENT)
        voice.expect("en", Leg.CLIENT)
        await until(lambda: len(self.vendor.connections) == 2)
        assert self.vendor.connections[-1].options["language_code"] == "en"
        assert await say(voice, SENTENCES["en"], "en")
        assert len(self.vendor.connections) == 2

    async def test_texts_that_are_given_up_never_crowd_a_socket(self, voice: TtsProvider) -> None:
        """Six at once on one socket close it; one that was given up counts until ElevenLabs says that it is final."""
        for _ in range(20):
            async with aclosing(voice.speak(SpeechRequest(" ".join([SENTENCES["es"]] * 5), "es"))) as pieces:
                await anext(pieces)
        await asyncio.gather(*(say(voice, SENTENCES["es"], "es") for _ in range(17)))
        assert max(connection.most_contexts for connection in self.vendor.connections) <= 5
        assert all(connection.close_code is None for connection in self.vendor.connections)


async def test_each_language_has_its_voice(vendor: tuple[ElevenLabs, str]) -> None:
    voice = build(vendor[1], elevenlabs_voices="es=voice-of-the-agent")
    await say(voice, "Hola.", "es")
    await say(voice, "Hello.", "en")
    assert [connection.voice for connection in vendor[0].connections] == ["voice-of-the-agent", "JBFqnCBsd6RMkjVDRZzb"]
    await voice.aclose()


async def test_each_listener_and_register_has_its_voice(vendor: tuple[ElevenLabs, str]) -> None:
    voice = build(vendor[1], elevenlabs_voices="es.agent=voice-of-the-agent,es.client.low=low-voice-for-the-client")
    await voice.start()
    assert [connection.voice for connection in vendor[0].connections] == ["voice-of-the-agent"]
    for listener, register in ((Leg.AGENT, Register.LOW), (Leg.CLIENT, Register.LOW), (Leg.CLIENT, None)):
        async with aclosing(voice.speak(SpeechRequest("Hola.", "es", listener, register))) as pieces:
            assert await anext(pieces)
    assert [connection.voice for connection in vendor[0].connections] == [
        "voice-of-the-agent",
        "low-voice-for-the-client",
        "JBFqnCBsd6RMkjVDRZzb",
    ]
    await voice.aclose()


class TestElevenLabsBadDays(TtsBadDays):
    product = ELEVENLABS


async def test_a_socket_that_the_vendor_closed_is_opened_again(vendor: tuple[ElevenLabs, str]) -> None:
    server, url = vendor
    voice = build(url)
    assert await say(voice, "Hola.", "es")
    await server.connections[0].close(1000)
    await until(lambda: not any("tts" in task.get_name() for task in asyncio.all_tasks()))
    assert await say(voice, "Hola.", "es")
    assert len(server.connections) == 2
    await voice.aclose()
