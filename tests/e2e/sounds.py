"""Something that voice activity takes for speech, made without an engine."""

from __future__ import annotations

import numpy as np

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.audio import SAMPLE_RATE_HZ


def babble(seconds: float, voice_hz: float = 120.0) -> bytes:
    """Return mu-law that sounds like somebody humming syllables: a pulse train through two formants."""
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = voice_hz * (1 + 0.125 * np.sin(2 * np.pi * 0.7 * time_s))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    harmonics = range(1, int(3000 / voice_hz))
    weights = [
        np.exp(-(((k * voice_hz - 600) / 350) ** 2)) + 0.5 * np.exp(-(((k * voice_hz - 1400) / 450) ** 2))
        for k in harmonics
    ]
    wave = sum(weight * np.sin(k * phase) for k, weight in zip(harmonics, weights, strict=True))
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * time_s)
    signal = wave * envelope
    return float_to_ulaw((0.4 * signal / np.max(np.abs(signal))).astype(np.float32))


def talk(seconds: float, seed: int) -> bytes:
    """Return mu-law of a made-up speaker: syllables of changing pitch, vowel and loudness, hisses and short pauses."""
    generator = np.random.default_rng(seed)
    voice_hz = generator.uniform(95, 210)
    pieces: list[np.ndarray] = []
    while sum(map(len, pieces)) < seconds * SAMPLE_RATE_HZ:
        length = int(generator.uniform(0.09, 0.24) * SAMPLE_RATE_HZ)
        envelope = np.sin(np.pi * np.arange(length) / length) ** 0.5 * generator.uniform(0.4, 1.0)
        kind = generator.uniform()
        if kind < 0.1:
            pieces.append(np.zeros(length))
        elif kind < 0.25:
            hiss = generator.standard_normal(length)
            pieces.append(0.15 * envelope * np.diff(hiss, prepend=hiss[0]))
        else:
            begin_hz, end_hz = voice_hz * generator.uniform(0.8, 1.25, 2)
            phase = 2 * np.pi * np.cumsum(np.linspace(begin_hz, end_hz, length)) / SAMPLE_RATE_HZ
            formants_hz = (generator.uniform(280, 800), generator.uniform(900, 2300), generator.uniform(2300, 3100))
            wave = np.zeros(length)
            for k in range(1, int(3500 / voice_hz)):
                near = sum(1 / (1 + ((k * voice_hz - formant) / 90) ** 2) for formant in formants_hz)
                wave += (near + 0.02) * np.sin(k * phase + generator.uniform(0, 0.4))
            pieces.append(envelope * wave / np.abs(wave).max())
    signal = np.concatenate(pieces)[: int(seconds * SAMPLE_RATE_HZ)]
    return float_to_ulaw((0.35 * signal / np.abs(signal).max()).astype(np.float32))


def median_pitch_hz(ulaw: bytes) -> float:
    """Return how high what is heard sounds: by plain autocorrelation of 60 ms, so that it owes the product nothing."""
    samples = ulaw_to_float(ulaw)
    lags = np.arange(SAMPLE_RATE_HZ // 400, SAMPLE_RATE_HZ // 65)
    length = 480 - int(lags[-1])
    pitches_hz: list[float] = []
    for begin in range(0, len(samples) - 480, 240):
        window = samples[begin : begin + 480]
        sound = window[:length]
        if np.sqrt(np.mean(sound**2)) < 0.02:
            continue
        later = np.lib.stride_tricks.sliding_window_view(window, length)[lags]
        alike = 2 * (later @ sound) / (np.sum(later**2, axis=1) + sound @ sound)
        if alike.max() > 0.8:
            pitches_hz.append(SAMPLE_RATE_HZ / float(lags[np.flatnonzero(alike > alike.max() - 0.04)[0]]))
    return float(np.median(pitches_hz))
