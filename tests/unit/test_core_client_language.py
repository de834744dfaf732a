"""The client's language: guessed, heard, locked."""

from __future__ import annotations

from app.core.client_language import ClientLanguage

CANDIDATES = ("en", "es", "fr", "it", "pt")


def test_a_long_sure_utterance_locks_at_once() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("fr", 0.9, 3500)
    assert (language.current, language.is_locked, language.candidates) == ("fr", True, ("fr",))


def test_one_short_phrase_changes_what_is_spoken_but_locks_nothing() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("it", 0.8, 700)
    assert language.current == "it"
    assert not language.is_locked
    assert set(language.candidates) == set(CANDIDATES)


def test_a_wrong_first_phrase_is_outweighed() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("pt", 0.6, 800)
    language.observe("fr", 0.9, 1500)
    assert language.current == "fr"
    language.observe("fr", 0.9, 1500)
    assert language.is_locked


def test_contradicting_evidence_locks_nothing() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("pt", 0.9, 1800)
    language.observe("es", 0.9, 2400)
    assert language.current == "es"
    assert not language.is_locked
    language.observe("es", 0.9, 2400)
    assert language.is_locked


def test_doubtful_or_foreign_detections_say_nothing() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("fr", 0.4, 5000)
    language.observe("zh", 0.99, 5000)
    assert (language.current, language.is_detected, language.is_locked) == ("en", False, False)


def test_a_lock_holds() -> None:
    language = ClientLanguage("en", CANDIDATES)
    language.observe("en", 0.95, 4000)
    for _ in range(5):
        language.observe("it", 0.99, 4000)
    assert language.current == "en"


def test_a_single_possible_language_needs_no_detection() -> None:
    assert ClientLanguage("fr", ("fr",)).is_locked
