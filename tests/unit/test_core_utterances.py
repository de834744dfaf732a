"""Utterances through the call: early clauses in order, finals that do not come, translations ahead of time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.core.call import CallCore
from app.core.clauses import ClausePolicyName
from app.domain.commands import EndUtterance, FinalizeUtterance, ReportMissingFinal, ReportSpeculation, Translate
from app.domain.events import SpeechReady, TranscriptHeard, TranslationFailed, TranslationReady
from app.domain.glossary import Glossary, Scope
from app.domain.legs import Leg
from app.domain.records import CommitReason, MissingFinal, SpeculationOutcome
from app.domain.transcripts import Transcript
from app.domain.usage import Stage
from tests.unit.core_driver import CoreDriver, call_config

VOICED = [True] * 50
"""A second of speech."""


def connected(**changes: object) -> CoreDriver:
    driver = CoreDriver(CallCore(call_config(**changes)))
    driver.connect()
    return driver


def hear(driver: CoreDriver, stable: str, unstable: str = "", utterance: int = 1, language: str = "en") -> None:
    transcript = Transcript(utterance, stable, unstable, False, language, 0.99, audio_end_ms=driver.now_ms - 500)
    driver.give(TranscriptHeard(Leg.CLIENT, transcript))


def outcomes(driver: CoreDriver) -> list[MissingFinal]:
    return [command.outcome for command in driver.commands(ReportMissingFinal)]  # type: ignore[attr-defined]


def speculations(driver: CoreDriver) -> list[SpeculationOutcome]:
    """Return what became of translations ahead of time."""
    reports = [command for _, command in driver.log if isinstance(command, ReportSpeculation)]
    return [report.outcome for report in reports if report.stage is Stage.TRANSLATION]


def asked(driver: CoreDriver) -> list[tuple[str, bool]]:
    return [(translate.text, translate.is_ahead) for translate in driver.translations()]


# --- Clauses while somebody speaks ------------------------------------------------------------------------------------


def test_a_sentence_is_translated_while_the_next_one_is_said() -> None:
    driver = connected()
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "I moved house. Please", "send")
    assert asked(driver) == [("I moved house.", False)]
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "I moved house. Please send it there.", "en")
    assert asked(driver) == [("I moved house.", False), ("Please send it there.", False)]


def test_the_record_says_why_and_counts_from_the_clauses_own_last_word() -> None:
    driver = connected()
    driver.hear(Leg.CLIENT, VOICED * 2)
    began_ms = driver.now_ms - 2000
    transcript = Transcript(
        1, "I moved house. Please", "", False, "en", 0.99, 2000, stable_ends_ms=(200, 500, 900, 1300)
    )
    driver.give(TranscriptHeard(Leg.CLIENT, transcript))
    driver.wait(80)
    driver.give(TranslationReady(1, "Me he mudado."))
    driver.give(SpeechReady(1, b"\x33" * 800))
    (record,) = driver.records()
    assert record.commit_reason is CommitReason.SENTENCE
    assert record.recognition_ms == 2000 - 900
    assert record.total_ms == driver.now_ms - (began_ms + 900)


def test_a_clause_that_waits_for_nothing_but_time_is_committed_without_an_event() -> None:
    driver = connected()
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "one by one the words of this")
    driver.wait_until(driver.now_ms + 5000)
    assert driver.translations()[0].text == "one by one the words"


def test_between_two_pauses_everything_is_one_clause() -> None:
    driver = connected(clause_policy=ClausePolicyName.PAUSE)
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "I moved house. Please", "send")
    driver.say(Leg.CLIENT)
    assert driver.translations() == []
    driver.final(Leg.CLIENT, 1, "I moved house. Please send it there.", "en")
    assert asked(driver) == [("I moved house. Please send it there.", False)]


def test_no_utterance_overtakes_the_one_before_it() -> None:
    driver = connected()
    driver.say(Leg.CLIENT)
    hear(driver, "", "I moved house")
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 2, "Send it there.", "en")
    assert asked(driver) == []
    driver.final(Leg.CLIENT, 1, "I moved house.", "en")
    assert asked(driver) == [("I moved house.", False), ("Send it there.", False)]


# --- Finals that do not come ------------------------------------------------------------------------------------------


def test_a_late_final_is_asked_for_and_then_the_interim_is_promoted() -> None:
    driver = connected(final_timeout_ms=1000)
    driver.say(Leg.CLIENT)
    (ended_ms,) = [at_ms for at_ms, command in driver.log if isinstance(command, EndUtterance)]
    voice_end_ms = ended_ms - 500
    hear(driver, "", "My number is 12.")
    driver.wait(3000)
    times = {type(command): at_ms for at_ms, command in driver.log}
    assert times[FinalizeUtterance] == voice_end_ms + 600
    assert times[ReportMissingFinal] == times[Translate] == voice_end_ms + 1000
    assert asked(driver) == [("My number is 12.", False)]
    driver.final(Leg.CLIENT, 1, "My number is 1200.", "en")
    assert asked(driver) == [("My number is 12.", False)], "what was said once is not said again"
    assert outcomes(driver) == [MissingFinal.PROMOTED, MissingFinal.LATE]


def test_a_final_of_which_nothing_was_heard_is_lost_and_holds_nothing_up() -> None:
    driver = connected(final_timeout_ms=1000)
    driver.say(Leg.CLIENT)
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 2, "Hello.", "en")
    driver.wait(1500)
    assert outcomes(driver) == [MissingFinal.LOST]
    assert asked(driver) == [("Hello.", False)]


def test_a_patient_recogniser_is_waited_for() -> None:
    driver = connected(final_timeout_ms=10_000)
    driver.say(Leg.CLIENT)
    hear(driver, "", "Hello")
    driver.wait(8000)
    assert asked(driver) == []
    driver.final(Leg.CLIENT, 1, "Hello there.", "en")
    assert asked(driver) == [("Hello there.", False)]
    assert outcomes(driver) == []


def test_a_final_in_time_asks_for_nothing() -> None:
    driver = connected(final_timeout_ms=1000)
    driver.hear(Leg.CLIENT, [*VOICED, *[False] * 26])
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.wait(3000)
    assert driver.commands(FinalizeUtterance) == []
    assert outcomes(driver) == []


def test_a_final_that_comes_before_the_end_costs_nothing() -> None:
    driver = connected()
    driver.hear(Leg.CLIENT, VOICED * 2)
    driver.final(Leg.CLIENT, 1, "Where is my order?", "en")
    driver.hear(Leg.CLIENT, [False] * 40)
    assert [translate.text for translate in driver.translations()] == ["Where is my order?"]
    assert len(driver.commands(EndUtterance)) == 1
    driver.hear(Leg.CLIENT, [*VOICED * 2, *[False] * 40])
    driver.final(Leg.CLIENT, 2, "And when does it come?", "en")
    assert driver.translations()[-1].text == "And when does it come?"


# --- Translations ahead of time ---------------------------------------------------------------------------------------


def speculating() -> CoreDriver:
    """The client has said something and pauses."""
    driver = connected(translates_ahead=True)
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "", "where is my order?")
    driver.hear(Leg.CLIENT, [False] * 8)
    return driver


def test_a_clause_is_translated_in_the_pause_and_asked_for_once() -> None:
    driver = speculating()
    (ahead,) = driver.translations()
    assert (ahead.text, ahead.is_ahead) == ("where is my order?", True)
    driver.give(TranslationReady(ahead.clause, "¿Dónde está mi pedido?"))
    assert driver.speeches() == [], "nothing is said before it is certain"
    driver.hear(Leg.CLIENT, [False] * 30)
    driver.final(Leg.CLIENT, 1, "Where is my order?", "en")
    assert [speak.text for speak in driver.speeches()] == ["¿Dónde está mi pedido?"]
    assert len(driver.translations()) == 1
    assert speculations(driver) == [SpeculationOutcome.PROMOTED]
    driver.give(SpeechReady(ahead.clause, b"\x33" * 800))
    assert driver.records()[0].translation_ms == 0


def test_a_translation_still_on_its_way_is_waited_for() -> None:
    driver = speculating()
    (ahead,) = driver.translations()
    driver.final(Leg.CLIENT, 1, "Where is my order?", "en")
    assert driver.speeches() == []
    driver.give(TranslationReady(ahead.clause, "¿Dónde está mi pedido?"))
    assert [speak.text for speak in driver.speeches()] == ["¿Dónde está mi pedido?"]
    assert len(driver.translations()) == 1


@pytest.mark.parametrize(
    "text", ["Where was my order?", "Where is my order.", "Where is my order 2?", "Is my order here?"]
)
def test_another_text_is_translated_anew(text: str) -> None:
    driver = speculating()
    driver.give(TranslationReady(1, "¿Dónde está mi pedido?"))
    driver.final(Leg.CLIENT, 1, text, "en")
    assert asked(driver) == [("where is my order?", True), (text, False)]
    assert speculations(driver) == [SpeculationOutcome.WASTED]


def test_numbers_have_to_be_exactly_the_same() -> None:
    driver = connected(translates_ahead=True)
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "", "it costs 3.5 euros")
    driver.hear(Leg.CLIENT, [False] * 8)
    driver.final(Leg.CLIENT, 1, "it costs 35 euros", "en")
    assert asked(driver) == [("it costs 3.5 euros", True), ("it costs 35 euros", False)]


def test_a_guess_that_took_a_name_for_a_word_is_not_used() -> None:
    driver = connected(translates_ahead=True, glossary=Glossary((Scope(("Bridge",)),)))
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "", "i am calling from bridge")
    driver.hear(Leg.CLIENT, [False] * 8)
    driver.final(Leg.CLIENT, 1, "I am calling from Bridge.", "en")
    assert asked(driver) == [("i am calling from bridge", True), ("I am calling from Bridge.", False)]
    assert speculations(driver) == [SpeculationOutcome.WASTED]


def test_a_failed_guess_is_asked_for_again() -> None:
    driver = speculating()
    driver.give(TranslationFailed(driver.translations()[0].clause, "timeout"))
    driver.final(Leg.CLIENT, 1, "Where is my order?", "en")
    assert asked(driver) == [("where is my order?", True), ("Where is my order?", False)]
    assert speculations(driver) == [SpeculationOutcome.WASTED]


def test_guesses_keep_their_distance() -> None:
    driver = speculating()
    began_ms = driver.now_ms
    for number in range(10):
        hear(driver, "", f"where is my order number {number}")
        driver.wait(50)
    driver.wait(1000)
    times = [at_ms for at_ms, command in driver.log if isinstance(command, Translate)]
    assert len(times) <= 2 + (driver.now_ms - began_ms) // 200
    assert all(after - before >= 200 for before, after in pairwise(times))
    assert driver.translations()[-1].text == "where is my order number 9", "the newest guess is asked for in the end"


def test_too_few_words_are_not_guessed_at() -> None:
    driver = connected(translates_ahead=True)
    driver.hear(Leg.CLIENT, VOICED)
    hear(driver, "", "hello there")
    driver.hear(Leg.CLIENT, [False] * 8)
    assert driver.translations() == []


def test_nothing_is_guessed_where_both_speak_the_same_language() -> None:
    driver = connected(translates_ahead=True)
    driver.hear(Leg.CLIENT, VOICED * 2)
    hear(driver, "", "dónde está mi pedido", language="es")
    driver.hear(Leg.CLIENT, [False] * 8)
    assert driver.translations() == []


def test_every_guess_is_accounted_for() -> None:
    driver = speculating()
    driver.final(Leg.CLIENT, 1, "Something else altogether.", "en")
    ahead = [translate for translate in driver.translations() if translate.is_ahead]
    assert len(speculations(driver)) == len(ahead)
