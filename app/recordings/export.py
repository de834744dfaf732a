"""A recording as a WAV file of four channels: client said, agent heard, agent said, client heard."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import SAMPLE_RATE_HZ
from app.recordings.container import TRACKS, Opened

_SAMPLE_BYTES = 2
_RIFF = struct.Struct("<4sI4s4sIHHIIHH4sI")


def wav_bytes(recording: Opened) -> int:
    """Return how long ``wav_pieces`` are together."""
    return _RIFF.size + recording.info.samples * _SAMPLE_BYTES * len(TRACKS)


def wav_pieces(recording: Opened) -> Iterator[bytes]:
    """Return the file in pieces: its header, then second after second. Raises RecordingError."""
    yield _header(recording.info.samples)
    for second in recording.seconds():
        yield _interleaved(second)


def _interleaved(second: Sequence[bytes]) -> bytes:
    """Return a sample of each track, then the next of each: 16 bits, little-endian."""
    channels = [np.frombuffer(ulaw_to_pcm16(ulaw), dtype="<i2") for ulaw in second]
    return np.stack(channels, axis=1).tobytes()


def _header(samples: int) -> bytes:
    """Return the RIFF header of so many samples a channel (linear PCM)."""
    frame_bytes = _SAMPLE_BYTES * len(TRACKS)
    data_bytes = samples * frame_bytes
    form = (1, len(TRACKS), SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * frame_bytes, frame_bytes, 8 * _SAMPLE_BYTES)
    return _RIFF.pack(b"RIFF", _RIFF.size - 8 + data_bytes, b"WAVE", b"fmt ", 16, *form, b"data", data_bytes)
