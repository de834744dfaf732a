"""What direct interpreting gives: speech that becomes speech in another language without a cascade in between."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spoken:
    """The next audio of a turn."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SourceText:
    """What was heard, behind what was heard before: fragments bring their own spaces and may end inside a word."""

    text: str


@dataclass(frozen=True, slots=True)
class TargetText:
    """What is being said, in fragments like those of ``SourceText``."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """What was said since the last one is a unit; nothing more of it will come."""


DirectPiece = Spoken | SourceText | TargetText | TurnEnded
