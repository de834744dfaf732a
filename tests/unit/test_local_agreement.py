"""LocalAgreement: what it promises whatever the recogniser says, and the traps that others fell into."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.stt.local_agreement import LocalAgreement, comparable, nearest_cut

WORD = st.sampled_from(["a", "A.", "b", "b,", "C", "d!", "e", "ñ", "..."])
HYPOTHESES = st.lists(st.lists(WORD, max_size=8), max_size=8)
HOLD_BACK = st.one_of(st.none(), st.integers(min_value=0, max_value=3))


def levenshtein(first: list[str], second: list[str]) -> int:
    if not first or not second:
        return len(first) + len(second)
    return min(
        levenshtein(first[1:], second) + 1,
        levenshtein(first, second[1:]) + 1,
        levenshtein(first[1:], second[1:]) + (comparable(first[0]) != comparable(second[0])),
    )


@given(HYPOTHESES, HOLD_BACK)
def test_stable_only_grows_and_is_never_rewritten(hypotheses: list[list[str]], hold_back: int | None) -> None:
    agreement = LocalAgreement(hold_back)
    before: tuple[str, ...] = ()
    for hypothesis in hypotheses:
        agreement.feed(hypothesis)
        assert agreement.stable[: len(before)] == before
        before = agreement.stable
    agreement.finish(hypotheses[-1] if hypotheses else [])
    assert agreement.stable[: len(before)] == before
    assert agreement.unstable == ()


@given(st.lists(WORD, max_size=10), HOLD_BACK)
def test_a_hypothesis_heard_twice_is_stable_but_for_what_is_held_back(words: list[str], hold_back: int | None) -> None:
    agreement = LocalAgreement(hold_back)
    agreement.feed(words)
    assert agreement.stable == ()
    agreement.feed(words)
    assert list(agreement.stable) == words[: 0 if hold_back is None else max(0, len(words) - hold_back)]
    assert [*agreement.stable, *agreement.unstable] == words


@given(st.lists(WORD, max_size=10), HOLD_BACK)
def test_a_sentence_that_only_grows_is_heard_whole_and_once(words: list[str], hold_back: int | None) -> None:
    agreement = LocalAgreement(hold_back)
    for length in range(len(words) + 1):
        agreement.feed(words[:length])
        assert [*agreement.stable, *agreement.unstable] == words[:length]
    agreement.finish(words)
    assert list(agreement.stable) == words
    assert agreement.disagreements == 0


@given(HYPOTHESES)
def test_a_word_is_never_stable_on_the_word_of_one_hypothesis(hypotheses: list[list[str]]) -> None:
    agreement = LocalAgreement()
    previous: list[str] = []
    for hypothesis in hypotheses:
        before = agreement.stable
        agreement.feed(hypothesis)
        new = agreement.stable[len(before) :]
        assert {comparable(word) for word in new} <= {comparable(word) for word in previous}
        assert set(new) <= set(hypothesis)
        previous = hypothesis


@given(st.lists(WORD, max_size=5), st.lists(WORD, max_size=5))
def test_the_cut_is_the_nearest_one(beginning: list[str], words: list[str]) -> None:
    cut, distance = nearest_cut(beginning, words)
    assert distance == levenshtein(beginning, words[:cut])
    assert distance == min(levenshtein(beginning, words[:end]) for end in range(len(words) + 1))


def test_case_and_punctuation_do_not_matter_and_the_newest_form_is_kept() -> None:
    agreement = LocalAgreement()
    agreement.feed(["buenos", "días", "llamo"])
    agreement.feed(["Buenos", "días,", "llama"])
    assert agreement.stable == ("Buenos", "días,")
    assert agreement.unstable == ("llama",)


def test_the_last_agreed_word_is_not_lost_when_one_hypothesis_ends_there() -> None:
    agreement = LocalAgreement()
    agreement.feed(["one", "two", "three"])
    agreement.feed(["one", "two"])
    assert agreement.stable == ("one", "two")
    agreement.feed(["one", "two", "three", "four"])
    agreement.feed(["one", "two", "three", "four"])
    assert agreement.stable == ("one", "two", "three", "four")


def test_a_contradicted_word_stays_and_what_follows_is_aligned() -> None:
    agreement = LocalAgreement()
    agreement.feed(["my", "order", "is"])
    agreement.feed(["my", "order", "is"])
    agreement.finish(["My", "old", "order", "was", "late", "again."])
    assert agreement.stable == ("my", "order", "is", "late", "again.")
    assert agreement.disagreements == 1


def test_the_end_of_a_guess_is_held_back() -> None:
    agreement = LocalAgreement(hold_back=1)
    agreement.feed(["I", "want", "to", "go."])
    agreement.feed(["I", "want", "to", "go."])
    assert agreement.stable == ("I", "want", "to")
    agreement.finish(["I", "want", "to", "go", "home."])
    assert " ".join(agreement.stable) == "I want to go home."
