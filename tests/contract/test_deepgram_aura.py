"""Deepgram's voices against a local server that is as strict as Deepgram."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import pytest
import pytest_asyncio
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.domain.voices import Register
from app.errors import ConfigError, ProviderThrottled
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.deepgram import LANGUAGES, MAXIMUM_RESTING, Share
from app.usage import metered
from tests.contract.bad_days_by_kind import TtsBadDays
from tests.contract.cloud import CloudTts, create, local
from tests.contract.stt_suite import errands
from tests.contract.tts_suite import SENTENCES, say
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.products import DEEPGRAM_AURA
from tests.vendors.server import Vendor
from tests.waiting import until

LONG = "palabra " * 200
vendor = local(DEEPGRAM_AURA)
build = partial(create, DEEPGRAM_AURA)


class TestDeepgramAura(CloudTts):
    product = DEEPGRAM_AURA

    @pytest_asyncio.fixture(autouse=True)
    async def _nothing_is_left_open(self, vendor: tuple[DeepgramAura, str]) -> AsyncIterator[None]:
        yield
        await until(lambda: vendor[0].open_connections == 0)

    async def test_what_is_said_is_all_there(self, voice: TtsProvider) -> None:
        text = " ".join([SENTENCES["es"]] * 10)
        assert len(await say(voice, text, "es")) == len(text) * 65 * 8

    async def test_each_language_has_a_voice_of_its_own_in_both_registers(self, voice: TtsProvider) -> None:
        for language in sorted(LANGUAGES):
            for register in Register:
                async with aclosing(voice.speak(SpeechRequest("123", language, Leg.CLIENT, register))) as pieces:
                    assert [piece async for piece in pieces]
        models = [connection.options["model"] for connection in self.vendor.connections if connection.said]
        assert sorted(models) == sorted(set(models))
        assert Counter(model.rpartition("-")[2] for model in models) == dict.fromkeys(LANGUAGES, 2)

    async def test_no_socket_is_asked_to_flush_more_often_than_deepgram_allows(self, voice: TtsProvider) -> None:
        for _ in range(45):
            assert await say(voice, "Sí.", "es")
        assert [len(connection.said) for connection in self.vendor.connections] == [20, 20, 5]

    async def test_no_socket_is_sent_more_characters_than_deepgram_takes(self, voice: TtsProvider) -> None:
        for _ in range(4):
            assert await say(voice, LONG, "es")
        assert [len(connection.said) for connection in self.vendor.connections] == [1, 1, 1, 1]

    @pytest.mark.parametrize("is_late_with_flushed", [False, True])
    async def test_a_text_that_was_given_up_is_not_heard_in_the_next_one(
        self, voice: TtsProvider, is_late_with_flushed: bool
    ) -> None:
        self.vendor.is_late_with_flushed = is_late_with_flushed
        for number in range(5):
            async with aclosing(voice.speak(SpeechRequest("palabra " * 50, "es"))) as pieces:
                await anext(pieces)
            await until(lambda: not errands())
            text = "Sí." * (number + 1)
            assert len(await say(voice, text, "es")) == len(text) * 65 * 8
        assert len(self.vendor.connections) == 1, "its socket was not used again"

    async def test_an_old_socket_says_nothing_more(self, voice: TtsProvider, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deepgram would end it in the middle of a word."""
        monkeypatch.setattr("app.tts.deepgram._MAXIMUM_AGE_S", 0.0)
        for _ in range(3):
            assert await say(voice, "Sí.", "es")
        assert [len(connection.said) for connection in self.vendor.connections] == [0, 1, 1, 1]
        await until(lambda: self.vendor.open_connections == 1)

    async def test_a_crowd_leaves_few_sockets_open(self, voice: TtsProvider) -> None:
        await asyncio.gather(*(say(voice, SENTENCES["es"], "es") for _ in range(12)))
        assert len(self.vendor.connections) == 12
        await until(lambda: self.vendor.open_connections == MAXIMUM_RESTING)

    async def test_a_socket_is_there_before_it_is_needed(self, voice: TtsProvider) -> None:
        voice.expect("en", Leg.CLIENT)
        voice.expect("en", Leg.CLIENT)
        await until(lambda: not errands())
        assert [connection.options["model"] for connection in self.vendor.connections] == [
            "aura-2-carina-es",
            "aura-2-thalia-en",
        ]
        assert await say(voice, SENTENCES["en"], "en")
        assert len(self.vendor.connections) == 2

    async def test_what_was_sent_is_counted(self, voice: TtsProvider) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            await say(voice, "Sí.", "es")
        assert meter == {UsageKey(Stage.SPEECH, "deepgram", UsageUnit.CHARACTERS): 3}

    async def test_a_socket_that_the_vendor_closed_is_opened_again(self, voice: TtsProvider) -> None:
        assert await say(voice, "Hola.", "es")
        await self.vendor.connections[0].close(1000)
        await until(lambda: self.vendor.open_connections == 0)
        assert await say(voice, "Hola.", "es")


class TestDeepgramAuraBadDays(TtsBadDays):
    product = DEEPGRAM_AURA
    after_messages = (0, 1, 2)


async def test_a_vendor_that_flushes_no_more_is_throttled(vendor: tuple[DeepgramAura, str]) -> None:
    server, url = vendor
    voice = build(url)
    await voice.start()
    server.connections[0].exhaust()
    with pytest.raises(ProviderThrottled):
        await say(voice, "Mi número es 4521.", "es")
    assert await say(voice, "Mi número es 4521.", "es")
    await voice.aclose()


async def test_the_vendors_own_sdk_is_understood(vendor: tuple[DeepgramAura, str]) -> None:
    """Our server speaks Deepgram's protocol as its SDK does, whose messages are made from Deepgram's description."""
    server, url = vendor
    production = DeepgramClientEnvironment.PRODUCTION
    environment = DeepgramClientEnvironment(
        base=url, production=url, agent=production.agent, agent_rest=production.agent_rest
    )
    client = AsyncDeepgramClient(api_key=Vendor.key, environment=environment)
    sound, kinds = b"", []
    async with client.speak.v1.connect(model="aura-2-thalia-en", encoding="mulaw", sample_rate="8000") as socket:
        await socket.send_text(SpeakV1Text(text="Hello."))
        await socket.send_flush()
        await socket.send_clear()
        async for message in socket:
            if isinstance(message, bytes):
                sound += message
                continue
            type(message).model_validate(message.model_dump())
            kinds.append(message.type)
            if message.type == "Cleared":
                await socket.send_close()
    assert kinds[0] == "Metadata"
    assert kinds[-1] == "Cleared"
    assert len(sound) <= 6 * 65 * 8
    assert server.refused == []


async def test_a_voice_of_another_language_is_found_at_once() -> None:
    with pytest.raises(ConfigError, match="DEEPGRAM_VOICES: aura-2-zeus-en does not speak es"):
        build("", deepgram_voices="es.client.low=aura-2-zeus-en")


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 50)), max_size=60))
def test_no_minute_has_more_than_its_share(gaps: list[tuple[float, int]]) -> None:
    share, now_s, spent = Share(100), 0.0, []
    for gap_s, amount in gaps:
        now_s += gap_s
        assert share.left(now_s) == 100 - sum(each for at_s, each in spent if at_s > now_s - 60)
        if share.left(now_s) >= amount:
            share.spend(amount, now_s)
            spent.append((now_s, amount))
