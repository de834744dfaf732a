from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tts.spoken_text import spoken_text


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("en", "It costs $20.", "It costs 20 dollars."),
        ("en", "It costs 12,50 €.", "It costs 12.50 euros."),
        ("es", "Son 12.50€ hoy.", "Son 12,50 euros hoy."),
        ("es", "Son 1.200,50 €.", "Son 1.200,50 euros."),
        ("es", "Son 1.200 €.", "Son 1.200 euros."),
        ("de", "Es kostet € 5.", "Es kostet 5 Euro."),
        ("es", "El 12/05/2025.", "El 12 05 2025."),
        ("es", "Llame al 612 345 678.", "Llame al 6 1 2, 3 4 5, 6 7 8."),
        ("es", "Llame al +34612345678.", "Llame al + 3 4 6, 1 2 3, 4 5 6, 7 8."),
        ("en", "Call 555-0123 now", "Call 5 5 5, 0 1 2, 3 now"),
        ("en", "Order 4 0 7 2 at 9:30", "Order 4 0 7 2 at 9:30"),
        ("en", "In 2025, 1,200 people of 45000", "In 2025, 1,200 people of 45000"),
        ("fr", "1 200 000 habitants", "1 200 000 habitants"),
    ],
)
def test_what_is_rewritten(language: str, text: str, spoken: str) -> None:
    assert spoken_text(text, language) == spoken


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "es", "xx"]))
def test_no_digit_is_lost(text: str, language: str) -> None:
    def digits(value: str) -> list[str]:
        return sorted(character for character in value if character.isdigit())

    assert digits(spoken_text(text, language)) == digits(text)


@settings(deadline=None)
@given(st.text(alphabet="abc ñ.,;!?/-+", max_size=100))
def test_text_without_digits_stays(text: str) -> None:
    assert spoken_text(text, "es") == text
