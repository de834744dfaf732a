"""The stream around a whole-audio engine: what it decodes and when, driven by an engine that hears what was pushed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from app.domain.audio import BYTES_PER_MS, FRAME_MS, silence
from app.domain.transcripts import Transcript
from app.errors import ProviderUnavailable
from app.stt.decoding import Decoded
from app.stt.whisper_stream import (
    LEAD_IN_MS,
    LONG_HOLD_BACK_WORDS,
    LONG_UTTERANCE_MS,
    MAX_UTTERANCE_MS,
    MAX_WAITING_FINALS,
    TAIL_MS,
)
from tests.contract.spelling import WORD_MS, Bench, SpellingEngine, spell, spelled
from tests.contract.stt_suite import Talker, assert_lawful, finals
from tests.waiting import until


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.engine.finals_may_end.set()
    made.engine.partials_may_end.set()
    await made.queue.aclose()


@pytest.fixture
def holding(bench: Bench) -> Callable[[], None]:
    """Finals wait until the test calls this."""
    bench.engine.finals_may_end.clear()
    return bench.engine.finals_may_end.set


async def test_an_utterance_holds_its_speech_from_lead_in_to_end_and_nothing_else(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(spell(1, 1, 1))  # long before the utterance
    for words in ((2, 3, 4), (5,), (6, 7)):
        await talker.say(spell(*words))
    heard = [transcript for transcript in await finals(stream, 3) if transcript.is_final]
    assert [transcript.stable for transcript in heard] == ["w2 w3 w4", "w5", "w6 w7"]
    await stream.aclose()


@pytest.mark.parametrize("hint", [True, False])
async def test_cut_without_a_pause_every_word_is_heard_once(bench: Bench, hint: bool) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, talker.at_ms)
    await talker.push(spell(1, 2))
    if hint:
        stream.hint_pause(talker.at_ms)
    stream.end_utterance(talker.at_ms)
    cut_ms = talker.at_ms
    await talker.push(spell(3, 4))
    stream.begin_utterance(2, cut_ms)
    stream.end_utterance(talker.at_ms)
    heard = await finals(stream, 2)
    assert [transcript.stable for transcript in heard if transcript.is_final] == ["w1 w2", "w3 w4"]
    await stream.aclose()


async def test_the_decode_that_began_at_the_pause_is_the_final(bench: Bench) -> None:
    stream = bench.open()
    await Talker(stream).say(spell(1, 2, 3))
    assert_lawful(await finals(stream, 1), 1)
    assert bench.engine.finals_started == 1
    assert bench.counts.finals_ahead == 1
    await stream.aclose()


@pytest.mark.parametrize("hint", [True, False])
async def test_what_sounds_after_the_end_of_the_speech_is_not_heard(bench: Bench, hint: bool) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await talker.push(spell(1, 2))
    ended_ms = talker.at_ms
    await talker.push(silence(140) + spell(3))
    if hint:
        stream.hint_pause(ended_ms)
    stream.end_utterance(ended_ms)
    assert (await finals(stream, 1))[-1].stable == "w1 w2"
    await stream.aclose()


async def test_no_interim_comes_before_the_final_of_an_earlier_utterance(
    bench: Bench, holding: Callable[[], None]
) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.say(spell(1), hint=False)
    await talker.push(silence(200))
    stream.begin_utterance(2, talker.at_ms)
    await bench.push_slowly(talker, spell(2, 3, 4))
    holding()
    heard = await finals(stream, 1)
    stream.end_utterance(talker.at_ms)
    heard += await finals(stream, 1)
    assert_lawful(heard, 2)
    await stream.aclose()


async def test_a_partial_that_comes_after_the_decode_ahead_is_out_of_date(bench: Bench) -> None:
    bench.engine.partials_may_end.clear()
    stream, other = bench.open(), bench.open()
    heard: list[Transcript] = []

    async def read() -> None:
        async for transcript in stream:
            heard.append(transcript)

    reader = asyncio.create_task(read())
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await talker.push(spell(1, 2, 3))
    stream.hint_pause(talker.at_ms)
    await until(lambda: len(heard) == 1)
    other.begin_utterance(1, 0)
    await Talker(other).push(spell(9, 8))
    bench.engine.partials_may_end.set()
    await anext(aiter(other))  # its partial waited behind the late one
    assert [transcript.text for transcript in heard] == ["w1 w2 w3"]
    await stream.aclose()
    await other.aclose()
    await reader


async def test_speech_after_the_pause_is_decoded_again(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await talker.push(spell(1, 2))
    stream.hint_pause(talker.at_ms)
    await talker.push(silence(300) + spell(3, 4))
    stream.end_utterance(talker.at_ms)
    assert (await finals(stream, 1))[-1].stable == "w1 w2 w3 w4"
    assert bench.counts.finals_ahead == 0
    await stream.aclose()


async def test_a_tail_that_is_not_over_yet_is_continued(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, talker.at_ms)
    await talker.push(spell(1))
    ended_ms = talker.at_ms
    await talker.push(spell(8)[: 60 * BYTES_PER_MS])
    stream.hint_pause(ended_ms)
    await until(lambda: bench.engine.finals_started == 1)
    assert len(bench.engine.last_heard) == (LEAD_IN_MS + WORD_MS + TAIL_MS) * BYTES_PER_MS
    assert spelled(bench.engine.last_heard) == ["w1", "w8"]
    await stream.aclose()


async def test_a_decode_that_began_too_early_does_not_hold_up_the_next(bench: Bench) -> None:
    bench.engine.finals_may_end.clear()
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    for word in (1, 2):
        await talker.push(spell(word))
        ended_ms = talker.at_ms
        await talker.push(silence(100))
        stream.hint_pause(ended_ms)
    await until(lambda: bench.engine.finals_started == 2)
    bench.engine.finals_may_end.set()
    stream.end_utterance(ended_ms)
    assert (await finals(stream, 1))[-1].stable == "w1 w2"
    assert bench.counts.finals_ahead == 1
    await stream.aclose()


async def test_finals_keep_their_order_when_a_later_one_is_ready_first(bench: Bench) -> None:
    first_may_end, second_done = threading.Event(), threading.Event()

    class OutOfOrder(SpellingEngine):
        def decode_final(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
            if spelled(ulaw) == ["w1"]:
                assert first_may_end.wait(10)
            else:
                second_done.set()
            return Decoded(" ".join(spelled(ulaw)), "en", 1.0)

    bench.engine = OutOfOrder()
    stream = bench.open()
    talker = Talker(stream)
    await talker.say(spell(1), hint=False)
    await talker.say(spell(2), hint=False)
    await until(second_done.is_set)
    first_may_end.set()
    heard = await finals(stream, 2)
    assert_lawful(heard, 2)
    assert [transcript.stable for transcript in heard] == ["w1", "w2"]
    await stream.aclose()


async def test_no_partial_begins_in_a_pause(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    stream.begin_utterance(1, 0)
    await talker.push(spell(1) + silence(400))
    assert bench.queue.counts.run == 0
    await talker.push(spell(2))
    assert bench.queue.counts.run == 1
    assert (await anext(aiter(stream))).text == "w1 w2"
    await stream.aclose()


async def test_partials_grow_and_the_final_completes_them(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    heard: list[Transcript] = []

    async def read() -> None:
        async for transcript in stream:
            heard.append(transcript)

    reader = asyncio.create_task(read())
    await bench.push_slowly(talker, spell(*range(1, 16)))
    stream.end_utterance(talker.at_ms)
    await until(lambda: bool(heard) and heard[-1].is_final)
    assert_lawful(heard, 1)
    assert heard[-1].stable == " ".join(f"w{word}" for word in range(1, 16))
    stable_before = heard[-2].stable.split()
    assert len(stable_before) >= 5, "agreement made words stable before the end"
    assert bench.counts.disagreements == 0
    await stream.aclose()
    await reader


async def test_what_is_held_back_binds_no_final(bench: Bench) -> None:
    bench.engine.misheard = {"w2": "wrong"}
    stream = bench.open(hold_back_words=None)
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await bench.push_slowly(talker, spell(1, 2, 3, 4, 5, 6))
    interim = await anext(aiter(stream))
    assert (interim.stable, interim.unstable) == ("", "w1 wrong w3 w4 w5 w6")
    stream.end_utterance(talker.at_ms)
    assert (await finals(stream, 1))[-1].stable == "w1 w2 w3 w4 w5 w6"
    await stream.aclose()


async def test_a_long_utterance_makes_words_stable_but_for_its_last_ones(bench: Bench) -> None:
    stream = bench.open(hold_back_words=None)
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    numbers = [*range(1, 40), *range(129, 160)]  # Bytes that are loud: below 10 % of the loudest is a pause.
    words = [f"w{number}" for number in numbers]
    await bench.push_slowly(talker, spell(*numbers[:15]))
    early = await anext(aiter(stream))
    assert early.audio_end_ms < 200 + LONG_UTTERANCE_MS
    assert early.stable == ""
    await bench.push_slowly(talker, spell(*numbers[15:]))
    async with asyncio.timeout(30):
        late = early
        while len(late.text.split()) < 60:
            late = await anext(aiter(stream))
    stable, unstable = late.stable.split(), late.unstable.split()
    assert stable + unstable == words[: len(stable) + len(unstable)]
    assert len(stable) >= 10
    assert len(unstable) >= LONG_HOLD_BACK_WORDS
    stream.end_utterance(talker.at_ms)
    assert (await finals(stream, 1))[-1].stable == " ".join(words)
    await stream.aclose()


async def test_a_final_that_contradicts_stable_words_extends_them_and_is_counted(bench: Bench) -> None:
    bench.engine.misheard = {"w2": "wrong"}
    stream = bench.open()
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await bench.push_slowly(talker, spell(*range(1, 16)))
    stream.end_utterance(talker.at_ms)
    heard = await finals(stream, 1)
    assert_lawful(heard, 1)
    assert heard[-1].stable.split() == ["w1", "wrong", *(f"w{word}" for word in range(3, 16))]
    assert bench.counts.disagreements == 1
    await stream.aclose()


async def test_a_final_that_takes_too_long_is_the_last_interim_and_the_late_one_is_ignored(
    bench: Bench, holding: Callable[[], None]
) -> None:
    stream = bench.open(final_timeout_s=0.05)
    talker = Talker(stream)
    await talker.push(silence(200))
    stream.begin_utterance(1, 200)
    await bench.push_slowly(talker, spell(1, 2, 3))
    stream.end_utterance(talker.at_ms)
    heard = await finals(stream, 1)
    assert_lawful(heard, 1)
    assert heard[-1].stable == "w1 w2 w3"
    assert bench.counts.finals_given_up == 1
    holding()
    talker.utterances = 1
    await talker.say(spell(4))
    heard += await finals(stream, 1)
    assert_lawful(heard, 2)
    assert heard[-1].stable == "w4"
    assert bench.counts.finals == 2
    await stream.aclose()


async def test_when_too_many_finals_wait_the_oldest_is_given_up(bench: Bench, holding: Callable[[], None]) -> None:
    stream = bench.open()
    talker = Talker(stream)
    for word in range(1, MAX_WAITING_FINALS + 3):
        await talker.say(spell(word), hint=False)
    assert bench.counts.finals_given_up == 2
    holding()
    heard = await finals(stream, MAX_WAITING_FINALS + 2)
    assert_lawful(heard, MAX_WAITING_FINALS + 2)
    assert [transcript.stable for transcript in heard if transcript.is_final][2:] == [
        f"w{word}" for word in range(3, MAX_WAITING_FINALS + 3)
    ]
    await stream.aclose()


async def test_an_engine_that_fails_ends_the_stream_with_our_error_and_without_its_text(bench: Bench) -> None:
    bench.engine.error = RuntimeError("what the caller said")
    stream = bench.open()
    await Talker(stream).say(spell(1))
    with pytest.raises(ProviderUnavailable, match=r"^whisper: decode-failed$"):
        await finals(stream, 1)
    await Talker(stream).say(spell(2))
    await stream.aclose()


async def test_an_utterance_without_end_is_bounded(bench: Bench) -> None:
    stream = bench.open()
    talker = Talker(stream)
    stream.begin_utterance(1, 0)
    await talker.push(spell(1) * (MAX_UTTERANCE_MS // WORD_MS))
    await talker.push(spell(2))
    stream.end_utterance(talker.at_ms)
    assert (await finals(stream, 1))[-1].stable == "w1"
    assert bench.counts.truncated_frames == WORD_MS // FRAME_MS
    await stream.aclose()


async def test_a_closed_stream_leaves_nothing_in_the_queue(bench: Bench, holding: Callable[[], None]) -> None:
    stream = bench.open()
    talker = Talker(stream)
    for word in range(1, 6):
        await talker.say(spell(word), hint=False)
    await until(lambda: bench.engine.finals_started == 2)
    await stream.aclose()
    holding()
    other = bench.open()
    await Talker(other).say(spell(9))
    assert (await finals(other, 1))[-1].stable == "w9"
    assert bench.engine.finals_started == 3, "what waited was forgotten"
    await other.aclose()
