"""OpenAI's realtime translations, against a local server that is as strict as OpenAI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import numpy as np
import pytest
import pytest_asyncio

from app.audio.ulaw import UlawDecoder, ulaw_to_float
from app.domain.audio import duration_ms, silence
from app.domain.direct import TargetText
from app.domain.usage import Stage
from app.errors import (
    ProviderRejected,
    ProviderUnavailable,
)
from app.s2s.base import S2sProvider
from app.usage import Meter, metered
from tests.contract.bad_days_by_kind import S2sBadDays
from tests.contract.cloud import create, local
from tests.contract.s2s_suite import (
    OPTIONS,
    SPEECH,
    Listening,
    S2sContract,
    Speaker,
    interpret,
    source_text,
    target_text,
    voice,
)
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.products import OPENAI_TRANSLATION
from tests.vendors.speaking import MS_PER_CHARACTER
from tests.waiting import until

vendor = local(OPENAI_TRANSLATION)
build = partial(create, OPENAI_TRANSLATION)


class TestOpenAiRealtime(S2sContract):
    @pytest_asyncio.fixture(params=[True, False], ids=["sends-silence", "sends-nothing"])
    async def provider(
        self, vendor: tuple[OpenAiTranslation, str], request: pytest.FixtureRequest
    ) -> AsyncIterator[S2sProvider]:
        self.vendor = vendor[0]
        self.vendor.sends_silence = request.param
        provider = build(vendor[1])
        await provider.start()
        yield provider
        await provider.aclose()
        await until(lambda: not any(connection.is_open for connection in self.vendor.connections))
        assert self.vendor.refused == []

    async def test_who_speaks_the_target_language_is_not_repeated(self, provider: S2sProvider) -> None:
        self.vendor.hears_target = True
        await super().test_who_speaks_the_target_language_is_not_repeated(provider)

    async def test_every_word_is_heard_said_and_written_once(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH, SPEECH, SPEECH)
        await stream.aclose()
        said = [word.rstrip(".") for word in target_text(pieces).split()]
        heard = source_text(pieces).split()
        assert said == [f"palabra{number + 1}" for number in range(len(said))]
        assert heard == [f"word{number + 1}" for number in range(len(heard))]
        assert len(said) == len(heard) >= 3 * 6
        expected_ms = sum(len(piece.text) for piece in pieces if isinstance(piece, TargetText)) * MS_PER_CHARACTER
        assert duration_ms(voice(pieces)) > 0.8 * expected_ms

    async def test_the_model_hears_what_was_said_as_loud_as_it_was(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH)
        await stream.aclose()
        session = self.vendor.connections[-1]
        assert session.heard_bytes / 48 >= duration_ms(SPEECH)
        loud = ulaw_to_float(voice(pieces))
        assert 0.03 < float(np.sqrt(np.mean(loud**2))) < 0.5, "the hum of the server, neither faint nor clipped"

    async def test_no_sound_is_lost_where_pieces_meet_or_turns_end(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH)
        await stream.aclose()
        words = [piece.text for piece in pieces if isinstance(piece, TargetText) and piece.text != "."]
        expected_ms = len("".join(words)) * MS_PER_CHARACTER
        assert expected_ms - 20 <= duration_ms(voice(pieces)) <= expected_ms + 150

    async def test_an_open_session_follows_the_listener(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        stream.set_target("fr")
        pieces = await interpret(stream, SPEECH)
        await stream.aclose()
        assert self.vendor.connections[-1].languages == ["es", "fr"]
        assert target_text(pieces).startswith("mot1")


class TestOpenAiRealtimeBadDays(S2sBadDays):
    product = OPENAI_TRANSLATION


async def test_a_vendor_that_takes_nothing_fails_instead_of_filling_memory() -> None:
    provider = build("ws://192.0.2.1:9/v1")  # An address for documentation: nobody answers (RFC 5737).
    stream = await provider.open(OPTIONS)
    listening = Listening(stream)
    await Speaker(stream).push(silence(50_000))
    await listening.until_over()
    assert isinstance(listening.error, ProviderUnavailable)
    await stream.aclose()


async def test_what_it_hears_need_not_be_written_down(vendor: tuple[OpenAiTranslation, str]) -> None:
    provider = build(vendor[1], openai_s2s_transcription_model="none")
    assert not provider.capabilities.has_source_text
    meter = Meter()
    with metered(meter):
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH)
    await stream.aclose()
    await provider.aclose()
    assert target_text(pieces)
    assert source_text(pieces) == ""
    assert {key.stage for key in meter} == {Stage.SPEECH_TO_SPEECH}
    assert vendor[0].refused == []


async def test_a_request_that_is_refused_ends_the_stream(vendor: tuple[OpenAiTranslation, str]) -> None:
    """An error of OpenAI's leaves its session open, with a configuration that nobody asked for."""
    provider = build(vendor[1], openai_s2s_transcription_model="no-such-model")
    stream = await provider.open(OPTIONS)
    listening = Listening(stream)
    await listening.until_over()
    assert isinstance(listening.error, ProviderRejected)
    await stream.aclose()
    await provider.aclose()


def test_a_second_of_speech_is_a_second_for_the_model() -> None:
    decoder = UlawDecoder(24_000)
    given_ms = 0.0
    for pushed in range(1, 100):
        given_ms += len(decoder.decode(SPEECH[:1600])) / 48
        assert 0 <= pushed * 200 - given_ms <= 45, "never more behind, however long it runs"
