"""Which engines lead from one language to another, best first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One engine, one pair."""

    engine: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Route:
    steps: tuple[Step, ...]
    chrf: float
    """Expected chrF (0 to 100) on customer-service sentences: it ranks routes and promises nothing."""


MEASURED_CHRF: dict[Step, float] = {
    Step("fxtranslate", "en", "pt"): 78.1,
    Step("fxtranslate", "pt", "en"): 79.4,
    Step("apertium", "pt", "es"): 69.2,
    Step("apertium", "es", "pt"): 67.7,
    Step("apertium", "en", "es"): 56.1,
    Step("apertium", "es", "en"): 54.8,
    Step("apertium", "fr", "es"): 54.7,
    Step("apertium", "es", "fr"): 58.6,
    Step("apertium", "it", "es"): 63.1,
    Step("apertium", "es", "it"): 65.6,
    Step("apertium", "gl", "es"): 89.4,
    Step("apertium", "es", "gl"): 97.2,
}
"""chrF of each engine alone on tests/data/customer_service.yaml."""

UNMEASURED_CHRF = {"opus_mt": 72.0, "fxtranslate": 70.0, "apertium": 60.0}
"""What an engine is taken for where its pair is not in the table; of OPUS-MT no pair was measured here."""

CHRF_LOST_PER_STEP = 3.0
"""A chain is about as good as its weakest step, less this for each further one (measured: 3 to 6 points pessimistic for
five chains of two and three steps, 3 points optimistic for English to Spanish)."""

LEAST_CHRF = 45.0
"""A worse route misleads more than it helps: the pair is then not offered."""

MOST_STEPS = 3


def find_routes(available: Collection[Step]) -> dict[tuple[str, str], tuple[Route, ...]]:
    """Return every pair that the available steps reach, each with its routes, best first.

    Of the routes that the same engines make, the best: a detour of theirs would only come later to what is worse.
    """
    routes: dict[tuple[str, str], list[Route]] = {}
    for steps in _chains(available):
        route = Route(steps, expected_chrf(steps))
        if route.chrf >= LEAST_CHRF:
            routes.setdefault((steps[0].source, steps[-1].target), []).append(route)
    return {pair: _best_of_each(found) for pair, found in routes.items()}


def _best_of_each(routes: Sequence[Route]) -> tuple[Route, ...]:
    best: dict[frozenset[str], Route] = {}
    for route in sorted(routes, key=lambda route: (-route.chrf, _steps_without_english(route))):
        best.setdefault(frozenset(step.engine for step in route.steps), route)
    return tuple(best.values())


def _steps_without_english(route: Route) -> int:
    """Neural engines have learnt most from and into English: it is the pivot where nothing was measured."""
    return sum("en" not in (step.source, step.target) for step in route.steps)


def expected_chrf(steps: tuple[Step, ...]) -> float:
    """Estimate a chain's quality from that of its steps."""
    weakest = min(MEASURED_CHRF.get(step, UNMEASURED_CHRF[step.engine]) for step in steps)
    return weakest - CHRF_LOST_PER_STEP * (len(steps) - 1)


def _chains(available: Collection[Step], so_far: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Yield every chain of at most ``MOST_STEPS`` steps that visits no language twice."""
    if so_far:
        yield so_far
    if len(so_far) == MOST_STEPS:
        return
    visited = {language for step in so_far for language in (step.source, step.target)}
    for step in available:
        if not so_far or (step.source == so_far[-1].target and step.target not in visited):
            yield from _chains(available, (*so_far, step))
