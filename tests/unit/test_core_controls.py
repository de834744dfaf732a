"""Keys, spoken commands and the hand-over, on a virtual clock."""

from __future__ import annotations

import pytest

from app.core.call import CallCore
from app.domain.commands import (
    BeginUtterance,
    Command,
    DialInterpreter,
    EndCall,
    MoveToConference,
    ReleaseInterpreter,
    ReportControl,
    ReportStatus,
)
from app.domain.controls import Action, Control, parse_key_bindings
from app.domain.events import (
    InterpreterStatusChanged,
    KeyPressed,
    LegStatusChanged,
    MarkReached,
    MovedToConference,
    NotMovedToConference,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamClosed,
    StreamOpened,
    TranscriptHeard,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.domain.transcripts import Transcript
from tests.unit.core_driver import CoreDriver, call_config

KEYS = parse_key_bindings("1=language:en,2=language:fr,*=repeat,7=slower,9=faster,0=interpreter")


@pytest.fixture
def driver() -> CoreDriver:
    driver = CoreDriver(CallCore(call_config(keys=dict.fromkeys(Leg, KEYS))))
    driver.connect()
    return driver


def speak(driver: CoreDriver, *, milliseconds: int = 1000) -> None:
    """Voice everything that waits for a voice, and let it be played and acknowledged."""
    done: set[int] = set()
    while waiting := [each.clause for each in driver.speeches() if each.clause not in done]:
        for clause in waiting:
            done.add(clause)
            driver.give(SpeechReady(clause, bytes([clause]) * 4000))
            driver.give(SpeechFinished(clause))
        driver.wait(milliseconds)
    for leg in Leg:
        for name in driver.marks(leg):
            driver.give(MarkReached(leg, name))


def interpret(driver: CoreDriver, leg: Leg, text: str, translation: str) -> None:
    """One party says something, and the other hears it."""
    driver.say(leg, 1000)
    begun = [each.utterance for each in driver.commands(BeginUtterance) if each.leg is leg]  # type: ignore[union-attr]
    driver.final(leg, begun[-1], text, "es" if leg is Leg.AGENT else "en")
    driver.give(TranslationReady(driver.translations()[-1].clause, translation))
    speak(driver)


def told(driver: CoreDriver) -> list[tuple[str, str]]:
    return [(each.text, each.language) for each in driver.speeches()]


def reports(driver: CoreDriver) -> list[Command]:
    return driver.commands(ReportControl)


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_a_key_that_is_bound_to_nothing_is_reported_and_heard_by_nobody(driver: CoreDriver) -> None:
    assert driver.give(KeyPressed(Leg.CLIENT, "5")) == [ReportControl(Leg.CLIENT, "5", None)]
    driver.wait(2000)
    assert driver.played(Leg.AGENT) == b""


def test_repeat_says_the_last_sentence_again_to_who_asked(driver: CoreDriver) -> None:
    interpret(driver, Leg.CLIENT, "The number is 7.", "El número es 7.")
    driver.give(KeyPressed(Leg.AGENT, "*"))
    assert told(driver) == [("El número es 7.", "es")] * 2
    driver.give(KeyPressed(Leg.CLIENT, "*"))
    speak(driver)
    assert told(driver)[-1] == (phrase_text(Phrase.NOTHING_TO_REPEAT, "en"), "en")


def test_a_sentence_that_waits_for_its_turn_to_be_repeated_is_no_nothing(driver: CoreDriver) -> None:
    interpret(driver, Leg.CLIENT, "One.", "Uno.")
    driver.give(KeyPressed(Leg.AGENT, "*"))
    driver.give(KeyPressed(Leg.AGENT, "*"))
    speak(driver)
    speak(driver)
    assert told(driver) == [("Uno.", "es")] * 3


def test_slower_and_faster_go_in_steps_and_say_so(driver: CoreDriver) -> None:
    for digit in "7779999":
        driver.give(KeyPressed(Leg.CLIENT, digit))
        speak(driver)
    slower, faster, limit = (
        (phrase_text(phrase, "en"), "en") for phrase in (Phrase.SLOWER, Phrase.FASTER, Phrase.TEMPO_LIMIT)
    )
    assert told(driver) == [slower, slower, limit, faster, faster, limit, limit]


def test_slower_is_slower(driver: CoreDriver) -> None:
    interpret(driver, Leg.AGENT, "Hola.", "Hello.")
    usual = len(driver.played(Leg.CLIENT))
    for _ in range(2):
        driver.give(KeyPressed(Leg.CLIENT, "7"))
        speak(driver, milliseconds=3000)
    driver.log = [entry for entry in driver.log if entry[1] in driver.speeches() or entry[1] in driver.translations()]
    interpret(driver, Leg.AGENT, "Hola.", "Hello.")
    assert len(driver.played(Leg.CLIENT)) == pytest.approx(usual / 0.85, rel=0.05)


@pytest.mark.parametrize("leg", list(Leg))
def test_either_party_may_choose_the_clients_language(driver: CoreDriver, leg: Leg) -> None:
    driver.give(KeyPressed(leg, "2"))
    assert ReportStatus(CallStatus.IN_PROGRESS, "fr") in driver.commands(ReportStatus)
    speak(driver)
    assert told(driver) == [(phrase_text(Phrase.LANGUAGE_CHOSEN, "fr"), "fr")]
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Buenos días.", "es")
    assert driver.translations()[-1].target == "fr"


def test_keys_do_nothing_during_a_farewell() -> None:
    driver = CoreDriver(CallCore(call_config(keys=dict.fromkeys(Leg, KEYS))))
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    assert driver.give(KeyPressed(Leg.CLIENT, "0")) == [ReportControl(Leg.CLIENT, "0", None)]


# --- Voice ------------------------------------------------------------------------------------------------------------


def test_a_command_by_name_is_done_and_not_interpreted(driver: CoreDriver) -> None:
    interpret(driver, Leg.CLIENT, "The number is 7.", "El número es 7.")
    driver.say(Leg.AGENT)
    for stable in ("Intérprete,", "Intérprete, repita", "Intérprete, repita por"):
        driver.give(TranscriptHeard(Leg.AGENT, Transcript(1, stable, "x", language="es")))
    driver.final(Leg.AGENT, 1, "Intérprete, repita por favor.", "es")
    assert reports(driver) == [ReportControl(Leg.AGENT, "", Control(Action.REPEAT))]
    assert told(driver) == [("El número es 7.", "es")] * 2
    assert len(driver.translations()) == 1
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 2, "Gracias.", "es")
    assert driver.translations()[-1].text == "Gracias."


