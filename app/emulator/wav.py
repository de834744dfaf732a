"""Recordings in and out, and where in them something can be heard."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from app.audio.ulaw import FloatSamples, float_to_ulaw, ulaw_to_float, ulaw_to_pcm16
from app.domain.audio import FRAME_BYTES, SAMPLE_RATE_HZ
from app.emulator.clock import FRAME_S
from app.emulator.errors import ScriptError

AUDIBLE_RMS = 0.008
"""The loudness of a frame (full scale is 1) from which it counts as sound: -42 dB, above line noise, below speech."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of audible sound, in seconds on the recording's clock."""

    start_s: float
    end_s: float


def read_wav(path: Path) -> bytes:
    """Return a recording (any format that libsndfile knows, any rate, any number of channels) as mu-law 8 kHz mono.

    Raises ScriptError when it cannot be read as that.
    """
    if not path.is_file():
        raise ScriptError(f"{path}: there is no such recording")
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise ScriptError(f"{path}: not a recording that can be read, such as WAV or FLAC ({error})") from None
    mono: FloatSamples = samples.mean(axis=1, dtype=np.float32)
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ)
    return float_to_ulaw(mono)


def write_wav(path: Path, ulaw: bytes) -> None:
    """Write mu-law as a PCM16 8 kHz mono WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(ulaw_to_pcm16(ulaw))


def is_audible(ulaw: bytes) -> bool:
    """Say whether a person would hear this; meant for pieces of about 20 ms."""
    if not ulaw:
        return False
    samples = ulaw_to_float(ulaw)
    return float(np.sqrt(np.mean(samples * samples))) >= AUDIBLE_RMS


def audible_segments(ulaw: bytes, *, join_gap_s: float = 0.3, shortest_s: float = 0.06) -> list[Segment]:
    """Return where sound is: pauses up to ``join_gap_s`` do not split; less than ``shortest_s`` is a click."""
    whole = len(ulaw) // FRAME_BYTES * FRAME_BYTES
    if not whole:
        return []
    frames = ulaw_to_float(ulaw[:whole]).reshape(-1, FRAME_BYTES)
    loud = np.flatnonzero(np.sqrt(np.mean(frames * frames, axis=1)) >= AUDIBLE_RMS)
    segments: list[tuple[int, int]] = []
    for index in loud.tolist():
        if segments and (index - segments[-1][1]) * FRAME_S <= join_gap_s + 1e-9:
            segments[-1] = (segments[-1][0], index + 1)
        else:
            segments.append((index, index + 1))
    return [
        Segment(round(start * FRAME_S, 3), round(end * FRAME_S, 3))
        for start, end in segments
        if (end - start) * FRAME_S >= shortest_s
    ]
