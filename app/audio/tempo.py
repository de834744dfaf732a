"""Faster and slower speech at the same pitch.

Now and then one period of the voice is left out, or said twice, where it repeats itself, and the two sides are
cross-faded: the "pointer interval controlled overlap and add" of N. Morita and F. Itakura (1986). Everything between
two such places passes untouched, byte by byte, so most of the sound is not even decoded.
"""

from __future__ import annotations

from functools import cache
from math import ceil

import numpy as np

from app.audio.ulaw import FloatSamples, pcm16_to_ulaw, ulaw_to_samples
from app.domain.audio import BYTES_PER_MS

SLOWEST = 0.8
FASTEST = 1.25

_SHORTEST_PERIOD = 20
"""Samples: a voice of 400 Hz."""
_LONGEST_PERIOD = 112
"""Samples: a voice of 71 Hz."""
_WINDOW = 2 * _LONGEST_PERIOD
"""What has to be seen before a period is left out or repeated: 28 ms, the most that is ever held."""
_ALIKE = 0.75
"""The correlation from which two periods count as one."""
_DEBT_UNIT = 1_000_000
"""Parts of a sample, so that counting is exact and does not depend on how the audio was cut."""
_WANTED_DEBT = 5 * BYTES_PER_MS * _DEBT_UNIT
"""How much the output must be too long, or too short, before a good place is looked for ..."""
_URGENT_DEBT = 11 * BYTES_PER_MS * _DEBT_UNIT
"""... and before the best place at hand has to do."""
_RETRY_SAMPLES = 80
"""Looking twice as often finds no better places (recorded speech at 1.1: alike by 0.826 instead of 0.825), for half as
much work again."""
_NEVER = 1 << 62
_INAUDIBLE_RMS = 8.0


class TempoShaper:
    """One stream of mu-law 8 kHz speech, played faster or slower by a factor that may change with every piece.

    At any moment the output is within 20 ms of input / speed.
    """

    def __init__(self) -> None:
        self._held = b""
        self._debt = 0
        """By how much the output so far is too long, in millionths of a sample; below 0, too short."""
        self._saved_per_sample = 0
        self._patience = 0
        """Samples that pass before a place is looked for again."""

    def shape(self, ulaw: bytes, speed: float) -> bytes:
        """Take the next piece of any length; return what is ready, which may be empty.

        Holds back up to 28 ms at any speed but 1, and nothing while the speed has been 1. Raises ValueError for a speed
        outside 0.8 to 1.25.
        """
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed must be {SLOWEST} to {FASTEST}")
        saved_per_sample = round(_DEBT_UNIT * (1.0 - 1.0 / speed))
        # What is held came at the speed before.
        self._debt += len(self._held) * (self._saved_per_sample - saved_per_sample)
        self._saved_per_sample = saved_per_sample
        audio = self._held + ulaw
        ready: list[bytes] = []
        at = 0
        while True:
            to_pass = self._samples_to_pass(saved_per_sample)
            passing = min(to_pass, len(audio) - at)
            ready.append(audio[at : at + passing])
            at += passing
            self._patience -= min(self._patience, passing)
            self._debt += passing * saved_per_sample
            if to_pass and passing:
                continue
            if to_pass or len(audio) - at < _WINDOW:
                break
            window = audio[at : at + _WINDOW]
            samples = ulaw_to_samples(window)
            period, likeness = _best_period(samples)
            if likeness < _ALIKE and abs(self._debt) < _URGENT_DEBT:
                self._patience = _RETRY_SAMPLES
                continue
            first, second = samples[:period], samples[period : 2 * period]
            if self._debt > 0:
                ready.append(_blend(first, second))
                at += 2 * period
                self._debt += 2 * period * saved_per_sample - period * _DEBT_UNIT
            else:
                ready += (window[:period], _blend(second, first))
                at += period
                self._debt += period * saved_per_sample + period * _DEBT_UNIT
        self._held = audio[at:]
        return b"".join(ready)

    def flush(self) -> bytes:
        """Return what is held; the next piece begins a new stream."""
        held, self._held = self._held, b""
        self._debt = self._patience = 0
        return held

    def _samples_to_pass(self, saved_per_sample: int) -> int:
        """Return how much audio passes untouched before a period may be left out or repeated."""
        if abs(self._debt) >= _WANTED_DEBT:
            return self._patience
        if saved_per_sample == 0:
            return _NEVER
        missing = _WANTED_DEBT - (self._debt if saved_per_sample > 0 else -self._debt)
        return max(self._patience, ceil(missing / abs(saved_per_sample)))


def _best_period(samples: FloatSamples) -> tuple[int, float]:
    """Return the lag in samples at which 28 ms of sound repeat themselves best, and how well: at most 1."""
    head = samples[:_LONGEST_PERIOD]
    sums = (samples * samples).cumsum(dtype=np.float64)
    power = float(sums[_LONGEST_PERIOD - 1])
    if power < _LONGEST_PERIOD * _INAUDIBLE_RMS**2:
        return _LONGEST_PERIOD, 1.0
    energy = sums[_SHORTEST_PERIOD + _LONGEST_PERIOD - 1 :] - sums[_SHORTEST_PERIOD - 1 : -_LONGEST_PERIOD]
    likeness = np.correlate(samples[_SHORTEST_PERIOD:], head, "valid") / np.sqrt(power * energy + 1.0)
    best = int(likeness.argmax())
    return _SHORTEST_PERIOD + best, float(likeness[best])


def _blend(first: FloatSamples, second: FloatSamples) -> bytes:
    """Return two periods as one, in mu-law: it begins like the first and ends like the second."""
    blended = first + (second - first) * _rise(len(first))
    return pcm16_to_ulaw(blended.astype("<i2").tobytes())


@cache
def _rise(length: int) -> FloatSamples:
    """Return a ramp from 0 to just below 1."""
    ramp: FloatSamples = np.arange(length, dtype=np.float32) / np.float32(length)
    return ramp
