"""Properties of the comparison, and what no pair of sentences shows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.meaning import MissKind
from app.meaning.compare import Fault, compare
from app.meaning.languages import LANGUAGES
from app.meaning.rewrite import numbers_in_digits, simplify
from bench.meaning import load_pairs

PIECES = ["0", "1", "23", "1.500", "15:30", "uno", "two", "3rd", "€", "%", "XK-402", "mayo", "no"]
CODES = st.sampled_from(sorted(LANGUAGES))
PAIRS = [*load_pairs("pairs.yaml"), *load_pairs("held_out.yaml")]


def kinds(source: str, source_language: str, target: str, target_language: str) -> set[MissKind]:
    return {miss.kind for miss in compare(source, source_language, target, target_language)}


@settings(max_examples=150, deadline=None)
@given(CODES, CODES, st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_compared(one: str, other: str, source: str, target: str) -> None:
    compare(source, one, target, other)


@settings(max_examples=60, deadline=None)
@given(CODES, st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_text_misses_nothing_of_itself(language: str, pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert not kinds(text, language, text, language) - {MissKind.LANGUAGE}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_sentence_misses_nothing_of_itself(language: str) -> None:
    for source in {pair.source for pair in PAIRS if pair.source_language == language}:
        assert compare(source, language, source, language) == (), source


def test_a_long_list_of_numbers_takes_no_time() -> None:
    text = "1 " * 2000
    began_s = time.perf_counter()
    compare(text, "en", text, "es")
    compare("uno " * 59, "es", "uno " * 59, "es")
    assert time.perf_counter() - began_s < 10


@pytest.mark.parametrize(("source", "target"), [("xx", "es"), ("es", "zh")])
def test_a_language_without_tables_is_not_judged(source: str, target: str) -> None:
    assert compare("I pay 5 euros.", source, "Pago 6 euros.", target) == ()


@pytest.mark.parametrize(("source", "target"), [("", "Hola."), ("Hello.", ""), (" ", " ")])
def test_nothing_is_not_judged(source: str, target: str) -> None:
    assert compare(source, "en", target, "es") == ()


def test_a_miss_tells_which_side_and_which_words_but_never_shows_them() -> None:
    (lost,) = compare("Call before Friday.", "en", "Llame antes.", "es")
    assert (lost.kind, lost.fault, lost.said) == (MissKind.DATE, Fault.LOST, "Friday")
    assert "Friday" not in repr(lost)
    (invented,) = compare("Llame antes.", "es", "Call before Friday.", "en")
    assert (invented.kind, invented.fault, invented.said) == (MissKind.DATE, Fault.INVENTED, "")


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        ("We will send the invoice to your address this week.", "Vale.", MissKind.LENGTH),
        ("Could you please hold the line for me?", "Could you please hold the line for me?", MissKind.LANGUAGE),
        ("Please hold the line, sir.", "Por favor por favor por favor por favor, señor.", MissKind.REPETITION),
        ("Thank you very much for your call.", "Je vous remercie beaucoup pour votre appel.", MissKind.LANGUAGE),
        ("Thank you very much for your call.", "شكرا جزيلا على اتصالكم بنا", MissKind.LANGUAGE),
    ],
)
def test_the_form_of_a_translation_can_speak_against_it(source: str, target: str, kind: MissKind) -> None:
    assert kind in kinds(source, "en", target, "es")


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        ("We close at nine.", "Cerramos a las 21.", "Cerramos a las 20."),
        ("We close at noon.", "Cerramos a las 12.", "Cerramos a las 3."),
        ("I have waited for one and a half hours.", "Llevo hora y media esperando.", "Llevo tres horas esperando."),
        ("No, I don't have it.", "No, no lo tengo.", "No, lo tengo."),
        ("No, thank you.", "No, gracias.", "Gracias."),
        ("It costs a billion euros.", "Cuesta mil millones de euros.", "Cuesta un millón de euros."),
        ("I was born in the 1980s.", "Nací en los años 80.", "Nací en los años 90."),
        ("It is from the nineteenth century.", "Es del siglo XIX.", "Es del año 1850."),
        ("On 12/3 I paid five.", "El 12 de marzo pagué cinco.", "El 12 de abril pagué cinco."),
        ("We leave in a moment, at ten to four.", "Salimos a las 15:50.", "Salimos a las 15:40."),
        ("It is sixty-five euros and fifty cents.", "Son 65,50 €.", "Son 65,05 €."),
        ("My plate is B, double C, 12.", "Mi matrícula es BCC 12.", "Mi matrícula es BC 12."),
        (
            "First of all, I may need one second.",
            "Ante todo, quizá necesite un momento.",
            "Necesito 2 segundos en mayo.",
        ),
    ],
)
def test_one_thing_can_be_said_in_many_ways(source: str, right: str, wrong: str) -> None:
    assert compare(source, "en", right, "es") == ()
    assert compare(source, "en", wrong, "es")


def test_an_hour_and_a_half_is_no_time_of_day() -> None:
    assert compare("J'attends depuis une heure et demie.", "fr", "Llevo esperando hora y media.", "es") == ()
    assert compare("J'arrive à deux heures et demie.", "fr", "Llego con la hora y media justa.", "es")


def test_a_name_or_a_number_is_the_same_in_both_languages() -> None:
    assert compare("María Fernández García López", "es", "María Fernández García López", "en") == ()
    assert compare("no, no, no", "es", "no, no, no", "en") == ()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_digits_say_what_the_words_said(language: str) -> None:
    for source in {pair.source for pair in PAIRS if pair.source_language == language}:
        assert not kinds(source, language, numbers_in_digits(source, language), language), source


@pytest.mark.parametrize(
    ("language", "text", "rewritten"),
    [
        ("en", "Six one two, three four five.", "612345."),
        ("es", "Son treinta y nueve con noventa.", "Son 39 con 90."),
        ("de", "Es kostet zweihundertfünfzig Euro.", "Es kostet 250 Euro."),
        ("en", "Three point five kilos for a friend.", "3.5 kilos for a friend."),
        ("es", "Tres coma cinco kilos.", "3,5 kilos."),
        ("en", "One moment, second floor.", "One moment, second floor."),
    ],
)
def test_number_words_become_digits(language: str, text: str, rewritten: str) -> None:
    assert numbers_in_digits(text, language) == rewritten


def test_only_what_was_missed_is_put_differently() -> None:
    text = "I owe you twenty, but I will not pay."
    assert simplify(text, "en", ()) == text
    assert (
        simplify(text, "en", compare(text, "en", "Debo 30, pero no pagaré.", "es"))
        == "I owe you 20, but I will not pay."
    )
    lost = compare(text, "en", "Debo 20 y pagaré.", "es")
    assert simplify(text, "en", lost) == "I owe you twenty. But I will not pay."
