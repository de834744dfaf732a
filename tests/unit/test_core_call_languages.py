"""Everything that follows the client's language, in whole calls on a virtual clock."""

from __future__ import annotations

from itertools import count

import pytest

from app.core.call import CallCore
from app.core.language_hints import HintSource, LanguageHint
from app.domain.audio import FRAME_BYTES
from app.domain.commands import PlayAudio, ReportLanguage, ReportStatus, SetRecognitionLanguages, Speak
from app.domain.events import (
    LanguageHinted,
    LegStatusChanged,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
    TranslationReady,
)
from app.domain.language_notices import NOTICE_LANGUAGES, notice_to_agent, notice_to_client
from app.domain.languages import LanguageReason, likely_languages
from app.domain.legs import CallStatus, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.domain.policies import Listening
from app.domain.records import Outcome
from tests.unit.core_driver import CoreDriver, call_config

ENGLISH = "I would like to know where my order is."
FRENCH = "Je voudrais savoir où est ma commande."
GERMAN = "Ich möchte gerne wissen, wo meine Bestellung ist."


class Talk:
    """Both parties speak, and their words are recognised at once."""

    def __init__(self, **changes: object) -> None:
        self.driver = CoreDriver(CallCore(call_config(**changes)))
        self.driver.connect()
        self._utterances = {leg: count(1) for leg in Leg}

    def client(self, text: str, language: str, probability: float = 0.95, speech_ms: int = 3500) -> None:
        self.driver.say(Leg.CLIENT, speech_ms)
        self.driver.final(Leg.CLIENT, next(self._utterances[Leg.CLIENT]), text, language, probability)

    def agent(self, text: str = "Dígame.") -> None:
        self.driver.say(Leg.AGENT)
        self.driver.final(Leg.AGENT, next(self._utterances[Leg.AGENT]), text, "es")

    def pairs(self) -> list[tuple[str, str]]:
        return [(each.source, each.target) for each in self.driver.translations()]

    def changes(self) -> list[ReportLanguage]:
        return [command for _, command in self.driver.log if isinstance(command, ReportLanguage)]

    def recognition(self) -> SetRecognitionLanguages:
        return [command for _, command in self.driver.log if isinstance(command, SetRecognitionLanguages)][-1]


def test_recognition_translation_and_voice_follow_a_switch_within_one_utterance() -> None:
    talk = Talk()
    talk.client(ENGLISH, "en")
    talk.agent()
    talk.client(FRENCH, "fr")
    talk.agent()
    assert talk.pairs() == [("en", "es"), ("es", "en"), ("fr", "es"), ("es", "fr")]
    assert talk.recognition() == SetRecognitionLanguages(Leg.CLIENT, ("fr", "en", "es", "it"), is_settled=True)
    assert talk.changes() == [
        ReportLanguage(LanguageReason.DETECTED, "en", "en"),
        ReportLanguage(LanguageReason.SWITCHED, "fr", "en"),
    ]
    assert talk.driver.commands(ReportStatus)[-1] == ReportStatus(CallStatus.IN_PROGRESS, "fr")
    talk.driver.give(TranslationReady(2, "Hello."))
    talk.driver.give(SpeechFinished(2))
    talk.driver.give(TranslationReady(4, "Je vous écoute."))
    assert talk.driver.speeches()[-1].language == "fr", "the answer is spoken in the new language"


def test_a_sentence_in_another_language_is_translated_from_it_without_a_switch() -> None:
    talk = Talk()
    talk.client(ENGLISH, "en")
    talk.client(FRENCH, "fr", speech_ms=2500)
    talk.client(ENGLISH, "en")
    talk.agent()
    assert talk.pairs() == [("en", "es"), ("fr", "es"), ("en", "es"), ("es", "en")]
    assert [change.reason for change in talk.changes()] == [LanguageReason.DETECTED]


def test_a_short_phrase_is_in_the_language_that_is_spoken() -> None:
    talk = Talk()
    talk.client(ENGLISH, "en")
    talk.client("Sì, certo.", "it", 0.99, speech_ms=800)
    assert talk.pairs() == [("en", "es"), ("en", "es")]


def test_an_agent_who_says_something_in_another_language_still_speaks_their_own() -> None:
    talk = Talk()
    talk.driver.say(Leg.AGENT, 4000)
    talk.driver.final(Leg.AGENT, 1, "Customer service department", "en", 0.99)
    assert talk.pairs() == [("es", "en")]


