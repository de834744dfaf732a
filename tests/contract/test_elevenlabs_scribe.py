"""ElevenLabs' recogniser against a local server that is as strict as Scribe."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from app.domain.audio import BYTES_PER_MS, silence
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.stt import elevenlabs
from app.stt.base import SttOptions, SttProvider
from app.usage import metered
from tests.contract.bad_days_by_kind import SttBadDays
from tests.contract.cloud import CloudStt, create, local
from tests.contract.stt_suite import Talker, assert_lawful, finals
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.products import SCRIBE
from tests.waiting import until

vendor = local(SCRIBE)
build = partial(create, SCRIBE)


class TestScribe(CloudStt):
    product = SCRIBE

    @pytest.mark.parametrize("languages", [("en",), ("en", "es")])
    @pytest.mark.parametrize("language_comes_first", [False, True])
    async def test_no_word_is_lost_or_doubled(
        self, provider: SttProvider, speech: bytes, languages: tuple[str, ...], language_comes_first: bool
    ) -> None:
        self.vendor.language_comes_first = language_comes_first
        stream = await provider.open(SttOptions(Leg.CLIENT, languages))
        talker = Talker(stream)
        for _ in range(4):
            await talker.say(speech)
        heard = await finals(stream, 4)
        assert_lawful(heard, 4)
        said = [transcript.stable.split() for transcript in heard if transcript.is_final]
        assert said == [[f"word{8 * turn + number}" for number in range(1, 9)] for turn in range(4)]
        assert {transcript.language for transcript in heard if transcript.is_final} == {"en"}
        await stream.aclose()

    async def test_words_of_a_long_utterance_are_stable_at_its_pauses(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech * 4 + silence(160))
        stream.hint_pause(talker.at_ms - 160)
        reader = aiter(stream)
        while not (transcript := await anext(reader)).stable:
            assert not transcript.is_final
        assert transcript.stable.split() == [f"word{number}" for number in range(1, 33)]
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        final = (await finals(stream, 1))[-1]
        assert final.stable.split() == [f"word{number}" for number in range(1, 41)]
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

    async def test_long_silence_is_committed_before_scribe_does_so_in_a_word(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(60_000))
        await talker.say(speech)
        assert (await finals(stream, 1))[-1].stable.split() == [f"word{number}" for number in range(1, 9)]
        (connection,) = [each for each in self.vendor.connections if each.commits]
        assert connection.commits_alone == 0
        await stream.aclose()

    async def test_a_language_that_is_heard_in_mid_call_is_reported(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        languages: list[str | None] = []
        for told, heard in ((None, "en"), ("spa", "es"), ("es", "es")):
            self.vendor.heard_language = told
            await talker.say(speech)
            final = (await finals(stream, 1))[-1]
            assert final.language == heard
            assert final.language_probability == elevenlabs.TOLD_PROBABILITY
            languages.append(final.language)
        await stream.aclose()

    async def test_a_lost_answer_keeps_nobody_waiting_for_ever(self, provider: SttProvider, speech: bytes) -> None:
        self.vendor.answers_commits = False
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.say(speech)
        heard = await finals(stream, 1)
        assert heard[-1].stable.startswith("word1"), "the last hypothesis is better than nothing"
        self.vendor.answers_commits = True
        await stream.aclose()

    async def test_a_language_that_never_comes_delays_and_loses_no_words(
        self, provider: SttProvider, speech: bytes
    ) -> None:
        self.vendor.answers_in_language = False
        stream = await self.open(provider)
        talker = Talker(stream)
        for _ in range(3):
            await talker.say(speech)
        said = " ".join(transcript.stable for transcript in await finals(stream, 3) if transcript.is_final)
        assert said.split() == [f"word{number}" for number in range(1, 25)]
        await stream.aclose()

    async def test_what_is_sent_is_counted(self, provider: SttProvider, speech: bytes) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            stream = await self.open(provider)
            talker = Talker(stream)
            await talker.say(speech)
            await finals(stream, 1)
            await stream.aclose()
        assert meter[UsageKey(Stage.RECOGNITION, "elevenlabs", UsageUnit.AUDIO_MS)] == talker.at_ms


async def test_it_asks_for_languages_and_terms(vendor: tuple[Scribe, str]) -> None:
    server, url = vendor
    provider = build(url)
    several = await provider.open(SttOptions(Leg.CLIENT, ("en", "es", "ca")))
    terms = ("Puente", "a name of more than twenty letters", *(f"name{number}" for number in range(60)))
    one = await provider.open(SttOptions(Leg.AGENT, ("es",), keyterms=terms))
    await until(lambda: len(server.connections) == 2)
    asked = {connection.options["language_code"]: connection.options for connection in server.connections}
    assert asked["en"].getlist("secondary_languages") == ["es", "ca"]
    assert asked["en"]["include_language_detection"] == "true"
    assert "include_language_detection" not in asked["es"]
    assert asked["en"].getlist("keyterms") == []
    assert asked["es"].getlist("keyterms") == ["Puente", *(f"name{number}" for number in range(49))]
    await several.aclose()
    await one.aclose()


async def test_a_socket_without_audio_is_kept(
    vendor: tuple[Scribe, str], speech: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = vendor
    server.idle_timeout_s = 0.6
    monkeypatch.setattr("app.stt.socket_stream.KEEP_ALIVE_S", 0.1)
    stream = await build(url).open(SttOptions(Leg.CLIENT, ("en",)))
    await until(lambda: len(server.connections) == 1)
    await until(lambda: server.connections[0].heard_ms >= 1000)
    await Talker(stream).say(speech)
    assert (await finals(stream, 1))[-1].stable
    await stream.aclose()


class TestScribesBadDays(SttBadDays):
    product = SCRIBE