def test_what_only_begins_like_a_command_is_interpreted_whole(driver: CoreDriver) -> None:
    driver.say(Leg.AGENT)
    for stable in ("Intérprete,", "Intérprete, repita", "Intérprete, repita el número"):
        driver.give(TranscriptHeard(Leg.AGENT, Transcript(1, stable, language="es")))
    driver.final(Leg.AGENT, 1, "Intérprete, repita el número a mi madre.", "es")
    assert " ".join(each.text for each in driver.translations()) == "Intérprete, repita el número a mi madre."
    assert reports(driver) == []


def test_repeat_without_a_name_is_for_the_other_person(driver: CoreDriver) -> None:
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "¿Puede repetir, por favor?", "es")
    assert [each.text for each in driver.translations()] == ["¿Puede repetir, por favor?"]
    assert reports(driver) == []


def test_slower_please_is_done_and_passed_on(driver: CoreDriver) -> None:
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Más despacio, por favor.", "es")
    assert [each.text for each in driver.translations()] == ["Más despacio, por favor."]
    assert reports(driver) == [ReportControl(Leg.AGENT, "", Control(Action.SLOWER))]
    assert driver.speeches() == [], "nothing is said about it: the other party answers"


def test_spoken_commands_can_be_switched_off() -> None:
    driver = CoreDriver(CallCore(call_config(voice_commands=False)))
    driver.connect()
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Intérprete, repita.", "es")
    assert [each.text for each in driver.translations()] == ["Intérprete, repita."]


# --- The hand-over ----------------------------------------------------------------------------------------------------


def answered(driver: CoreDriver) -> None:
    """An interpreter was asked for and has answered."""
    driver.give(KeyPressed(Leg.CLIENT, "0"))
    for status in (LegStatus.INITIATED, LegStatus.RINGING, LegStatus.IN_PROGRESS, LegStatus.IN_PROGRESS):
        driver.give(InterpreterStatusChanged(status))


def moving(driver: CoreDriver) -> None:
    answered(driver)
    speak(driver)
    speak(driver)
    assert driver.commands(MoveToConference) == [MoveToConference()]


def test_both_are_told_in_their_language_before_they_are_moved(driver: CoreDriver) -> None:
    answered(driver)
    assert driver.commands(DialInterpreter) == [DialInterpreter()]
    assert driver.commands(MoveToConference) == []
    speak(driver)
    speak(driver)
    assert told(driver) == [
        (phrase_text(Phrase.CALLING_INTERPRETER, "en"), "en"),
        (phrase_text(Phrase.HANDING_OVER, "es"), "es"),
        (phrase_text(Phrase.HANDING_OVER, "en"), "en"),
    ]
    assert driver.commands(MoveToConference) == [MoveToConference()]
    for leg in (Leg.AGENT, Leg.CLIENT):
        driver.give(StreamClosed(leg, was_lost=False))
    assert not driver.has_ended, "that the streams end is the hand-over, not a hang-up"
    driver.give(MovedToConference())
    assert driver.end() == EndCall(CallStatus.COMPLETED, EndReason.HANDED_OVER, None)


def test_nobody_is_called_to_a_client_who_is_still_alone() -> None:
    driver = CoreDriver(CallCore(call_config(keys=dict.fromkeys(Leg, KEYS))))
    driver.give(StreamOpened(Leg.CLIENT))
    driver.give(KeyPressed(Leg.CLIENT, "0"))
    assert driver.commands(DialInterpreter) == []
    assert told(driver) == [(phrase_text(Phrase.INTERPRETER_UNAVAILABLE, "en"), "en")]


