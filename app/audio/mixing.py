"""Sounds made quieter, faded and laid over each other, in mu-law 8 kHz."""

from __future__ import annotations

import audioop
from functools import lru_cache

import numpy as np

from app.audio.ulaw import pcm16_to_ulaw, ulaw_to_pcm16
from app.domain.audio import SAMPLE_RATE_HZ, ULAW_SILENCE

_RAMP_SAMPLES = 20 * SAMPLE_RATE_HZ // 1000


def attenuate(ulaw: bytes, gain_db: float) -> bytes:
    """Return the sound ``gain_db`` louder (quieter below 0; silent at ``-inf``); what is too loud is clipped."""
    return ulaw if gain_db == 0 else ulaw.translate(_gain_table(gain_db))


def mix(first: bytes, second: bytes) -> bytes:
    """Return both sounds at once, as long as the longer one; what is too loud together is clipped."""
    length = max(len(first), len(second))
    one, other = (ulaw_to_pcm16(sound.ljust(length, ULAW_SILENCE)) for sound in (first, second))
    return pcm16_to_ulaw(audioop.add(one, other, 2))


class Fader:
    """One stream whose loudness changes without a click: in a straight line over 20 ms."""

    def __init__(self, gain_db: float = 0.0) -> None:
        self._gain_db = gain_db
        self._gain = _factor(gain_db)
        self._ramp = np.empty(0, dtype=np.float32)
        """The gains of the samples that are still to come before the wanted one is reached."""

    def fade(self, ulaw: bytes, gain_db: float) -> bytes:
        """Return the next piece of any length, on its way to this gain or at it."""
        if gain_db != self._gain_db:
            self._ramp = np.linspace(self._gain, _factor(gain_db), _RAMP_SAMPLES + 1, dtype=np.float32)[1:]
            self._gain_db = gain_db
        head, rest = ulaw[: len(self._ramp)], ulaw[len(self._ramp) :]
        if head:
            gains, self._ramp = self._ramp[: len(head)], self._ramp[len(head) :]
            self._gain = float(gains[-1])
            samples = np.frombuffer(ulaw_to_pcm16(head), dtype="<i2") * gains
            head = pcm16_to_ulaw(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
        return head + attenuate(rest, gain_db)


def _factor(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))


@lru_cache(maxsize=64)
def _gain_table(gain_db: float) -> bytes:
    pcm16 = ulaw_to_pcm16(bytes(range(256)))
    return pcm16_to_ulaw(audioop.mul(pcm16, 2, _factor(gain_db)))
