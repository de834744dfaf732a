"""What holds of clauses whatever is said, in any language and at any speed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clause_words import RULE_LANGUAGES, rules_for
from app.core.stable_clauses import ClauseLimits, StableClauses
from app.domain.transcripts import Transcript
from tests.unit.clause_player import WORD_MS, Speech, play

VOCABULARY = [
    *("casa", "llamo", "ayer", "y", "porque", "que", "de", "la", "no", "un", "sr.", "siete", "veinte", "12", "marzo"),
    *("euros", "M", "sí", "eh", "vale.", "gracias,", "bueno...", "¿qué?", "habe", "ist", "geschickt", "nicht", "weil"),
    *("and", "the", "don't", "five", "3.5", "o'clock", "qu'il"),
]
TOKENS = st.one_of(st.sampled_from(VOCABULARY), st.integers(20, 2000).map(lambda pause_ms: f"<{pause_ms}>"))
SCRIPTS = st.lists(TOKENS, min_size=1, max_size=40).map(" ".join)
LANGUAGES = st.sampled_from([*sorted(RULE_LANGUAGES), "pl"])


@settings(max_examples=150, deadline=None)
@given(SCRIPTS, LANGUAGES, st.sampled_from([0, 300, 900]), st.booleans())
def test_every_word_is_committed_once_in_order(
    script: str, language: str, stable_after_ms: int, has_times: bool
) -> None:
    speech = Speech.read(script)
    played = play(speech, language, stable_after_ms=stable_after_ms, interval_ms=100, has_times=has_times)
    assert played.text == " ".join(speech.words)
    for (_, before), (_, after) in pairwise(played.commits):
        assert before.ended_ms <= after.began_ms <= after.ended_ms


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, LANGUAGES, st.integers(0, 900))
def test_only_stable_words_are_committed(script: str, language: str, stable_after_ms: int) -> None:
    speech = Speech.read(script)
    said = 0
    for at_ms, commit in play(speech, language, stable_after_ms=stable_after_ms).commits:
        said += len(commit.text.split())
        is_final = at_ms >= speech.ended_ms + 500
        assert is_final or speech.ends_ms[said - 1] + stable_after_ms <= at_ms


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, LANGUAGES, st.sampled_from([50, 700, 3000]))
def test_asking_more_often_changes_nothing(script: str, language: str, interval_ms: int) -> None:
    """The policy names every moment at which it would decide something."""
    asked_less = play(script, language, interval_ms=interval_ms)
    assert asked_less.commits == play(script, language, interval_ms=interval_ms, tick_ms=10).commits


def test_a_number_goes_at_its_cap_though_nothing_else_happens() -> None:
    limits = ClauseLimits(hard_ms=3000)
    played = play("siete " * 12 + "...", "es", limits, interval_ms=4000, stable_after_ms=0)
    assert played.commits[0][0] == WORD_MS + limits.span_cap_ms


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, LANGUAGES, st.sampled_from([100, 250, 400]))
def test_where_it_cuts_does_not_depend_on_how_words_were_batched(script: str, language: str, interval_ms: int) -> None:
    """Without time limits: the same clauses, whether words come one by one or several at a time."""
    never_ms = 1_000_000
    limits = ClauseLimits(
        soft_ms=never_ms, busy_soft_ms=never_ms, hard_ms=never_ms, watchdog_ms=never_ms, span_cap_ms=never_ms
    )
    speech = Speech.read(" ".join(token for token in script.split() if not token.startswith("<")) or "casa")
    one_by_one = play(speech, language, limits, interval_ms=50, stable_after_ms=0)
    batched = play(speech, language, limits, interval_ms=interval_ms, stable_after_ms=0)
    # What the final brings at once is cut by sentences only: the comparison ends where it may differ.
    common = min(len(one_by_one.commits), len(batched.commits)) - 1
    assert one_by_one.clauses[:common] == batched.clauses[:common]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["siete", "12", "casa", "euros", "y", "<300>", "<600>", "<650>"]), min_size=2, max_size=40)
)
def test_a_number_is_never_cut_before_its_cap(tokens: list[str]) -> None:
    limits = ClauseLimits()
    speech = Speech.read(" ".join(tokens) + " ...")
    rules = rules_for("es")
    said = 0
    for at_ms, commit in play(speech, "es").commits:
        said += len(commit.text.split())
        if said == len(speech.words) or not all(map(rules.is_span_word, speech.words[said - 1 : said + 1])):
            continue
        first = said - 1
        while first and rules.is_span_word(speech.words[first - 1]):
            first -= 1
        assert at_ms - speech.ends_ms[first] >= limits.span_cap_ms or at_ms - speech.ends_ms[said - 1] >= 700


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, LANGUAGES)
def test_no_stable_word_waits_longer_than_the_watchdog(script: str, language: str) -> None:
    limits = ClauseLimits()
    longest_ms = limits.watchdog_ms + max(limits.bracket_extra_ms, rules_for(language).extra_wait_ms)
    speech = Speech.read(script + " ...")
    said = 0
    for at_ms, commit in play(speech, language).commits:
        assert at_ms - speech.ends_ms[said] <= longest_ms
        said += len(commit.text.split())
    assert said == len(speech.words)


@given(st.lists(st.sampled_from(["a b", "a b c", "x", "a b c d. e", ""]), max_size=6))
def test_a_recogniser_that_breaks_its_promise_takes_nothing_back(stables: list[str]) -> None:
    policy = StableClauses(0)
    said: list[str] = []
    longest = 0
    for index, stable in enumerate([*stables, "a b c d. e f"]):
        is_final = index == len(stables)
        longest = max(longest, len(stable.split()))
        policy.hear(Transcript(1, stable, is_final=is_final, audio_end_ms=index * 300), 0, "es")
        said += [word for commit in policy.due(index * 300, 0) for word in commit.text.split()]
    assert len(said) == longest


def test_a_recogniser_that_changes_its_mind_is_too_late() -> None:
    policy = StableClauses(0)
    policy.hear(Transcript(1, "it was late.", "euros", audio_end_ms=900), 0, "en")
    said = [commit.text for commit in policy.due(900, 0)]
    policy.hear(Transcript(1, "he came home.", "coins and", audio_end_ms=1200), 0, "en")
    policy.hear(Transcript(1, "he came home. Euros, yes.", is_final=True, audio_end_ms=1500), 0, "en")
    assert said + [commit.text for commit in policy.due(1500, 0)] == ["it was late.", "Euros, yes."]