def test_a_chosen_language_holds_from_the_next_word_on() -> None:
    talk = Talk()
    interpreter = talk.driver.core._interpreter
    commands = interpreter.choose_language("it", talk.driver.now_ms)
    assert SetRecognitionLanguages(Leg.CLIENT, ("it", "en", "es", "fr"), is_settled=True) in commands
    assert ReportLanguage(LanguageReason.CHOSEN, "it", "en") in commands
    assert interpreter.choose_language("zh", talk.driver.now_ms) == []
    talk.agent()
    assert talk.pairs() == [("es", "it")]


def test_a_hint_of_the_stream_comes_before_anything_is_heard() -> None:
    talk = Talk()
    assert talk.driver.give(LanguageHinted("fr")) == [SetRecognitionLanguages(Leg.CLIENT, ("fr", "en", "es", "it"))]
    talk.agent()
    assert talk.pairs() == [("es", "fr")]
    assert talk.driver.give(LanguageHinted("zh")) == []


# --- What nothing covers ----------------------------------------------------------------------------------------------


def uncovered_talk(**changes: object) -> Talk:
    talk = Talk(client_language_hint=LanguageHint(HintSource.COUNTRY, "fr"), client_region="DE", **changes)
    talk.client(GERMAN, "de", 0.97, speech_ms=4000)
    return talk


def test_both_parties_are_told_of_a_language_that_nothing_covers() -> None:
    talk = uncovered_talk()
    told = {(speak.language, speak.text) for speak in talk.driver.speeches()}
    assert told == {("de", notice_to_client("de", "en", "de")), ("es", notice_to_agent("de", "en", "es"))}
    assert talk.changes() == [ReportLanguage(LanguageReason.UNCOVERED, "de", "fr")]
    assert talk.driver.commands(ReportStatus)[-1] == ReportStatus(CallStatus.IN_PROGRESS, "de")


def test_what_was_said_in_it_is_recorded_and_not_translated() -> None:
    talk = uncovered_talk()
    talk.client("Hallo?", "de", 0.6, speech_ms=600)
    assert talk.pairs() == []
    for record in talk.driver.records():
        assert (record.outcome, record.error_code) == (Outcome.UNTRANSLATED, "language-uncovered")
        assert (record.source_language, record.target_language) == ("de", "es")
    assert len(talk.driver.records()) == 2
    assert len(talk.driver.speeches()) == 2, "nobody is told twice"


def test_a_client_who_does_as_asked_is_interpreted() -> None:
    talk = uncovered_talk()
    talk.agent()
    talk.client(ENGLISH, "en")
    assert talk.pairs() == [("es", "en"), ("en", "es")]
    assert talk.recognition() == SetRecognitionLanguages(Leg.CLIENT, ("en", "fr", "es", "it", "de"), is_settled=True)


@pytest.mark.parametrize(
    ("speakable", "language"),
    [({"en", "fr", "es"}, "en"), ({"fr", "es"}, "fr"), ({"es"}, None)],
)
def test_a_client_is_told_in_the_nearest_language_that_has_a_voice(speakable: set[str], language: str | None) -> None:
    talk = uncovered_talk(speakable_languages=frozenset(speakable), bridge_language="fr")
    told = [speak for speak in talk.driver.speeches() if isinstance(speak, Speak) and speak.language != "es"]
    assert [speak.language for speak in told] == ([language] if language else [])


def test_the_nearest_language_depends_on_where_somebody_comes_from() -> None:
    assert likely_languages("ar", "MA") == ("ar", "fr", "en")
    assert likely_languages("ar", "EG")[1] == "en"
    assert likely_languages("ca")[1] == "es"
    assert likely_languages("xx") == ("xx", "en")


@pytest.mark.parametrize("language", sorted(NOTICE_LANGUAGES))
def test_the_notices_name_both_languages(language: str) -> None:
    for notice in (notice_to_client, notice_to_agent):
        texts = {notice(spoken, instead, language) for spoken in ("de", "uk") for instead in ("en", "fr")}
        assert len(texts) == 4
        assert not any("{" in text for text in texts)


@pytest.mark.parametrize(("language", "told_in"), [("fr", "fr"), ("de", "de"), ("it", "it"), (None, "en")])
def test_a_farewell_is_in_the_language_that_was_heard(language: str | None, told_in: str) -> None:
    driver = CoreDriver(CallCore(call_config()))
    driver.give(StreamOpened(Leg.CLIENT))
    if language is not None:
        driver.say(Leg.CLIENT, 3500)
        driver.final(Leg.CLIENT, 1, "Allô ? Allo? Hallo? Pronto?", language)
    driver.give(LegStatusChanged(Leg.AGENT, LegStatus.BUSY))
    assert driver.speeches()[-1] == Speak(
        driver.speeches()[-1].clause, phrase_text(Phrase.AGENT_BUSY, told_in), told_in, Leg.CLIENT, is_own=True
    )


# --- Two who speak the same language ----------------------------------------------------------------------------------

