"""Chains of providers: against the contract of their kind, and through the bad days of their first link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
import pytest_asyncio

from app.config import Settings
from app.domain.audio import BYTES_PER_MS, AudioFrame, duration_ms, silence
from app.domain.legs import Leg
from app.domain.transcripts import Transcript
from app.domain.voices import Register
from app.errors import ConfigError, ProviderError, ProviderThrottled, ProviderUnavailable
from app.resilience.breaker import LONGEST_REST_S, BreakerState, CircuitBreaker
from app.resilience.chain import Chain, Link
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.factory import create_one as create_recogniser
from app.stt.factory import create_stt_provider
from app.stt.fallback import FallbackStt, Patience
from app.stt.transcript_feed import TranscriptFeed
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from app.translation.fallback import FallbackTranslator
from app.translation.scripted import ScriptedTranslator
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.factory import create_tts_provider
from app.tts.fallback import rest_of
from app.tts.scripted import ScriptedVoice
from tests.contract.stt_suite import SttContract, Talker, assert_lawful, finals, noise, until
from tests.contract.translation_suite import TranslationSuite
from tests.contract.tts_suite import SENTENCES, TtsContract, say
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import Vendor, serving

REQUEST = TranslationRequest("My order number is 4521.", "en", "es")
BAD_DAYS = [
    Fault(FaultKind.STATUS, 503),
    Fault(FaultKind.STATUS, 429),
    Fault(FaultKind.STATUS, 403),
    Fault(FaultKind.GARBAGE, after=1),
    Fault(FaultKind.SILENCE, after=2),
    Fault(FaultKind.DROP, after=2),
]


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class TestCircuitBreaker:
    def test_it_opens_after_failures_in_a_row_and_lets_one_try_after_the_cool_down(self) -> None:
        clock = Clock()
        breaker = CircuitBreaker("x", failures_to_open=3, cool_down_s=10, clock=clock)
        for _ in range(2):
            breaker.failed()
        breaker.succeeded()
        for _ in range(2):
            breaker.failed()
        assert breaker.permits()
        breaker.failed()
        assert (breaker.state, breaker.permits()) == (BreakerState.OPEN, False)
        clock.now_s = 9.9
        assert not breaker.permits()
        clock.now_s = 10
        assert (breaker.state, breaker.permits()) == (BreakerState.HALF_OPEN, True)
        breaker.failed()
        assert breaker.state is BreakerState.OPEN
        clock.now_s = 20
        breaker.succeeded()
        assert breaker.state is BreakerState.CLOSED
        assert (breaker.successes, breaker.failures) == (2, 6)

    def test_one_that_asks_to_be_left_alone_is_left_alone_for_as_long_as_it_asked(self) -> None:
        clock = Clock()
        links = [Link(name, ScriptedTranslator(1), CircuitBreaker(name, clock=clock)) for name in "ab"]
        chain = Chain(links)
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=30))
        assert [link.name for link in chain.usable(lambda _: True)] == ["b", "a"]
        clock.now_s = 29.9
        assert links[0].breaker.state is BreakerState.OPEN
        clock.now_s = 30
        assert links[0].breaker.state is BreakerState.CLOSED
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=86_400))
        clock.now_s = 30 + LONGEST_REST_S
        assert links[0].breaker.permits()
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=30))
        links[0].breaker.succeeded()
        assert links[0].breaker.permits()

    def test_one_that_kept_somebody_waiting_is_asked_last_for_a_while(self) -> None:
        clock = Clock()
        links = [Link(name, ScriptedTranslator(1), CircuitBreaker(name, clock=clock)) for name in "abc"]
        chain = Chain(links)

        def order() -> str:
            return "".join(link.name for link in chain.usable(lambda _: True))

        links[0].failed("translation", "http-503")
        assert order() == "abc"
        links[0].failed("translation", "late")
        assert order() == "bca"
        clock.now_s = 5
        assert order() == "abc"
        links[1].failed("translation", "timeout")
        links[1].breaker.succeeded()
        assert order() == "abc"


@pytest_asyncio.fixture
async def deepl() -> AsyncIterator[tuple[DeepL, str]]:
    vendor = DeepL()
    async with serving(vendor) as address:
        yield vendor, f"http://{address}"


def translators(url: str, **values: Any) -> TranslationProvider:
    return create_translation_provider(
        settings(
            translation_provider="deepl",
            translation_fallbacks="scripted",
            deepl_api_key=Vendor.key,
            deepl_server_url=url,
            scripted_translation_ms=1,
            **values,
        )
    )


class TestFallbackTranslator(TranslationSuite):
    pair = ("en", "es")
    sentence = "My order number is 4521."

    @pytest.fixture(autouse=True)
    def _vendor(self, deepl: tuple[DeepL, str]) -> None:
        self.vendor, self.url = deepl

    def build(self) -> TranslationProvider:
        return translators(self.url)

    @pytest.mark.parametrize("fault", BAD_DAYS, ids=str)
    async def test_a_bad_day_is_not_noticed(self, fault: Fault) -> None:
        provider = translators(self.url, translation_hedge_ms=100)
        await provider.start()
        self.vendor.faults.always = fault
        async with asyncio.timeout(30):
            assert await provider.translate(REQUEST) == "[es] My order number is 4521."
        await provider.aclose()

    async def test_what_only_the_second_covers_is_covered(self) -> None:
        provider = self.build()
        await provider.start()
        assert ("oc", "es") in provider.capabilities.pairs
        assert await provider.translate(TranslationRequest("Bonjorn", "oc", "es")) == "[es] Bonjorn"
        assert self.vendor.requests == []
        await provider.aclose()

    async def test_a_translator_that_keeps_failing_is_left_alone_and_tried_again_later(self) -> None:
        clock = Clock()
        first = create_translation_provider(
            settings(translation_provider="deepl", deepl_api_key=Vendor.key, deepl_server_url=self.url)
        )
        breaker = CircuitBreaker("deepl", failures_to_open=3, cool_down_s=10, clock=clock)
        links = [Link("deepl", first, breaker), Link[TranslationProvider]("scripted", ScriptedTranslator(1))]
        provider = FallbackTranslator(links, hedge_after_s=5)
        await provider.start()
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        for _ in range(6):
            assert await provider.translate(REQUEST)
        assert (breaker.state, breaker.failures) == (BreakerState.OPEN, 3)
        self.vendor.faults.always = None
        assert await provider.translate(REQUEST)
        assert self.vendor.requests == []
        clock.now_s = 10
        assert await provider.translate(REQUEST)
        assert len(self.vendor.requests) == 1
        assert breaker.state is BreakerState.CLOSED
        await provider.aclose()

    async def test_when_all_fail_the_last_error_is_told(self) -> None:
        first = create_translation_provider(
            settings(translation_provider="deepl", deepl_api_key=Vendor.key, deepl_server_url=self.url)
        )
        provider = FallbackTranslator([Link("deepl", first)], hedge_after_s=0.1)
        await provider.start()
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        with pytest.raises(ProviderUnavailable):
            await provider.translate(REQUEST)
        await provider.aclose()


async def test_a_fallback_that_does_not_exist_names_its_setting() -> None:
    with pytest.raises(ConfigError, match="TRANSLATION_FALLBACKS=babelfish"):
        create_translation_provider(settings(translation_provider="scripted", translation_fallbacks="babelfish"))
    with pytest.raises(ConfigError, match="STT_FALLBACKS=babelfish"):
        create_stt_provider(settings(stt_provider="scripted", stt_fallbacks="babelfish"))
    with pytest.raises(ConfigError, match="TTS_FALLBACKS=babelfish"):
        create_tts_provider(settings(tts_provider="scripted", tts_fallbacks="babelfish"))


class TestFallbackVoice(TtsContract):
    @pytest_asyncio.fixture
    async def voice(self) -> AsyncIterator[TtsProvider]:
        self.vendor = ElevenLabs()
        async with serving(self.vendor) as address:
            voice = create_tts_provider(
                settings(
                    tts_provider="elevenlabs",
                    tts_fallbacks="scripted",
                    elevenlabs_api_key=Vendor.key,
                    elevenlabs_url=f"ws://{address}",
                    tts_first_audio_timeout_ms=200,
                    scripted_tts_first_ms=0,
                )
            )
            yield voice
            await voice.aclose()

    @pytest.mark.parametrize("fault", BAD_DAYS, ids=str)
    async def test_a_bad_day_is_heard_as_a_change_of_voice(self, voice: TtsProvider, fault: Fault) -> None:
        self.vendor.faults.always = fault
        async with asyncio.timeout(30):
            ulaw = await say(voice, SENTENCES["es"], "es")
        assert duration_ms(ulaw) >= 65 * len(SENTENCES["es"])

    async def test_the_next_voice_is_as_high_as_the_speaker_too(self, voice: TtsProvider) -> None:
        self.vendor.faults.always = Fault(FaultKind.STATUS, 503)
        for register in (Register.LOW, Register.HIGH):
            request = SpeechRequest(SENTENCES["es"], "es", Leg.AGENT, register)
            async with aclosing(voice.speak(request)) as pieces:
                heard = b"".join([piece async for piece in pieces])
            async with aclosing(ScriptedVoice().speak(request)) as pieces:
                assert heard == b"".join([piece async for piece in pieces])

    async def test_every_voice_gets_ready_for_what_is_expected(self, voice: TtsProvider) -> None:
        voice.expect("en", Leg.CLIENT)
        await until(lambda: bool(self.vendor.connections))
        assert self.vendor.connections[0].options["language_code"] == "en"

    def test_what_was_not_said_for_certain_is_said_again(self) -> None:
        text = "Su pedido llegará el martes."
        assert rest_of(text, 0) == text
        assert rest_of(text, 90 * 9) == "pedido llegará el martes."
        assert rest_of(text, 90 * 10) == "llegará el martes."
        assert text.endswith(rest_of(text, 10**6))


class Recognisers:
    """Two Deepgrams: the second one takes over."""

    def __init__(self) -> None:
        self.first, self.second = Deepgram(), Deepgram()
        self._stack = AsyncExitStack()

    async def build(self, **values: Any) -> SttProvider:
        links = []
        for name, vendor in (("first", self.first), ("second", self.second)):
            address = await self._stack.enter_async_context(serving(vendor))
            options = settings(deepgram_api_key=Vendor.key, deepgram_url=f"ws://{address}", **values)
            links.append(Link(name, create_recogniser(options, "deepgram")))
        return FallbackStt(links, Patience(final_s=0.5, stall_ms=30_000))

    async def aclose(self) -> None:
        await self._stack.aclose()


@pytest.fixture
def speech() -> bytes:
    return noise(2400, loudness=0.2)


class TestFallbackStt(SttContract):
    @pytest_asyncio.fixture
    async def recognisers(self) -> AsyncIterator[Recognisers]:
        recognisers = Recognisers()
        yield recognisers
        await recognisers.aclose()

    @pytest_asyncio.fixture
    async def provider(self, recognisers: Recognisers) -> AsyncIterator[SttProvider]:
        provider = await recognisers.build()
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


class Writing(SttStream):
    """A recogniser that has made up its mind: so many words a second, and perhaps an early death or silence."""

    def __init__(self, words: list[str], dies_after_frames: int | None, silent_after_frames: int | None) -> None:
        self._words = words
        self._dies_after_frames = dies_after_frames
        self._silent_after_frames = silent_after_frames
        self._frames = 0
        self._utterance = 0
        self._feed = TranscriptFeed("writing")

    def push(self, frame: AudioFrame) -> None:
        self._frames += 1
        if self._frames == self._dies_after_frames:
            self._feed.fail(ProviderUnavailable("writing", "closed-1011"))
        elif self._is_silent or not self._words:
            return
        elif self._utterance and self._frames % 15 == 0:
            stable = " ".join(self._words[: self._frames // 15])
            unstable = " ".join(self._words[self._frames // 15 :][:1])
            self._feed.put(Transcript(self._utterance, stable, unstable, audio_end_ms=frame.at_ms))

    @property
    def _is_silent(self) -> bool:
        return self._silent_after_frames is not None and self._frames > self._silent_after_frames

    def begin_utterance(self, utterance: int, at_ms: int) -> None:
        self._utterance = utterance
        self._frames = 0

    def hint_pause(self, at_ms: int) -> None: ...

    def end_utterance(self, at_ms: int) -> None:
        if not self._is_silent:
            self._feed.put(Transcript(self._utterance, " ".join(self._words), is_final=True, audio_end_ms=at_ms))

    def set_languages(self, languages: tuple[str, ...], is_settled: bool = False) -> None: ...

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self._feed

    async def aclose(self) -> None:
        self._feed.close()


class WritingStt(SttProvider):
    capabilities = SttCapabilities("writing", frozenset({"en"}), detects_language=False, interim_results=True)

    def __init__(
        self, words: str, dies_after_frames: int | None = None, silent_after_frames: int | None = None
    ) -> None:
        self._words = words.split()
        self._frames = dies_after_frames, silent_after_frames
        self.opened = 0

    @classmethod
    def from_settings(cls, settings: Settings) -> WritingStt:
        return cls("")

    async def open(self, options: SttOptions) -> SttStream:
        self.opened += 1
        return Writing(self._words, *self._frames)


@pytest.mark.parametrize(
    ("first", "second", "heard"),
    [
        ("I want to cancel my order", "I want to cancel my order", "I want to cancel my order"),
        ("I want to cancel my order", "I wanted to cancel my order", "I want to cancel my order"),
        ("I want to cancel my order", "Well I want to cancel my order", "I want to cancel my order"),
        ("I want to cancel my order", "want to cancel my order", "I want to cancel my order"),
        ("I want to cancel my order", "something else entirely was said here", "I want to cancel said here"),
    ],
)
async def test_what_was_stable_stays_and_the_rest_is_what_the_next_one_hears(
    first: str, second: str, heard: str, speech: bytes
) -> None:
    links = [Link[SttProvider](str(n), each) for n, each in enumerate((WritingStt(first, 70), WritingStt(second)))]
    stream = await FallbackStt(links, Patience(final_s=5, stall_ms=30_000)).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    await talker.push(silence(300))
    stream.begin_utterance(1, talker.at_ms)
    for _ in range(30):
        await talker.push(speech[: 60 * BYTES_PER_MS])
        await asyncio.sleep(0)
    stream.end_utterance(talker.at_ms)
    transcripts = await finals(stream, 1)
    assert_lawful(transcripts, 1)
    assert any(transcript.stable for transcript in transcripts[:-1])
    assert transcripts[-1].stable == heard
    await stream.aclose()


PROMPT = Patience(final_s=5, stall_ms=900)
SENTENCE = "I want to cancel my order"


async def talk(stream: SttStream, talker: Talker, speech: bytes, pieces: int = 30) -> None:
    """Speak in pieces of 60 ms, and let everybody follow."""
    for _ in range(pieces):
        await talker.push(speech[: 60 * BYTES_PER_MS])
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.mark.parametrize("silent_after_frames", [0, 20, 40])
async def test_one_that_falls_silent_is_not_waited_for_until_the_end(silent_after_frames: int, speech: bytes) -> None:
    first, second = WritingStt(SENTENCE, silent_after_frames=silent_after_frames), WritingStt(SENTENCE)
    links = [Link[SttProvider](str(n), each) for n, each in enumerate((first, second))]
    stream = await FallbackStt(links, PROMPT).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    stream.begin_utterance(1, 0)
    await talk(stream, talker, speech, pieces=40)
    transcripts: list[Transcript] = []
    async with asyncio.timeout(30):
        while "cancel my order" not in (transcripts[-1].text if transcripts else ""):
            transcripts.append(await anext(aiter(stream)))
    assert [link.breaker.failures for link in links] == [1, 0]
    stream.end_utterance(talker.at_ms)
    assert_lawful([*transcripts, *await finals(stream, 1)], 1)
    await stream.aclose()


async def test_where_nobody_hears_words_nobody_is_blamed(speech: bytes) -> None:
    """Noise that voice activity takes for speech: the second one is asked, agrees, and is let go."""
    first, second = WritingStt(""), WritingStt("")
    links = [Link[SttProvider](str(n), each) for n, each in enumerate((first, second))]
    stream = await FallbackStt(links, PROMPT).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    for utterance in (1, 2):
        stream.begin_utterance(utterance, talker.at_ms)
        await talk(stream, talker, silence(60), pieces=40)
        stream.end_utterance(talker.at_ms)
        assert [transcript.text for transcript in await finals(stream, 1)][-1] == ""
    assert [link.breaker.failures for link in links] == [0, 0]
    assert (first.opened, second.opened) == (1, 2)
    await stream.aclose()


async def test_after_a_final_all_others_may_be_asked_again(speech: bytes) -> None:
    """A call is long: the one that failed an hour ago is the next one again."""
    links = [Link[SttProvider](str(n), WritingStt(SENTENCE, dies_after_frames=20 * (n + 1))) for n in range(2)]
    third = Link[SttProvider]("third", WritingStt(SENTENCE))
    stream = await FallbackStt([*links, third], PROMPT).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    for utterance in (1, 2, 3):
        stream.begin_utterance(utterance, talker.at_ms)
        await talk(stream, talker, speech)
        stream.end_utterance(talker.at_ms)
        heard = await finals(stream, 1)
        assert (heard[-1].utterance, heard[-1].stable) == (utterance, SENTENCE)
    await stream.aclose()
