"""What a party can ask of the bridge during a call, and which keys ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

KEYS = "0123456789*#"


class Action(StrEnum):
    LANGUAGE = "language"
    """Interpret to and from another language of the client's."""
    REPEAT = "repeat"
    """Say the last sentence again."""
    SLOWER = "slower"
    FASTER = "faster"
    INTERPRETER = "interpreter"
    """Hand the call over to a person."""


@dataclass(frozen=True, slots=True)
class Control:
    action: Action
    language: str = ""
    """ISO 639-1 code; for ``Action.LANGUAGE`` only."""


KeyBindings = Mapping[str, Control]
"""One of ``KEYS`` to what it asks for."""


def parse_key_bindings(text: str) -> dict[str, Control]:
    """Read ``*=repeat,1=language:fr``; ``none`` binds nothing.

    Raises ValueError, which names the entry by its number and says what it should look like.
    """
    if text.strip().lower() == "none":
        return {}
    bindings: dict[str, Control] = {}
    for number, entry in enumerate(text.split(","), start=1):
        key, _, wanted = (part.strip() for part in entry.partition("="))
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"entry {number} must begin with one of the keys {KEYS}, such as *=repeat")
        if key in bindings:
            raise ValueError(f"entry {number} binds the key {key} a second time")
        bindings[key] = _control(number, wanted)
    return bindings


def _control(number: int, wanted: str) -> Control:
    name, _, language = wanted.lower().partition(":")
    if name not in tuple(Action):
        raise ValueError(f"entry {number} has no such action; choose one of {', '.join(Action)}")
    action = Action(name)
    if action is Action.LANGUAGE:
        if not (2 <= len(language) <= 3 and language.isascii() and language.isalpha()):
            raise ValueError(f"entry {number} needs an ISO 639-1 code, such as language:fr")
    elif language:
        raise ValueError(f"entry {number}: only language takes something after a colon")
    return Control(action, language)
