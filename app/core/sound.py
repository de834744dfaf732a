"""The arithmetic of sound that the core decides about but does not do; its owner passes it in ``CallConfig``.

All sound is mu-law at 8 kHz. Streams may be cut into pieces of any length, and what they return may be empty.
"""

from __future__ import annotations

from typing import Protocol


class Stretcher(Protocol):
    """One stream whose tempo changes and whose pitch does not."""

    def shape(self, ulaw: bytes, speed: float) -> bytes:
        """Take the next piece; return what is ready. At speed 1 a fresh stream passes untouched and at once.

        Raises ValueError for a speed outside 0.8 to 1.25.
        """

    def flush(self) -> bytes:
        """Return what is held; the next piece begins a new stream."""


class Trimmer(Protocol):
    """One clip after the other, without the pauses that nobody needs."""

    @property
    def trimmed_ms(self) -> int:
        """How much was cut so far."""

    def trim(self, ulaw: bytes, is_on: bool) -> bytes:
        """Take the next piece; return what is ready. Everything passes untouched and at once while it is off."""

    def flush(self) -> bytes:
        """End the clip; return what of its end is to be heard."""


class Fader(Protocol):
    """One stream whose loudness changes without a click."""

    def fade(self, ulaw: bytes, gain_db: float) -> bytes:
        """Return the next piece at this gain, which the first 20 ms after a change approach."""


class Sound(Protocol):
    """Makes streams, and does what needs no memory."""

    def stretcher(self) -> Stretcher: ...

    def trimmer(self) -> Trimmer: ...

    def fader(self) -> Fader: ...

    def attenuate(self, ulaw: bytes, gain_db: float) -> bytes:
        """Return the sound at another loudness; at 0 dB untouched."""

    def mix(self, first: bytes, second: bytes) -> bytes:
        """Return both at once, as long as the longer one."""
