"""Which form an answer takes: the examples of RFC 9110, and headers that make no sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.negotiation import best_media_type

OFFERED = ("text/plain", "application/json")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("text/*;q=0.3, application/json;q=0.7", "application/json"),
        ("text/plain;q=0, */*;q=0.1", "application/json"),
        ("application/*;q=0.5, text/plain;q=0.5", "text/plain"),
        # What a Prometheus server sends.
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "text/plain"),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=much", None),
    ],
)
def test_the_form_that_is_liked_best(accept: str, expected: str | None) -> None:
    assert best_media_type(accept, OFFERED) == expected


@given(st.text(max_size=60))
def test_any_header_is_one_of_the_forms_or_none(accept: str) -> None:
    assert best_media_type(accept, OFFERED) in (*OFFERED, None)
