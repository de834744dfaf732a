"""What an operator may choose: for each leg while a call goes on, and what is kept of it."""

from __future__ import annotations

from enum import StrEnum


class Listening(StrEnum):
    """What a leg hears of the other party."""

    TRANSLATION = "translation"
    """The translation only."""
    DUCKED = "ducked"
    """The translation, and quietly the original: under it and between its sentences."""
    CAPTIONS = "captions"
    """Nothing: what is said is translated and reported, for somebody who reads."""
    ORIGINAL = "original"
    """The other party as they are; nothing is spoken for them."""
    ECHO = "echo"
    """The translation, and quietly what the other party hears of oneself: for testing and learning."""


class Overlap(StrEnum):
    """What becomes of the translation that plays when its listener speaks over it."""

    KEEP = "keep"
    DUCK = "duck"
    """It is quieter for as long as they speak."""
    STOP = "stop"
    """It ends, and so does what waits behind it; a short acknowledgement stops nothing."""


class Transcripts(StrEnum):
    """How much of what was said is stored, logged or posted."""

    OFF = "off"
    """That something was said, and how long it took."""
    REDACTED = "redacted"
    """With labels for numbers and addresses that name somebody."""
    FULL = "full"
