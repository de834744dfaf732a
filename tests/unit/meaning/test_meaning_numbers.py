"""Numbers, however they are said: num2words writes them, the guard reads them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from num2words import num2words

from app.meaning.compare import compare
from app.meaning.facts import extract
from app.meaning.languages import LANGUAGES
from app.meaning.numbers import parse_numbers
from app.meaning.text import clean, plain, split_words

WRITTEN = ("ar", "ca", "de", "en", "es", "fr", "it", "pt")
"""The languages that num2words writes."""
WRITTEN_WRONGLY = {"it": {"centodicotto"}}
"""num2words leaves out a syllable in every hundred and eighteen."""


def read(text: str, language: str) -> list[str]:
    tables = LANGUAGES[language]
    folded = plain(clean(text))
    words = split_words(folded, tables.proclitics, tables.vocabulary)
    return [number.digits for number in parse_numbers(folded, words, tables)]


def written(value: int, language: str) -> str:
    return str(num2words(value, lang=language)).replace(",", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [101, 5000])
def test_digits_without_end_are_no_number_and_no_error(language: str, count: int) -> None:
    text = f"{'7' * count} million, and 12"
    assert read(text, language)[-1:] == ["12"]
    compare(text, language, text, "es" if language != "es" else "en")


@pytest.mark.parametrize("language", WRITTEN)
def test_cardinals_are_read(language: str) -> None:
    dice = random.Random(language)
    values = [*range(100), *(dice.randrange(10**digits) for digits in (3, 4, 5, 6) for _ in range(80))]
    for value in values:
        text = written(value, language)
        if "dicotto" in text.replace("diciotto", "") or (language == "ar" and value == 2000):
            continue
        assert read(text, language) == [str(value)], text


def test_galician_cardinals_are_read() -> None:
    said = {
        "trinta e cinco": 35, "cento vinte e dous": 122,
         "douscentos corenta": 240, "mil novecentos oitenta e sete": 1987,
        "tres mil cincocentos": 3500, "dezasete": 17, "vinte e un": 21, "cen mil": 100_000,
    }  # fmt: skip
    assert {text: read(text, "gl") for text in said} == {text: [str(value)] for text, value in said.items()}


@pytest.mark.parametrize(
    ("language", "text", "numbers"),
    [
        ("en", "six one two, three four five", ["6", "1", "2", "3", "4", "5"]),
        ("en", "double five oh seven", ["55", "0", "7"]),
        ("es", "triple cero uno", ["000", "1"]),
        ("en", "between one hundred and two hundred", ["100", "200"]),
        ("es", "entre mil y dos mil", ["1000", "2000"]),
        ("pt", "entre cem e duzentos", ["100", "200"]),
        ("en", "nineteen ninety-eight", ["19", "98"]),
        ("de", "neunzehnhundertachtundneunzig", ["1998"]),
        ("en", "three point one four", ["3.14"]),
        ("es", "tres coma setenta y cinco", ["3.75"]),
        ("en", "1,500.50 and 2 million and 1.5 million", ["1500.50", "2000000", "1500000"]),
        ("es", "1.500,50", ["1500.50"]),
        ("de", "12.03.2024", ["12", "03", "2024"]),
        ("fr", "quatre-vingt-dix-sept", ["97"]),
        ("it", "tremilaseicentoventidue", ["3622"]),
        ("en", "the twenty-first", ["21"]),
        ("ar", "٢٥ و خمسة وعشرون", ["25", "25"]),
        ("en", "hundreds of thousands", []),
        ("es", "cientos de miles", []),
        ("es", "dos mil trescientos millones", ["2300000000"]),
        ("es", "mil millones", ["1000000000"]),
    ],
)
def test_numbers_are_read_as_they_were_said(language: str, text: str, numbers: list[str]) -> None:
    assert read(text, language) == numbers


def spoken(digits: str, language: str, dice: random.Random) -> str:
    """Say a string of digits one by one, in pairs or in threes, in words or not."""
    groups = []
    while digits:
        size = dice.choice((1, 2, 3))
        group, digits = digits[:size], digits[size:]
        in_words = group[0] != "0" or len(group) == 1
        groups.append(written(int(group), language) if in_words and dice.random() < 0.7 else group)
    return ", ".join(groups)


@pytest.mark.parametrize("language", [language for language in WRITTEN if language != "es"])
def test_a_telephone_number_is_the_same_in_every_grouping_and_no_other(language: str) -> None:
    dice = random.Random(language)
    for _ in range(25):
        digits = "".join(dice.choices("0123456789", k=9))
        source, target = spoken(digits, language, dice), spoken(digits, "es", dice)
        if "dicotto" in source.replace("diciotto", ""):
            continue
        assert compare(source, language, target, "es") == (), (source, target)
        at = dice.randrange(9)
        other = digits[:at] + str((int(digits[at]) + dice.randrange(1, 9)) % 10) + digits[at + 1 :]
        assert compare(source, language, other, "es"), (source, other)
        assert compare(source, language, digits[:at] + digits[at + 1 :], "es"), (source, digits, at)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_digits_compare_as_values(language: str) -> None:
    dice = random.Random(language)
    values = [dice.randrange(3, 10**digits) for digits in (1, 2, 3, 4, 6) for _ in range(5)]
    for one, other in pairwise(values):
        assert compare(str(one), language, str(one), "es") == ()
        assert one == other or compare(str(one), language, str(other), "es")


@pytest.mark.parametrize(
    ("language", "said", "minutes"),
    [
        ("en", "at half past three", 210), ("en", "at 3:30 p.m.", 210), ("en", "at a quarter to four", 225),
        ("en", "ten past four", 250), ("es", "a las tres y media", 210), ("es", "a las 15:30", 210),
        ("es", "a las cuatro menos cuarto", 225), ("fr", "à quinze heures trente", 210), ("fr", "à 15h30", 210),
        ("fr", "à quatre heures moins le quart", 225), ("de", "um halb vier", 210), ("de", "um Viertel vor vier", 225),
        ("de", "um 15 Uhr 30", 210), ("it", "alle tre e mezza", 210), ("it", "alle quattro meno un quarto", 225),
        ("pt", "às três e meia", 210), ("pt", "às quatro menos um quarto", 225), ("gl", "ás tres e media", 210),
        ("ca", "a dos quarts de quatre", 210), ("ca", "a tres quarts de quatre", 225),
        ("ar", "الساعة الثالثة والنصف", 210), ("ar", "الساعة الرابعة إلا ربعا", 225),
    ],
)  # fmt: skip
def test_times_of_day_are_read(language: str, said: str, minutes: int) -> None:
    times = [form for figure in extract(said, LANGUAGES[language]).figures.items for form in figure.forms]
    assert [form for form in times if form.startswith("t:")] == [f"t:{minutes}"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_tables_are_complete(language: str) -> None:
    tables = LANGUAGES[language]
    assert set(tables.months.values()) == set(range(1, 13))
    assert set(tables.weekdays.values()) == set(range(1, 8))
    assert set(tables.days.values()) == {-2, -1, 0, 1, 2}
    assert {"EUR", "USD", "PERCENT"} <= set(tables.units.values())
    assert len(tables.function_words) > 25
    assert tables.numerals.unsure <= {*tables.numerals.values, *tables.numerals.ordinals, *tables.weekdays}
