"""Directions that a speech-to-speech provider interprets: what is heard, what is written, and who takes over when."""

from __future__ import annotations

import pytest

from app.core.call import CallCore
from app.core.language_hints import HintSource, LanguageHint
from app.domain.audio import FRAME_BYTES, duration_ms
from app.domain.commands import LeaveDirect, PlayAudio, SetDirectTarget
from app.domain.direct import SourceText, Spoken, TargetText, TurnEnded
from app.domain.events import DirectFailed, EndRequested, PolicyChanged, SpeechFinished, SpeechReady
from app.domain.legs import EndReason, Leg
from app.domain.policies import Listening, Overlap
from app.domain.records import CommitReason, Outcome
from tests.unit.core_driver import CoreDriver
from tests.unit.direct_driver import TIMEOUT_MS, VOICE, direct_config, give

LONG_WINDED = "Quisiera cambiar la dirección de mi domicilio, si es usted tan amable."
"""Nobody takes longer for the first sentence of those who would like to change their address."""
ORIGINAL = b"\x41" * FRAME_BYTES


@pytest.fixture
def call() -> CoreDriver:
    driver = CoreDriver(CallCore(direct_config()))
    driver.connect()
    return driver


def speak(call: CoreDriver, leg: Leg, text: str, milliseconds: int, *, is_over: bool = True) -> None:
    """Let the provider say something in real time, as it does."""
    give(call, leg, TargetText(f" {text}"))
    for _ in range(milliseconds // 200):
        give(call, leg, Spoken(VOICE * 10))
        call.wait(200)
    if is_over:
        give(call, leg, TurnEnded())


def voiced(call: CoreDriver, leg: Leg) -> int:
    """Return how many milliseconds of the provider's voice were sent to a leg."""
    return duration_ms(bytes(byte for byte in call.played(leg) if byte == VOICE[0]))


def test_what_the_provider_says_is_heard_and_written(call: CoreDriver) -> None:
    call.hear(Leg.CLIENT, [True] * 60)
    give(call, Leg.CLIENT, SourceText(" Where is"), SourceText(" my order?"))
    call.hear(Leg.CLIENT, [False] * 30)
    speak(call, Leg.CLIENT, "¿Dónde está mi pedido?", 1400)
    call.final(Leg.CLIENT, 1, "Where is my order?")
    call.wait(10_000)
    assert voiced(call, Leg.AGENT) == 1400
    (record,) = call.records()
    assert (record.source_text, record.translated_text) == ("Where is my order?", "¿Dónde está mi pedido?")
    assert (record.source_language, record.target_language, record.speaker) == ("en", "es", Leg.CLIENT)
    assert (record.outcome, record.commit_reason) == (Outcome.SPOKEN, CommitReason.DIRECT)
    assert record.translation_ms is None
    assert call.translations() == []
    assert call.speeches() == []
    assert call.commands(LeaveDirect) == []


def test_the_record_comes_with_the_whole_text_and_once(call: CoreDriver) -> None:
    speak(call, Leg.CLIENT, "Uno", 1000, is_over=False)
    assert call.records() == []
    speak(call, Leg.CLIENT, "dos", 1000)
    call.wait(3000)
    assert [record.translated_text for record in call.records()] == ["Uno dos"]
    assert call.marks(Leg.AGENT) == ["clause-1-end"]


def test_without_the_providers_word_the_recognisers_is_taken(call: CoreDriver) -> None:
    for utterance, text in enumerate(("Where is my order?", "I have waited for a week."), start=1):
        call.say(Leg.CLIENT)
        call.final(Leg.CLIENT, utterance, text)
        speak(call, Leg.CLIENT, "Lo que sea que haya dicho.", 1600)
        call.wait(4000)
    assert [record.source_text for record in call.records()] == ["Where is my order?", "I have waited for a week."]


def test_turns_are_heard_in_order_and_behind_what_the_bridge_says(call: CoreDriver) -> None:
    call.wait(10)
    interpreter_clause = call.core._interpreter.say(Leg.AGENT, "Un momento.", "es", call.now_ms)[0]
    speak(call, Leg.CLIENT, "Primera.", 600)
    speak(call, Leg.CLIENT, "Segunda.", 600)
    assert voiced(call, Leg.AGENT) == 0, "the bridge has the floor"
    call.give(SpeechReady(interpreter_clause, b"\x20" * FRAME_BYTES))
    call.give(SpeechFinished(interpreter_clause))
    call.wait(4000)
    assert voiced(call, Leg.AGENT) >= 1100, "a little faster, to catch up"
    assert call.played(Leg.AGENT).index(b"\x20") < call.played(Leg.AGENT).index(VOICE)
    assert [record.translated_text for record in call.records()] == ["Primera.", "Segunda."]


def test_a_turn_whose_sound_comes_unevenly_is_heard_without_a_gap(call: CoreDriver) -> None:
    for late_ms in (0, 60, 0, 90, 30, 100, 0):
        call.wait(late_ms)
        give(call, Leg.CLIENT, Spoken(VOICE * 10))
        call.wait(200 - late_ms)
    give(call, Leg.CLIENT, TurnEnded())
    call.wait(2000)
    played = [
        (at_ms, duration_ms(command.ulaw))
        for at_ms, command in call.log
        if isinstance(command, PlayAudio) and command.leg is Leg.AGENT and VOICE[0] in command.ulaw
    ]
    assert sum(length_ms for _, length_ms in played) >= 7 * 200
    heard_until_ms = played[0][0]
    for at_ms, length_ms in played:
        assert at_ms <= heard_until_ms, "the carrier had nothing more to play"
        heard_until_ms += length_ms


def test_a_word_shorter_than_the_lead_is_heard_when_its_turn_is_over(call: CoreDriver) -> None:
    give(call, Leg.CLIENT, TargetText(" Sí."), Spoken(VOICE * 10))
    call.wait(100)
    assert voiced(call, Leg.AGENT) == 0
    give(call, Leg.CLIENT, TurnEnded())
    call.wait(1000)
    assert voiced(call, Leg.AGENT) == 200


def test_both_directions_at_once(call: CoreDriver) -> None:
    speak(call, Leg.CLIENT, "Hola.", 600)
    speak(call, Leg.AGENT, "Hello.", 600)
    call.wait(2000)
    assert (voiced(call, Leg.AGENT), voiced(call, Leg.CLIENT)) == (600, 600)
    assert [record.speaker for record in call.records()] == [Leg.CLIENT, Leg.AGENT]


def test_one_direction_may_be_a_cascade() -> None:
    call = CoreDriver(CallCore(direct_config(legs=frozenset({Leg.CLIENT}))))
    call.connect()
    assert set(call.core.direct_targets) == {Leg.CLIENT}
    call.say(Leg.AGENT)
    call.final(Leg.AGENT, 1, "Buenos días, ¿en qué puedo ayudarle?")
    assert [command.text for command in call.translations()] == ["Buenos días, ¿en qué puedo ayudarle?"]


# --- The cascade takes over -------------------------------------------------------------------------------------------


def test_what_a_dead_provider_did_not_say_the_cascade_does(call: CoreDriver) -> None:
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "I would like to change my address.")
    assert call.translations() == []
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    assert [command.text for command in call.translations()] == ["I would like to change my address."]
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 2, "It is the blue house.")
    assert [command.text for command in call.translations()][1:] == ["It is the blue house."]


