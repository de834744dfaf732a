"""The call's decisions, driven by a list of events and a virtual clock."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.core.call import CallCore
from app.core.governor import GovernorLimits
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import (
    BeginUtterance,
    DialAgent,
    EndCall,
    EndUtterance,
    PlayAudio,
    ReportStatus,
    SetRecognitionLanguages,
    Speak,
)
from app.domain.events import (
    EndRequested,
    LegStatusChanged,
    MarkReached,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamClosed,
    StreamOpened,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.domain.records import Outcome
from tests.unit.core_driver import RINGBACK, CoreDriver, call_config


@pytest.fixture
def driver() -> CoreDriver:
    return CoreDriver()


def speak_clause(driver: CoreDriver, clause: int, audio: bytes) -> None:
    driver.give(SpeechReady(clause, audio))
    driver.give(SpeechFinished(clause))


def test_a_clause_travels_from_one_party_to_the_other(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT, 2000)
    driver.wait(100)
    driver.final(Leg.CLIENT, 1, "Where is my order?", "en")
    (translate,) = driver.translations()
    assert (translate.text, translate.source, translate.target) == ("Where is my order?", "en", "es")
    driver.wait(80)
    driver.give(TranslationReady(translate.clause, "¿Dónde está mi pedido?"))
    (speak,) = driver.speeches()
    assert (speak.text, speak.language) == ("¿Dónde está mi pedido?", "es")
    driver.wait(300)
    speak_clause(driver, speak.clause, b"\x33" * 8000)
    driver.wait(2000)
    assert driver.played(Leg.AGENT) == b"\x33" * 8000
    assert driver.played(Leg.CLIENT) == b""


def test_the_record_of_a_clause_adds_up(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT, 2000)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.wait(80)
    driver.give(TranslationReady(1, "Hola."))
    driver.wait(300)
    driver.give(SpeechReady(1, b"\x33" * 800))
    (record,) = driver.records()
    assert record.outcome is Outcome.SPOKEN
    assert (record.speaker, record.source_language, record.target_language) == (Leg.CLIENT, "en", "es")
    assert (record.source_text, record.translated_text) == ("Hello.", "Hola.")
    assert 2000 <= record.speech_ms <= 2300
    assert (record.recognition_ms, record.translation_ms, record.synthesis_ms, record.queue_ms) == (600, 80, 300, 0)
    assert record.total_ms == 980


def test_both_directions_run_at_once(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Buenos días.", "es")
    driver.final(Leg.CLIENT, 1, "Good morning.", "en")
    assert [(each.source, each.target) for each in driver.translations()] == [("es", "en"), ("en", "es")]


def test_clauses_are_heard_in_the_order_in_which_they_were_said() -> None:
    driver = CoreDriver(CallCore(call_config(governor=GovernorLimits(speeds=()))))
    driver.connect()
    for number, text in enumerate(["One.", "Two.", "Three."], start=1):
        driver.say(Leg.CLIENT)
        driver.final(Leg.CLIENT, number, text, "en")
    for clause, text in ((3, "Tres."), (2, "Dos."), (1, "Uno.")):
        driver.give(TranslationReady(clause, text))
    audio = {1: b"\x01" * 4000, 2: b"\x02" * 4000, 3: b"\x03" * 4000}
    for clause in (1, 2, 3):
        assert [speak.clause for speak in driver.speeches()][-1] == clause, "one clause is voiced at a time, in order"
        speak_clause(driver, clause, audio[clause])
    driver.wait(5000)
    assert driver.played(Leg.AGENT) == b"".join(audio.values())


def test_the_other_party_is_spoken_to_in_the_language_that_was_heard(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Hola.", "es")
    driver.say(Leg.CLIENT, 3000)
    driver.final(Leg.CLIENT, 1, "Bonjour, je voudrais un renseignement.", "fr", 0.95)
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 2, "Dígame.", "es")
    assert [each.target for each in driver.translations()] == ["en", "es", "fr"]
    assert driver.commands(SetRecognitionLanguages) == [
        SetRecognitionLanguages(Leg.CLIENT, ("fr", "en", "es", "it"), is_settled=True)
    ]
    assert ReportStatus(CallStatus.IN_PROGRESS, "fr") in driver.commands(ReportStatus)


def test_a_client_who_speaks_the_agents_language_is_not_translated(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT, 3000)
    driver.final(Leg.CLIENT, 1, "Hablo español.", "es")
    assert driver.translations() == []
    assert [(speak.text, speak.language) for speak in driver.speeches()] == [("Hablo español.", "es")]


def test_what_is_not_intelligible_is_not_translated(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "  ")
    driver.final(Leg.CLIENT, 7, "An utterance that never began.")
    assert driver.translations() == []


def test_a_final_that_comes_twice_is_spoken_once(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "Hello.", "en")
    driver.final(Leg.CLIENT, 1, "Hello again.", "en")
    assert [each.text for each in driver.translations()] == ["Hello."]


def test_a_failed_translation_lets_the_next_clause_through(driver: CoreDriver) -> None:
    driver.connect()
    for number in (1, 2):
        driver.say(Leg.CLIENT)
        driver.final(Leg.CLIENT, number, f"Sentence {number}.", "en")
    driver.give(TranslationReady(2, "Frase dos."))
    assert driver.speeches() == []
    driver.give(TranslationFailed(1, "timeout"))
    assert [speak.clause for speak in driver.speeches() if not speak.is_own] == [2]
    (record,) = driver.records()
    assert (record.outcome, record.error_code, record.translated_text) == (Outcome.UNTRANSLATED, "timeout", None)


def test_a_failed_voice_lets_the_next_clause_through(driver: CoreDriver) -> None:
    driver.connect()
    for number in (1, 2):
        driver.say(Leg.CLIENT)
        driver.final(Leg.CLIENT, number, f"Sentence {number}.", "en")
        driver.give(TranslationReady(number, f"Frase {number}."))
    driver.give(SpeechFailed(1, "unavailable"))
    assert [speak.clause for speak in driver.speeches() if not speak.is_own] == [1, 2]
    (record,) = driver.records()
    assert (record.outcome, record.error_code, record.translated_text) == (Outcome.UNSPOKEN, "unavailable", "Frase 1.")


def test_what_was_said_while_it_rang_reaches_the_agent(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "Hello?", "en")
    driver.give(TranslationReady(1, "¿Hola?"))
    speak_clause(driver, 1, b"\x44" * 1600)
    assert driver.played(Leg.AGENT) == b""
    driver.give(StreamOpened(Leg.AGENT))
    driver.wait(1000)
    assert driver.played(Leg.AGENT) == b"\x44" * 1600


def test_the_client_hears_ringback_until_the_agent_answers(driver: CoreDriver) -> None:
    commands = driver.give(StreamOpened(Leg.CLIENT))
    assert DialAgent() in commands
    driver.wait(3000)
    heard = driver.played(Leg.CLIENT)
    assert set(heard) == set(RINGBACK)
    assert 3000 <= len(heard) / BYTES_PER_MS <= 3200
    driver.give(StreamOpened(Leg.AGENT))
    driver.log.clear()
    driver.wait(1000)
    assert driver.played(Leg.CLIENT) == b""


@pytest.mark.parametrize(
    ("status", "reason", "phrase"),
    [
        (LegStatus.BUSY, EndReason.AGENT_BUSY, Phrase.AGENT_BUSY),
        (LegStatus.NO_ANSWER, EndReason.AGENT_NO_ANSWER, Phrase.AGENT_NO_ANSWER),
        (LegStatus.FAILED, EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
        (LegStatus.COMPLETED, EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
    ],
)
def test_an_agent_who_does_not_answer_is_explained_to_the_client(
    driver: CoreDriver, status: LegStatus, reason: EndReason, phrase: Phrase
) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.RINGING), at_ms=1000)
    driver.give(LegStatusChanged(Leg.AGENT, status), at_ms=4000)
    (speak,) = driver.speeches()
    assert speak == Speak(speak.clause, phrase_text(phrase, "en"), "en", Leg.CLIENT, is_own=True)
    driver.log = [entry for entry in driver.log if not isinstance(entry[1], PlayAudio)]
    speak_clause(driver, speak.clause, b"\x55" * 8000)
    driver.wait(1500)
    assert driver.played(Leg.CLIENT) == b"\x55" * 8000, "no ring-back under the sentence"
    assert not driver.has_ended, "the sentence is still being heard"
    (mark,) = driver.marks(Leg.CLIENT)
    driver.give(MarkReached(Leg.CLIENT, mark))
    assert driver.end() == EndCall(CallStatus.FAILED, reason, None)


def test_a_status_that_comes_twice_is_explained_once(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    assert len(driver.speeches()) == 1


def test_a_client_who_hangs_up_during_the_farewell_is_let_go(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    driver.give(LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED))
    assert driver.end() == EndCall(CallStatus.FAILED, EndReason.CLIENT_HUNG_UP, None)


def test_a_farewell_without_a_voice_is_left_to_the_carrier(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    (speak,) = driver.speeches()
    driver.give(SpeechFailed(speak.clause, "timeout"))
    assert driver.end() == EndCall(CallStatus.FAILED, EndReason.AGENT_BUSY, Phrase.AGENT_BUSY)


def test_a_farewell_that_is_never_heard_ends_all_the_same(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    driver.wait(20_000)
    assert driver.end() == EndCall(CallStatus.FAILED, EndReason.AGENT_BUSY, Phrase.AGENT_BUSY)


def test_an_agent_of_whom_nothing_is_heard_counts_as_not_answering(driver: CoreDriver) -> None:
    driver.give(StreamOpened(Leg.CLIENT))
    driver.wait(36_000)
    (speak,) = driver.speeches()
    assert speak.text == phrase_text(Phrase.AGENT_NO_ANSWER, "en")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (StreamClosed(Leg.CLIENT, was_lost=False), EndReason.CLIENT_HUNG_UP),
        (StreamClosed(Leg.CLIENT, was_lost=True), EndReason.CLIENT_STREAM_LOST),
        (StreamClosed(Leg.AGENT, was_lost=False), EndReason.AGENT_HUNG_UP),
        (StreamClosed(Leg.AGENT, was_lost=True), EndReason.AGENT_STREAM_LOST),
        (LegStatusChanged(Leg.AGENT, LegStatus.COMPLETED), EndReason.AGENT_HUNG_UP),
        (LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED), EndReason.CLIENT_HUNG_UP),
        (EndRequested(EndReason.ADMINISTRATOR), EndReason.ADMINISTRATOR),
    ],
)
def test_whatever_ends_one_leg_ends_the_call_once(driver: CoreDriver, event: object, reason: EndReason) -> None:
    driver.connect()
    driver.give(event)  # type: ignore[arg-type]
    assert driver.end() == EndCall(CallStatus.COMPLETED, reason, None)
    assert driver.give(StreamClosed(Leg.CLIENT, was_lost=True)) == []
    assert driver.give(EndRequested(EndReason.ADMINISTRATOR)) == []


def test_what_was_said_last_is_recorded_when_the_speaker_hangs_up(driver: CoreDriver) -> None:
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "Translated.", "en")
    driver.give(TranslationReady(1, "Traducido."))
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 2, "Not translated yet.", "en")
    driver.give(StreamClosed(Leg.CLIENT, was_lost=False))
    assert [(record.sequence, record.outcome) for record in driver.records()] == [
        (1, Outcome.UNSPOKEN),
        (2, Outcome.UNTRANSLATED),
    ]


def test_a_bug_is_apologised_for(driver: CoreDriver) -> None:
    driver.connect()
    driver.give(EndRequested(EndReason.INTERNAL_ERROR))
    assert driver.end().farewell is Phrase.TECHNICAL_PROBLEM


def test_a_stream_that_never_opens_ends_the_call(driver: CoreDriver) -> None:
    driver.wait(61_000)
    assert driver.end() == EndCall(CallStatus.FAILED, EndReason.CLIENT_NEVER_CONNECTED, None)


def test_a_call_has_a_longest_duration() -> None:
    driver = CoreDriver(CallCore(call_config(maximum_ms=5000)))
    driver.connect()
    driver.wait(6000)
    assert driver.end() == EndCall(CallStatus.COMPLETED, EndReason.TIME_LIMIT, None)


def test_audio_that_stops_in_the_middle_of_a_word_ends_the_utterance(driver: CoreDriver) -> None:
    driver.connect()
    driver.hear(Leg.CLIENT, [True] * 50)
    assert driver.commands(EndUtterance) == []
    driver.wait(1500)
    assert len(driver.commands(EndUtterance)) == 1


def test_utterances_are_numbered_without_a_gap(driver: CoreDriver) -> None:
    driver.connect()
    for _ in range(4):
        driver.say(Leg.AGENT)
    begins = [command for command in driver.commands(BeginUtterance) if isinstance(command, BeginUtterance)]
    assert [begin.utterance for begin in begins] == [1, 2, 3, 4]
    assert all(earlier.at_ms < later.at_ms for earlier, later in pairwise(begins))


def test_a_listener_who_is_far_behind_does_not_grow_the_queue_without_bound(driver: CoreDriver) -> None:
    driver.connect()
    for number in range(1, 101):
        driver.say(Leg.CLIENT, 200)
        driver.final(Leg.CLIENT, number, f"Sentence {number}.", "en")
    dropped = [record for record in driver.records() if record.outcome is Outcome.DROPPED]
    assert [record.sequence for record in dropped] == list(range(1, 100 - 64 + 1)), "the oldest"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (LegStatus.BUSY, EndReason.CLIENT_BUSY),
        (LegStatus.NO_ANSWER, EndReason.CLIENT_NO_ANSWER),
        (LegStatus.FAILED, EndReason.CLIENT_FAILED),
        (LegStatus.COMPLETED, EndReason.CLIENT_HUNG_UP),
    ],
)
def test_a_client_who_cannot_be_reached_ends_the_call(driver: CoreDriver, status: LegStatus, reason: EndReason) -> None:
    driver.give(LegStatusChanged(Leg.CLIENT, LegStatus.RINGING))
    assert not driver.has_ended
    driver.give(LegStatusChanged(Leg.CLIENT, status))
    assert driver.end() == EndCall(CallStatus.FAILED, reason, None)
    assert not driver.commands(DialAgent)
