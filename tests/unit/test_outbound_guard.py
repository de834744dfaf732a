"""Toll fraud: which calls are placed, and how many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Settings
from app.errors import ConfigError, OutboundRefusal, OutboundRefused
from app.runtime.outbound import OutboundGuard, check_telephones

OURS = "+34910000001"
CLIENT = "+442079460018"


def guard(*prefixes: str, calls_per_minute: int = 100) -> OutboundGuard:
    return OutboundGuard(prefixes, calls_per_minute, own_numbers=[OURS])


@pytest.mark.parametrize(
    ("prefixes", "number", "reason"),
    [
        ((), CLIENT, OutboundRefusal.OFF),
        (("+34",), CLIENT, OutboundRefusal.NUMBER),
        (("+443",), CLIENT, OutboundRefusal.NUMBER),
        (("+34",), OURS, OutboundRefusal.NUMBER),
        (("+44",), "+449098790000", OutboundRefusal.NUMBER),
        (("+34",), "+34803000000", OutboundRefusal.NUMBER),
    ],
)
def test_what_is_not_dialled(prefixes: tuple[str, ...], number: str, reason: OutboundRefusal) -> None:
    with pytest.raises(OutboundRefused) as caught:
        guard(*prefixes).admit(number, 0.0)
    assert caught.value.reason is reason
    assert number not in str(caught.value)


@pytest.mark.parametrize("prefixes", [("+44",), ("+33", "+4420"), (CLIENT,)])
def test_what_has_an_allowed_prefix_is_dialled(prefixes: tuple[str, ...]) -> None:
    guard(*prefixes).admit(CLIENT, 0.0)


@given(st.lists(st.floats(0.0, 30.0), max_size=60), st.integers(1, 5))
def test_no_minute_has_more_calls_than_allowed(pauses_s: list[float], limit: int) -> None:
    guarded = guard("+44", calls_per_minute=limit)
    now_s, admitted_s = 0.0, []
    for pause_s in pauses_s:
        now_s += pause_s
        if sum(now_s - at_s < 60.0 for at_s in admitted_s) < limit:
            guarded.admit(CLIENT, now_s)
            admitted_s.append(now_s)
        else:
            with pytest.raises(OutboundRefused) as caught:
                guarded.admit(CLIENT, now_s)
            assert 0 < caught.value.retry_after_s <= 60.0


def test_who_waits_as_long_as_told_is_admitted() -> None:
    guarded = guard("+44", calls_per_minute=1)
    guarded.admit(CLIENT, 5.0)
    with pytest.raises(OutboundRefused) as caught:
        guarded.admit(CLIENT, 20.0)
    guarded.admit(CLIENT, 20.0 + caught.value.retry_after_s)


@pytest.mark.parametrize("variable", ["agent_phone_number", "interpreter_phone_number"])
@pytest.mark.parametrize(
    ("number", "is_refused"),
    [
        (OURS, True),
        ("+34910000009", True),
        ("+449098790000", True),
        ("+34803000000", True),
        ("+34910000002", False),
        ("sip:agent@example.com", False),
        ("client:agent", False),
        ("", False),
    ],
)
def test_a_telephone_that_must_not_be_dialled_stops_the_start(variable: str, number: str, is_refused: bool) -> None:
    answered = {"twilio_phone_number": OURS, "called_number_languages": (("+34910000009", "fr"),)}
    settings = Settings(_env_file=None, **answered, **{variable: number})
    if is_refused:
        with pytest.raises(ConfigError, match=variable.upper()) as caught:
            check_telephones(settings)
        assert number not in str(caught.value)
    else:
        check_telephones(settings)