def test_what_it_said_is_not_said_again_and_what_it_began_is(call: CoreDriver) -> None:
    call.say(Leg.CLIENT, 3000)
    call.final(Leg.CLIENT, 1, "I would like to change my address. The new one is in the old town.")
    speak(call, Leg.CLIENT, LONG_WINDED, 5000, is_over=False)
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    assert [command.text for command in call.translations()] == ["The new one is in the old town."]
    call.wait(3000)
    assert voiced(call, Leg.AGENT) == 5000, "what was begun is heard as far as it came"
    assert call.records()[0].translated_text == LONG_WINDED


def test_what_the_recogniser_commits_after_the_end_is_compared_too(call: CoreDriver) -> None:
    call.say(Leg.CLIENT, 3000)
    speak(call, Leg.CLIENT, LONG_WINDED, 5000, is_over=False)
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    call.final(Leg.CLIENT, 1, "I would like to change my address. The new one is in the old town.")
    assert [command.text for command in call.translations()] == ["The new one is in the old town."]


def test_words_said_after_the_end_are_never_taken_for_said(call: CoreDriver) -> None:
    speak(call, Leg.CLIENT, "Una frase muy larga que nadie ha dicho todavía y que sobra.", 4000)
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "My name is Anna.")
    assert [command.text for command in call.translations()] == ["My name is Anna."]


