"""The kept traces can be read and replayed; words get the times at which they were said."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.evaluate.alignment import comparable
from bench.evaluate.measures import measure
from bench.evaluate.record import spread_times
from bench.evaluate.recorded import recorded_traces, with_agreement
from bench.evaluate.replay import replay
from bench.evaluate.sentences import split_words
from bench.evaluate.suite import both_ways
from bench.evaluate.trace import Trace, Word

TRACES = recorded_traces()


def test_the_recorded_traces_are_in_several_languages_and_carry_their_licences() -> None:
    assert {trace.language for trace in TRACES} >= {"en", "es", "fr", "de", "pt"}
    assert all("CC" in trace.note and trace.kind == "whisper" for trace in TRACES)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_a_recorded_trace_replays_and_its_words_are_its_sentences(trace: Trace) -> None:
    (turn,) = trace.turns
    assert [word.text for word in turn.words] == split_words(turn.text)
    measures = measure(replay(trace, "en" if trace.language == "es" else "es"))
    assert measures.clauses
    assert all(-1 < span_s < 30 for span_s in measures.spans_s)


@pytest.mark.parametrize("hold_back", [0, 2])
def test_agreement_makes_words_stable_earlier_and_takes_none_back(hold_back: int) -> None:
    early = 0
    for trace in TRACES:
        stable: dict[int, list[str]] = {}
        for heard in with_agreement(trace, hold_back).heard:
            words = heard.transcript.stable.split()
            before = stable.get(heard.transcript.utterance, [])
            assert words[: len(before)] == before
            early += not heard.transcript.is_final and len(words) > len(before)
            stable[heard.transcript.utterance] = words
            assert not (heard.transcript.is_final and heard.transcript.unstable)
    assert early


def test_recognised_words_lend_their_times_and_the_others_share_what_is_left() -> None:
    timed = [("one", 100, 300), ("tree", 900, 1200), ("five", 2000, 2300)]
    words = list(spread_times(["One,", "two", "three", "four", "five."], timed, 4000))
    assert words[0] == Word("One,", 100, 300)
    assert words[4] == Word("five.", 2000, 2300)
    assert [word.text for word in words] == ["One,", "two", "three", "four", "five."]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))


@pytest.mark.parametrize("timed", [[], [("other", 10, 20)], [("b", 500, 200), ("c", 100, 90_000)]])
def test_times_never_run_backwards_or_out_of_the_audio(timed: list[tuple[str, int, int]]) -> None:
    words = list(spread_times(["a", "b", "c", "..."], timed, 1000))
    moments = [moment for word in words for moment in (word.start_ms, word.end_ms)]
    assert moments == sorted(moments)
    assert moments[-1] <= 1000


def test_every_client_is_heard_by_the_agent_and_the_agent_by_every_client() -> None:
    pairs = [(trace.language, target) for trace, target in both_ways(TRACES, ["en", "fr", "es"])]
    assert {target for language, target in pairs if language == "es"} == {"en", "fr"}
    assert {target for language, target in pairs if language != "es"} == {"es"}


def test_comparable_words() -> None:
    assert comparable("L’Été,") == comparable("l'été")
    assert comparable("?") == ""
