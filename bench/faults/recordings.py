"""Recorded speech for a recogniser that knows it: which 20 ms end which word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.audio import FRAME_BYTES, ULAW_SILENCE
from bench.faults.word_tones import words_of
from bench.speech import Recording

_LOUD_RMS = 0.02
"""Relative to full scale, after the recording was brought to the same peak as all."""
_PEAK = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """What one party says."""

    ulaw: bytes
    words: tuple[str, ...]
    word_frames: tuple[int, ...]
    """The 20 ms in which each word ends, counted from the recording's beginning."""

    @property
    def seconds(self) -> float:
        return len(self.ulaw) / 8000

    def lexicon(self) -> dict[bytes, str]:
        """Return the words by the 20 ms that end them."""
        return {
            self.ulaw[frame * FRAME_BYTES : (frame + 1) * FRAME_BYTES]: word
            for frame, word in zip(self.word_frames, self.words, strict=True)
        }


def read_line(recording: Recording) -> Line:
    """Return a recording as the telephone carries it, its words spread evenly over what is loud in it.

    Raises ValueError where two words would end in the same 20 ms.
    """
    ulaw = _read(recording.path)
    words = words_of(recording.transcript)
    levels = np.sqrt(np.mean(ulaw_to_float(ulaw).reshape(-1, FRAME_BYTES) ** 2, axis=1))
    (loud,) = np.nonzero(levels > _LOUD_RMS)
    ends = [int(loud[(index + 1) * len(loud) // len(words) - 1]) for index in range(len(words))]
    line = Line(ulaw, tuple(words), tuple(ends))
    if len(line.lexicon()) != len(words):
        raise ValueError(f"{recording.path.name}: two words end in the same sound")
    return line


def choose(recordings: Iterable[Recording], shortest_s: float, longest_s: float, count: int) -> list[Line]:
    """Return the first recordings of a fitting length whose words are known."""
    lines: list[Line] = []
    for recording in recordings:
        if len(lines) == count:
            break
        if recording.transcript and shortest_s <= soundfile.info(recording.path).duration <= longest_s:
            lines.append(read_line(recording))
    return lines


def _read(path: Path) -> bytes:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    sound = soxr.resample(samples.mean(axis=1), rate_hz, 8000)
    ulaw = float_to_ulaw((sound * _PEAK / np.abs(sound).max()).astype(np.float32))
    return ulaw.ljust(-(-len(ulaw) // FRAME_BYTES) * FRAME_BYTES, ULAW_SILENCE)