def test_the_bridge_goes_on_while_the_interpreters_telephone_rings(driver: CoreDriver) -> None:
    driver.give(KeyPressed(Leg.AGENT, "0"))
    driver.give(InterpreterStatusChanged(LegStatus.RINGING))
    speak(driver)
    interpret(driver, Leg.CLIENT, "Are you there?", "¿Sigue ahí?")
    assert told(driver)[-1] == ("¿Sigue ahí?", "es")


def test_nobody_is_moved_before_both_have_heard_it(driver: CoreDriver) -> None:
    answered(driver)
    notices = [each.clause for each in driver.speeches() if each.text != phrase_text(Phrase.CALLING_INTERPRETER, "en")]
    driver.give(MarkReached(Leg.CLIENT, "clause-99-end"))
    driver.give(MarkReached(Leg.AGENT, f"clause-{notices[0]}-end"))
    driver.wait(3000)
    assert driver.commands(MoveToConference) == []


def test_a_notice_without_a_voice_does_not_hold_the_hand_over_up(driver: CoreDriver) -> None:
    answered(driver)
    for each in driver.speeches():
        driver.give(SpeechFailed(each.clause, "timeout"))
    driver.wait(20_000)
    assert driver.commands(MoveToConference) == [MoveToConference()]


@pytest.mark.parametrize("status", [LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.FAILED, LegStatus.CANCELED])
def test_an_interpreter_who_does_not_answer_costs_nobody_the_call(driver: CoreDriver, status: LegStatus) -> None:
    driver.give(KeyPressed(Leg.AGENT, "0"))
    driver.give(InterpreterStatusChanged(LegStatus.RINGING))
    driver.give(InterpreterStatusChanged(status))
    speak(driver)
    speak(driver)
    assert [text for text, _ in told(driver)] == [
        phrase_text(Phrase.CALLING_INTERPRETER, "es"),
        phrase_text(Phrase.INTERPRETER_UNAVAILABLE, "es"),
    ]
    interpret(driver, Leg.CLIENT, "Hello?", "¿Hola?")
    driver.give(KeyPressed(Leg.AGENT, "0"))
    assert len(driver.commands(DialInterpreter)) == 2, "one may try again"


def test_an_interpreter_of_whom_nothing_is_heard_is_given_up(driver: CoreDriver) -> None:
    driver.give(KeyPressed(Leg.CLIENT, "0"))
    speak(driver)
    driver.wait(100_000)
    assert driver.commands(ReleaseInterpreter) == [ReleaseInterpreter()]
    assert told(driver)[-1][0] == phrase_text(Phrase.INTERPRETER_UNAVAILABLE, "en")


def test_an_interpreter_who_hangs_up_before_the_move_is_missed_in_time(driver: CoreDriver) -> None:
    answered(driver)
    driver.give(InterpreterStatusChanged(LegStatus.COMPLETED))
    speak(driver)
    speak(driver)
    speak(driver)
    assert driver.commands(MoveToConference) == []
    assert told(driver)[-1][0] == phrase_text(Phrase.INTERPRETER_UNAVAILABLE, "en")


def test_who_asks_twice_is_told_twice_and_one_is_called(driver: CoreDriver) -> None:
    for _ in range(2):
        driver.give(KeyPressed(Leg.CLIENT, "0"))
        speak(driver)
    assert len(driver.commands(DialInterpreter)) == 1
    assert len(told(driver)) == 2


def test_a_carrier_that_refuses_to_move_costs_nobody_the_call(driver: CoreDriver) -> None:
    moving(driver)
    driver.give(NotMovedToConference(()))
    assert driver.commands(ReleaseInterpreter) == [ReleaseInterpreter()]
    speak(driver)
    assert told(driver)[-1][0] == phrase_text(Phrase.INTERPRETER_UNAVAILABLE, "en")
    interpret(driver, Leg.CLIENT, "Hello?", "¿Hola?")
    driver.give(StreamClosed(Leg.CLIENT, was_lost=False))
    assert driver.end().reason is EndReason.CLIENT_HUNG_UP


def test_a_party_who_hangs_up_while_being_moved_has_hung_up(driver: CoreDriver) -> None:
    moving(driver)
    driver.give(StreamClosed(Leg.AGENT, was_lost=False))
    driver.give(StreamClosed(Leg.CLIENT, was_lost=False))
    driver.give(NotMovedToConference((Leg.AGENT,)))
    assert driver.end() == EndCall(CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP, None)


def test_a_client_who_cannot_follow_the_agent_is_apologised_to(driver: CoreDriver) -> None:
    moving(driver)
    driver.give(StreamClosed(Leg.AGENT, was_lost=False))
    driver.give(NotMovedToConference((Leg.AGENT,)))
    assert driver.end() == EndCall(CallStatus.COMPLETED, EndReason.INTERNAL_ERROR, Phrase.TECHNICAL_PROBLEM)


def test_a_leg_that_is_reported_down_while_being_moved_ends_the_call(driver: CoreDriver) -> None:
    moving(driver)
    driver.give(LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED))
    assert driver.end().reason is EndReason.CLIENT_HUNG_UP