SPANISH = "Quisiera saber dónde está mi pedido."


def spanish_talk(**changes: object) -> Talk:
    """The client was heard to speak the agent's language; the sentence that said so was spoken."""
    talk = Talk(bypass_same_language=True, **changes)
    talk.client(SPANISH, "es")
    talk.driver.give(SpeechReady(1, b"\x21" * 800))
    talk.driver.give(SpeechFinished(1))
    talk.driver.wait(1000)
    talk.driver.log.clear()
    return talk


def test_two_who_speak_the_same_language_hear_each_other_untouched_and_at_once() -> None:
    talk = spanish_talk()
    for speaker in Leg:
        talk.driver.say(speaker, 1000, ulaw=b"\x42" * FRAME_BYTES)
        heard = talk.driver.played(speaker.other)
        assert heard.count(b"\x42") >= 50 * FRAME_BYTES
        first_ms = next(at_ms for at_ms, command in talk.driver.log if isinstance(command, PlayAudio))
        assert first_ms - talk.driver.now_ms <= -1000, "it is heard while it is said"
        talk.driver.log.clear()
    assert talk.driver.played(Leg.AGENT) == b""


def test_what_passes_through_is_recorded_and_costs_no_provider_anything() -> None:
    talk = spanish_talk()
    talk.client(SPANISH, "es")
    talk.agent()
    assert [record.outcome for record in talk.driver.records()] == [Outcome.PASSED_THROUGH] * 2
    assert {record.source_text for record in talk.driver.records()} == {SPANISH, "Dígame."}
    assert (talk.pairs(), talk.driver.speeches()) == ([], [])


def test_the_sentence_that_gives_the_language_away_is_spoken() -> None:
    talk = Talk(bypass_same_language=True)
    talk.client(SPANISH, "es")
    assert [speak.text for speak in talk.driver.speeches()] == [SPANISH], "the agent did not hear it otherwise"


def test_a_sentence_in_another_language_is_spoken_beside_the_original() -> None:
    talk = spanish_talk()
    talk.client(FRENCH, "fr", speech_ms=2500)
    talk.client(SPANISH, "es")
    assert talk.pairs() == [("fr", "es")]
    talk.driver.give(TranslationReady(2, "Quisiera saber."))
    assert [speak.language for speak in talk.driver.speeches()] == ["es"]
    assert [record.outcome for record in talk.driver.records()] == [Outcome.PASSED_THROUGH]


def test_interpreting_resumes_when_the_client_goes_over_to_another_language() -> None:
    talk = spanish_talk()
    talk.client(FRENCH, "fr")
    talk.agent()
    assert talk.pairs() == [("fr", "es"), ("es", "fr")]
    talk.driver.log.clear()
    talk.driver.say(Leg.CLIENT, ulaw=b"\x42" * FRAME_BYTES)
    assert b"\x42" not in talk.driver.played(Leg.AGENT)


def test_what_was_said_before_the_agent_was_there_is_spoken_to_them() -> None:
    driver = CoreDriver(CallCore(call_config(bypass_same_language=True)))
    driver.give(StreamOpened(Leg.CLIENT))
    for utterance in (1, 2):
        driver.say(Leg.CLIENT, 3500)
        driver.final(Leg.CLIENT, utterance, SPANISH, "es")
        driver.give(SpeechReady(utterance, b"\x21" * 800))
        driver.give(SpeechFinished(utterance))
    driver.wait(1000)
    driver.hear(Leg.CLIENT, [True] * 100)
    driver.give(StreamOpened(Leg.AGENT))
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 3, SPANISH, "es")
    driver.give(SpeechReady(3, b"\x21" * 800))
    driver.give(SpeechFinished(3))
    assert len(driver.speeches()) == 3, "they heard only the end of the third"
    driver.wait(1000)
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 4, SPANISH, "es")
    assert len(driver.speeches()) == 3
    assert driver.records()[-1].outcome is Outcome.PASSED_THROUGH


def test_who_reads_captions_is_not_spoken_to() -> None:
    talk = spanish_talk(listening={Leg.CLIENT: Listening.TRANSLATION, Leg.AGENT: Listening.CAPTIONS})
    talk.driver.say(Leg.CLIENT, ulaw=b"\x42" * FRAME_BYTES)
    assert talk.driver.played(Leg.AGENT) == b""


def test_without_the_bypass_the_same_language_is_spoken_again() -> None:
    talk = Talk(bypass_same_language=False)
    for _ in range(2):
        talk.client(SPANISH, "es")
        talk.driver.give(SpeechFinished(len(talk.driver.speeches())))
        talk.driver.wait(1000)
    assert [speak.text for speak in talk.driver.speeches()] == [SPANISH] * 2
