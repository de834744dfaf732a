from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tts.phrasing import split_pieces

WORDS = st.sampled_from(
    [
        "hola",
        "sí,",
        "el",
        "Sr.",
        "García.",
        "12,50",
        "€",
        "1.200",
        "9:30",
        "¿qué?",
        "no;",
        "+34",
        "612",
        "J.",
        "…",
        "\n",
        "ok",
    ]
)
TEXTS = st.lists(WORDS, max_size=60).map(" ".join)


@settings(deadline=None)
@given(TEXTS | st.text(max_size=300), st.integers(8, 60))
def test_the_pieces_joined_are_the_text(text: str, max_chars: int) -> None:
    pieces = split_pieces(text, max_chars)
    assert "".join(pieces) == text
    assert all(pieces)


@settings(deadline=None)
@given(TEXTS, st.integers(8, 60))
def test_words_numbers_and_titles_stay_whole(text: str, max_chars: int) -> None:
    for before, after in zip(split_pieces(text, max_chars), split_pieces(text, max_chars)[1:], strict=False):
        assert before[-1].isspace()
        last, first = before.rstrip()[-1:], after.lstrip()[:1]
        assert not (last.isdigit() and first.isdigit() and "\n" not in before), (before, after)
        assert not before.rstrip().endswith(("Sr.", " J."))


@settings(deadline=None)
@given(st.lists(st.sampled_from(["hola", "una", "casa,", "pero"]), min_size=1, max_size=80).map(" ".join))
def test_pieces_of_ordinary_words_fit(text: str) -> None:
    assert all(len(piece) <= 40 for piece in split_pieces(text, 40))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hola. ¿Qué tal? Bien.", ["Hola. ", "¿Qué tal? ", "Bien."]),
        ("El Sr. García pagó 1.200,50 €. Gracias.", ["El Sr. García pagó 1.200,50 €. ", "Gracias."]),
        ("Dr. No arrives at 9.30. Wait... what?", ["Dr. No arrives at 9.30. ", "Wait... ", "what?"]),
        ('"Sí." Dijo.', ['"Sí." ', "Dijo."]),
        ("", []),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert split_pieces(text) == pieces


def test_a_long_sentence_is_cut_at_a_comma_rather_than_at_a_word() -> None:
    text = "Si viene usted por la mañana, el técnico le recibirá en la puerta principal de la oficina"
    assert split_pieces(text, 50)[0] == "Si viene usted por la mañana, "
