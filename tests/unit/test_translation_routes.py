"""Which engines lead from one language to another."""

from __future__ import annotations

from itertools import permutations

from app.translation.routes import LEAST_CHRF, MOST_STEPS, Route, Step, find_routes

OPUS_MT = [Step("opus_mt", *pair) for pair in permutations(("ar", "de", "en", "es", "fr", "it"), 2)]
DEFAULT = [
    Step("fxtranslate", "en", "pt"),
    Step("fxtranslate", "pt", "en"),
    *(Step("apertium", *pair) for other in ("en", "pt", "it", "gl") for pair in permutations((other, "es"))),
]


def ways(routes: tuple[Route, ...]) -> list[list[str]]:
    return [[f"{step.engine}:{step.source}-{step.target}" for step in route.steps] for route in routes]


def test_routes_are_short_go_nowhere_twice_and_come_best_first() -> None:
    found = find_routes([*DEFAULT, *OPUS_MT])
    assert ("de", "es") in found
    for (source, target), routes in found.items():
        assert [route.chrf for route in routes] == sorted((route.chrf for route in routes), reverse=True)
        for route in routes:
            visited = [source, *(step.target for step in route.steps)]
            assert visited[-1] == target
            assert len(set(visited)) == len(visited) <= MOST_STEPS + 1
            assert route.chrf >= LEAST_CHRF


def test_what_the_same_engines_do_is_tried_once() -> None:
    for routes in find_routes([*DEFAULT, *OPUS_MT]).values():
        engines = [frozenset(step.engine for step in route.steps) for route in routes]
        assert len(engines) == len(set(engines))


def test_a_direct_model_is_better_than_any_detour() -> None:
    assert ways(find_routes(OPUS_MT)["de", "es"]) == [["opus_mt:de-es"]]


def test_where_there_is_no_direct_model_english_is_the_pivot() -> None:
    without = [step for step in OPUS_MT if (step.source, step.target) != ("de", "es")]
    assert ways(find_routes(without)["de", "es"]) == [["opus_mt:de-en", "opus_mt:en-es"]]


def test_a_single_model_opens_its_language_to_all_that_the_others_lead_to() -> None:
    assert not any("de" in pair for pair in find_routes(DEFAULT))
    found = find_routes([*DEFAULT, Step("opus_mt", "de", "en")])
    assert ways(found["de", "es"])[0] == ["opus_mt:de-en", "fxtranslate:en-pt", "apertium:pt-es"]
    assert ("es", "de") not in found
