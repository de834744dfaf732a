"""When to speak: what is committed, why and when, language by language; and what holds whatever is said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clause_gaps import OpenWords, Pause, ends_sentence
from app.core.clause_words import RULE_LANGUAGES, rules_for
from app.core.clauses import ClausePolicy, PauseClauses
from app.core.stable_clauses import ClauseLimits, StableClauses
from app.domain.records import CommitReason
from app.domain.transcripts import Transcript
from tests.unit.clause_player import STABLE_AFTER_MS, WORD_MS, Speech, play

SCENARIOS = [
    # A sentence goes when its full stop is certain; what follows is a clause of its own.
    ("es", "Buenos días. Llamo por mi pedido.", ["sentence: Buenos días.", "sentence: Llamo por mi pedido."]),
    ("en", "I moved house. Please send it there.", ["sentence: I moved house.", "sentence: Please send it there."]),
    ("ar", "أريد معرفة حالة طلبي؟ شكرا", ["sentence: أريد معرفة حالة طلبي؟", "lone-answer: شكرا"]),
    # An abbreviation, an initial or a hesitation is no end of a sentence.
    ("es", "Pregunte por el Sr. García ahora mismo", ["pause: Pregunte por el Sr. García ahora mismo"]),
    ("en", "My name is J. Smith from London", ["pause: My name is J. Smith from London"]),
    # An opener ends the clause before it, once there are enough words.
    (
        "es",
        "mañana vuelvo a llamar porque nadie contesta",
        ["opener: mañana vuelvo a llamar", "pause: porque nadie contesta"],
    ),
    ("en", "we called you yesterday but nobody came", ["opener: we called you yesterday", "pause: but nobody came"]),
    (
        "fr",
        "nous avons bien reçu votre lettre parce qu'elle était recommandée",
        ["opener: nous avons bien reçu votre lettre", "pause: parce qu'elle était recommandée"],
    ),
    ("fr", "mon frère pense vraiment qu'il viendra", ["opener: mon frère pense vraiment", "pause: qu'il viendra"]),
    (
        "it",
        "ieri mattina ho chiamato perché il pacco manca",
        ["opener: ieri mattina ho chiamato", "pause: perché il pacco manca"],
    ),
    (
        "pt",
        "ontem de manhã liguei porque a encomenda falta",
        ["opener: ontem de manhã liguei", "pause: porque a encomenda falta"],
    ),
    (
        "gl",
        "onte pola mañá chamei porque falta o paquete",
        ["opener: onte pola mañá chamei", "pause: porque falta o paquete"],
    ),
    (
        "ca",
        "ahir al matí vaig trucar perquè falta el paquet",
        ["opener: ahir al matí vaig trucar", "pause: perquè falta el paquet"],
    ),
    ("ar", "اتصلت بكم صباح أمس لكن الطرد مفقود", ["opener: اتصلت بكم صباح أمس", "pause: لكن الطرد مفقود"]),
    # One word before an opener is too few; fillers do not count.
    ("es", "eh pues llamo porque nadie contesta", ["pause: eh pues llamo porque nadie contesta"]),
    # Commas.
    ("en", "if it rains tomorrow, call me", ["comma: if it rains tomorrow,", "pause: call me"]),
    # A short silence ends a clause that has enough words, but never behind a preposition, an article or a negation.
    ("es", "quiero cambiar la dirección <300> de entrega", ["pause: quiero cambiar la dirección", "pause: de entrega"]),
    ("es", "quiero cambiar la dirección de <400> entrega", ["pause: quiero cambiar la dirección de entrega"]),
    ("en", "tell them that we do not <400> agree", ["opener: tell them", "pause: that we do not agree"]),
    ("de", "ich wohne jetzt endlich in der <400> Stadt", ["pause: ich wohne jetzt endlich in der Stadt"]),
    # Arabic writes "and" as part of the next word; some words only begin like it.
    ("ar", "اتصلت بكم صباح أمس ولكنه مفقود تماما", ["opener: اتصلت بكم صباح أمس", "pause: ولكنه مفقود تماما"]),
    ("ar", "وصلت رسالة جديدة وزارة الصحة اليوم", ["pause: وصلت رسالة جديدة وزارة الصحة اليوم"]),
    # A lone yes or no does not wait for the end of the utterance; a yes at the head of a clause stays with it.
    ("es", "sí <450> quiero cambiar la cita", ["lone-answer: sí", "pause: quiero cambiar la cita"]),
    ("en", "no", ["lone-answer: no"]),
    ("de", "ja <5000> ...", ["lone-answer: ja"]),
    ("es", "sí quiero cambiar la cita", ["pause: sí quiero cambiar la cita"]),
    # Numbers, dates, amounts and spelling stay in one piece, whatever pauses there are.
    (
        "es",
        "mi número es el seiscientos setenta <450> y cinco cuatro tres <600> dos uno gracias",
        ["pause: mi número es el seiscientos setenta y cinco cuatro tres dos uno gracias"],
    ),
    ("en", "they want to charge 65 <450> euros and 20 cents", ["final: they want to charge 65 euros and 20 cents"]),
    (
        "en",
        "it was delivered on March <400> the 12th at noon",
        ["pause: it was delivered on March the 12th at noon"],
    ),
    ("de", "es kam wirklich am 12. März bei uns an", ["final: es kam wirklich am 12. März bei uns an"]),
    ("de", "das kostet bei Ihnen vierundzwanzig <400> Euro", ["final: das kostet bei Ihnen vierundzwanzig Euro"]),
    (
        "it",
        "il prezzo giusto sarebbe duecentotrenta <400> euro",
        ["final: il prezzo giusto sarebbe duecentotrenta euro"],
    ),
    ("es", "se escribe de verdad M <400> A <400> R T A", ["final: se escribe de verdad M A R T A"]),
    # The link behind a number belongs to it only as long as it may go on.
    (
        "es",
        "me cobraron ayer veinte euros y quiero reclamar",
        ["opener: me cobraron ayer veinte euros", "pause: y quiero reclamar"],
    ),
    # A verb that is still to come keeps its clause together.
    (
        "de",
        "ich habe Ihnen gestern, leider zu spät, einen Brief geschickt",
        ["pause: ich habe Ihnen gestern, leider zu spät, einen Brief geschickt"],
    ),
    (
        "de",
        "ich habe Ihnen gestern geschrieben und keine Antwort",
        ["opener: ich habe Ihnen gestern geschrieben", "pause: und keine Antwort"],
    ),
    (
        "nl",
        "ik heb gisteren een brief, helaas te laat, naar u gestuurd",
        ["pause: ik heb gisteren een brief, helaas te laat, naar u gestuurd"],
    ),
    # A language without rules: punctuation and silence.
    ("pl", "Dzień dobry. Dzwonię w sprawie paczki.", ["sentence: Dzień dobry.", "sentence: Dzwonię w sprawie paczki."]),
]


@pytest.mark.parametrize(("language", "script", "expected"), SCENARIOS, ids=[f"{row[0]}-{row[1]}" for row in SCENARIOS])
def test_what_is_committed_and_why(language: str, script: str, expected: list[str]) -> None:
    assert play(script, language).clauses == expected


# --- Time ------------------------------------------------------------------------------------------------------------

MONOLOGUE = " ".join(["palabra"] * 30)
"""No gap is better than another."""


def test_a_clause_without_any_good_gap_is_cut_at_the_hard_limit() -> None:
    (at_ms, first), *_ = play(f"{MONOLOGUE} ...", "es").commits
    assert (at_ms, first.reason) == (WORD_MS + ClauseLimits().hard_ms, CommitReason.HARD)
    assert first.text.count("palabra") == (at_ms - STABLE_AFTER_MS) // WORD_MS, "everything that is stable goes"


def test_between_phrases_it_is_cut_at_the_soft_limit() -> None:
    script = "palabra " * 6 + "sobre " + "palabra " * 20 + "..."
    (at_ms, first), *_ = play(script, "es").commits
    assert (at_ms, first.reason) == (WORD_MS + ClauseLimits().soft_ms, CommitReason.SOFT)
    assert first.text == " ".join(["palabra"] * 6)


def test_a_busy_listener_gives_the_speaker_a_second_more() -> None:
    script = "palabra " * 6 + "sobre " + "palabra " * 20 + "..."
    (at_ms, first), *_ = play(script, "es", queued_ms=2600).commits
    assert (at_ms, first.reason) == (WORD_MS + ClauseLimits().busy_soft_ms, CommitReason.SOFT)


@pytest.mark.parametrize(("language", "word", "extra_ms"), [("ja", "kotoba", 3000), ("tr", "kelime", 3000)])
def test_a_language_whose_verb_comes_last_is_waited_for(language: str, word: str, extra_ms: int) -> None:
    (at_ms, _), *_ = play(f"{word} " * 40 + "...", language).commits
    assert at_ms == WORD_MS + ClauseLimits().hard_ms + extra_ms


def test_an_open_verb_bracket_moves_every_limit() -> None:
    script = "ich habe " + "Brief " * 40 + "..."
    (at_ms, first), *_ = play(script, "de").commits
    assert (at_ms, first.reason) == (
        WORD_MS + ClauseLimits().hard_ms + ClauseLimits().bracket_extra_ms,
        CommitReason.HARD,
    )


def test_a_number_is_held_until_its_cap_and_no_longer() -> None:
    (at_ms, first), *_ = play("siete " * 40 + "...", "es").commits
    assert (at_ms, first.reason) == (WORD_MS + ClauseLimits().span_cap_ms, CommitReason.HARD)


def test_a_number_goes_after_a_quiet_moment() -> None:
    """Three groups of digits: the pause between them is short, the one behind them is not."""
    played = play("seis siete cinco <600> dos tres cuatro <1500> ...", "es", ClauseLimits(hard_ms=20_000))
    ((at_ms, only),) = played.commits
    assert only.text == "seis siete cinco dos tres cuatro"
    assert at_ms == 6 * WORD_MS + 600 + ClauseLimits().span_quiet_ms


@pytest.mark.parametrize("until_ms", [None, 1700])
@pytest.mark.parametrize(("last_word_ends_ms", "silence_ms"), [(1280, 400), (1150, 400), (1000, 0)])
def test_a_pause_is_not_behind_a_word_with_room_for_another(
    until_ms: int | None, last_word_ends_ms: int, silence_ms: int
) -> None:
    """The voice went on for longer than a word between the last word that was told and the pause."""
    pause = Pause(1300, until_ms)
    words = OpenWords(["each", "told", "something"], [500, 800, last_word_ends_ms], 3, [pause], heard_until_ms=1250)
    assert words.silence_ms(3, now_ms=1700) == silence_ms


def test_the_watchdog_takes_what_nothing_else_would() -> None:
    limits = ClauseLimits(span_cap_ms=60_000)
    (at_ms, first), *_ = play("siete " * 40 + "...", "es", limits).commits
    assert (at_ms, first.reason) == (WORD_MS + limits.watchdog_ms, CommitReason.WATCHDOG)


def test_a_lone_answer_goes_after_its_silence() -> None:
    ((at_ms, answer),) = play("sí <3000> ...", "es", stable_after_ms=0).commits
    assert (at_ms, answer.reason) == (WORD_MS + ClauseLimits().lone_answer_ms, CommitReason.LONE_ANSWER)


def test_a_clause_knows_when_its_own_words_were_said() -> None:
    first, second = (commit for _, commit in play("llegó el lunes pasado. <400> gracias por llamar.", "es").commits)
    assert (first.began_ms, first.ended_ms) == (0, 4 * WORD_MS)
    assert (second.began_ms, second.ended_ms) == (4 * WORD_MS + 400, 7 * WORD_MS + 400)


def test_times_are_estimated_where_the_recogniser_tells_none() -> None:
    first, second = (
        commit for _, commit in play("llegó el lunes pasado. <400> gracias por llamar.", "es", has_times=False).commits
    )
    assert first.ended_ms == pytest.approx(4 * WORD_MS, abs=60)
    assert second.began_ms == pytest.approx(4 * WORD_MS + 400, abs=60)
    assert second.ended_ms == pytest.approx(7 * WORD_MS + 400, abs=60)


def test_what_comes_with_the_final_is_committed_sentence_by_sentence() -> None:
    """A recogniser without early words: whole sentences, however many clauses they have, at the time of the final."""
    script = "Mañana vuelvo a llamar, porque nadie contesta. Me llamo Ana. Gracias"
    played = play(script, "es", stable_after_ms=60_000, has_times=False)
    assert played.clauses == [
        "sentence: Mañana vuelvo a llamar, porque nadie contesta.",
        "sentence: Me llamo Ana.",
        "final: Gracias",
    ]
    assert len({at_ms for at_ms, _ in played.commits}) == 1
    assert [commit.ended_ms for _, commit in played.commits] == sorted(commit.ended_ms for _, commit in played.commits)
    assert played.commits[-1][1].ended_ms == 11 * WORD_MS, "the last word ends where the voice did"


# --- What is likely ---------------------------------------------------------------------------------------------------


def guessed_before(script: str, language: str) -> dict[str, int]:
    """Return every clause that was thought likely, and when first."""
    guesses: dict[str, int] = {}

    def note(now_ms: int, policy: ClausePolicy) -> None:
        for text in policy.likely(now_ms, 0):
            guesses.setdefault(text, now_ms)

    play(script, language, watch=note)
    return guesses


def test_a_clause_is_likely_before_its_words_are_stable() -> None:
    script = "we called you yesterday but nobody came"
    guesses = guessed_before(script, "en")
    for committed_ms, commit in play(script, "en").commits:
        assert guesses[commit.text] <= committed_ms - 100


def test_nothing_is_likely_in_the_middle_of_a_clause() -> None:
    guesses = guessed_before("quiero cambiar la dirección ...", "es")
    assert min(guesses.values()) > ClauseLimits().soft_ms - 800, "only when it has waited for long"


# --- What holds whatever is said --------------------------------------------------------------------------------------

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


# --- The words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "veintidós doscientos treinta mil 4827 marzo euros arroba H"),
        ("en", "twenty-one hundred fifth March dollars oh W 3.5 B-C-D"),
        ("fr", "quatre-vingt-dix-sept soixante mille août euros"),
        ("it", "venticinque duecentotrenta mille marzo euro"),
        ("de", "vierundzwanzig zweihundert März Euro zwanzigsten 12."),
        ("pt", "vinte quinhentos março euros"),
        ("gl", "vinte douscentos xaneiro euros"),
        ("ca", "vint-i-cinc dos-cents març euros"),
        ("nl", "vierentwintig honderd maart euro"),
        ("ar", "عشرون وعشرون مئة مارس يورو"),
    ],
)
def test_numbers_are_known(language: str, words: str) -> None:
    rules = rules_for(language)
    assert [word for word in words.split() if not rules.is_span_word(word)] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "casa y de a quiero o"),
        ("en", "house and I a of tent"),
        ("fr", "et maison y à quand"),
        ("de", "und Haus unter der"),
        ("it", "e casa di"),
        ("ca", "i casa de"),
        ("nl", "en huis van"),
    ],
)
def test_other_words_are_no_numbers(language: str, words: str) -> None:
    rules = rules_for(language)
    assert [word for word in words.split() if rules.is_span_word(word)] == []


@pytest.mark.parametrize(
    ("word", "ends"),
    [("casa.", True), ("¿qué?", True), ("«sí.»", True), ("bueno...", False), ("J.", False), ("a,", False)],
)
def test_what_ends_a_sentence(word: str, ends: bool) -> None:
    assert ends_sentence(word) is ends


def test_a_clause_between_two_pauses_is_what_the_pause_policy_gives() -> None:
    policy = PauseClauses(100)
    interim = Transcript(1, "Hello.", "I am", audio_end_ms=900)
    policy.hear(interim, 0, "en")
    assert list(policy.due(1000, 0)) == []
    policy.paused(1500)
    assert list(policy.likely(1600, 0)) == ["Hello. I am"]
    policy.ended(1500)
    policy.hear(replace(interim, stable="Hello. I am Ana.", unstable="", is_final=True), 0, "en")
    (commit,) = policy.due(2200, 0)
    assert (commit.text, commit.began_ms, commit.ended_ms) == ("Hello. I am Ana.", 100, 1500)
    assert list(policy.due(9000, 0)) == []
