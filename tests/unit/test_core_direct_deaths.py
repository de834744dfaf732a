"""Whoever interprets directly may die at any moment: no word is lost by that, and few are heard twice."""

from __future__ import annotations

from statistics import mean

from bench.direct_deaths import die

CALLS = range(12)
SECONDS = 20.0


def test_no_word_is_lost_wherever_the_interpreter_dies() -> None:
    deaths = [die(seed, SECONDS) for seed in CALLS]
    assert {seed: death.lost for seed, death in zip(CALLS, deaths, strict=True) if death.lost} == {}
    assert not any(death.was_left for death in deaths), "who speaks is not silent"
    assert mean(len(death.twice) for death in deaths) <= 15
