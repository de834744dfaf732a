"""OpenAI's recogniser against a local server whose messages are those of OpenAI's API description."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from app.domain.audio import BYTES_PER_MS, silence
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.errors import ConfigError, ProviderUnavailable
from app.stt import openai
from app.stt.base import SttOptions, SttProvider
from app.usage import metered
from tests.contract.bad_days_by_kind import SttBadDays
from tests.contract.cloud import CloudStt, create, local
from tests.contract.stt_suite import Talker, assert_lawful, finals
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.products import OPENAI_TRANSCRIPTION
from tests.waiting import until

vendor = local(OPENAI_TRANSCRIPTION)
build = partial(create, OPENAI_TRANSCRIPTION)


def words(first: int, last: int) -> list[str]:
    return [f"word{number}" for number in range(first, last + 1)]


class TestOpenAi(CloudStt):
    product = OPENAI_TRANSCRIPTION

    @pytest.mark.parametrize("languages", [("en",), ("en", "es")])
    @pytest.mark.parametrize("in_pairs", [False, True])
    async def test_no_word_is_lost_or_doubled(
        self, provider: SttProvider, speech: bytes, languages: tuple[str, ...], in_pairs: bool
    ) -> None:
        self.vendor.answers_in_pairs = in_pairs
        stream = await provider.open(SttOptions(Leg.CLIENT, languages))
        talker = Talker(stream)
        for _ in range(4):
            await talker.say(speech)
        heard = await finals(stream, 4)
        assert_lawful(heard, 4)
        said = [transcript.stable.split() for transcript in heard if transcript.is_final]
        assert said == [words(8 * turn + 1, 8 * turn + 8) for turn in range(4)]
        assert {transcript.language for transcript in heard if transcript.is_final} == {"en"}
        await stream.aclose()

    async def test_a_known_language_is_heard_while_it_is_spoken(self, provider: SttProvider, speech: bytes) -> None:
        stream = await provider.open(SttOptions(Leg.AGENT, ("es",)))
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech)
        reader = aiter(stream)
        while (transcript := await anext(reader)).unstable.split() != words(1, 8):
            assert not transcript.is_final
        await stream.aclose()

    async def test_words_of_a_long_utterance_are_stable_at_its_pauses(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech * 3 + silence(160))
        stream.hint_pause(talker.at_ms - 160)
        reader = aiter(stream)
        while not (transcript := await anext(reader)).stable:
            assert not transcript.is_final
        assert transcript.stable.split() == words(1, 24)
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        assert (await finals(stream, 1))[-1].stable.split() == words(1, 32)
        await stream.aclose()

    async def test_an_utterance_shorter_than_a_commit_may_be_is_heard(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        stream.begin_utterance(1, 0)
        await talker.push(speech[: 60 * BYTES_PER_MS])
        stream.end_utterance(talker.at_ms)
        assert_lawful(await finals(stream, 1), 1)
        await stream.aclose()

    async def test_a_language_that_is_heard_in_mid_call_is_reported(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        for told in ("en", "es"):
            self.vendor.heard_language = told
            await talker.say(speech)
            final = (await finals(stream, 1))[-1]
            assert (final.language, final.language_probability) == (told, openai.TOLD_PROBABILITY)
        await stream.aclose()

    async def test_a_lost_answer_keeps_nobody_waiting_for_ever(self, provider: SttProvider, speech: bytes) -> None:
        self.vendor.answers_commits = False
        stream = await provider.open(SttOptions(Leg.AGENT, ("es",)))
        await Talker(stream).say(speech)
        heard = await finals(stream, 1)
        assert heard[-1].stable.split() == words(1, 8), "the last hypothesis is better than nothing"
        await stream.aclose()

    async def test_a_transcription_that_failed_is_an_error(self, provider: SttProvider, speech: bytes) -> None:
        """Another recogniser may hear what this one could not."""
        self.vendor.fails_items = True
        stream = await self.open(provider)
        await Talker(stream).say(speech)
        with pytest.raises(ProviderUnavailable) as raised:
            await finals(stream, 1)
        assert "word" not in repr(raised.value)
        await stream.aclose()

    async def test_only_speech_is_sent_and_counted(self, provider: SttProvider, speech: bytes) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            stream = await self.open(provider)
            talker = Talker(stream)
            await talker.push(silence(20_000))
            await talker.say(speech)
            assert (await finals(stream, 1))[-1].stable.split() == words(1, 8)
            await stream.aclose()
        counted_ms = meter[UsageKey(Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, "gpt-transcribe")]
        assert counted_ms == self.vendor.connections[-1].heard_ms
        assert 2400 <= counted_ms <= 2400 + 1500

    async def test_a_session_is_renewed_before_openai_ends_it(
        self, provider: SttProvider, speech: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(openai, "RENEW_AFTER_MS", 5000)
        before = len(self.vendor.connections)
        stream = await self.open(provider)
        talker = Talker(stream)
        for _ in range(4):
            await talker.say(speech)
        heard = [transcript for transcript in await finals(stream, 4) if transcript.is_final]
        assert [len(transcript.stable.split()) for transcript in heard] == [8, 8, 8, 8]
        assert len(self.vendor.connections) - before == 2
        await stream.aclose()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gpt-live-transcribe", {"languages": ["es"], "keywords": ["Puente", "Orense"]}),
        ("gpt-transcribe", {"languages": ["es"], "keywords": ["Puente", "Orense"]}),
        ("gpt-4o-transcribe", {"language": "es", "prompt": "Puente, Orense"}),
        ("gpt-realtime-whisper", {"language": "es"}),
    ],
)
async def test_a_model_is_told_language_and_terms_in_its_own_way(
    vendor: tuple[OpenAiTranscription, str], speech: bytes, model: str, told: dict[str, Any]
) -> None:
    server, url = vendor
    options = SttOptions(Leg.AGENT, ("es",), keyterms=("Puente", "Orense"))
    stream = await build(url, openai_stt_model=model).open(options)
    await Talker(stream).say(speech)
    assert (await finals(stream, 1))[-1].stable.split() == words(1, 8)
    assert server.connections[0].transcription == {"model": model, **told}
    await stream.aclose()


async def test_a_model_that_cannot_be_told_several_languages_is_told_none(
    vendor: tuple[OpenAiTranscription, str], speech: bytes
) -> None:
    server, url = vendor
    provider = build(url, openai_stt_detecting_model="gpt-4o-mini-transcribe")
    assert not provider.capabilities.detects_language
    stream = await provider.open(SttOptions(Leg.CLIENT, ("en", "es")))
    await until(lambda: bool(server.connections and server.connections[0].transcription))
    assert server.connections[0].transcription == {"model": "gpt-4o-mini-transcribe"}
    await Talker(stream).say(speech)
    final = (await finals(stream, 1))[-1]
    assert (final.stable.split(), final.language) == (words(1, 8), None)
    await stream.aclose()


async def test_a_model_that_openai_does_not_have_is_found_at_the_start(vendor: tuple[OpenAiTranscription, str]) -> None:
    with pytest.raises(ConfigError, match="OPENAI_STT_MODEL"):
        await build(vendor[1], openai_stt_detecting_model="gpt-9-transcribe").start()


class TestOpenAisBadDays(SttBadDays):
    product = OPENAI_TRANSCRIPTION
