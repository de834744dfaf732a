"""Speech-to-speech providers without a network, and what all of them share."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.audio import FRAME_BYTES, duration_ms, silence
from app.domain.direct import DirectPiece, SourceText, Spoken, TargetText, TurnEnded
from app.errors import ConfigError, ProviderUnavailable
from app.s2s.base import S2sProvider
from app.s2s.factory import create_s2s_provider
from app.s2s.piece_feed import MAX_UNREAD, PieceFeed
from app.s2s.turns import PAUSE_MS, TurnCutter
from tests.contract.s2s_suite import S2sContract, assert_lawful, voice
from tests.e2e.sounds import babble

LOUD = babble(0.6)


class TestScripted(S2sContract):
    @pytest_asyncio.fixture
    async def provider(self) -> AsyncIterator[S2sProvider]:
        provider = create_s2s_provider(Settings(_env_file=None, s2s_provider="scripted", scripted_s2s_ms=10))
        assert provider is not None
        await provider.start()
        yield provider
        await provider.aclose()


def test_without_a_provider_both_directions_are_a_cascade() -> None:
    assert create_s2s_provider(Settings(_env_file=None)) is None


def test_an_unknown_provider_is_a_sentence_that_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="S2S_PROVIDER=babelfish"):
        create_s2s_provider(Settings(_env_file=None, s2s_provider="babelfish"))


def test_an_agent_whose_language_it_does_not_speak_is_found_at_the_start() -> None:
    settings = Settings(_env_file=None, s2s_provider="scripted", default_agent_language="ja")
    with pytest.raises(ConfigError, match="DEFAULT_AGENT_LANGUAGE=ja"):
        create_s2s_provider(settings)


# --- Turns ------------------------------------------------------------------------------------------------------------


def cut(*sounds: bytes | str) -> list[DirectPiece]:
    pieces: list[DirectPiece] = []
    cutter = TurnCutter(pieces.append)
    for sound in sounds:
        if isinstance(sound, str):
            cutter.read(sound)
        else:
            cutter.hear(sound)
    return pieces


def test_a_pause_ends_a_turn_and_silence_outside_is_dropped() -> None:
    pieces = cut(silence(3000) + LOUD + silence(3000) + LOUD + silence(PAUSE_MS))
    assert_lawful(pieces)
    assert pieces.count(TurnEnded()) == 2
    assert abs(duration_ms(voice(pieces)) - 2 * 600) <= 2 * 60, "the speech, with two short lead-ins"


def test_silence_within_a_turn_is_kept() -> None:
    pieces = cut(LOUD + silence(PAUSE_MS - 100) + LOUD)
    assert TurnEnded() not in pieces
    assert voice(pieces) == LOUD + silence(PAUSE_MS - 100) + LOUD


def test_a_sentence_ends_a_long_turn_at_a_breath_and_no_sound_is_lost_by_that() -> None:
    long = babble(2.4)
    assert cut(" Hola.", long + silence(100) + long).count(TurnEnded()) == 1
    assert cut(" Hola", long + silence(100) + long).count(TurnEnded()) == 0
    assert cut(" Hola.", LOUD + silence(100) + LOUD).count(TurnEnded()) == 0, "too short to be one of several"


def test_turns_do_not_depend_on_how_the_sound_was_cut() -> None:
    sound = silence(400) + LOUD + silence(700) + babble(1.1) + silence(250) + LOUD + silence(900)
    whole = cut(sound)
    for seed in range(5):
        dice = random.Random(seed)
        parts, start = [], 0
        while start < len(sound):
            end = start + dice.randrange(1, 5 * FRAME_BYTES)
            parts.append(sound[start:end])
            start = end
        pieces = cut(*parts)
        assert voice(pieces) == voice(whole)
        assert pieces.count(TurnEnded()) == whole.count(TurnEnded()) == 2


def test_text_passes_untouched() -> None:
    assert cut(" Ho", "la.") == [TargetText(" Ho"), TargetText("la.")]


# --- The way out ------------------------------------------------------------------------------------------------------


async def test_a_reader_who_is_gone_fails_the_feed_instead_of_filling_it() -> None:
    feed = PieceFeed("vendor")
    for _ in range(MAX_UNREAD + 5):
        feed.put(SourceText("x"))
    assert feed.is_over
    for _ in range(MAX_UNREAD):
        await anext(feed)
    with pytest.raises(ProviderUnavailable, match="reader-stalled"):
        await anext(feed)


async def test_what_was_put_before_a_failure_is_read_before_it() -> None:
    feed = PieceFeed("vendor")
    feed.put(Spoken(b"\x01"))
    feed.fail(ProviderUnavailable("vendor", "closed"))
    feed.put(Spoken(b"\x02"))
    assert await anext(feed) == Spoken(b"\x01")
    with pytest.raises(ProviderUnavailable):
        await anext(feed)
