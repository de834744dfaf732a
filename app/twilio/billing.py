"""The minutes that Twilio bills: of each leg's call, and of each leg's media stream, every one rounded up.

(https://www.twilio.com/en-us/voice/pricing; that streams are rounded up as calls are is the word of Twilio's support.)
"""

from __future__ import annotations

from collections import Counter

from app.domain.events import Event, LegStatusChanged, StreamClosed, StreamOpened
from app.domain.legs import Leg, LegStatus
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.twilio.numbers import region_of

NAME = "twilio"
_MINUTE_MS = 60_000


class BilledMinutes:
    """One interpreted call's telephones. Times are milliseconds since it began.

    The call of a client who dialled us counts from the webhook's answer, one that we placed from theirs; one that is
    not answered costs nothing. What goes on after it (a farewell that the carrier speaks, a conference after a
    hand-over) is not known here.
    """

    def __init__(self, called: str, agent: str, dialled: str = "") -> None:
        """``called`` is the Twilio number that the client dialled, ``agent`` where the agent was.

        ``dialled`` is the client's number where it was us who called.
        """
        self._call_keys = call_keys(called, agent)
        if dialled:
            self._call_keys[Leg.CLIENT] = _placed_to(dialled)
        self._calls: dict[Leg, _Span] = {} if dialled else {Leg.CLIENT: _Span(0)}
        self._streams: dict[Leg, _Span] = {}

    def observe(self, event: Event, at_ms: int) -> None:
        """Take note of what happened."""
        match event:
            case StreamOpened(leg):
                self._streams.setdefault(leg, _Span(at_ms))
                self._calls.setdefault(leg, _Span(at_ms))
            case StreamClosed(leg) if leg in self._streams:
                self._streams[leg].end(at_ms)
            case LegStatusChanged(leg, LegStatus.IN_PROGRESS):
                self._calls.setdefault(leg, _Span(at_ms))
            case LegStatusChanged(leg, status) if status.is_terminal and leg in self._calls:
                self._calls[leg].end(at_ms)
            case _:
                pass

    def end(self, at_ms: int) -> None:
        """Everything that still runs is hung up."""
        for span in (*self._calls.values(), *self._streams.values()):
            span.end(at_ms)

    def usage(self, at_ms: int) -> Counter[UsageKey]:
        """Return the minutes begun by then."""
        minutes: Counter[UsageKey] = Counter()
        for leg, span in self._calls.items():
            minutes[self._call_keys[leg]] += span.minutes(at_ms)
        for span in self._streams.values():
            minutes[UsageKey(Stage.TELEPHONY, NAME, UsageUnit.STREAM_MINUTES)] += span.minutes(at_ms)
        return minutes


def call_keys(called: str, agent: str) -> dict[Leg, UsageKey]:
    """Return what each leg's call is billed as: one that was taken at ``called``, one that was placed to ``agent``."""
    return {
        Leg.CLIENT: UsageKey(Stage.TELEPHONY, NAME, UsageUnit.INBOUND_MINUTES, place_of(called)),
        Leg.AGENT: _placed_to(agent),
    }


def _placed_to(address: str) -> UsageKey:
    return UsageKey(Stage.TELEPHONY, NAME, UsageUnit.OUTBOUND_MINUTES, place_of(address))


class _Span:
    def __init__(self, began_ms: int) -> None:
        self._began_ms = began_ms
        self._ended_ms: int | None = None

    def end(self, at_ms: int) -> None:
        if self._ended_ms is None:
            self._ended_ms = at_ms

    def minutes(self, at_ms: int) -> int:
        """A minute that began is a whole one, and so is the first."""
        ended_ms = at_ms if self._ended_ms is None else self._ended_ms
        return max(1, -(-(ended_ms - self._began_ms) // _MINUTE_MS))


def place_of(address: str) -> str:
    """Return what the price of a call depends on: a region (ISO 3166), ``sip`` or ``client``; empty if unknown."""
    scheme, colon, _ = address.partition(":")
    if colon:
        return "client" if scheme == "client" else "sip"
    return region_of(address) or ""
