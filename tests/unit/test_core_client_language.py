"""The client's language: hinted, heard, locked, left again, or beyond what can be interpreted."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.client_language import ClientLanguage, Heard, LanguageLimits, Understanding, text_length
from app.core.language_hints import TRUST, HintSource, LanguageHint, best_hint
from app.domain.languages import LanguageReason

COVERED = ("en", "es", "fr", "it", "pt")
SENTENCE = 60
LIMITS = LanguageLimits()


class Client:
    """Says one utterance after the other."""

    def __init__(
        self, hint: str = "en", source: HintSource = HintSource.DEFAULT, covered: tuple[str, ...] = COVERED
    ) -> None:
        self.policy = ClientLanguage(LanguageHint(source, hint), covered)
        self._utterances = count(1)

    def says(
        self, language: str | None, speech_ms: int = 3500, probability: float = 0.95, characters: int = SENTENCE
    ) -> Understanding:
        return self.policy.hear(Heard(next(self._utterances), language, probability, speech_ms, characters))


def locked(language: str = "en") -> Client:
    client = Client(language)
    client.says(language)
    assert client.policy.is_locked
    return client


def test_a_long_sure_utterance_locks_at_once() -> None:
    client = Client()
    understood = client.says("fr")
    assert understood.change is not None
    assert (understood.change.reason, understood.change.language) == (LanguageReason.DETECTED, "fr")
    policy = client.policy
    assert (policy.current, policy.is_settled, policy.candidates[0]) == ("fr", True, "fr")
    assert set(policy.candidates) == set(COVERED), "a switch can only be heard by who listens for it"


def test_one_short_phrase_outweighs_no_hint_and_locks_nothing() -> None:
    client = Client("en", HintSource.DEFAULT)
    client.says("it", 700, 0.8)
    assert (client.policy.current, client.policy.is_locked) == ("it", False)


@pytest.mark.parametrize("source", [source for source in HintSource if source is not HintSource.DEFAULT])
def test_one_short_phrase_does_not_outweigh_what_is_known_of_the_call(source: HintSource) -> None:
    client = Client("fr", source)
    client.says("it", 1400, 1.0)
    assert client.policy.current == "fr"


def test_a_wrong_first_phrase_is_outweighed() -> None:
    client = Client()
    client.says("pt", 800, 0.6)
    client.says("fr", 1500, 0.9)
    assert client.policy.current == "fr"
    client.says("fr", 1500, 0.9)
    assert client.policy.is_locked


def test_contradicting_evidence_locks_nothing() -> None:
    client = Client()
    client.says("pt", 1800, 0.9)
    client.says("es", 2400, 0.9)
    assert (client.policy.current, client.policy.is_locked) == ("es", False)
    client.says("es", 2400, 0.9)
    assert client.policy.is_locked


def test_a_doubtful_detection_says_nothing() -> None:
    client = Client()
    client.says("fr", 5000, 0.4)
    assert (client.policy.current, client.policy.spoken, client.policy.is_locked) == ("en", None, False)


def test_a_piece_counts_no_more_than_its_utterance() -> None:
    whole, pieces = Client("en", HintSource.PARAMETER), Client("en", HintSource.PARAMETER)
    whole.says("fr", 9000, 0.5)
    for _ in range(9):
        pieces.policy.hear(Heard(1, "fr", 0.5, 1000, 20))
    assert whole.policy.is_locked == pieces.policy.is_locked
    assert not pieces.policy.is_locked, "nine seconds of one utterance weigh as five"


# --- After the lock ---------------------------------------------------------------------------------------------------


def test_one_long_sure_utterance_is_a_switch() -> None:
    client = locked("en")
    understood = client.says("fr", 3000, 0.8)
    assert understood.language == "fr"
    assert understood.change is not None
    assert (understood.change.reason, understood.change.previous) == (LanguageReason.SWITCHED, "en")
    assert client.policy.candidates[0] == client.policy.current == "fr"


@pytest.mark.parametrize(("speech_ms", "probability"), [(2900, 0.99), (5000, 0.75)])
def test_two_agreeing_utterances_are_a_switch_and_one_is_only_translated(speech_ms: int, probability: float) -> None:
    client = locked("en")
    assert client.says("fr", speech_ms, probability) == Understanding("fr", is_covered=True)
    assert client.policy.current == "en"
    assert client.says("fr", speech_ms, probability).change is not None
    assert client.policy.current == "fr"


def test_two_that_do_not_agree_or_are_not_in_a_row_are_no_switch() -> None:
    client = locked("en")
    for language in ("fr", "it", "fr", "en", "fr", "it"):
        assert client.says(language, 2500).change is None
    assert client.policy.current == "en"


def test_pieces_of_one_utterance_do_not_agree_with_each_other() -> None:
    client = locked("en")
    for _ in range(2):
        understood = client.policy.hear(Heard(7, "fr", 0.9, 1400, 30))
    assert understood == Understanding("fr", is_covered=True)
    assert client.policy.hear(Heard(7, "fr", 0.9, 400, 10)).change is not None, "together they make a long one"


utterances = st.tuples(
    st.sampled_from(["en", "fr", "it", "de"]),
    st.integers(0, 30_000),
    st.floats(0, 1),
    st.integers(0, 200),
)


@given(st.lists(utterances, max_size=40))
def test_short_phrases_never_leave_the_lock(said: list[tuple[str, int, float, int]]) -> None:
    client = locked("en")
    for language, speech_ms, probability, characters in said:
        if language in COVERED and characters % 2:
            characters = min(characters, LIMITS.short_characters - 1)
        else:
            speech_ms = min(speech_ms, LIMITS.short_ms - 1)
        understood = client.says(language, speech_ms, probability, characters)
        assert understood == Understanding("en", is_covered=True), "and they are in the language that is spoken"
    assert client.policy.current == "en"


@given(st.sampled_from(HintSource), st.lists(utterances, max_size=30))
def test_what_is_listened_for_is_always_all_that_is_covered(
    source: HintSource, said: list[tuple[str, int, float, int]]
) -> None:
    client = Client("fr", source)
    for each in said:
        understood = client.says(*each)
        policy = client.policy
        assert set(COVERED) <= set(policy.candidates) <= {*COVERED, "de"}
        assert len(set(policy.candidates)) == len(policy.candidates)
        assert policy.current in COVERED
        assert understood.is_covered == (understood.language in COVERED)
        assert not policy.is_settled or policy.candidates[0] == policy.current


def test_a_switch_back_needs_as_much() -> None:
    client = locked("en")
    client.says("fr")
    client.says("en", 1000)
    assert client.policy.current == "fr"
    client.says("en")
    assert client.policy.current == "en"


# --- Hints ------------------------------------------------------------------------------------------------------------


def test_trust_is_what_a_hint_weighs() -> None:
    """The longer speech must contradict a hint, the more it is trusted."""

    def needed_ms(source: HintSource) -> int:
        for speech_ms in range(0, 5000, 100):
            client = Client("fr", source)
            client.says("it", speech_ms, 0.99)
            if client.policy.current == "it":
                return speech_ms
        raise AssertionError(source)

    needed = [needed_ms(source) for source in TRUST]
    assert needed == sorted(needed, reverse=True)
    assert len(set(needed)) == len(needed)


hints = st.lists(st.builds(LanguageHint, st.sampled_from(HintSource), st.sampled_from(["en", "es", "fr", "de"])))


@given(hints)
def test_the_most_trusted_hint_wins_whatever_the_order(given_hints: list[LanguageHint]) -> None:
    best = best_hint(given_hints, COVERED, "es")
    assert best.language in COVERED
    for hint in given_hints:
        usable = hint.language in COVERED and not (
            hint.language == "es" and hint.source in (HintSource.COUNTRY, HintSource.DEFAULT)
        )
        assert not usable or TRUST.index(best.source) <= TRUST.index(hint.source)


def test_a_country_does_not_make_a_client_of_the_agents_language_but_a_parameter_may() -> None:
    assert best_hint([LanguageHint(HintSource.COUNTRY, "es")], COVERED, "es").language == "en"
    assert best_hint([LanguageHint(HintSource.PARAMETER, "es")], COVERED, "es").language == "es"


def test_a_key_locks_and_speech_can_still_leave_it() -> None:
    client = Client()
    change = client.policy.choose("fr")
    assert change is not None
    assert (change.reason, client.policy.current, client.policy.is_settled) == (LanguageReason.CHOSEN, "fr", True)
    assert client.policy.choose("zh") is None
    assert client.policy.current == "fr"
    client.says("en")
    assert client.policy.current == "en"


def test_a_late_hint_counts_until_it_is_outweighed() -> None:
    client = Client("en", HintSource.COUNTRY)
    client.policy.suggest(LanguageHint(HintSource.PARAMETER, "fr"))
    assert client.policy.current == "fr"
    client.says("en", 4000)
    assert client.policy.current == "en"
    client.says("en", 4000)
    client.policy.suggest(LanguageHint(HintSource.PARAMETER, "it"))
    assert client.policy.current == "en", "what was heard is surer than any hint"


# --- What nothing covers ----------------------------------------------------------------------------------------------


def test_a_language_that_nothing_covers_is_withheld_and_said_once() -> None:
    client = Client("fr", HintSource.COUNTRY)
    understood = client.says("de", 4000)
    assert (understood.language, understood.is_covered) == ("de", False)
    assert understood.change is not None
    assert (understood.change.reason, understood.change.language) == (LanguageReason.UNCOVERED, "de")
    policy = client.policy
    assert (policy.current, policy.spoken, policy.is_settled) == ("en", "de", False)
    assert policy.candidates[0] == "de", "the next short phrase is not to be taken for another language"
    assert client.says("de", 4000) == Understanding("de", is_covered=False)
    assert client.says("de", 500, 0.6) == Understanding("de", is_covered=False)
    assert client.says("de", 500, 0.2) == Understanding("de", is_covered=False)


def test_too_little_of_it_is_withheld_without_a_word() -> None:
    client = locked("fr")
    assert client.says("de", 2000) == Understanding("de", is_covered=False)
    assert client.policy.current == "fr"
    assert client.says("de", 2000).change is not None, "together it is enough"


def test_pieces_of_one_utterance_that_nothing_covers_count_once() -> None:
    client = locked("fr")
    for speech_ms in (1600, 1000):
        assert client.policy.hear(Heard(9, "de", 0.9, speech_ms, 30)) == Understanding("de", is_covered=False)
    assert client.policy.hear(Heard(9, "de", 0.9, 400, 10)).change is not None


def test_a_client_who_does_as_asked_is_interpreted_again() -> None:
    client = locked("fr")
    client.says("de", 4000)
    understood = client.says("en", 3000)
    assert (understood.language, understood.is_covered) == ("en", True)
    assert (client.policy.spoken, client.policy.is_settled) == ("en", True), "what was known before counts no more"


def test_a_client_who_falls_back_into_it_is_listened_to_in_it() -> None:
    client = Client("fr")
    client.says("de", 4000)
    client.says("en", 3000)
    assert client.says("de", 2000) == Understanding("de", is_covered=False)
    assert (client.policy.spoken, client.policy.candidates[0], client.policy.is_settled) == ("de", "de", False)


def test_a_single_covered_language_still_notices_another() -> None:
    client = Client("en", covered=("en",))
    assert client.policy.is_settled
    assert not client.says("de").is_covered


def test_a_language_of_few_characters_says_much_with_them() -> None:
    assert text_length("我想问一下我的订单") >= LIMITS.short_characters > text_length("Yes, thank you.")
