"""How high a voice is: its fundamental frequency, from the periodicity of short stretches of speech.

A telephone passes 300 to 3400 Hz and so takes away the fundamental of nearly every voice. Rectified, the harmonics that
are left give it back (W. Hess, "Pitch Determination of Speech Signals", Springer 1983, on nonlinear distortion), and
YIN finds its period (A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", J.
Acoust. Soc. Am. 111, 2002): its steps 2 to 4. Whole samples are near enough: 1 % at 80 Hz, 3 % at 200 Hz.
"""

from __future__ import annotations

import numpy as np

from app.audio.ulaw import FloatSamples, ulaw_to_float
from app.domain.audio import FRAME_BYTES, SAMPLE_RATE_HZ

LOWEST_HZ, HIGHEST_HZ = 70, 400
_SHORTEST_LAG, _LONGEST_LAG = SAMPLE_RATE_HZ // HIGHEST_HZ, SAMPLE_RATE_HZ // LOWEST_HZ
_WINDOW_FRAMES = 2
"""40 ms, almost three periods of the lowest voice: ..."""
_COMPARED = _WINDOW_FRAMES * FRAME_BYTES - _LONGEST_LAG
"""... the samples that are compared with those a lag later."""
_EVERY_FRAMES = 3
"""A window begins every 60 ms at most: more of them say little more about the speaker, and cost as much again."""
_APERIODIC = 0.25
"""How much may change from one period to the next, as a share of what changes within one."""
_AS_GOOD = 0.1
"""A lag that is worse by less than this and shorter is the period: the others are multiples of it."""
_SMOOTHING = np.hanning(15) / np.hanning(15).sum()
"""Takes away what lies far above the voice's fundamental, about 600 Hz."""
_LAGS = np.arange(1, _LONGEST_LAG + 1)


class PitchMeter:
    """One leg's. Takes every frame, in order, and measures some of those that are speech."""

    def __init__(self) -> None:
        self._window = b""
        self._frames = 0
        """Frames of unbroken speech since the last window began."""

    def measure(self, ulaw: bytes, *, is_speech: bool) -> float | None:
        """Take the next 20 ms; return the pitch in Hz of the 40 ms that end with it, where they were measured."""
        if not is_speech:
            self._window, self._frames = b"", 0
            return None
        self._frames += 1
        if self._frames < _WINDOW_FRAMES:
            self._window += ulaw
            return None
        if self._frames == _WINDOW_FRAMES:
            window, self._window = self._window + ulaw, b""
            return pitch_hz(ulaw_to_float(window))
        if self._frames == _EVERY_FRAMES:
            self._frames = 0
        return None


def pitch_hz(samples: FloatSamples) -> float | None:
    """Return the fundamental frequency of 320 samples at 8 kHz; None where they have none from 70 to 400 Hz."""
    rectified = np.abs(samples)
    change = _normalised_difference(np.convolve(rectified - rectified.mean(), _SMOOTHING, "same"))
    if change is None:
        return None
    change = change[_SHORTEST_LAG - 1 :]
    deepest = change.min()
    if deepest > _APERIODIC:
        return None
    lag = int(np.flatnonzero(change <= deepest + _AS_GOOD)[0])
    while lag + 1 < len(change) and change[lag + 1] < change[lag]:
        lag += 1
    return SAMPLE_RATE_HZ / (lag + _SHORTEST_LAG)


def _normalised_difference(samples: FloatSamples) -> FloatSamples | None:
    """Return YIN's d' for the lags 1 to the longest: 0 for a perfect period, about 1 for none; None for silence."""
    energies = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    energies = energies[_COMPARED:] - energies[:-_COMPARED]
    products = np.correlate(samples, samples[:_COMPARED], "valid")
    differences = np.maximum(energies[0] + energies[1:] - 2.0 * products[1:], 0.0)
    means = np.cumsum(differences) / _LAGS
    if means[-1] < 1e-9:
        return None
    normalised: FloatSamples = (differences / np.maximum(means, means[-1] * 1e-6)).astype(np.float32)
    return normalised
