"""The clock of all phones: 20 ms each, one timer for all, their moments spread evenly."""

from __future__ import annotations

import asyncio

from app.domain.audio import FRAME_MS
from bench.load.phone import Phone

_TICK_S = 0.001
_SLOTS = FRAME_MS


class Pacer:
    """Instants are counted from the start, so lateness does not add up: who was kept from it sends what is due."""

    def __init__(self) -> None:
        self.latest_ms = 0.0
        """By how much a frame was late, at worst: of this much latency the generator may be the cause."""
        self._slots: list[list[Phone]] = [[] for _ in range(_SLOTS)]
        self._ticks = 0
        self._loop = asyncio.get_running_loop()
        self._start_s = self._loop.time()
        self._timer = self._loop.call_soon(self._tick)

    def add(self, phone: Phone) -> None:
        min(self._slots, key=len).append(phone)

    def remove(self, phone: Phone) -> None:
        for slot in self._slots:
            if phone in slot:
                slot.remove(phone)

    def pause(self) -> None:
        """Let all of them be silent, as on a line that is cut."""
        self._timer.cancel()

    def resume(self) -> None:
        """Go on where they would be by now."""
        missed = int((self._loop.time() - self._start_s) / _TICK_S - self._ticks) // _SLOTS
        for slot in self._slots:
            for phone in slot:
                phone.frames += missed
        self._ticks += missed * _SLOTS
        self._tick()

    def close(self) -> None:
        self._timer.cancel()

    def _tick(self) -> None:
        now_s = self._loop.time()
        while (due_s := self._start_s + self._ticks * _TICK_S) <= now_s:
            self.latest_ms = max(self.latest_ms, (now_s - due_s) * 1000)
            for phone in self._slots[self._ticks % _SLOTS]:
                phone.speak(now_s)
            self._ticks += 1
        self._timer = self._loop.call_at(due_s, self._tick)
