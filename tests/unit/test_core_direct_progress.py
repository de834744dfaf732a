"""How much a speech-to-speech provider has said, reckoned by lengths; and what a speaker said, kept as it sounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.direct_progress import DirectProgress
from app.core.originals import Originals

LENGTHS = st.lists(st.integers(5, 120), min_size=1, max_size=20)


def say(progress: DirectProgress, length: int) -> None:
    """Let so much text come with as much audio as it takes."""
    progress.read(length)
    progress.hear(length * 65)


@given(LENGTHS)
def test_nothing_is_over_before_anything_was_said_and_all_is_behind_it(lengths: list[int]) -> None:
    progress = DirectProgress()
    assert progress.over(lengths) == 0
    say(progress, 2 * sum(lengths) + 20)
    assert progress.over(lengths) == len(lengths)
    progress.settle(lengths)
    assert progress.over(lengths) == 0


@given(LENGTHS, st.data())
def test_clauses_are_over_in_their_order_and_never_become_unsaid(lengths: list[int], data: st.DataObject) -> None:
    progress = DirectProgress()
    before = 0
    for length in data.draw(LENGTHS):
        say(progress, length)
        over = progress.over(lengths)
        assert before <= over <= len(lengths)
        before = over


@pytest.mark.parametrize("expansion", [0.7, 1.0, 1.5])
def test_how_long_translations_are_is_learned(expansion: float) -> None:
    progress = DirectProgress()
    for _ in range(20):
        say(progress, round(100 * expansion))
        progress.settle([100])
    say(progress, round(260 * expansion))
    assert progress.over([100, 100, 100]) == 2


def test_text_counts_when_its_audio_came() -> None:
    progress = DirectProgress()
    progress.read(100)
    assert progress.over([100]) == 0
    progress.hear(100 * 65)
    assert progress.over([50]) == 1


def test_audio_without_text_counts_too() -> None:
    progress = DirectProgress()
    progress.hear(100 * 65)
    assert progress.over([50, 50]) == 1


def test_what_cannot_have_been_said_does_not_add_up() -> None:
    """Half as long again as believed: after ten clauses that would be five too many."""
    progress = DirectProgress()
    for _ in range(10):
        say(progress, 150)
        progress.forget(100)
        progress.limit(0)
    say(progress, 40)
    assert progress.share([100]) < 0.5


@given(LENGTHS, st.floats(0.6, 1.4), st.floats(0.6, 1.4))
def test_nothing_is_over_that_was_not_said(lengths: list[int], expansion: float, pace: float) -> None:
    """However much longer or shorter the first translations are than what they translate, as long as they are."""
    said = sum(lengths) * 0.7
    progress = DirectProgress()
    progress.read(round(said * expansion))
    progress.hear(round(said * expansion * 65 * pace))
    assert sum(lengths[: progress.over(lengths)]) <= said


def test_what_is_known_to_be_over_is_not_counted_again() -> None:
    progress = DirectProgress()
    say(progress, 300)
    progress.mark()
    assert progress.over([10]) == 0
    say(progress, 100)
    assert progress.over([50, 50]) == 1
    progress.spend(50)
    assert progress.over([50]) == 0


def test_originals_are_kept_as_they_were_said() -> None:
    originals = Originals()
    for index in range(2000):
        originals.hear(bytes([index % 256]) * 160, 300 <= index < 400, index * 20)
    assert originals.between(6000, 6040) == b"", "longer ago than half a minute"
    wanted = b"".join(bytes([index % 256]) * 160 for index in range(1000, 1011))
    assert originals.between(20_000, 20_200) == wanted
    assert (originals.began_ms, originals.quiet_since_ms) == (300 * 20 - 340, 400 * 20)