def test_text_without_its_audio_was_not_said(call: CoreDriver) -> None:
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "I would like to change my address.")
    give(call, Leg.CLIENT, TargetText(" Quisiera cambiar mi dirección."), Spoken(VOICE * 10))
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    assert [command.text for command in call.translations()] == ["I would like to change my address."]


def test_text_of_the_next_sentence_is_not_said_by_the_audio_of_the_last(call: CoreDriver) -> None:
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "I would like to change my address.")
    speak(call, Leg.CLIENT, "Eh.", 200)
    give(call, Leg.CLIENT, TargetText(" Quisiera cambiar mi dirección, por favor."))
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    assert [command.text for command in call.translations()] == ["I would like to change my address."]


def test_what_was_said_after_its_last_word_was_not_said_by_it(call: CoreDriver) -> None:
    speak(call, Leg.CLIENT, "Una introducción larga que nadie ha pedido ni ha dicho, y que sobra del todo.", 5000)
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "My name is Anna.")
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    assert [command.text for command in call.translations()] == ["My name is Anna."]


def test_a_silent_provider_is_left_after_the_time_limit(call: CoreDriver) -> None:
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "I would like to change my address.")
    call.wait(TIMEOUT_MS - 1500)
    assert call.commands(LeaveDirect) == []
    call.wait(1500)
    assert call.commands(LeaveDirect) == [LeaveDirect(Leg.CLIENT, "silent")]
    assert [command.text for command in call.translations()] == ["I would like to change my address."]
    assert Leg.AGENT in call.core.direct_targets, "the other direction goes on"
    give(call, Leg.CLIENT, Spoken(VOICE * 10))
    call.wait(1000)
    assert voiced(call, Leg.AGENT) == 0, "who was left is not listened to"


def test_one_that_stops_in_mid_sentence_is_left_too(call: CoreDriver) -> None:
    call.say(Leg.CLIENT, 3000)
    call.final(
        Leg.CLIENT, 1, "I would like to change my address. The new one is in the old town. It is the blue house."
    )
    speak(call, Leg.CLIENT, "Quisiera cambiar la dirección de mi domicilio.", 2400)
    call.wait(TIMEOUT_MS + 500)
    assert call.commands(LeaveDirect) == [LeaveDirect(Leg.CLIENT, "silent")]
    assert " ".join(command.text for command in call.translations()).endswith(
        "The new one is in the old town. It is the blue house."
    )


def test_one_that_is_brief_is_not_left(call: CoreDriver) -> None:
    for utterance in range(1, 4):
        call.say(Leg.CLIENT, 2000)
        call.final(Leg.CLIENT, utterance, "Well, you know, I would really like to change my address.")
        speak(call, Leg.CLIENT, "Quiero cambiar mi dirección, por favor.", 2400)
        call.wait(2 * TIMEOUT_MS)
    assert call.commands(LeaveDirect) == []
    assert call.translations() == []


def test_one_that_is_far_behind_is_given_the_time_to_be_done(call: CoreDriver) -> None:
    """It began five seconds late, said it briefly, and has nothing to add: the cascade does not say it again."""
    call.say(Leg.CLIENT, 1200)
    call.final(Leg.CLIENT, 1, "Where is my order? I have been waiting for a week.")
    call.wait(4000)
    speak(call, Leg.CLIENT, "¿Y mi pedido? Espero hace una semana.", 2600)
    call.wait(4 * TIMEOUT_MS)
    assert call.commands(LeaveDirect) == []
    assert call.translations() == []


def test_a_failure_is_counted_once(call: CoreDriver) -> None:
    call.say(Leg.CLIENT)
    call.final(Leg.CLIENT, 1, "I would like to change my address.")
    for _ in range(3):
        call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    call.wait(3 * TIMEOUT_MS)
    assert len(call.translations()) == 1
    assert call.commands(LeaveDirect) == []


# --- Languages --------------------------------------------------------------------------------------------------------


