"""What is sent to a provider is counted for the call that sends it, with several calls at once: vendors count too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Self

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.stt.base import SttCapabilities, SttOptions
from app.stt.decode_queue import DecodeQueue
from app.stt.decoding import Decoded
from app.stt.factory import create_stt_provider
from app.stt.whisper_stream import StreamCounts, WhisperStream
from app.translation.base import TranslationRequest
from app.translation.factory import create_translation_provider
from app.translation.piped import PipedTranslator
from app.tts.base import TtsProvider
from app.tts.factory import create_tts_provider
from app.usage import Meter, metered
from tests.contract.stt_suite import ONSET_MS, PAUSE_MS, Talker, finals, noise
from tests.contract.tts_suite import say
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.openai import OpenAi
from tests.vendors.server import serving

RECOGNISED = UsageKey(Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, "nova-3")
CHUNK_MS = 60
NEVER_LATE = {"stt_stall_ms": 10_000, "stt_final_timeout_ms": 10_000}
"""These talkers push seconds in a moment, and no vendor keeps up with that: it is no reason to ask another as well."""


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


async def at_once(*calls: Callable[[], Awaitable[None]]) -> list[Meter]:
    """Hold the calls at the same time, each under a meter of its own."""

    async def hold(call: Callable[[], Awaitable[None]], meter: Meter) -> None:
        with metered(meter):
            await call()

    meters = [Meter() for _ in calls]
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for call, meter in zip(calls, meters, strict=True):
            tasks.create_task(hold(call, meter))
    return meters


@pytest_asyncio.fixture
async def vendors() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_the_audio_of_each_call_is_what_its_own_sockets_heard(vendors: AsyncExitStack) -> None:
    vendor = Deepgram()
    url = f"ws://{await vendors.enter_async_context(serving(vendor))}"
    provider = create_stt_provider(settings(stt_provider="deepgram", deepgram_api_key=vendor.key, deepgram_url=url))

    async def call(language: str, utterances: int) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, (language,)))
        talker = Talker(stream)
        for _ in range(utterances):
            await talker.say(noise(1000, loudness=0.2))
        await finals(stream, utterances)
        await stream.aclose()

    languages = ("en", "fr", "es")
    meters = await at_once(*(lambda each=each: call(*each) for each in zip(languages, (1, 2, 4), strict=True)))
    heard_ms = {connection.options["language"]: connection.heard_ms for connection in vendor.connections}
    assert sorted(heard_ms.values()) == [1800, 3600, 7200]
    assert [dict(meter) for meter in meters] == [{RECOGNISED: heard_ms[language]} for language in languages]


@pytest.mark.parametrize(("terms", "mark"), [((), ""), (("Puente",), "+keyterms")])
async def test_another_language_is_another_socket_of_the_same_call_and_what_costs_more_is_told_apart(
    vendors: AsyncExitStack, terms: tuple[str, ...], mark: str
) -> None:
    vendor = Deepgram()
    url = f"ws://{await vendors.enter_async_context(serving(vendor))}"
    provider = create_stt_provider(
        settings(stt_provider="deepgram", deepgram_api_key=vendor.key, deepgram_url=url, deepgram_keyterms=terms)
    )

    async def call() -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, ("en", "es")))
        talker = Talker(stream)
        await talker.say(noise(1000, loudness=0.2))
        await finals(stream, 1)
        stream.set_languages(("en",), is_settled=True)
        await talker.say(noise(1000, loudness=0.2))
        await finals(stream, 1)
        await stream.aclose()

    (meter,) = await at_once(call)
    heard_ms = {connection.options["language"]: connection.heard_ms for connection in vendor.connections}
    assert {key.variant: amount for key, amount in meter.items()} == {
        f"nova-3-multi{mark}": heard_ms["multi"],
        f"nova-3{mark}": heard_ms["en"],
    }


async def test_what_the_next_recogniser_hears_again_is_counted_for_the_same_call(vendors: AsyncExitStack) -> None:
    vendor = Deepgram()
    url = f"ws://{await vendors.enter_async_context(serving(vendor))}"
    provider = create_stt_provider(
        settings(
            stt_provider="deepgram",
            stt_fallbacks="scripted",
            deepgram_api_key=vendor.key,
            deepgram_url=url,
            **NEVER_LATE,
        )
    )
    vendor.faults.plan(Fault(FaultKind.CLOSE, 1011, after=10), None)
    was_opened = asyncio.Event()

    async def call(utterances: int) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, ("en",)))
        talker = Talker(stream)
        for _ in range(utterances):
            await talker.say(noise(1500, loudness=0.2))
        was_opened.set()
        await finals(stream, utterances)
        await stream.aclose()

    async def later_call() -> None:
        await was_opened.wait()
        await call(3)

    unlucky, lucky = await at_once(lambda: call(1), later_call)
    scripted = UsageKey(Stage.RECOGNITION, "scripted", UsageUnit.AUDIO_MS)
    assert dict(lucky) == {RECOGNISED: 3 * 2300}
    assert unlucky[scripted] >= 2000
    sent_ms = unlucky[RECOGNISED]
    assert 10 * CHUNK_MS <= sent_ms <= 2300


async def test_whispers_audio_is_counted_where_it_is_said_and_not_where_it_is_decoded() -> None:
    """The queue starts one call's jobs when another call's are done."""
    queue: DecodeQueue[Decoded] = DecodeQueue(workers=1)

    class Engine:
        def decode_final(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
            return Decoded("word", languages[0], 1.0)

        decode_partial = decode_final

    capabilities = SttCapabilities("whisper", frozenset({"en"}), detects_language=True, interim_results=True)

    async def call(utterances: int) -> None:
        stream = WhisperStream(Engine(), queue, StreamCounts(), capabilities, SttOptions(Leg.CLIENT, ("en",)), 300)
        talker = Talker(stream)
        for _ in range(utterances):
            await talker.say(noise(1000))
        await finals(stream, utterances)
        await stream.aclose()

    meters = await at_once(lambda: call(1), lambda: call(3), lambda: call(2))
    await queue.aclose()
    key = UsageKey(Stage.RECOGNITION, "whisper", UsageUnit.AUDIO_MS)
    onset_and_pause_ms = PAUSE_MS - ONSET_MS
    assert [dict(meter) for meter in meters] == [{key: count * (1000 + onset_and_pause_ms)} for count in (1, 3, 2)]


async def test_a_hedged_translation_is_counted_with_both_for_the_call_that_asked(vendors: AsyncExitStack) -> None:
    vendor = DeepL()
    url = f"http://{await vendors.enter_async_context(serving(vendor))}"
    provider = create_translation_provider(
        settings(
            translation_provider="deepl",
            translation_fallbacks="scripted",
            translation_hedge_ms=50,
            deepl_api_key=vendor.key,
            deepl_server_url=url,
            scripted_translation_ms=1,
        )
    )
    vendor.faults.always = Fault(FaultKind.SILENCE)
    texts = ["One.", "Quite a lot more.", "A good deal more than that."]
    meters = await at_once(
        *(lambda text=text: _ignore(provider.translate(TranslationRequest(text, "en", "es"))) for text in texts)
    )
    for meter, text in zip(meters, texts, strict=True):
        assert dict(meter) == {
            UsageKey(Stage.TRANSLATION, name, UsageUnit.CHARACTERS): len(text) for name in ("deepl", "scripted")
        }
    await provider.aclose()


async def test_deepl_received_as_many_characters_as_the_calls_counted(vendors: AsyncExitStack) -> None:
    vendor = DeepL()
    url = f"http://{await vendors.enter_async_context(serving(vendor))}"
    provider = create_translation_provider(
        settings(translation_provider="deepl", deepl_api_key=vendor.key, deepl_server_url=url)
    )
    texts = ["  One, ¿no?", "二千 dos mil", "Three."]
    meters = await at_once(
        *(lambda text=text: _ignore(provider.translate(TranslationRequest(text, "en", "es"))) for text in texts)
    )
    key = UsageKey(Stage.TRANSLATION, "deepl", UsageUnit.CHARACTERS)
    assert [meter[key] for meter in meters] == [9, 10, 6]
    assert sum(meter[key] for meter in meters) == vendor.characters
    await provider.aclose()


async def test_a_language_model_is_counted_as_it_reports(vendors: AsyncExitStack) -> None:
    vendor = OpenAi()
    url = f"http://{await vendors.enter_async_context(serving(vendor))}/v1"
    provider = create_translation_provider(
        settings(translation_provider="openai", openai_api_key=vendor.key, openai_base_url=url)
    )
    text = "My order number is 4521."
    (meter,) = await at_once(lambda: _ignore(provider.translate(TranslationRequest(text, "en", "es"))))
    (reported,) = vendor.usages
    assert dict(meter) == {
        UsageKey(Stage.TRANSLATION, "openai", UsageUnit.INPUT_TOKENS, "gpt-4.1-mini"): reported["prompt_tokens"],
        UsageKey(Stage.TRANSLATION, "openai", UsageUnit.OUTPUT_TOKENS, "gpt-4.1-mini"): reported["completion_tokens"],
    }
    await provider.aclose()


class Echo(PipedTranslator):
    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        raise NotImplementedError


async def test_an_engine_that_is_warmed_during_a_call_is_not_at_work_for_it() -> None:
    provider = Echo("engine", {("en", "es"): [("cat",)]}, settings())

    async def call() -> None:
        await provider.warm([("en", "es")])
        await provider.translate(TranslationRequest("Four.", "en", "es"))

    (meter,) = await at_once(call)
    assert dict(meter) == {UsageKey(Stage.TRANSLATION, "engine", UsageUnit.CHARACTERS): 5}
    await provider.aclose()


async def test_one_socket_speaks_for_several_calls_and_each_counts_its_own(vendors: AsyncExitStack) -> None:
    vendor = ElevenLabs()
    url = f"ws://{await vendors.enter_async_context(serving(vendor))}"
    voice = create_tts_provider(settings(tts_provider="elevenlabs", elevenlabs_api_key=vendor.key, elevenlabs_url=url))
    await voice.start()
    texts = ["Uno.", "Dos y  dos.", "Tres veces tres son nueve."]
    meters = await at_once(*(lambda text=text: _ignore(say(voice, text, "es")) for text in texts))
    key = UsageKey(Stage.SPEECH, "elevenlabs", UsageUnit.CHARACTERS, "eleven_flash_v2_5")
    assert [dict(meter) for meter in meters] == [{key: count} for count in (4, 10, 26)]
    assert vendor.spoken_characters == 40
    assert len(vendor.connections) == 1
    await voice.aclose()


@pytest.mark.parametrize("name", ["scripted", "espeak"])
async def test_voices_on_this_machine_are_counted_too(name: str) -> None:
    voice: TtsProvider = create_tts_provider(settings(tts_provider=name))
    await voice.start()
    meters = await at_once(*(lambda text=text: _ignore(say(voice, text, "es")) for text in ("Uno.", "Dos más.", "")))
    key = UsageKey(Stage.SPEECH, name, UsageUnit.CHARACTERS)
    assert [meter[key] for meter in meters] == [4, 8, 0]
    await voice.aclose()


async def _ignore(answer: Awaitable[object]) -> None:
    await answer
