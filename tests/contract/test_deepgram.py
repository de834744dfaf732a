"""Deepgram's recogniser, with the vendor's SDK, against a local server that is as strict as Deepgram."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from app.domain.audio import BYTES_PER_MS, silence
from app.domain.legs import Leg
from app.stt.base import SttOptions, SttProvider
from app.stt.socket_stream import SocketStream
from tests.contract.bad_days_by_kind import SttBadDays
from tests.contract.cloud import CloudStt, create, local
from tests.contract.stt_suite import Talker, assert_lawful, finals
from tests.vendors.deepgram import Deepgram
from tests.vendors.products import DEEPGRAM
from tests.waiting import until

vendor = local(DEEPGRAM)
build = partial(create, DEEPGRAM)


class TestDeepgram(CloudStt):
    product = DEEPGRAM

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
        async with asyncio.timeout(30):
            while not (transcript := await anext(reader)).stable:
                assert not transcript.is_final
        assert transcript.stable.startswith("word1")
        await stream.aclose()

    async def test_words_are_stable_where_noise_hides_the_silence(
        self, vendor: tuple[Deepgram, str], speech: bytes
    ) -> None:
        """Deepgram's endpointing hears no silence; that no words come is an end too."""
        server, url = vendor
        stream = await build(url, deepgram_endpointing_ms=5000).open(SttOptions(Leg.CLIENT, ("en",)))
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech + silence(1300))
        reader = aiter(stream)
        async with asyncio.timeout(30):
            while not (transcript := await anext(reader)).stable:
                assert not transcript.is_final
        assert transcript.stable.split() == [f"word{number}" for number in range(1, 9)]
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        assert (await finals(stream, 1))[-1].stable.split() == [f"word{number}" for number in range(1, 17)]
        await stream.aclose()
        assert server.refused == []

    async def test_finalize_is_asked_for_again_when_its_answer_is_late(
        self, provider: SttProvider, speech: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.stt.deepgram.SocketStream", partial(SocketStream, final_timeout_s=600.0))
        self.vendor.loses_finalizes = 1
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.say(speech[: 450 * BYTES_PER_MS] + speech[: 900 * BYTES_PER_MS])
        await until(lambda: self.vendor.loses_finalizes == 0)
        stream.finalize()
        assert (await finals(stream, 1))[-1].stable.split() == ["word1", "word2", "word3", "word4"]
        await talker.say(speech)
        assert (await finals(stream, 1))[-1].stable.split() == [f"word{number}" for number in range(5, 13)]
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
    ("keyterms", "asked"),
    [
        (("Puente", "factura", "Orense"), ["Puente", "Orense", "factura"]),
        (tuple(f"n{number}" for number in range(200)), ["Puente", "Orense", *(f"n{number}" for number in range(98))]),
        (("x" * 600, "y" * 600, "z"), ["Puente", "Orense", "x" * 600]),
    ],
)
async def test_what_may_be_said_is_expected_as_far_as_deepgram_allows(
    vendor: tuple[Deepgram, str], keyterms: tuple[str, ...], asked: list[str]
) -> None:
    server, url = vendor
    provider = build(url, deepgram_keyterms="Puente, Orense")
    stream = await provider.open(SttOptions(Leg.AGENT, ("es",), keyterms=keyterms))
    await until(lambda: bool(server.connections))
    assert server.connections[0].options.getlist("keyterm") == asked
    assert server.refused == []
    await stream.aclose()


class TestDeepgramsBadDays(SttBadDays):
    product = DEEPGRAM
    hears_retry_after = False
