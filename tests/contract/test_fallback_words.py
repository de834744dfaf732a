"""What becomes of the words when one recogniser follows another: those that were stable stay, none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.domain.audio import BYTES_PER_MS, AudioFrame, silence
from app.domain.legs import Leg
from app.domain.transcripts import Transcript
from app.errors import ProviderUnavailable
from app.resilience.chain import Link
from app.stt.base import SttCapabilities, SttOptions, SttProvider, SttStream
from app.stt.fallback import FallbackStt, Patience
from app.stt.transcript_feed import TranscriptFeed
from tests.contract.stt_suite import Talker, assert_lawful, finals


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


class Clinging(WritingStt):
    """Its streams take their time to say goodbye, as a vendor's library may."""

    def __init__(self, words: str, dies_after_frames: int) -> None:
        super().__init__(words, dies_after_frames)
        self.may_go = asyncio.Event()
        self.gone = 0

    async def open(self, options: SttOptions) -> SttStream:
        stream = await super().open(options)
        close = stream.aclose

        async def aclose() -> None:
            await self.may_go.wait()
            await close()
            self.gone += 1

        vars(stream)["aclose"] = aclose
        return stream


async def test_the_next_one_is_asked_before_the_dead_one_has_said_goodbye(speech: bytes) -> None:
    first, second = Clinging(SENTENCE, dies_after_frames=30), WritingStt(SENTENCE)
    links = [Link[SttProvider](str(n), each) for n, each in enumerate((first, second))]
    stream = await FallbackStt(links, PROMPT).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    stream.begin_utterance(1, 0)
    await talk(stream, talker, speech)
    stream.end_utterance(talker.at_ms)
    assert (await finals(stream, 1))[-1].stable == SENTENCE
    assert first.gone == 0
    closing = asyncio.create_task(stream.aclose())
    await asyncio.sleep(0)
    assert not closing.done(), "its goodbye has an owner"
    first.may_go.set()
    async with asyncio.timeout(30):
        await closing
    assert first.gone == 1
