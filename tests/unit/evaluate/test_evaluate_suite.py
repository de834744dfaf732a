"""Policies side by side: what is compared is the same talk, and what differs is when it is spoken."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.core.clauses import ClausePolicyName
from bench.evaluate.measures import measure, percentile
from bench.evaluate.replay import StandIns, call_config, replay
from bench.evaluate.simulate import simulate_monologue, simulate_talk
from bench.evaluate.sound import ToneStretcher
from bench.evaluate.suite import OURS, by_clauses, by_pauses, talks, without_speculation
from bench.evaluate.sweep import SweepError, parse_sweep, with_limit


def test_ours_speaks_earlier_and_says_the_same_words() -> None:
    trace = simulate_talk("fr", 1, turns=4)
    ours, theirs = (replay(trace, "es", configure=configure) for configure in (by_clauses, by_pauses))
    assert percentile(measure(ours).spans_s, 50) < 0.6 * percentile(measure(theirs).spans_s, 50)
    assert len(ours.clauses) > len(theirs.clauses)
    assert " ".join(clause.text for clause in ours.clauses) == " ".join(clause.text for clause in theirs.clauses)


def test_speculation_costs_calls_and_changes_no_clause() -> None:
    trace = simulate_talk("de", 2, turns=4)
    ahead, plain = (replay(trace, "es", configure=configure) for configure in (by_clauses, without_speculation))
    assert [clause.text for clause in ahead.clauses] == [clause.text for clause in plain.clauses]
    assert plain.translation_calls == len(plain.clauses)
    assert ahead.translation_calls > len(ahead.clauses)
    assert percentile(measure(ahead).spans_s, 50) <= percentile(measure(plain).spans_s, 50)


def test_merged_clauses_share_one_sound_in_their_order() -> None:
    trace = simulate_monologue("en", 1, minutes=2.0)
    replayed = replay(trace, "es", StandIns(words_per_s=2.6, expansion=1.5), by_clauses)
    assert replayed.catch_up["merged"]
    heard = [clause.heard_ms for clause in replayed.clauses if clause.heard_ms is not None]
    assert all(start_ms < end_ms for start_ms, end_ms in heard)
    for (_, end_ms), (start_ms, _) in pairwise(heard):
        assert end_ms <= start_ms + 1.0
    shared = [clause for clause in replayed.clauses if clause.share not in ((0.0, 1.0),)]
    assert shared


def test_the_state_of_the_core_is_measured_every_minute() -> None:
    replayed = replay(simulate_monologue("it", 1, minutes=2.0), "es", configure=by_clauses)
    assert len(replayed.state_bytes) >= 2
    assert all(1_000 < size < 2_000_000 for size in replayed.state_bytes)


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.06, 1.25])
def test_a_tone_is_as_long_as_its_speed_makes_it_however_it_is_cut(speed: float) -> None:
    stretcher = ToneStretcher()
    shaped = b"".join(stretcher.shape(b"\x10" * size, speed) for size in (800, 1, 7, 160, 3032))
    assert len(shaped) == pytest.approx(4000 / speed, abs=1)
    assert set(shaped) == {0x10}


def test_every_direction_has_talks_of_its_own() -> None:
    jobs = talks(["es", "fr", "de"], 2, first_seed=1)
    assert [(trace.language, target) for trace, target in jobs].count(("es", "de")) == 2
    assert len({trace.name for trace, _ in jobs}) == len(jobs) == 8


def test_a_sweep_changes_one_limit_of_our_policy() -> None:
    assert parse_sweep("soft_ms=2000,2500") == ("soft_ms", [2000, 2500])
    assert parse_sweep("sure_score=0.8") == ("sure_score", [0.8])
    config = call_config(simulate_talk("es", 1, turns=1), "en")
    changed = with_limit("soft_ms", 1234, config)
    assert changed.clause_policy is ClausePolicyName.STABLE
    assert changed.clause_limits.soft_ms == 1234
    assert changed.clause_limits.hard_ms == OURS.configure(config).clause_limits.hard_ms


@pytest.mark.parametrize("wanted", ["soft_ms", "soft_ms=", "soft_ms=fast", "nothing=1"])
def test_a_sweep_of_nothing_is_refused(wanted: str) -> None:
    with pytest.raises(SweepError, match="soft_ms"):
        parse_sweep(wanted)