def test_the_client_is_spoken_to_in_what_they_turn_out_to_speak(call: CoreDriver) -> None:
    assert call.core.direct_targets == {Leg.CLIENT: "es", Leg.AGENT: "en"}
    call.say(Leg.CLIENT, 3000)
    call.final(Leg.CLIENT, 1, "Bonjour, je voudrais changer mon adresse, s'il vous plaît.", "fr")
    assert SetDirectTarget(Leg.AGENT, "fr") in call.commands(SetDirectTarget)
    speak(call, Leg.AGENT, "D'accord.", 600)
    call.wait(1000)
    assert call.records()[-1].target_language == "fr"


def test_a_language_that_it_does_not_speak_is_the_cascades() -> None:
    call = CoreDriver(CallCore(direct_config(targets=frozenset({"en", "es"}))))
    call.connect()
    call.say(Leg.CLIENT, 3000)
    call.final(Leg.CLIENT, 1, "Bonjour, je voudrais changer mon adresse, s'il vous plaît.", "fr")
    assert call.commands(LeaveDirect) == [LeaveDirect(Leg.AGENT, "language", is_fault=False)]
    call.say(Leg.AGENT)
    call.final(Leg.AGENT, 1, "De acuerdo.")
    assert [(each.source, each.target) for each in call.translations()] == [("es", "fr")]


def test_a_client_whose_guessed_language_it_does_not_speak_begins_with_the_cascade() -> None:
    hint = LanguageHint(HintSource.COUNTRY, "it")
    call = CoreDriver(CallCore(direct_config(client_language_hint=hint)))
    assert call.core.direct_targets == {Leg.CLIENT: "es"}


def test_who_speaks_the_listeners_language_is_heard_as_they_are(call: CoreDriver) -> None:
    call.say(Leg.CLIENT, 3000, ORIGINAL)
    call.final(Leg.CLIENT, 1, "Buenos días, quisiera cambiar mi dirección.", "es")
    call.wait(5000)
    assert call.translations() == call.speeches() == []
    assert duration_ms(bytes(byte for byte in call.played(Leg.AGENT) if byte == ORIGINAL[0])) >= 2900
    assert [record.outcome for record in call.records()] == [Outcome.PASSED_THROUGH]
    assert call.commands(LeaveDirect) == []


def test_an_agent_who_speaks_the_clients_language_is_heard_as_they_are(call: CoreDriver) -> None:
    """Their recogniser listens for Spanish only; what the provider wrote down and did not translate tells."""
    call.say(Leg.AGENT, 2000, ORIGINAL)
    give(call, Leg.AGENT, SourceText(" Of course,"), SourceText(" that is what I will do for you."))
    call.final(Leg.AGENT, 1, "Ofcors dad is guat")
    call.wait(4000)
    assert duration_ms(bytes(byte for byte in call.played(Leg.CLIENT) if byte == ORIGINAL[0])) >= 1900
    (record,) = call.records()
    assert (record.outcome, record.source_text) == (
        Outcome.PASSED_THROUGH,
        "Of course, that is what I will do for you.",
    )
    call.wait(2 * TIMEOUT_MS)
    assert call.commands(LeaveDirect) == []
    assert call.translations() == []


@pytest.mark.parametrize("is_recogniser_first", [True, False])
def test_an_original_is_heard_once(call: CoreDriver, is_recogniser_first: bool) -> None:
    """The provider's text and the recogniser both tell that it needs no translation, one after the other."""
    text = "Buenos días, quisiera cambiar mi dirección, que no es la que ustedes tienen."
    call.say(Leg.CLIENT, 3000, ORIGINAL)
    for step in range(2):
        if (step == 0) == is_recogniser_first:
            call.final(Leg.CLIENT, 1, text, "es")
        else:
            give(call, Leg.CLIENT, SourceText(f" {text}"))
        call.wait(1500)
    call.wait(8000)
    assert 2900 <= duration_ms(bytes(byte for byte in call.played(Leg.AGENT) if byte == ORIGINAL[0])) <= 3400
    assert {record.outcome for record in call.records()} == {Outcome.PASSED_THROUGH}


