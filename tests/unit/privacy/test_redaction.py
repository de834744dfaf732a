"""What names somebody is never kept; what does not is left as it is."""

from __future__ import annotations

import os
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.phrasebook import PHRASEBOOK
from app.privacy.redaction import Kind, find_personal, redact
from tests.unit.privacy.numbers import (
    SPOKEN_LANGUAGES,
    cards,
    codici_fiscali,
    dnis,
    grouped,
    ibans,
    nifs,
    ninos,
    nirs,
    spelled,
    steuer_ids,
)

FLORES = Path(os.environ.get("FLORES_DIR", "../shared/flores"))
IDENTITY_NUMBERS = st.one_of(dnis(), nirs(), nifs(), steuer_ids(), codici_fiscali(), ninos())
NUMBERS = st.one_of(cards(), ibans(), IDENTITY_NUMBERS)
GROUPS = st.lists(st.integers(1, 6), min_size=1, max_size=4)
SEPARATORS = st.sampled_from(["", " ", "-", ".", ", ", " - ", "\u00a0", "\u2013", "\u200b"])
SAYINGS = {
    "es": "El número es {}, gracias.",
    "en": "The number is {}, thank you.",
    "fr": "Le numéro est {}, merci.",
    "de": "Die Nummer lautet {}, danke.",
    "it": "Il numero è {}, grazie.",
    "pt": "O número é {}, obrigado.",
}
KNOWN_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
LANGUAGES = st.sampled_from([*SPOKEN_LANGUAGES, "gl", "ca", "ar", "ja", ""])


def says(number: str, language: str) -> str:
    return SAYINGS.get(language, "... {} ...").format(number)


def is_hidden(number: str, kept: str, language: str) -> bool:
    """Whether a sentence keeps nothing of its number: labels stand in its place, and the sentence is whole."""
    before, after = says("\0", language).split("\0")
    middle = kept.removeprefix(before).removesuffix(after)
    return kept.startswith(before) and kept.endswith(after) and middle in {kind.label for kind in Kind}


@given(NUMBERS, GROUPS, SEPARATORS, LANGUAGES)
def test_a_number_with_check_digits_is_hidden_however_it_is_written(
    number: str, sizes: list[int], separator: str, language: str
) -> None:
    written = grouped(number, sizes, separator)
    assert is_hidden(number, redact(says(written, language), language), language)


@given(st.one_of(cards(), nifs(), steuer_ids(), nirs()), st.sampled_from(SPOKEN_LANGUAGES))
def test_a_number_that_is_said_digit_by_digit_is_hidden(number: str, language: str) -> None:
    spoken = spelled(number, language)
    assert is_hidden(number, redact(says(spoken, language), language), language)


@pytest.mark.parametrize("region", ["ES", "PT", "FR", "GB", "DE", "IT", "US", "BR"])
@pytest.mark.parametrize("kind", ["MOBILE", "FIXED_LINE"])
@pytest.mark.parametrize("form", ["NATIONAL", "INTERNATIONAL", "E164"])
def test_a_telephone_number_is_hidden_however_it_is_written(region: str, kind: str, form: str) -> None:
    number = phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind))
    assert number is not None
    written = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
    kept = redact(f"Call {written} today.", "en")
    assert kept in ("Call [phone] today.", "Call ([phone] today."), kept


