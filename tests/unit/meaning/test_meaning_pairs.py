"""What the guard finds in customer-service sentences: right translations pass, planted errors are found."""

from __future__ import annotations

import pytest

from app.meaning.languages import LANGUAGES
from bench.meaning import load_pairs, render, score

LEAST_PRECISION, LEAST_RECALL = 0.95, 0.95
LEAST_OF_A_LANGUAGE = 0.9


@pytest.mark.parametrize("name", ["pairs.yaml", "held_out.yaml"])
def test_precision_and_recall(name: str) -> None:
    scores = score(load_pairs(name))
    print(render(scores))
    total = scores.pop("all")
    assert total.precision >= LEAST_PRECISION
    assert total.recall >= LEAST_RECALL
    assert all(min(own.precision, own.recall) >= LEAST_OF_A_LANGUAGE for own in scores.values())


def test_there_are_enough_pairs_of_every_language() -> None:
    pairs = [pair for name in ("pairs.yaml", "held_out.yaml") for pair in load_pairs(name)]
    assert len(pairs) >= 400
    assert {pair.source_language for pair in pairs} == set(LANGUAGES)
    assert len({(pair.source, pair.target) for pair in pairs}) == len(pairs)


def test_what_is_found_is_of_the_planted_kind() -> None:
    planted = [pair for pair in load_pairs("pairs.yaml") if pair.wrong]
    numeric = {"number", "date", "time", "amount", "phone"}
    same = [pair for pair in planted if _group(pair.wrong, numeric) in {_group(m.kind, numeric) for m in pair.check()}]
    assert len(same) >= 0.9 * len(planted)


def _group(kind: str, numeric: set[str]) -> str:
    return "figure" if kind in numeric else kind
