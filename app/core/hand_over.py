"""Handing a call over to a person: they are called while the bridge goes on, then both parties are moved to them.

The order spares the parties every wait: the interpreter's telephone rings while the bridge still interprets, both are
told when somebody has answered, and only then do they leave the bridge for a conference.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.core.interpreter import Interpreter
from app.core.playout import mark_name
from app.domain.commands import Command, DialInterpreter, MoveToConference, ReleaseInterpreter
from app.domain.legs import Leg, LegStatus
from app.domain.phrases import Phrase

_ANSWER_LIMIT_MS = 90_000
"""An interpreter of whom nothing is heard for so long is given up."""
_NOTICE_LIMIT_MS = 12_000
"""A notice that is not heard by then holds nothing up any more."""


@dataclass(frozen=True, slots=True)
class _Calling:
    requester: Leg
    until_ms: int


@dataclass(frozen=True, slots=True)
class _Telling:
    requester: Leg
    until_ms: int
    unheard: set[str]
    """The marks behind the notices that are not played yet."""


@dataclass(frozen=True, slots=True)
class _Moving:
    requester: Leg
    closed: dict[Leg, bool] = field(default_factory=dict)
    """Legs whose stream ended meanwhile; the value: whether it was lost."""


class HandOver:
    """Where the hand-over stands; at rest until a party asks for it, and again when it fails."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.is_possible = False
        """Whether both parties are on the line."""
        self._interpreter = interpreter
        self._state: _Calling | _Telling | _Moving | None = None

    @property
    def is_moving(self) -> bool:
        """Whether the legs are being moved: then a stream that ends is no hang-up."""
        return isinstance(self._state, _Moving)

    @property
    def next_watch_ms(self) -> int | None:
        """When ``watch`` wants to be asked again."""
        return self._state.until_ms if isinstance(self._state, _Calling | _Telling) else None

    def request(self, requester: Leg, now_ms: int) -> list[Command]:
        """Call an interpreter; who asks again is told again that one is being called."""
        if not self.is_possible:
            return self._interpreter.tell(requester, Phrase.INTERPRETER_UNAVAILABLE, now_ms)[1]
        told = self._interpreter.tell(requester, Phrase.CALLING_INTERPRETER, now_ms)[1]
        if self._state is not None:
            return told
        self._state = _Calling(requester, now_ms + _ANSWER_LIMIT_MS)
        return [DialInterpreter(), *told]

    def interpreter_status(self, status: LegStatus, now_ms: int) -> list[Command]:
        """The interpreter's telephone changed its state; callbacks may come twice."""
        match self._state:
            case _Calling(requester):
                if status is LegStatus.IN_PROGRESS:
                    return self._tell_both(requester, now_ms)
                return self._give_up(requester, now_ms) if status.is_terminal else []
            case _Telling(requester) if status.is_terminal:
                return self._give_up(requester, now_ms)
            case _:
                return []

    def marked(self, name: str) -> list[Command]:
        """A mark was played."""
        state = self._state
        if not isinstance(state, _Telling):
            return []
        state.unheard.discard(name)
        return [] if state.unheard else self._move(state.requester)

    def watch(self, now_ms: int) -> list[Command]:
        """Act on what did not happen."""
        match self._state:
            case _Calling(requester, until_ms) if now_ms >= until_ms:
                return [ReleaseInterpreter(), *self._give_up(requester, now_ms)]
            case _Telling(requester, until_ms) if now_ms >= until_ms:
                return self._move(requester)
            case _:
                return []

    def note_closed(self, leg: Leg, was_lost: bool) -> None:
        """A leg's stream ended while the legs are being moved."""
        if isinstance(self._state, _Moving):
            self._state.closed[leg] = was_lost

    def gone(self, moved: tuple[Leg, ...]) -> dict[Leg, bool]:
        """Return the legs whose stream ended although they were not moved, and whether it was lost."""
        closed = self._state.closed if isinstance(self._state, _Moving) else {}
        return {leg: was_lost for leg, was_lost in closed.items() if leg not in moved}

    def not_moved(self, now_ms: int) -> list[Command]:
        """Nobody could be moved, and nobody has gone: the bridge goes on."""
        if not isinstance(self._state, _Moving):
            return []
        return [ReleaseInterpreter(), *self._give_up(self._state.requester, now_ms)]

    def _tell_both(self, requester: Leg, now_ms: int) -> list[Command]:
        unheard: set[str] = set()
        commands: list[Command] = []
        for leg in Leg:
            clause, queued = self._interpreter.tell(leg, Phrase.HANDING_OVER, now_ms)
            unheard.add(mark_name(clause))
            commands += queued
        self._state = _Telling(requester, now_ms + _NOTICE_LIMIT_MS, unheard)
        return commands

    def _move(self, requester: Leg) -> list[Command]:
        self._state = _Moving(requester)
        return [MoveToConference()]

    def _give_up(self, requester: Leg, now_ms: int) -> list[Command]:
        self._state = None
        return self._interpreter.tell(requester, Phrase.INTERPRETER_UNAVAILABLE, now_ms)[1]