def test_an_interpreter_who_takes_their_time_is_not_overtaken_by_the_original(call: CoreDriver) -> None:
    call.say(Leg.AGENT, 2000, ORIGINAL)
    give(call, Leg.AGENT, SourceText(" Claro que sí, eso es lo que voy a hacer."))
    call.wait(3000)
    assert ORIGINAL[0] not in call.played(Leg.CLIENT)
    speak(call, Leg.AGENT, "Of course, that is what I will do.", 2000)
    call.final(Leg.AGENT, 1, "Claro que sí, eso es lo que voy a hacer.")
    call.wait(2 * TIMEOUT_MS)
    assert [record.outcome for record in call.records()] == [Outcome.SPOKEN]


def test_while_both_speak_the_same_language_nothing_is_interpreted() -> None:
    call = CoreDriver(CallCore(direct_config(bypass_same_language=True)))
    call.connect()
    call.say(Leg.CLIENT, 3000, ORIGINAL)
    call.final(Leg.CLIENT, 1, "Buenos días, quisiera cambiar mi dirección.", "es")
    assert set(call.commands(SetDirectTarget)) == {SetDirectTarget(leg, None) for leg in Leg}
    call.wait(8000)
    call.log.clear()
    call.say(Leg.AGENT, 1000, ORIGINAL)
    give(call, Leg.AGENT, Spoken(VOICE))
    call.final(Leg.AGENT, 1, "Claro que sí, dígame.")
    call.wait(2 * TIMEOUT_MS)
    assert [record.outcome for record in call.records()] == [Outcome.PASSED_THROUGH]
    assert voiced(call, Leg.CLIENT) == 0
    assert ORIGINAL[0] in call.played(Leg.CLIENT)
    assert call.commands(LeaveDirect) == call.translations() == []


# --- Listeners --------------------------------------------------------------------------------------------------------


def test_a_listener_who_reads_gets_the_text_and_no_sound(call: CoreDriver) -> None:
    call.give(PolicyChanged(Leg.AGENT, Listening.CAPTIONS))
    speak(call, Leg.CLIENT, "Hola.", 600)
    call.wait(1000)
    assert voiced(call, Leg.AGENT) == 0
    assert [(record.outcome, record.translated_text) for record in call.records()] == [(Outcome.CAPTIONED, "Hola.")]


def test_a_listener_who_interrupts_ends_the_turn() -> None:
    call = CoreDriver(CallCore(direct_config(overlap={Leg.CLIENT: Overlap.KEEP, Leg.AGENT: Overlap.STOP})))
    call.connect()
    give(call, Leg.CLIENT, TargetText(" Hola"))
    for index in range(20):
        give(call, Leg.CLIENT, Spoken(VOICE * 10))
        call.hear(Leg.AGENT, [index > 4] * 10)
    give(call, Leg.CLIENT, TurnEnded())
    call.wait(2000)
    (record,) = call.records()
    assert record.outcome is Outcome.INTERRUPTED
    assert 0 < (record.heard_ms or 0) < 4000
    assert voiced(call, Leg.AGENT) < 4000


def test_a_call_that_ends_in_the_middle_of_a_turn_records_it_once(call: CoreDriver) -> None:
    speak(call, Leg.CLIENT, "Una frase que no", 1000, is_over=False)
    call.give(EndRequested(EndReason.ADMINISTRATOR))
    assert [(record.outcome, record.translated_text) for record in call.records()] == [
        (Outcome.SPOKEN, " Una frase que no")
    ]


def test_a_turn_without_end_is_bounded(call: CoreDriver) -> None:
    for _ in range(140):
        give(call, Leg.CLIENT, Spoken(VOICE * 50))
    give(call, Leg.CLIENT, TurnEnded())
    call.wait(200_000)
    assert voiced(call, Leg.AGENT) <= 122_000


def test_an_endless_speech_is_never_left_while_it_is_interpreted(call: CoreDriver) -> None:
    """Five minutes almost without a pause, three seconds behind and a third longer, by a recogniser that is late."""
    for utterance in range(1, 31):
        for step in range(50):
            call.hear(Leg.CLIENT, [step < 47] * 10)
            if utterance > 1 or step >= 15:
                give(call, Leg.CLIENT, TargetText(" dic"), Spoken(VOICE * 10))
        call.final(Leg.CLIENT, utterance, "They talk on and on and on. " * 5)
    assert call.commands(LeaveDirect) == []
    assert call.translations() == []
    call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    again = sum(len(command.text) for command in call.translations())
    assert 0 < again < 300, "what was said of late, and not the whole speech"