def test_a_number_with_a_plus_is_hidden_wherever_in_the_world_it_is() -> None:
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    forms = (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164)
    found = [phonenumbers.example_number_for_type(region, kind) for region in KNOWN_REGIONS for kind in kinds]
    written = {phonenumbers.format_number(number, form) for number in found if number for form in forms}
    assert len(written) > 800
    assert [text for text in written if redact(f"Call {text} today.", "en") != "Call [phone] today."] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("It is the second 12345678.", "en"),
        ("Take the sixth 12 34 56 78.", "en"),
        ("Es el sexto 12 34 56 78.", "es"),
        ("C'est le deuxième 12345678.", "fr"),
        ("Der sechste 12345678 ist es.", "de"),
        ("É o segundo 12345678.", "pt"),
        ("É o segundo 12345678.", "gl"),
        ("És el segon 12345678.", "ca"),
    ],
)
def test_an_ordinal_is_no_digit_of_the_number_behind_it(text: str, language: str) -> None:
    assert redact(text, language) == text


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("on the twenty first 4111 1111 1111 1111", "en", "on the twenty first [card]"),
        ("il terzo 123456789", "it", "il terzo [id]"),
        ("el segundo 612 34 56 78", "es", "el segundo [phone]"),
    ],
)
def test_an_ordinal_stays_before_a_number_that_goes(text: str, language: str, kept: str) -> None:
    assert redact(text, language) == kept


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("cero no, es el seis cero cero, doce, treinta y cuatro, cincuenta y seis", "es", "cero no, es el [phone]"),
        ("llámeme al más treinta y cuatro 612 34 56 78", "es", "llámeme al [phone]"),
        ("zéro six douze trente-quatre cinquante-six soixante-dix-huit", "fr", "[phone]"),
        ("null eins fünf eins zwei drei vier fünf sechs sieben acht", "de", "[phone]"),
        ("it is four one one one 1111 double one double one eleven eleven", "en", "it is [card]"),
        ("doce trescientos cuarenta y cinco seiscientos setenta y ocho zeta", "es", "[id]"),
        ("mi correo es juan punto perez arroba gmail punto com y ya", "es", "mi correo es [email] y ya"),
        ("write to ana.lopez+x@mail.example.com.", "en", "write to [email]."),
        ("ana at example.com", "en", "[email]"),
        ("my social is 457555462", "en", "my social is [id]"),
        ("457-55-5462", "en", "[id]"),
        ("١٢٣ ٤١١١ ١١١١ ١١١١ ١١١١", "ar", "١٢٣ [card]"),
    ],
)
def test_what_recognisers_write(text: str, language: str, kept: str) -> None:
    assert redact(text, language) == kept


@pytest.mark.parametrize(
    "text",
    [
        "The order 4827 left on 12/03/2024 at 12:30 and costs 1,234.56 euros.",
        "It will arrive on Tuesday between 9 and 12, or on 2024-03-12.",
        "There are 46,738,578 people, 1,234,567,890 of them at 12.00 GMT.",
        "Between 1914-1918 and 1939-1945, from 1990 to 2000.",
        "Row 12345678, seat 7, reference 99120345.",
        "Son seiscientos doce millones trescientos cuarenta y cinco mil seiscientos setenta y ocho euros.",
        "Call 112 or 900.",
        "In room 101, floor 3, door B.",
    ],
)
@pytest.mark.parametrize("language", ["en", "es", ""])
def test_what_names_nobody_stays(text: str, language: str) -> None:
    assert redact(text, language) == text


def test_the_phrasebook_stays() -> None:
    for entry in PHRASEBOOK:
        for language, text in entry.items():
            assert redact(text, language) == text


@pytest.mark.skipif(not FLORES.is_dir(), reason="needs FLORES_DIR, parallel sentences of FLORES")
def test_ordinary_sentences_stay() -> None:
    sentences = [
        (path.stem, line.strip())
        for path in sorted(FLORES.glob("??.txt"))
        for line in path.read_text("utf-8").splitlines()[::5]
    ]
    assert len(sentences) > 500
    assert [text for language, text in sentences if redact(text, language) != text] == []


@given(st.text(max_size=80) | st.text("0123456789+-., abxyzáeéß[]@#", max_size=60), LANGUAGES)
def test_any_text_is_redacted_once_and_for_all(text: str, language: str) -> None:
    kept = redact(text, language)
    assert redact(kept, language) == kept
    assert find_personal(kept, language) == []


@given(NUMBERS, GROUPS, SEPARATORS)
def test_what_is_found_is_where_it_is_said_to_be(number: str, sizes: list[int], separator: str) -> None:
    text = says(grouped(number, sizes, separator), "en")
    (found,) = find_personal(text, "en")
    assert "".join(filter(str.isalnum, text[found.start : found.end])) == number
    assert "".join(filter(str.isalnum, found.value)) == number


def test_a_number_said_in_words_is_found_with_its_digits() -> None:
    (found,) = find_personal("es el más treinta y cuatro seiscientos doce 34 56 78", "es")
    assert found.value == "+34612345678"
