"""G.711 mu-law to linear samples and back, and between sample rates."""

from __future__ import annotations

import audioop

import numpy as np
import numpy.typing as npt
import soxr

from app.domain.audio import SAMPLE_RATE_HZ

FloatSamples = npt.NDArray[np.float32]


def ulaw_to_pcm16(ulaw: bytes) -> bytes:
    """Return 16-bit little-endian samples, twice as many bytes."""
    return audioop.ulaw2lin(ulaw, 2)


def pcm16_to_ulaw(pcm16: bytes) -> bytes:
    """Return mu-law, half as many bytes."""
    return audioop.lin2ulaw(pcm16, 2)


def loudness(ulaw: bytes) -> int:
    """Return the root of the mean square of the 16-bit samples."""
    return audioop.rms(ulaw_to_pcm16(ulaw), 2)


def ulaw_to_samples(ulaw: bytes) -> FloatSamples:
    """Return the 16-bit samples as floats, not scaled."""
    return np.frombuffer(ulaw_to_pcm16(ulaw), dtype="<i2").astype(np.float32)


def ulaw_to_float(ulaw: bytes, rate_hz: int = SAMPLE_RATE_HZ) -> FloatSamples:
    """Return mono samples in [-1, 1], resampled from 8 kHz to ``rate_hz``."""
    samples = ulaw_to_samples(ulaw) / 32768.0
    return samples if rate_hz == SAMPLE_RATE_HZ else soxr.resample(samples, SAMPLE_RATE_HZ, rate_hz)


def float_to_ulaw(samples: FloatSamples) -> bytes:
    """Return mu-law for mono 8 kHz samples in [-1, 1]; louder ones are clipped."""
    return pcm16_to_ulaw((np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())


class UlawEncoder:
    """One stream of samples at any rate, made mu-law 8 kHz without a seam where the pieces meet."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler = (
            None
            if rate_hz == SAMPLE_RATE_HZ
            else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="LQ")
        )

    def encode(self, samples: FloatSamples, last: bool = False) -> bytes:
        """Take mono samples in [-1, 1]; return the mu-law that is ready, which may be empty.

        ``last`` flushes what the filter holds (about 20 ms).
        """
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        return float_to_ulaw(samples)


class UlawDecoder:
    """One stream of mu-law 8 kHz, made 16-bit samples at another rate without a seam where the pieces meet.

    It holds 5 to 40 ms back, as ``UlawEncoder`` does: the filter, and what is short of one of its blocks.
    """

    def __init__(self, rate_hz: int) -> None:
        self._resampler = soxr.ResampleStream(SAMPLE_RATE_HZ, rate_hz, 1, dtype="int16", quality="LQ")

    def decode(self, ulaw: bytes) -> bytes:
        """Take the next mu-law; return the little-endian 16-bit samples that are ready, which may be none."""
        samples = np.frombuffer(ulaw_to_pcm16(ulaw), dtype="<i2")
        return self._resampler.resample_chunk(samples).astype("<i2").tobytes()  # type: ignore[no-any-return]  # soxr has no types
