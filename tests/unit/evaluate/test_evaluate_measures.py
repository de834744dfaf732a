"""The measures, on hand-made talks whose numbers are known, and the replay that they are taken from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.call_config import CallConfig
from app.core.governor import GovernorLimits
from app.core.segmenter import SegmenterLimits
from app.domain.records import Outcome
from app.domain.transcripts import Transcript
from bench.evaluate.alignment import align
from bench.evaluate.measures import WordLag, drift_s, is_natural_cut, measure, measure_all, percentile
from bench.evaluate.replay import Replay, ReplayError, Sound, SpokenClause, StandIns, replay
from bench.evaluate.simulate import simulate_talk
from bench.evaluate.trace import Heard, SpeechRun, Trace, Turn, Word

TEXT = "One two three, four five because six seven."


def words(text: str, start_ms: int = 1000, length_ms: int = 400) -> tuple[Word, ...]:
    starts = range(start_ms, start_ms + length_ms * len(text.split()), length_ms)
    return tuple(Word(word, at_ms, at_ms + length_ms) for word, at_ms in zip(text.split(), starts, strict=True))


def one_turn(text: str = TEXT) -> Trace:
    """Speech from 1000 on, 400 ms a word, and a final 250 ms after 500 ms of silence."""
    spoken = words(text)
    end_ms = spoken[-1].end_ms
    return Trace(
        name="one",
        kind="cloud",
        language="en",
        pause_ms=500,
        turns=(Turn((text,), {"es": "..."}, spoken),),
        speech=(SpeechRun(False, 1000), SpeechRun(True, end_ms - 1000), SpeechRun(False, 2000)),
        utterances=((760, end_ms),),
        heard=(Heard(end_ms + 750, Transcript(1, text, is_final=True, language="en", audio_end_ms=end_ms)),),
    )


def spoken(text: str, committed_ms: int, heard_ms: tuple[int, int], reason: str = "") -> SpokenClause:
    sound = Sound(text, heard_ms[0], heard_ms[1] - heard_ms[0], heard_ms[0], heard_ms[1], heard_ms[1] - heard_ms[0])
    return SpokenClause(text, reason, committed_ms, committed_ms, Outcome.SPOKEN, sound)


# --- The replay -------------------------------------------------------------------------------------------------------


def test_a_replay_takes_the_times_that_its_stand_ins_have() -> None:
    trace = one_turn()
    stand_ins = StandIns(translation_ms=300, first_audio_ms=150, words_per_s=4.0, expansion=1.5)
    (clause,) = replay(trace, "es", stand_ins).clauses
    committed_ms = trace.words[-1].end_ms + 750
    assert clause.text == TEXT
    assert (clause.committed_ms, clause.translated_ms) == (committed_ms, committed_ms + 300)
    assert clause.sound is not None
    assert clause.sound.audio_ms == 8 * 1.5 / 4.0 * 1000
    assert clause.sound.voiced_ms == committed_ms + 450
    assert clause.heard_ms == (committed_ms + 450, committed_ms + 450 + clause.sound.audio_ms)
    assert clause.outcome is Outcome.SPOKEN


def at_its_own_tempo(config: CallConfig) -> CallConfig:
    return replace(config, governor=GovernorLimits(speeds=(), merge_over_ms=10**9))


def test_a_replay_does_not_depend_on_the_size_of_the_audio_pieces() -> None:
    trace = simulate_talk("en", 2, turns=3)
    small, large = (
        replay(trace, "es", StandIns(piece_ms=size, real_time_factor=0.0), at_its_own_tempo) for size in (60, 5000)
    )
    ends_ms = [[clause.heard_ms[1] for clause in each.clauses if clause.heard_ms] for each in (small, large)]
    assert ends_ms[0] == pytest.approx(ends_ms[1], abs=21)
    assert len(ends_ms[0]) == len(small.clauses)


def test_both_parties_can_be_replayed() -> None:
    for language, target in (("es", "fr"), ("fr", "es")):
        replayed = replay(simulate_talk(language, 1, turns=2), target)
        assert replayed.direction == f"{language}-{target}"
        assert replayed.clauses
        assert all(clause.outcome is Outcome.SPOKEN for clause in replayed.clauses)


def test_a_core_that_cuts_speech_otherwise_than_the_trace_is_refused() -> None:
    trace = simulate_talk("en", 1, turns=3)
    with pytest.raises(ReplayError):
        replay(trace, "es", configure=lambda config: replace(config, segmenter=SegmenterLimits(pause_ms=200)))


# --- The measures -----------------------------------------------------------------------------------------------------


def test_ear_voice_span_turn_end_and_backlog_of_a_known_talk() -> None:
    trace = one_turn()  # Words end at 1400, 1800 ... 4200.
    clauses = [
        spoken("One two three,", 3000, (3500, 5000)),
        spoken("four five", 4000, (5000, 6000)),
        spoken("because six seven.", 4700, (6200, 7400)),
    ]
    measures = measure(Replay(trace, "es", clauses))
    assert [lag.span_s for lag in measures.lags] == pytest.approx(
        [2.1, 2.2, 2.3, 5.0 - 2.6, 5.5 - 3.0, 6.2 - 3.4, 6.6 - 3.8, 7.0 - 4.2]
    )
    assert measures.turn_end_s == [pytest.approx(0.8)]
    assert measures.silence_s == [0.0]
    assert measures.backlog_s == [0.0, 1.0, pytest.approx(0.3 + 1.0)]
    assert (measures.words, measures.lost_words, measures.added_words) == (8, 0, 0)
    assert (measures.cuts, measures.cuts_inside) == (2, 0)


def test_a_cut_is_inside_a_clause_unless_something_speaks_for_it() -> None:
    spoken_words = words(TEXT)
    natural = [index for index in range(7) if is_natural_cut(spoken_words, index, "en")]
    assert natural == [2, 4]
    late = spoken_words[6]
    paused = (*spoken_words[:6], replace(late, start_ms=late.start_ms + 250), spoken_words[7])
    assert is_natural_cut(paused, 5, "en")
    assert is_natural_cut(spoken_words, 5, "en", [(3300, 3550)])
    assert not is_natural_cut(spoken_words, 5, "en", [(2600, 2900)])
    assert is_natural_cut(words("il dit qu'elle vient"), 1, "fr")
    assert is_natural_cut(words("قال نعم وذهب"), 1, "ar")
    torn = Replay(one_turn(), "es", [spoken("One", 1, (2, 3)), spoken(" ".join(TEXT.split()[1:]), 4, (5, 6))])
    assert (measure(torn).cuts, measure(torn).cuts_inside) == (1, 1)


def test_words_that_are_lost_or_said_twice_are_counted() -> None:
    trace = one_turn()
    lost = measure(Replay(trace, "es", [spoken("One two three, four", 3000, (3500, 5000))]))
    assert (lost.lost_words, lost.added_words) == (4, 0)
    twice = measure(Replay(trace, "es", [spoken("One two one two three", 1, (2, 3)), spoken(TEXT[15:], 4, (5, 6))]))
    assert (twice.lost_words, twice.added_words) == (0, 2)
    assert measure(Replay(trace, "es", [])).lost_words == 8


def test_alignment_gives_every_word_to_the_clause_that_carries_it() -> None:
    alignment = align(words(TEXT), ["one too three", "", "four five because", "six seven"])
    assert alignment.clauses == ((0, 1, 2), (), (3, 4, 5), (6, 7))


def test_a_clause_heard_faster_than_it_was_made_is_counted() -> None:
    fast = spoken(TEXT, 5000, (5500, 6500))
    fast.sound = Sound(TEXT, 5500, 1250, 5500, 6500, 1000)
    assert measure(Replay(one_turn(), "es", [fast])).sped_up == 1
    assert fast.speed == 1.25


def test_measures_of_two_replays_add_up() -> None:
    one = Replay(one_turn(), "es", [spoken(TEXT, 5000, (5500, 7000), "final")])
    both = measure_all([one, one])
    assert len(both.lags) == 2 * len(measure(one).lags)
    assert (both.words, both.clauses, both.reasons["final"]) == (16, 2, 2)
    assert percentile(both.spans_s, 50) == pytest.approx(percentile(measure(one).spans_s, 50), abs=0.1)


def test_a_lag_that_grows_drifts_and_a_flat_one_does_not() -> None:
    assert drift_s([WordLag(second, 3.0) for second in range(90)]) == 0.0
    assert drift_s([WordLag(second, second / 10) for second in range(90)]) == pytest.approx(6.0)
