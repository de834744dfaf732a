"""What every recogniser promises, as tests to inherit: a subclass gives the ``provider`` fixture.

Also the tools that the tests of this room share: a talker that pushes speech as the bridge does, and recordings.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from app.audio.ulaw import float_to_ulaw
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, ULAW_SILENCE, AudioFrame, silence
from app.domain.legs import Leg
from app.domain.transcripts import Transcript
from app.errors import ProviderRejected
from app.stt.base import SttOptions, SttProvider, SttStream
from tests.waiting import until

ONSET_MS = 100
HINT_MS = 140
PAUSE_MS = 500
SPEECH_DIR = Path(os.environ.get("SPEECH_DIR", Path(__file__).parents[3] / "shared" / "speech"))


def errands() -> list[str]:
    """Return the names of the errands that providers have under way."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().endswith("-errand")]


def read_recording(path: Path) -> bytes:
    """Return a recording as the telephone would carry it: mu-law at 8 kHz."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return float_to_ulaw(soxr.resample(samples.mean(axis=1), rate_hz, 8000))


def noise(milliseconds: int, loudness: float = 0.05) -> bytes:
    samples = np.random.default_rng(7).normal(0, loudness, milliseconds * BYTES_PER_MS).astype(np.float32)
    return float_to_ulaw(samples)


def tone(milliseconds: int, frequency_hz: float = 425.0) -> bytes:
    times = np.arange(milliseconds * BYTES_PER_MS, dtype=np.float32) / 8000
    return float_to_ulaw((0.3 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32))


class Talker:
    """One leg's telephone: pushes frames and says where speech is, as the bridge's segmenter does."""

    def __init__(self, stream: SttStream) -> None:
        self.stream = stream
        self.at_ms = 0
        self.utterances = 0

    async def push(self, ulaw: bytes) -> None:
        """Push audio as fast as the loop turns."""
        for offset in range(0, len(ulaw), FRAME_BYTES):
            payload = ulaw[offset : offset + FRAME_BYTES].ljust(FRAME_BYTES, ULAW_SILENCE)
            self.stream.push(AudioFrame(Leg.CLIENT, self.at_ms // FRAME_MS + 1, self.at_ms, payload))
            self.at_ms += FRAME_MS
            if self.at_ms % 500 == 0:
                await asyncio.sleep(0)

    async def say(self, ulaw: bytes, hint: bool = True) -> int:
        """Say one utterance, after 300 ms and before 500 ms of silence; return its number."""
        await self.push(silence(300))
        started_ms = self.at_ms
        head = ONSET_MS * BYTES_PER_MS
        await self.push(ulaw[:head])
        self.utterances += 1
        self.stream.begin_utterance(self.utterances, started_ms)
        await self.push(ulaw[head:])
        ended_ms = self.at_ms
        await self.push(silence(HINT_MS))
        if hint:
            self.stream.hint_pause(ended_ms)
        await self.push(silence(PAUSE_MS - HINT_MS))
        self.stream.end_utterance(ended_ms)
        return self.utterances


async def finals(stream: SttStream, count: int) -> list[Transcript]:
    """Read until that many finals have come; return every transcript."""
    heard: list[Transcript] = []
    async with asyncio.timeout(60):
        while sum(transcript.is_final for transcript in heard) < count:
            heard.append(await anext(aiter(stream)))
    return heard


def assert_lawful(heard: list[Transcript], utterances: int) -> None:
    """Check what holds for any stream: order, one final each, stable words that stay."""
    assert [transcript.utterance for transcript in heard if transcript.is_final] == list(range(1, utterances + 1))
    assert [transcript.utterance for transcript in heard] == sorted(transcript.utterance for transcript in heard)
    for utterance, group in itertools.groupby(heard, key=lambda transcript: transcript.utterance):
        transcripts = list(group)
        assert [transcript.is_final for transcript in transcripts[:-1]] == [False] * (len(transcripts) - 1), utterance
        assert transcripts[-1].unstable == ""
        for before, after in itertools.pairwise(transcripts):
            assert after.stable.startswith(before.stable)
            assert after.audio_end_ms >= before.audio_end_ms or after.is_final
        for transcript in transcripts:
            assert 0.0 <= transcript.language_probability <= 1.0


class SttContract:
    """The suite. Subclasses provide ``provider`` (started, closed afterwards) and ``speech`` (mu-law, 2 s or more)."""

    languages: tuple[str, ...] = ("en", "es")

    async def open(self, provider: SttProvider) -> SttStream:
        return await provider.open(SttOptions(Leg.CLIENT, self.languages))

    async def test_each_utterance_gets_one_final_in_order(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        for length_ms in (2000, 300, 1200):
            await talker.say(speech[: length_ms * BYTES_PER_MS], hint=length_ms != 1200)
        assert_lawful(await finals(stream, 3), 3)
        await stream.aclose()

    async def test_a_final_names_its_language_and_its_end(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.say(speech)
        final = (await finals(stream, 1))[-1]
        assert final.stable
        assert final.language in self.languages
        assert 0.0 < final.language_probability <= 1.0
        assert final.audio_end_ms == talker.at_ms - PAUSE_MS
        await stream.aclose()

    @pytest.mark.parametrize("sound", [silence(1000), noise(1000), tone(1000), silence(100), b""])
    async def test_silence_and_noise_get_their_final(self, provider: SttProvider, sound: bytes) -> None:
        stream = await self.open(provider)
        await Talker(stream).say(sound)
        assert_lawful(await finals(stream, 1), 1)
        await stream.aclose()

    async def test_an_utterance_that_begins_ends_the_one_before(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(200))
        stream.begin_utterance(1, 200)
        await talker.push(speech)
        stream.begin_utterance(2, talker.at_ms)
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        assert_lawful(await finals(stream, 2), 2)
        await stream.aclose()

    async def test_calls_out_of_order_do_no_harm(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        stream.hint_pause(0)
        stream.end_utterance(0)
        talker = Talker(stream)
        await talker.say(speech)
        stream.end_utterance(talker.at_ms)
        stream.hint_pause(talker.at_ms)
        await talker.say(speech)
        assert_lawful(await finals(stream, 2), 2)
        await stream.aclose()

    async def test_aclose_ends_the_iteration_and_leaves_no_task(self, provider: SttProvider, speech: bytes) -> None:
        before = asyncio.all_tasks()
        stream = await self.open(provider)
        talker = Talker(stream)

        async def read() -> None:
            async for _ in stream:
                pass

        reader = asyncio.create_task(read())
        await talker.say(speech)
        stream.begin_utterance(2, talker.at_ms)
        await talker.push(speech)
        await stream.aclose()
        await stream.aclose()
        async with asyncio.timeout(30):
            await reader
        assert not [task for task in asyncio.all_tasks() - before if "stt" in task.get_name()]
        await until(lambda: asyncio.all_tasks() <= before)  # A local vendor sees its client leave a moment later.

    async def test_a_closed_stream_takes_anything_and_says_nothing(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        await stream.aclose()
        await Talker(stream).say(speech)
        stream.set_languages(("es",))
        assert [transcript async for transcript in stream] == []

    async def test_set_languages_holds_from_the_next_utterance_on(self, provider: SttProvider, speech: bytes) -> None:
        stream = await provider.open(SttOptions(Leg.AGENT, ("en",)))
        talker = Talker(stream)
        await talker.push(silence(200))
        stream.begin_utterance(1, 200)
        stream.set_languages(("es",))
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        talker.utterances = 1
        await talker.say(speech)
        heard = [transcript for transcript in await finals(stream, 2) if transcript.is_final]
        assert [transcript.language for transcript in heard] == ["en", "es"]
        assert [transcript.language_probability for transcript in heard] == [1.0, 1.0]
        await stream.aclose()

    async def test_unknown_languages_are_ignored_or_refused(self, provider: SttProvider, speech: bytes) -> None:
        with pytest.raises(ProviderRejected):
            await provider.open(SttOptions(Leg.CLIENT, ("xx",)))
        stream = await provider.open(SttOptions(Leg.CLIENT, ("xx", "en")))
        with pytest.raises(ProviderRejected):
            stream.set_languages(("xx",))
        await Talker(stream).say(speech)
        assert (await finals(stream, 1))[-1].language == "en"
        await stream.aclose()

    async def test_two_streams_at_once_do_not_mix(self, provider: SttProvider, speech: bytes) -> None:
        alone = await self.open(provider)
        await Talker(alone).say(speech)
        expected = (await finals(alone, 1))[-1].stable
        streams = [await self.open(provider) for _ in range(2)]
        await asyncio.gather(Talker(streams[0]).say(speech), Talker(streams[1]).say(silence(500)))
        assert (await finals(streams[0], 1))[-1].stable == expected
        assert_lawful(await finals(streams[1], 1), 1)
        for stream in (alone, *streams):
            await stream.aclose()

    async def test_any_order_of_calls_is_survived(self, provider: SttProvider, speech: bytes) -> None:
        """A stream owes one final for every utterance that was begun and ended, whatever else it is told."""
        for seed in range(3):
            random_calls = random.Random(seed)
            stream = await self.open(provider)
            talker = Talker(stream)
            begun = 0
            for _ in range(12):
                call = random_calls.choice(["begin", "hint", "end", "push", "push"])
                if call == "begin":
                    begun += 1
                    stream.begin_utterance(begun, talker.at_ms)
                elif call == "hint":
                    stream.hint_pause(talker.at_ms)
                elif call == "end":
                    stream.end_utterance(talker.at_ms)
                else:
                    await talker.push(speech[: 600 * BYTES_PER_MS])
            stream.end_utterance(talker.at_ms)
            assert_lawful(await finals(stream, begun), begun)
            await stream.aclose()
