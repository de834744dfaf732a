"""The calls of all workers, for whoever asks: which there are, who holds them, and how many may be placed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from app.fleet.base import Line, LineAnswer

_WINDOW_S = 60.0


@dataclass(slots=True)
class _Held:
    holder: str
    call_sid: str
    """Empty while the carrier has not named the call."""


class Lines:
    """What the supervisor knows. Holders are instance ids; a clock that never goes back is given."""

    def __init__(self, most_calls: int, orders_per_minute: int) -> None:
        """``most_calls`` 0: there is no limit of all together."""
        self._most_calls = most_calls
        self._held: dict[str, _Held] = {}
        """By session."""
        self._sessions: dict[str, str] = {}
        """By CallSid."""
        self._ordered_s: deque[float] = deque(maxlen=orders_per_minute)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def is_full(self) -> bool:
        return 0 < self._most_calls <= len(self._held)

    def take(self, holder: str, session_id: str, call_sid: str) -> LineAnswer:
        """Give a line to a session, unless another process holds the same call or there is none left."""
        other = self.holder(call_sid) if call_sid else None
        if other is not None and other != holder:
            return LineAnswer(Line.HELD_ELSEWHERE, other)
        if session_id not in self._held and self.is_full:
            return LineAnswer(Line.FULL)
        self.hold(holder, session_id, call_sid)
        return LineAnswer(Line.GIVEN)

    def hold(self, holder: str, session_id: str, call_sid: str) -> None:
        self._held[session_id] = _Held(holder, call_sid)
        if call_sid:
            self._sessions[call_sid] = session_id

    def release(self, session_id: str) -> None:
        held = self._held.pop(session_id, None)
        if held is not None and self._sessions.get(held.call_sid) == session_id:
            del self._sessions[held.call_sid]

    def holder(self, call_sid: str) -> str | None:
        session_id = self._sessions.get(call_sid)
        return None if session_id is None else self._held[session_id].holder

    def forget(self, holder: str) -> None:
        """This process is gone, and its calls with it."""
        for session_id in [session_id for session_id, held in self._held.items() if held.holder == holder]:
            self.release(session_id)

    def order(self, now_s: float) -> float:
        """Return 0 where a call may be placed, which counts it, or for how many seconds none may."""
        if len(self._ordered_s) == self._ordered_s.maxlen and now_s - self._ordered_s[0] < _WINDOW_S:
            return self._ordered_s[0] + _WINDOW_S - now_s
        self._ordered_s.append(now_s)
        return 0.0
