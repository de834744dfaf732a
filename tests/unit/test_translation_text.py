"""Sentences, amounts, repairs, routes and mode files: what happens around the engines."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.translation.amounts import localize_numbers, restore_numbers, say_amounts
from app.translation.apertium import parse_mode
from app.translation.repairs import AFTER, BEFORE, open_question, repair
from app.translation.routes import LEAST_CHRF, MOST_STEPS, Step, find_routes
from app.translation.sentences import clean, keeps_digits, split_sentences

FX_EN_PT = Step("fxtranslate", "en", "pt")
APERTIUM_PT_ES = Step("apertium", "pt", "es")
APERTIUM_EN_ES = Step("apertium", "en", "es")


@given(st.text())
def test_cleaning_is_final_and_leaves_no_control_character(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in cleaned)
    assert cleaned.encode().decode() == cleaned


@given(st.text(alphabet="ab1.?!, \"'¿é", max_size=300), st.integers(min_value=1, max_value=50))
def test_splitting_loses_nothing_and_bounds_every_piece(text: str, max_chars: int) -> None:
    cleaned = clean(text)
    pieces = split_sentences(cleaned, max_chars)
    assert "".join(pieces).replace(" ", "") == cleaned.replace(" ", "")
    assert all(0 < len(piece) <= max_chars for piece in pieces)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Mr. Smith is here. Good.", ["Mr. Smith is here.", "Good."]),
        ("Hola. ¿Qué tal?", ["Hola.", "¿Qué tal?"]),
        ("It is 3.5 kilos at 9.30 today", ["It is 3.5 kilos at 9.30 today"]),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("en", "es", "1,250.50 and 45.99", "1250,50 and 45,99"),
        ("es", "en", "1.250,50 y 45,99", "1250.50 y 45.99"),
        ("es", "pt", "1.250,50 y 45,99", "1250,50 y 45,99"),
        ("en", "es", "call 555 0134 at 9:30", "call 555 0134 at 9:30"),
        ("en", "es", "at 9.30 am", "at 9.30 am"),
        ("en", "es", "version 1.2.3", "version 1.2.3"),
    ],
)
def test_decimal_signs(source: str, target: str, text: str, expected: str) -> None:
    assert localize_numbers(text, source, target) == expected


def test_a_number_that_the_engine_reformatted_is_restored() -> None:
    assert restore_numbers("EUR 1250,50 el 4.521", "1.250,50 € el 4521", "es", "en") == "EUR 1250.50 el 4521"


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("$45 now", "en", "45 dollars now"),
        ("son 1.250,50 €.", "es", "son 1.250,50 euros."),
        ("US $ 75 y £3", "es", "75 dólares y 3 libras"),
        ("EUR 12", "en", "12 euros"),
        ("$ alone", "en", "$ alone"),
    ],
)
def test_amounts_are_said(text: str, language: str, said: str) -> None:
    assert say_amounts(text, language) == said


@given(st.integers(min_value=0), st.sampled_from(["$", "€", "£"]))
def test_an_amount_keeps_its_digits(number: int, sign: str) -> None:
    assert keeps_digits(f"{sign}{number}", say_amounts(f"{sign}{number}", "es"))


def test_digits_count() -> None:
    assert keeps_digits("4521", "el 4.521")
    assert not keeps_digits("call 4521", "llame al 452")
    assert not keeps_digits("11", "1")
    assert keeps_digits("nine", "9")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A sua mesa chega.", "Sua mesa chega."),
        ("Estou na minha casa.", "Estou em minha casa."),
        ("Obrigado pela sua ajuda.", "Obrigado por sua ajuda."),
        ("O nome da minha filha.", "O nome de minha filha."),
        ("A casa é minha.", "A casa é minha."),
    ],
)
def test_portuguese_articles_before_possessives(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Eu liguei ontem.", "Eu chamei ontem."),
        ("Ligue-me.", "Chame-me."),
        ("Por favor, ligue para nós.", "Por favor, chame a nós."),
        ("Ligo para saber o preço.", "Chamo para saber o preço."),
        ("Ligue o computador.", "Ligue o computador."),
        ("Liguei a luz.", "Liguei a luz."),
        ("A liga de futebol.", "A liga de futebol."),
    ],
)
def test_who_has_a_telephone_calls_with_it(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Minha ordem ainda não chegou.", "Meu pedido ainda não chegou."),
        ("O número da encomenda.", "O número do pedido."),
        ("Onde está uma encomenda?", "Onde está um pedido?"),
        ("Ele deu uma ordem.", "Ele deu uma ordem."),
    ],
)
def test_what_a_customer_waits_for_is_no_command(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Chega em uma semana.", "Chega dentro de uma semana."),
        ("Em um ano acaba.", "Dentro de um ano acaba."),
        ("Mora em uma casa.", "Mora em uma casa."),
        ("É em nossos primeiros dias.", "É durante nossos primeiros dias."),
        ("É mais barato do que o outro.", "É mais barato que o outro."),
        ("Nada do que disse.", "Nada do que disse."),
    ],
)
def test_portuguese_times_and_comparisons(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("En consonancia con ellos.", "Según ellos."),
        ("Los EUA y a NASA.", "Los Estados Unidos y la NASA."),
        ("A Ring resolvió el caso.", "La Ring resolvió el caso."),
        ("A ver si llega.", "A ver si llega."),
        ("Vive en el leíste.", "Vive en el este."),
        ("Pasa pela Asia.", "Pasa por la Asia."),
        ("Se corta el pelo.", "Se corta el pelo."),
        ("Cómo se llama?", "Cómo se llama?"),
    ],
)
def test_what_the_portuguese_step_leaves_behind(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, AFTER) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Vos días, o meu pedido.", "Bos días, o meu pedido."),
        ("por la sua ajuda", "pola sua ajuda"),
        ("polo cambio", "por o cambio"),
    ],
)
def test_galician_as_a_recogniser_writes_it(before: str, after: str) -> None:
    assert repair(before, Step("apertium", "gl", "es"), BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Yo necesito ayuda.", "Necesito ayuda."),
        ("Yo y mi hija.", "Yo y mi hija."),
        ("Usted tiene el recibo?", "Tiene el recibo?"),
        ("Usted tiene el recibo.", "Usted tiene el recibo."),
    ],
)
def test_spanish_pronouns(before: str, after: str) -> None:
    assert repair(before, APERTIUM_PT_ES, AFTER) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Tiene el recibo?", "¿Tiene el recibo?"),
        ("Es caro, hay una opción más barata?", "Es caro, ¿hay una opción más barata?"),
        ("Me dice su nombre, por favor?", "¿Me dice su nombre, por favor?"),
        ("¿Ya está?", "¿Ya está?"),
        ("Ya está.", "Ya está."),
    ],
)
def test_opening_marks(before: str, after: str) -> None:
    assert open_question(before) == after


def test_english_goes_through_portuguese_where_it_can() -> None:
    routes = find_routes([FX_EN_PT, APERTIUM_PT_ES, APERTIUM_EN_ES])["en", "es"]
    assert [route.steps for route in routes] == [(FX_EN_PT, APERTIUM_PT_ES), (APERTIUM_EN_ES,)]
    assert [route.steps for route in find_routes([APERTIUM_EN_ES])["en", "es"]] == [(APERTIUM_EN_ES,)]


def test_a_model_that_appears_takes_over() -> None:
    direct, german = Step("fxtranslate", "en", "es"), Step("fxtranslate", "de", "en")
    routes = find_routes([FX_EN_PT, APERTIUM_PT_ES, APERTIUM_EN_ES, direct, german])
    assert routes["en", "es"][0].steps == (direct,)
    assert routes["de", "es"][0].steps == (german, direct)
    assert routes["pt", "es"][0].steps == (APERTIUM_PT_ES,)


languages = st.sampled_from(["de", "en", "es", "fr", "pt"])
steps = st.builds(Step, st.sampled_from(["apertium", "fxtranslate"]), languages, languages)


@given(st.lists(steps.filter(lambda step: step.source != step.target), max_size=7, unique=True))
def test_routes_are_chains_of_what_is_there_best_first(available: list[Step]) -> None:
    for (source, target), routes in find_routes(available).items():
        assert [route.chrf for route in routes] == sorted((route.chrf for route in routes), reverse=True)
        for route in routes:
            assert set(route.steps) <= set(available)
            assert len(route.steps) <= MOST_STEPS
            assert route.chrf >= LEAST_CHRF
            hops = [source, *(step.target for step in route.steps)]
            assert [step.source for step in route.steps] == hops[:-1]
            assert hops[-1] == target
            assert len(set(hops)) == len(hops)


def test_a_mode_file_becomes_commands(tmp_path: Path) -> None:
    line = "cat '/usr/share/apertium/a b.bin' | tee $1 -g $2 '/usr/share/apertium/x.prob' | wc -w"
    commands = parse_mode(line, Path("/"))
    assert commands is not None
    assert [command[1:] for command in commands] == [
        ("-z", "/usr/share/apertium/a b.bin"),
        ("-z", "-n", "-g", "/usr/share/apertium/x.prob"),
        ("-z", "-w"),
    ]
    unpacked = parse_mode("cat '/usr/share/apertium/a.bin'", tmp_path)
    assert unpacked is not None
    assert unpacked[0][0] == "env"
    assert unpacked[0][-1] == str(tmp_path / "usr/share/apertium/a.bin")


def test_a_mode_without_its_program_is_not_offered() -> None:
    assert parse_mode("cat 'a' | no-such-program-here 'b'", Path("/")) is None
