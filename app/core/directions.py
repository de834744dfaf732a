"""Which directions of a call are interpreted directly, and how one of them goes over to the cascade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from app.core.clause import Clause
from app.core.direct import DirectConfig, DirectSpeech, Said
from app.core.speech_queue import SpeechQueue
from app.domain.commands import Command, LeaveDirect, SetDirectTarget
from app.domain.direct import DirectPiece
from app.domain.legs import Leg

Cascade = Callable[[Leg, Said, int], list[Command]]
"""Interpret a clause of a leg with recognition, translation and voice."""


class Directions:
    """Both directions of a call; one that nobody interprets directly is the cascade's from the beginning."""

    def __init__(
        self,
        config: DirectConfig | None,
        queues: Mapping[Leg, SpeechQueue],
        targets: Mapping[Leg, str],
        new_clause: Callable[[Leg], Clause],
        cascade: Cascade,
    ) -> None:
        """``queues`` are by listener, ``targets`` by speaker; ``new_clause`` makes one for a listener."""
        self._cascade = cascade
        self._directions: dict[Leg, DirectSpeech] = {}
        if config is not None:
            self._directions = {
                leg: DirectSpeech(config, queues[leg.other], targets[leg], partial(new_clause, leg.other))
                for leg in config.legs
            }

    @property
    def targets(self) -> dict[Leg, str]:
        """Return whose speech is to be said directly, and in what language."""
        active = ((leg, direct.target) for leg, direct in self._directions.items() if direct.is_active)
        return {leg: target for leg, target in active if target is not None}

    def __bool__(self) -> bool:
        """Whether any direction is or was interpreted directly."""
        return bool(self._directions)

    def is_active(self, leg: Leg) -> bool:
        """Whether what a leg says is interpreted directly at the moment."""
        direct = self._directions.get(leg)
        return direct is not None and direct.is_active

    def is_owing(self, leg: Leg) -> bool:
        """Whether a leg said something that was not heard to its end."""
        direct = self._directions.get(leg)
        return direct is not None and direct.is_owing

    def hear(self, leg: Leg, ulaw: bytes, is_speaking: bool, now_ms: int) -> None:
        """Take the next 20 ms of a leg, and whether it is in an utterance."""
        direct = self._directions.get(leg)
        if direct is not None and not direct.has_failed:
            direct.hear(ulaw, is_speaking, now_ms)

    def take(self, leg: Leg, piece: DirectPiece, source: str, now_ms: int) -> list[Command]:
        """Take what the provider gives for what a leg says in ``source``."""
        direct = self._directions.get(leg)
        return [] if direct is None else direct.take(piece, source, now_ms)

    def interpret(self, leg: Leg, said: Said, now_ms: int) -> list[Command]:
        """Take a clause of the recogniser: hold it for the provider, or have the cascade interpret it."""
        direct = self._directions.get(leg)
        if direct is None:
            return self._cascade(leg, said, now_ms)
        if direct.has_failed:
            return [] if direct.has_said(said) else self._cascade(leg, said, now_ms)
        if direct.is_active or said.needs_no_translation:
            return direct.hold(said, now_ms)
        return self._cascade(leg, said, now_ms)

    def aim(self, leg: Leg, target: str | None, now_ms: int) -> list[Command]:
        """What a leg says is to be heard in this language, or, with None, as it is."""
        direct = self._directions.get(leg)
        if direct is None or direct.has_failed or direct.target == target:
            return []
        if target is not None and not direct.speaks(target):
            return self.leave(leg, "language", now_ms, is_fault=False)
        direct.target = target
        return [SetDirectTarget(leg, target)]

    def failed(self, leg: Leg, now_ms: int) -> list[Command]:
        """The provider failed: the cascade says what was not heard, and everything from now on."""
        direct = self._directions.get(leg)
        if direct is None or direct.has_failed:
            return []
        commands, unsaid = direct.fail(now_ms)
        return commands + [command for said in unsaid for command in self._cascade(leg, said, now_ms)]

    def leave(self, leg: Leg, code: str, now_ms: int, *, is_fault: bool = True) -> list[Command]:
        """Give the provider up."""
        return [LeaveDirect(leg, code, is_fault), *self.failed(leg, now_ms)]

    def watch(self, source: Callable[[Leg], str], now_ms: int) -> list[Command]:
        """Act on what did not happen; ``source`` tells what a leg speaks."""
        commands: list[Command] = []
        for leg, direct in self._directions.items():
            commands += direct.watch(source(leg), now_ms)
            if direct.is_overdue(now_ms):
                commands += self.leave(leg, "silent", now_ms)
        return commands

    def watch_times_ms(self, now_ms: int) -> list[int]:
        """Return when ``watch`` wants to be asked again."""
        wanted = (direct.next_watch_ms(now_ms) for direct in self._directions.values())
        return [time_ms for time_ms in wanted if time_ms is not None]
