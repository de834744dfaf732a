"""Chains of recognisers: against the contract, and through the bad days of their first link."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.domain.audio import BYTES_PER_MS, silence
from app.domain.legs import Leg
from app.errors import ProviderError
from app.resilience.chain import Link
from app.stt.base import SttOptions, SttProvider
from app.stt.fallback import FallbackStt, Patience
from tests.contract.cloud import create
from tests.contract.stt_suite import SttContract, Talker, assert_lawful, finals
from tests.vendors.deepgram import Deepgram
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import DEEPGRAM


class Recognisers:
    """Two Deepgrams: the second one takes over."""

    def __init__(self, *vendors: tuple[Deepgram, str]) -> None:
        (self.first, _), (self.second, _) = vendors
        links = [Link(name, create(DEEPGRAM, url)) for name, (_, url) in zip(("first", "second"), vendors, strict=True)]
        self.provider = FallbackStt(links, Patience(final_s=0.5, stall_ms=30_000))


class TestFallbackStt(SttContract):
    @pytest_asyncio.fixture
    async def recognisers(self) -> AsyncIterator[Recognisers]:
        async with DEEPGRAM.at_work() as first, DEEPGRAM.at_work() as second:
            yield Recognisers(first, second)

    @pytest_asyncio.fixture
    async def provider(self, recognisers: Recognisers) -> AsyncIterator[SttProvider]:
        provider = recognisers.provider
        await provider.start()
        yield provider
        await provider.aclose()

    @pytest.mark.parametrize("after", [0, 3, 20, 45, 60])
    @pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.GARBAGE, FaultKind.SILENCE, FaultKind.DROP])
    async def test_no_word_is_lost_when_one_dies_in_the_middle(
        self, provider: SttProvider, recognisers: Recognisers, speech: bytes, kind: FaultKind, after: int
    ) -> None:
        recognisers.first.faults.plan(Fault(kind, 1011, after))
        stream = await self.open(provider)
        talker = Talker(stream)
        for _ in range(2):
            await talker.say(speech + silence(400) + speech)
        heard = await finals(stream, 2)
        assert_lawful(heard, 2)
        assert [len(transcript.stable.split()) for transcript in heard if transcript.is_final] == [16, 16]
        await stream.aclose()

    @pytest.mark.parametrize("status", [401, 429, 503])
    async def test_one_that_does_not_let_us_in_is_passed_by(
        self, provider: SttProvider, recognisers: Recognisers, speech: bytes, status: int
    ) -> None:
        recognisers.first.faults.plan(Fault(FaultKind.STATUS, status))
        stream = await self.open(provider)
        await Talker(stream).say(speech)
        (final,) = [transcript for transcript in await finals(stream, 1) if transcript.is_final]
        assert final.stable.split() == [f"word{number}" for number in range(1, 9)]
        await stream.aclose()

    async def test_when_all_fail_the_reader_is_told(
        self, provider: SttProvider, recognisers: Recognisers, speech: bytes
    ) -> None:
        recognisers.first.faults.always = recognisers.second.faults.always = Fault(FaultKind.CLOSE, 1011, 3)
        stream = await self.open(provider)
        await Talker(stream).say(speech)
        with pytest.raises(ProviderError):
            await finals(stream, 1)
        await stream.aclose()

    async def test_what_waits_for_a_replay_is_bounded(self, provider: SttProvider, speech: bytes) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, ("en",)))
        talker = Talker(stream)
        await talker.push(silence(10_000))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech[: 2000 * BYTES_PER_MS] * 18)
        stream.end_utterance(talker.at_ms)
        assert_lawful(await finals(stream, 1), 1)
        await stream.aclose()
