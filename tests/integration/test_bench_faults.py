"""The fault bench in small: vendors die or fall silent in the middle of a sentence, and no word is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from bench.faults.__main__ import judge, run_all
from bench.faults.recordings import choose
from bench.faults.run import Misfortune, Scene, compare
from bench.faults.vendors import USUAL, Kind, Stage
from bench.faults.word_tones import HeardWord, WordTones
from bench.speech import recordings, speech_folder

SENTENCE = "all nouns alongside the word always begin with a capital letter"
PLAN = [
    (Misfortune(USUAL[Stage.RECOGNITION], Kind.KILL, 0.5, None), 0),
    (Misfortune(USUAL[Stage.RECOGNITION], Kind.STALL, 0.4, None), 0),
    (Misfortune(USUAL[Stage.TRANSLATION], Kind.GARBLE, 0.3, 6.0), 0),
    (Misfortune(USUAL[Stage.TRANSLATION], Kind.STALL, 0.6, None), 0),
    (Misfortune(USUAL[Stage.SPEECH], Kind.THROTTLE, 0.2, None), 0),
    (Misfortune(USUAL[Stage.SPEECH], Kind.STALL, 0.7, 6.0), 0),
]


@pytest.mark.timeout(300)
async def test_no_word_is_lost_whatever_fails() -> None:
    folder = speech_folder()
    if folder is None:
        pytest.skip("no recordings (set SPEECH_DIR)")
    (client,), (agent,) = (choose(recordings(folder, language), 5.0, 9.9, 1) for language in ("en", "es"))
    scenes = [Scene(client, agent)]
    runs, leaks = await run_all(scenes, PLAN, at_once=len(PLAN) + 3, usual_runs=1)
    judged = judge(runs, scenes)
    assert len(judged) == len(PLAN)
    for run, by_leg in judged:
        for leg, heard in by_leg.items():
            assert heard.lost == (), (run.misfortune.name, leg, run.outcome.rows)
        assert run.outcome.has_survived, run.outcome.trouble
    assert (leaks.tasks, leaks.sockets) == (0, 0)


class TestWordTones:
    """The measure itself."""

    @pytest.fixture
    def tones(self) -> WordTones:
        return WordTones(SENTENCE.split())

    def test_every_word_is_heard_where_it_is(self, tones: WordTones) -> None:
        heard = tones.hear(tones.speak(f"[es] {SENTENCE}"))
        assert [each.word for each in heard] == SENTENCE.split()
        assert all(one.end_ms < other.start_ms for one, other in pairwise(heard))

    def test_volume_noise_and_silence_change_nothing(self, tones: WordTones) -> None:
        samples = 0.4 * ulaw_to_float(tones.speak(SENTENCE))
        noise = np.random.default_rng(1).normal(0, 0.003, len(samples))
        tape = np.concatenate([np.zeros(4000), samples + noise]).astype(np.float32)
        assert [each.word for each in tones.hear(float_to_ulaw(tape))] == SENTENCE.split()

    def test_a_word_that_is_cut_out_is_missed(self, tones: WordTones) -> None:
        before, after = tones.speak("all nouns alongside"), tones.speak("word always begin")
        assert [each.word for each in tones.hear(before + after)] == [
            "all",
            "nouns",
            "alongside",
            "word",
            "always",
            "begin",
        ]


def words(*timed: tuple[str, int]) -> list[HeardWord]:
    return [HeardWord(word, at_ms, at_ms + 200) for word, at_ms in timed]


def test_what_is_lost_said_twice_and_late_is_told() -> None:
    usual = words(("one", 0), ("two", 300), ("three", 600), ("four", 900))
    heard = words(("one", 0), ("two", 1300), ("two", 1600), ("four", 1900))
    found = compare(["one", "two", "three", "four"], [usual], heard)
    assert (found.lost, found.twice, found.gap_ms, found.later_ms) == (("three",), 1, 1000, 1000)
    late = words(("one", 0), ("two", 1200), ("three", 1500), ("four", 1800))
    assert compare(["one", "two", "three", "four"], [usual, late], heard).gap_ms == 100
    assert compare(["one"], [words(("one", 0))], []).lost == ("one",)
