"""What stands between an administrator's key and the telephone bill: which calls we place to clients."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from app.config import Settings
from app.errors import ConfigError, OutboundRefusal, OutboundRefused
from app.twilio.numbers import is_premium_rate

_WINDOW_S = 60.0


def check_telephones(settings: Settings) -> None:
    """Raises ConfigError where the agent or the interpreter is a number that must not be dialled.

    One of ours would have every call make another one, without an end; of a premium-rate number every caller would
    earn its owner money.
    """
    ours = {settings.twilio_phone_number, *dict(settings.called_number_languages)}
    for variable, number in (
        ("AGENT_PHONE_NUMBER", settings.agent_phone_number),
        ("INTERPRETER_PHONE_NUMBER", settings.interpreter_phone_number),
    ):
        if number and number in ours:
            raise ConfigError(f"{variable} is a number that the bridge answers itself: name another telephone")
        if is_premium_rate(number):
            raise ConfigError(f"{variable} is a premium-rate or shared-cost number: name another telephone")


class OutboundGuard:
    """Admits numbers by their prefix, and no more than so many a minute (in this process).

    Without prefixes it admits nothing. Numbers that charge who calls them (premium rate) are never admitted, whatever
    the prefixes, and neither are our own, which would have the bridge call itself.
    """

    def __init__(self, prefixes: Sequence[str], calls_per_minute: int, own_numbers: Sequence[str]) -> None:
        self._prefixes = tuple(prefixes)
        self._calls_per_minute = calls_per_minute
        self._own_numbers = frozenset(own_numbers)
        self._admitted_s: deque[float] = deque(maxlen=calls_per_minute)

    def admit(self, number: str, now_s: float) -> None:
        """Count a call to this E.164 number as placed. Raises OutboundRefused; what is refused does not count.

        ``now_s`` is on a clock that never goes back.
        """
        if not self._prefixes:
            raise OutboundRefused(OutboundRefusal.OFF)
        if not number.startswith(self._prefixes) or number in self._own_numbers or is_premium_rate(number):
            raise OutboundRefused(OutboundRefusal.NUMBER)
        if len(self._admitted_s) == self._calls_per_minute and (ago_s := now_s - self._admitted_s[0]) < _WINDOW_S:
            raise OutboundRefused(OutboundRefusal.RATE, retry_after_s=_WINDOW_S - ago_s)
        self._admitted_s.append(now_s)
