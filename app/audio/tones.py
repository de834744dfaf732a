"""Tones that the bridge makes: what a caller expects to hear while a telephone rings, and while they wait.

Frequencies and cadences are those of ITU-T E.180 supplement 2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from app.audio.ulaw import FloatSamples, float_to_ulaw
from app.domain.audio import SAMPLE_RATE_HZ

Cadence = tuple[tuple[int, int], ...]
"""Milliseconds of tone and of silence, in turn."""

_EUROPE: tuple[tuple[int, ...], Cadence] = ((425,), ((1000, 4000),))
_RINGBACK: dict[str, tuple[tuple[int, ...], Cadence]] = {
    "ES": ((425,), ((1500, 3000),)),
    "FR": ((440,), ((1500, 3500),)),
    "GB": ((400, 450), ((400, 200), (400, 2000))),
    "US": ((440, 480), ((2000, 4000),)),
    "CA": ((440, 480), ((2000, 4000),)),
}
_AMPLITUDE = 0.12
_RAMP_S = 0.01


_COMFORT_MS = 2000
_COMFORT_RMS = 0.0028
"""-51 dB: a line that is open, softer than anything that a person would take for sound."""
_COMFORT_HZ = (250.0, 900.0)


@lru_cache(maxsize=1)
def comfort_cycle() -> bytes:
    """Return one cycle of soft low noise as mu-law 8 kHz; it repeats without a seam."""
    count = SAMPLE_RATE_HZ * _COMFORT_MS // 1000
    frequencies_hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
    phases = np.random.default_rng(180).uniform(0, 2 * np.pi, len(frequencies_hz))
    lowest_hz, highest_hz = _COMFORT_HZ
    spectrum = np.where((frequencies_hz >= lowest_hz) & (frequencies_hz <= highest_hz), np.exp(1j * phases), 0)
    noise = np.fft.irfft(spectrum, count)
    return float_to_ulaw((noise * _COMFORT_RMS / np.sqrt(np.mean(noise**2))).astype(np.float32))


@lru_cache(maxsize=16)
def ringback_cycle(region: str | None) -> bytes:
    """Return one cycle of an ISO 3166 region's ring-back tone as mu-law 8 kHz.

    Its length is a whole number of 20 ms frames; playing it again and again is the tone.
    """
    frequencies_hz, cadence = _RINGBACK.get(region or "", _EUROPE)
    pieces: list[FloatSamples] = []
    for on_ms, off_ms in cadence:
        seconds = np.arange(SAMPLE_RATE_HZ * on_ms // 1000) / SAMPLE_RATE_HZ
        waves = [np.sin(2 * np.pi * frequency * seconds) for frequency in frequencies_hz]
        ramp = np.minimum(1.0, np.minimum(seconds, seconds[::-1]) / _RAMP_S)
        pieces.append((_AMPLITUDE * ramp * np.mean(waves, axis=0)).astype(np.float32))
        pieces.append(np.zeros(SAMPLE_RATE_HZ * off_ms // 1000, dtype=np.float32))
    return float_to_ulaw(np.concatenate(pieces))
