"""An exported recording beside what the emulator's telephones recorded themselves."""

from __future__ import annotations

import io
from math import inf, isinf
from statistics import median

import numpy as np
import numpy.typing as npt
import soundfile

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.legs import Leg
from app.emulator.report import CallReport
from app.emulator.wav import audible_segments

KEYS = f"test={'A' * 43}="
ALIKE_MS = 100
"""How far apart the tracks may be: two processes' timers on a busy machine."""
_NAMES = ("client said", "agent heard", "agent said", "client heard")
_SILENCE = 0.01
_PIECE = 2000
_ROOM = 1000
"""Samples, as far as a piece is looked for on either side."""

Samples = npt.NDArray[np.float32]


def channels(wav: bytes) -> dict[str, Samples]:
    """Return the tracks of an export by name."""
    samples, rate_hz = soundfile.read(io.BytesIO(wav), dtype="float32")
    assert rate_hz == 8000
    return dict(zip(_NAMES, samples.T, strict=True))


def own_record(report: CallReport) -> dict[str, Samples]:
    """Return the same by the telephones themselves."""
    return {
        f"{leg} {name}": ulaw_to_float(ulaw)
        for leg in Leg
        for name, ulaw in (("said", report.leg(leg).said_ulaw), ("heard", report.leg(leg).heard_ulaw))
    }


def is_silent(track: Samples) -> bool:
    return not np.any(np.abs(track) > _SILENCE)


def deviations_ms(ours: dict[str, Samples], theirs: dict[str, Samples]) -> dict[str, list[float]]:
    """Return, for each track, how far each quarter of a second lies from where it is in the telephones' own record.

    What the client said says where the two records begin. A piece that is nowhere near is infinitely far.
    """
    offset = _offset(ours["client said"], theirs["client said"])
    return {name: _deviations_ms(track, theirs[name], offset) for name, track in ours.items()}


def assert_same(ours: dict[str, Samples], theirs: dict[str, Samples]) -> None:
    """Hold an export against what the telephones recorded: the same sound, all tracks on one clock.

    A sound that stutters on its way to a telephone (this machine is busy) is heard so by the telephone only.
    """
    found = {name: pieces for name, pieces in deviations_ms(ours, theirs).items() if pieces}
    for pieces in found.values():
        assert sum(map(isinf, pieces)) <= 1 + 0.1 * len(pieces), found
        assert abs(median(pieces)) < ALIKE_MS, found


def _offset(track: Samples, tape: Samples) -> int:
    """Return how many samples later a sound lies on the tape: where the two are most alike."""
    size = 1 << (len(track) + len(tape)).bit_length()
    best = int(np.argmax(np.fft.irfft(np.fft.rfft(tape, size) * np.conj(np.fft.rfft(track, size)), size)))
    return best if best < size // 2 else best - size


def _deviations_ms(track: Samples, tape: Samples, offset: int) -> list[float]:
    padded = np.pad(tape, (len(track), len(track)))
    found = []
    for segment in audible_segments(float_to_ulaw(track), join_gap_s=0.1):
        for begin in range(int(segment.start_s * 8000), int(segment.end_s * 8000) - _PIECE, _PIECE):
            start = len(track) + begin + offset
            near = padded[start - _ROOM : start + _PIECE + _ROOM]
            there = np.lib.stride_tricks.sliding_window_view(near, _PIECE)
            is_same = np.abs(there - track[begin : begin + _PIECE]) < _SILENCE
            places = np.flatnonzero(np.mean(is_same, axis=1) > 0.95) - _ROOM
            found.append(float(np.min(np.abs(places))) / 8 if len(places) else inf)
    return found
