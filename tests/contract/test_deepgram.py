"""Deepgram's recogniser, with the vendor's SDK, against a local server that is as strict as Deepgram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.audio import BYTES_PER_MS, silence
from app.domain.legs import Leg
from app.errors import ConfigError, ProviderError, ProviderRejected, ProviderThrottled, ProviderUnavailable
from app.stt.base import SttOptions, SttProvider
from app.stt.factory import create_stt_provider
from tests.contract.stt_suite import SttContract, Talker, assert_lawful, finals, noise, until
from tests.vendors.deepgram import Deepgram
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import serving


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[tuple[Deepgram, str]]:
    vendor = Deepgram()
    async with serving(vendor) as address:
        yield vendor, f"ws://{address}"


def build(url: str, **values: Any) -> SttProvider:
    settings = {"stt_provider": "deepgram", "deepgram_api_key": Deepgram.key, "deepgram_url": url}
    return create_stt_provider(Settings(_env_file=None, **{**settings, **values}))


@pytest.fixture
def speech() -> bytes:
    return noise(2400, loudness=0.2)


class TestDeepgram(SttContract):
    @pytest_asyncio.fixture
    async def provider(self, vendor: tuple[Deepgram, str]) -> AsyncIterator[SttProvider]:
        self.vendor = vendor[0]
        provider = build(vendor[1])
        await provider.start()
        yield provider
        await provider.aclose()
        assert self.vendor.refused == []

    async def test_no_word_is_lost_or_doubled(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        for _ in range(4):
            await talker.say(speech)
        said = " ".join(transcript.stable for transcript in await finals(stream, 4) if transcript.is_final)
        assert said.split() == [f"word{number}" for number in range(1, 33)]
        await stream.aclose()

    async def test_words_are_stable_before_the_end(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech + silence(400) + speech)
        reader = aiter(stream)
        async with asyncio.timeout(10):
            while not (transcript := await anext(reader)).stable:
                assert not transcript.is_final
        assert transcript.stable.startswith("word1")
        await stream.aclose()

    async def test_a_lost_answer_to_finalize_keeps_nobody_waiting_for_ever(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        self.vendor.answers_finalize = False
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.say(speech[: 450 * BYTES_PER_MS])
        await talker.say(speech)
        heard = await finals(stream, 2)
        assert_lawful(heard, 2)
        assert [transcript.stable.split()[:1] for transcript in heard if transcript.is_final] == [["word1"], ["word2"]]
        await stream.aclose()


async def test_it_asks_for_what_the_settings_say(vendor: tuple[Deepgram, str], speech: bytes) -> None:
    server, url = vendor
    provider = build(url, deepgram_keyterms="Puente, Orense", deepgram_endpointing_ms=450)
    several = await provider.open(SttOptions(Leg.CLIENT, ("en", "es", "ca")))
    one = await provider.open(SttOptions(Leg.AGENT, ("es",)))
    await until(lambda: len(server.connections) == 2)
    asked = {connection.options["language"]: connection.options for connection in server.connections}
    assert asked["multi"].getlist("language_hint") == ["en", "es"]
    assert asked["es"].getlist("keyterm") == ["Puente", "Orense"]
    assert (asked["es"]["model"], asked["es"]["endpointing"]) == ("nova-3", "450")
    await several.aclose()
    await one.aclose()


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault(FaultKind.STATUS, 401), ProviderRejected, "key-refused"),
        (Fault(FaultKind.STATUS, 400), ProviderRejected, "http-400"),
        (Fault(FaultKind.STATUS, 429), ProviderThrottled, "throttled"),
        (Fault(FaultKind.STATUS, 503), ProviderUnavailable, "http-503"),
        (Fault(FaultKind.CLOSE, 1011, 20), ProviderUnavailable, "closed-1011"),
        (Fault(FaultKind.CLOSE, 1008, 1), ProviderUnavailable, "closed-1008"),
        (Fault(FaultKind.GARBAGE, after=5), ProviderError, "not-understood"),
    ],
    ids=str,
)
async def test_a_bad_day_is_an_error_of_ours(
    vendor: tuple[Deepgram, str], speech: bytes, fault: Fault, error: type[ProviderError], code: str
) -> None:
    server, url = vendor
    provider = build(url)
    before = asyncio.all_tasks()
    server.faults.plan(fault)
    stream = await provider.open(SttOptions(Leg.CLIENT, ("en", "es")))
    talker = Talker(stream)
    await talker.say(speech)
    await talker.say(speech)
    with pytest.raises(error) as raised:
        await finals(stream, 2)
    assert raised.value.code == code
    assert "word" not in repr(raised.value)
    await stream.aclose()
    assert asyncio.all_tasks() - before == set() or await settled(before)
    again = await provider.open(SttOptions(Leg.CLIENT, ("en", "es")))
    await Talker(again).say(speech)
    assert (await finals(again, 1))[-1].stable
    await again.aclose()


async def settled(before: set[asyncio.Task[Any]]) -> bool:
    """Whether only the server's own tasks are left, which end by themselves."""
    await until(lambda: not any("stt" in task.get_name() for task in asyncio.all_tasks() - before))
    return True


async def test_a_silent_vendor_gives_an_empty_final_in_time(vendor: tuple[Deepgram, str], speech: bytes) -> None:
    server, url = vendor
    server.faults.plan(Fault(FaultKind.SILENCE))
    stream = await build(url).open(SttOptions(Leg.CLIENT, ("en",)))
    await Talker(stream).say(speech)
    (final,) = await finals(stream, 1)
    assert final.stable == ""
    await stream.aclose()


async def test_nobody_listens_where_nobody_is() -> None:
    stream = await build("ws://127.0.0.1:1").open(SttOptions(Leg.CLIENT, ("en",)))
    with pytest.raises(ProviderUnavailable):
        await anext(aiter(stream))
    await stream.aclose()


async def test_no_key_is_a_sentence_that_names_the_fix() -> None:
    with pytest.raises(ConfigError, match="DEEPGRAM_API_KEY is not set"):
        build("", deepgram_api_key="")
