"""Key bindings as they are written in the settings."""

from __future__ import annotations

import pytest

from app.domain.controls import KEYS, Action, Control, parse_key_bindings


def test_every_kind_of_binding_is_read() -> None:
    assert parse_key_bindings("1=language:en, 2=Language:FR ,*=repeat,7=slower,9=faster,0=interpreter") == {
        "1": Control(Action.LANGUAGE, "en"),
        "2": Control(Action.LANGUAGE, "fr"),
        "*": Control(Action.REPEAT),
        "7": Control(Action.SLOWER),
        "9": Control(Action.FASTER),
        "0": Control(Action.INTERPRETER),
    }


def test_every_key_can_be_bound() -> None:
    assert set(parse_key_bindings(",".join(f"{key}=repeat" for key in KEYS))) == set(KEYS)


def test_nothing_is_bound_on_request() -> None:
    assert parse_key_bindings(" None ") == {}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "entry 1 must begin with one of the keys"),
        ("*=repeat,", "entry 2 must begin"),
        ("A=repeat", "entry 1 must begin"),
        ("12=repeat", "entry 1 must begin"),
        ("*=repeat,1=dance", "entry 2 has no such action; choose one of language, repeat"),
        ("*", "entry 1 has no such action"),
        ("1=language", "entry 1 needs an ISO 639-1 code"),
        ("1=language:french", "entry 1 needs an ISO 639-1 code"),
        ("7=slower:en", "entry 1: only language takes something"),
        ("1=repeat,1=slower", "entry 2 binds the key 1 a second time"),
    ],
)
def test_a_mistake_is_named(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_key_bindings(written)
