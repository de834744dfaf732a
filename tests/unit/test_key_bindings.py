"""Keys against what this bridge can do: a mistake is named at start, and no key leads nowhere."""

from __future__ import annotations

import pytest

from app.config import Settings
from app.domain.controls import Action
from app.domain.legs import Leg
from app.errors import ConfigError
from app.runtime.key_bindings import key_bindings


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


def test_nobody_is_called_where_there_is_nobody_to_call() -> None:
    for leg, keys in key_bindings(settings(), ("en",)).items():
        assert "*" in keys, leg
        assert Action.INTERPRETER not in {control.action for control in keys.values()}


def test_the_legs_have_keys_of_their_own() -> None:
    keys = key_bindings(
        settings(client_keys="5=interpreter", agent_keys="none", interpreter_phone_number="+34600000009"), ()
    )
    assert {leg: list(bound) for leg, bound in keys.items()} == {Leg.CLIENT: ["5"], Leg.AGENT: []}


def test_a_language_that_cannot_be_interpreted_is_named_with_its_variable() -> None:
    with pytest.raises(ConfigError, match=r"AGENT_KEYS: uk, zh cannot be interpreted .* they cover en, fr"):
        key_bindings(settings(agent_keys="1=language:zh,2=language:uk,3=language:fr"), ("fr", "en"))


def test_an_interpreter_has_a_number_that_can_be_dialled() -> None:
    with pytest.raises(ConfigError, match="INTERPRETER_PHONE_NUMBER") as caught:
        key_bindings(settings(interpreter_phone_number="600 000 009"), ())
    assert "600" not in str(caught.value)
