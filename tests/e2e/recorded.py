"""An exported recording beside what the emulator's telephones recorded themselves."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import soundfile

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.legs import Leg
from app.emulator.report import CallReport
from app.emulator.wav import audible_segments

KEYS = f"test={'A' * 43}="
ALIKE_MS = 40
"""How far apart the tracks may be: two processes' timers on a busy machine."""
_NAMES = ("client said", "agent heard", "agent said", "client heard")
_SILENCE = 0.01

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
    """Return, for each track, how far each piece of sound lies from where it is in the telephones' own record.

    What the client said says where the two records begin. A piece whose sound is not the same is infinitely far.
    """
    offset = _offset(ours["client said"], theirs["client said"])
    return {name: [piece / 8 for piece in _deviations(track, theirs[name], offset)] for name, track in ours.items()}


def assert_same(ours: dict[str, Samples], theirs: dict[str, Samples]) -> None:
    """Hold an export against what the telephones recorded: the same sound, all tracks on one clock."""
    found = deviations_ms(ours, theirs)
    assert max(abs(piece) for pieces in found.values() for piece in pieces) < ALIKE_MS, found


def _offset(track: Samples, tape: Samples) -> int:
    """Return how many samples later a sound lies on the tape: where the two are most alike."""
    size = 1 << (len(track) + len(tape)).bit_length()
    best = int(np.argmax(np.fft.irfft(np.fft.rfft(tape, size) * np.conj(np.fft.rfft(track, size)), size)))
    return best if best < size // 2 else best - size


def _deviations(track: Samples, tape: Samples, offset: int) -> list[float]:
    room = ALIKE_MS * 8
    padded = np.pad(tape, (len(track), len(track)))
    pieces = []
    for segment in audible_segments(float_to_ulaw(track), join_gap_s=0.1):
        begin, end = int(segment.start_s * 8000), int(segment.end_s * 8000)
        sound = track[begin:end]
        window = padded[len(track) + begin + offset - room : len(track) + end + offset + room]
        best = int(np.argmax(np.correlate(window, sound, mode="valid")))
        is_same = np.mean(np.abs(window[best:][: len(sound)] - sound) < _SILENCE) > 0.9
        pieces.append(best - room if is_same else np.inf)
    heard_s = sum(segment.end_s - segment.start_s for segment in audible_segments(float_to_ulaw(track)))
    there_s = sum(
        segment.end_s - segment.start_s for segment in audible_segments(float_to_ulaw(tape[: len(track) + offset]))
    )
    return pieces if abs(heard_s - there_s) < 0.1 * there_s + 0.5 else [*pieces, np.inf]
