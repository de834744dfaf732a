"""When to speak: what is committed, why and when, language by language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.clause_gaps import OpenWords, Pause
from app.core.clauses import ClausePolicy, PauseClauses
from app.core.stable_clauses import ClauseLimits
from app.domain.records import CommitReason
from app.domain.transcripts import Transcript
from tests.unit.clause_player import STABLE_AFTER_MS, WORD_MS, play

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
