"""Something that voice activity takes for speech, made without an engine."""

from __future__ import annotations

import numpy as np

from app.audio.ulaw import float_to_ulaw
from app.domain.audio import SAMPLE_RATE_HZ


def babble(seconds: float) -> bytes:
    """Return mu-law that sounds like somebody humming syllables: a pulse train through two formants."""
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = 120 + 15 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    harmonics = range(1, 25)
    weights = [
        np.exp(-(((k * 120 - 600) / 350) ** 2)) + 0.5 * np.exp(-(((k * 120 - 1400) / 450) ** 2)) for k in harmonics
    ]
    wave = sum(weight * np.sin(k * phase) for k, weight in zip(harmonics, weights, strict=True))
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * time_s)
    signal = wave * envelope
    return float_to_ulaw((0.4 * signal / np.max(np.abs(signal))).astype(np.float32))
