"""What the keys of a call do, from the settings and what this bridge can do."""

from __future__ import annotations

from collections.abc import Collection

from app.config import Settings
from app.domain.controls import Action, KeyBindings, parse_key_bindings
from app.domain.legs import Leg
from app.errors import ConfigError
from app.twilio.numbers import is_dialable


def key_bindings(settings: Settings, client_languages: Collection[str]) -> dict[Leg, KeyBindings]:
    """Return each leg's keys; those that call an interpreter only where there is one to call.

    Raises ConfigError for a language that cannot be interpreted, or an interpreter who cannot be dialled.
    """
    number = settings.interpreter_phone_number
    if number and not is_dialable(number):
        raise ConfigError("INTERPRETER_PHONE_NUMBER: must be E.164 (+34...), sip:user@host or client:name")
    bindings: dict[Leg, KeyBindings] = {}
    for leg, written in ((Leg.CLIENT, settings.client_keys), (Leg.AGENT, settings.agent_keys)):
        keys = parse_key_bindings(written)
        wanted = {control.language for control in keys.values() if control.action is Action.LANGUAGE}
        missing = wanted - {*client_languages}
        if missing:
            raise ConfigError(
                f"{leg.upper()}_KEYS: {', '.join(sorted(missing))} cannot be interpreted with these providers; "
                f"they cover {', '.join(sorted(client_languages))}"
            )
        bindings[leg] = {
            key: control for key, control in keys.items() if number or control.action is not Action.INTERPRETER
        }
    return bindings
