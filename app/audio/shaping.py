"""The room's streams under one roof, as whoever shapes what a leg hears is handed them."""

from __future__ import annotations

from app.audio import mixing
from app.audio.mixing import Fader
from app.audio.pauses import PauseTrimmer
from app.audio.tempo import TempoShaper


class TelephoneSound:
    """Sound arithmetic in mu-law 8 kHz; stateless but for the streams that it makes."""

    def stretcher(self) -> TempoShaper:
        return TempoShaper()

    def trimmer(self) -> PauseTrimmer:
        return PauseTrimmer()

    def fader(self) -> Fader:
        return Fader()

    def attenuate(self, ulaw: bytes, gain_db: float) -> bytes:
        return mixing.attenuate(ulaw, gain_db)

    def mix(self, first: bytes, second: bytes) -> bytes:
        return mixing.mix(first, second)
