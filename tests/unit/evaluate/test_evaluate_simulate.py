"""The simulated speaker and the simulated recogniser keep what they promise."""

from __future__ import annotations

import random
import statistics
from itertools import pairwise

import pytest

from app.core.segmenter import SegmenterLimits
from bench.evaluate.cloud import CloudHabits, CloudRecogniser, utterances
from bench.evaluate.sentences import LANGUAGES, conversation, news, split_words
from bench.evaluate.simulate import (
    FASTEST_WORDS_PER_S,
    SLOWEST_WORDS_PER_S,
    expansion,
    simulate_monologue,
    simulate_talk,
)
from bench.evaluate.speaker import Manner, ends_clause, ends_sentence, say, syllables
from bench.evaluate.trace import Trace

TALKS = [simulate_talk(language, seed) for language in ("es", "en", "ar") for seed in (1, 2)]


def test_every_row_says_one_thing_in_every_language() -> None:
    for row in (*conversation(), *news()):
        assert set(row) == set(LANGUAGES)
        assert all(text.strip() for text in row.values())


def test_numbers_in_digits_are_the_same_in_every_language() -> None:
    for row in conversation():
        digits = {"".join(sorted(filter(str.isdigit, text))) for text in row.values()}
        assert len(digits) == 1, row["en"]


def test_words_keep_the_punctuation_that_stands_alone() -> None:
    assert split_words("Pouvez-vous venir , s'il vous plaît ?") == ["Pouvez-vous", "venir ,", "s'il", "vous", "plaît ?"]


@pytest.mark.parametrize(("word", "count"), [("sí", 1), ("mañana,", 3), ("65", 4), ("Buchstaben", 3), ("...", 1)])
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_punctuation_is_seen_through_quotes() -> None:
    assert ends_sentence("fin.»")
    assert ends_clause("plaît ,")
    assert ends_clause("نعم،")
    assert not ends_clause("and")


@pytest.mark.parametrize("words_per_s", [SLOWEST_WORDS_PER_S, FASTEST_WORDS_PER_S])
def test_a_speaker_keeps_their_rate_inside_phrases(words_per_s: float) -> None:
    sentences = [row["de"] for row in conversation()]
    talk = say([(sentences, {})], Manner(words_per_s), random.Random(1))
    lengths_ms = [word.end_ms - word.start_ms for word in talk.turns[0].words]
    assert 1000 / statistics.mean(lengths_ms) == pytest.approx(words_per_s, rel=0.03)


@pytest.mark.parametrize("trace", TALKS, ids=lambda trace: trace.name)
def test_every_word_is_speech_to_voice_activity_and_the_gap_between_turns_is_not(trace: Trace) -> None:
    voiced: list[tuple[int, int]] = []
    at_ms = 0
    for run in trace.speech:
        if run.is_speech:
            voiced.append((at_ms, at_ms + run.duration_ms))
        at_ms += run.duration_ms
    for word in trace.words:
        middle_ms = (word.start_ms + word.end_ms) / 2
        assert any(start_ms <= middle_ms <= end_ms for start_ms, end_ms in voiced)
    for turn, following in pairwise(trace.turns):
        middle_ms = (turn.end_ms + following.start_ms) / 2
        assert not any(start_ms <= middle_ms <= end_ms for start_ms, end_ms in voiced)


@pytest.mark.parametrize("trace", TALKS, ids=lambda trace: trace.name)
def test_stable_text_only_grows_and_the_final_has_it_all(trace: Trace) -> None:
    stable: dict[int, list[str]] = {}
    finals: set[int] = set()
    for transcript in (heard.transcript for heard in trace.heard):
        words = transcript.stable.split()
        before = stable.get(transcript.utterance, [])
        assert words[: len(before)] == before
        assert transcript.utterance not in finals
        stable[transcript.utterance] = words
        if transcript.is_final:
            finals.add(transcript.utterance)
            assert not transcript.unstable
    assert len(finals) >= 0.8 * len(stable)


def test_stability_is_half_a_second_and_guesses_are_sometimes_wrong() -> None:
    lags_ms: list[int] = []
    wrong = interims = 0
    for trace in (simulate_talk("en", seed) for seed in range(3, 9)):
        truth = [word.text for word in trace.words]
        cuts = list(utterances(trace.speech, SegmenterLimits(pause_ms=trace.pause_ms)))
        first = {cut.number: sum(word.end_ms <= cut.began_ms for word in trace.words) for cut in cuts}
        seen = dict(first)
        for heard in trace.heard:
            transcript = heard.transcript
            known = first[transcript.utterance] + len(transcript.stable.split())
            if not transcript.is_final:
                ends_ms = [word.end_ms for word in trace.words[seen[transcript.utterance] : known]]
                lags_ms += [heard.at_ms - end_ms for end_ms in ends_ms]
                seen[transcript.utterance] = max(seen[transcript.utterance], known)
                tail = transcript.unstable.split()
                interims += bool(tail)
                wrong += any(a.strip(".,?") != b.strip(".,?") for a, b in zip(tail, truth[known:], strict=False))
    assert 450 <= statistics.median(lags_ms) <= 560
    assert statistics.quantiles(lags_ms, n=20)[-1] < 1000
    assert 0.1 < wrong / interims < 0.6


def test_finals_come_250_ms_after_they_were_asked_for_and_one_in_a_hundred_is_missing() -> None:
    waits_ms: list[int] = []
    asked = 0
    for trace in (simulate_talk("it", seed) for seed in range(20)):
        decided = {cut.number: cut.decided_ms for cut in utterances(trace.speech, SegmenterLimits(pause_ms=500))}
        asked += len(decided)
        waits_ms += [
            heard.at_ms - decided[heard.transcript.utterance] for heard in trace.heard if heard.transcript.is_final
        ]
    assert 230 <= statistics.median(waits_ms) <= 270
    assert 0 < asked - len(waits_ms) <= 0.05 * asked


def test_a_recogniser_that_never_misses_writes_what_was_said() -> None:
    trace = simulate_talk("pt", 5)
    cuts = list(utterances(trace.speech, SegmenterLimits(pause_ms=500)))
    perfect = CloudHabits(missing_finals=0.0, kept_full_stops=1.0, kept_commas=1.0)
    heard = CloudRecogniser("pt", perfect, random.Random(1)).hear(trace.words, cuts)
    finals = [each.transcript.stable for each in heard if each.transcript.is_final]
    assert " ".join(final for final in finals if final) == " ".join(turn.text for turn in trace.turns)


def test_a_monologue_is_as_long_and_as_fast_as_asked() -> None:
    trace = simulate_monologue("en", 1, minutes=3.0)
    assert 180 <= trace.duration_ms / 1000 <= 260
    assert all(b.start_ms - a.end_ms < 1000 for a, b in pairwise(trace.turns))
    assert trace.words_per_s == FASTEST_WORDS_PER_S


def test_expansion_there_and_back_is_one() -> None:
    assert expansion("en", "es") * expansion("es", "en") == pytest.approx(1.0)
    assert expansion("en", "es") > 1.0
