"""Numbers that name nobody and have the right form and check digits; and how they are said."""

from __future__ import annotations

import string

from hypothesis import strategies as st
from num2words import num2words

from app.privacy.identifiers import is_card, is_identity_number

SPOKEN_LANGUAGES = ("es", "en", "fr", "de", "it", "pt")


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("23456")) + draw(_digits(draw(st.sampled_from([11, 13, 14, 17]))))
    return next(body + check for check in string.digits if is_card(body + check))


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country, length = draw(st.sampled_from([("ES", 20), ("DE", 18), ("PT", 21), ("FR", 23), ("IT", 23)]))
    account = draw(_digits(length))
    number = int("".join(str(int(char, 36)) for char in account + country + "00"))
    return f"{country}{98 - number % 97:02}{account}"


@st.composite
def dnis(draw: st.DrawFn) -> str:
    body = draw(st.one_of(_digits(8), st.tuples(st.sampled_from("XYZ"), _digits(7)).map("".join)))
    return next(body + letter for letter in string.ascii_uppercase if is_identity_number(body + letter))


@st.composite
def nirs(draw: st.DrawFn) -> str:
    body = f"{draw(st.sampled_from('12'))}{draw(_digits(2))}{draw(st.integers(1, 12)):02}{draw(_digits(8))}"
    return f"{body}{97 - int(body) % 97:02}"


@st.composite
def nifs(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("123568")) + draw(_digits(7))
    rest = sum((9 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return f"{body}{0 if rest < 2 else 11 - rest}"


@st.composite
def steuer_ids(draw: st.DrawFn) -> str:
    order = draw(st.permutations("0123456789").filter(lambda each: each[0] != "0"))
    body = "".join(order[:9]) + order[draw(st.integers(0, 8))]
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return f"{body}{(11 - product) % 10}"


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


@st.composite
def codici_fiscali(draw: st.DrawFn) -> str:
    letters = st.text(string.ascii_uppercase, min_size=6, max_size=6)
    month = draw(st.sampled_from("ABCDEHLMPRST"))
    body = f"{draw(letters)}{draw(_digits(2))}{month}{draw(st.integers(1, 71)):02}H{draw(_digits(3))}"
    values = {char: index for index, char in enumerate(string.digits)} | {
        char: index for index, char in enumerate(string.ascii_uppercase)
    }
    total = sum(_ODD[values[char]] for char in body[::2]) + sum(values[char] for char in body[1::2])
    return body + string.ascii_uppercase[total % 26]


@st.composite
def ninos(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(["AA", "AB", "CE", "JW", "PX", "TY"]))
    return f"{prefix}{draw(_digits(6))}{draw(st.sampled_from('ABCD'))}"


def grouped(number: str, sizes: list[int], separator: str) -> str:
    """Write a number in groups of these sizes, over and over."""
    groups, at = [], 0
    while at < len(number):
        size = sizes[len(groups) % len(sizes)]
        groups.append(number[at : at + size])
        at += size
    return separator.join(groups)


def spelled(number: str, language: str) -> str:
    """Say a number digit by digit, as a recogniser writes it that makes no digits."""
    return " ".join(num2words(int(digit), lang=language) for digit in number)
