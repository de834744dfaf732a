"""Addresses: where they are, whether they can be dialled, and what of them may be logged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twilio.numbers import is_dialable, region_of

addresses = st.text(max_size=20) | st.from_regex(r"\A\+?[0-9]{0,18}\Z") | st.from_regex(r"\A(sip|client):\S{0,9}\Z")


@pytest.mark.parametrize(
    ("address", "region"),
    [
        *(("+34612345678", "ES"), ("+12025550123", "US"), ("+14165550123", "CA"), ("+447400123456", "GB")),
        *(("+33612345678", "FR"), ("+4915112345678", "DE"), ("+212612345678", "MA"), ("+5511912345678", "BR")),
        ("+34512345678", "ES"),  # a range not assigned yet: the prefix still tells
    ],
)
def test_a_number_tells_its_region(address: str, region: str) -> None:
    assert region_of(address) == region


@pytest.mark.parametrize(
    "address",
    [
        *("", "anonymous", "Anonymous", "Restricted", "unknown", "sip:+34612345678@example.com", "client:ana"),
        *(
            "34612345678",
            "+34",
            "+34 612 345 678",
            "+346123456789012345",
            "+999123456789",
            "+34612345678\n",
            "+３４６１２３４５６７８",
        ),
        *("+80012345678", "+883510012345"),  # free and satellite numbers belong to no country
        *("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"),  # withheld
    ],
)
def test_what_tells_nothing_has_no_region(address: str) -> None:
    assert region_of(address) is None


@pytest.mark.parametrize("address", ["+34612345678", "sip:ana@pbx.example.com", "sips:a@h:5061;x=1", "client:ana.b"])
def test_what_twilio_can_call_is_dialable(address: str) -> None:
    assert is_dialable(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "anonymous",
            "612345678",
            "+0612345678",
            "+34 612345678",
            "+34612345678,+34612345679",
            "tel:+34612345678",
        ),
        *(
            "sip:",
            "sip:pbx.example.com",
            "sip:a@",
            "sip:a b@c",
            "client:",
            "client:a b",
            "+266696687",
            "+34612345678\n",
        ),
    ],
)
def test_what_twilio_cannot_call_is_not_dialable(address: str) -> None:
    assert not is_dialable(address)


@given(addresses)
def test_any_text_has_an_answer(address: str) -> None:
    assert region_of(address) is None or len(region_of(address) or "") == 2
    assert isinstance(is_dialable(address), bool)
