"""Sound without sound: clips of one byte value each, which change their length and stay recognisable."""

from __future__ import annotations


class ToneStretcher:
    """Changes the length and nothing else (``app.core.sound.Stretcher``)."""

    def __init__(self) -> None:
        self._owed_bytes = 0.0

    def shape(self, ulaw: bytes, speed: float) -> bytes:
        self._owed_bytes += len(ulaw) / speed
        length = int(self._owed_bytes)
        self._owed_bytes -= length
        return ulaw[:length] + ulaw[-1:] * (length - len(ulaw))

    def flush(self) -> bytes:
        return b""


class ToneTrimmer:
    """Finds no pause: a clip is all voice (``app.core.sound.Trimmer``)."""

    trimmed_ms = 0

    def trim(self, ulaw: bytes, is_on: bool) -> bytes:
        return ulaw

    def flush(self) -> bytes:
        return b""


class ToneFader:
    """Hears no loudness (``app.core.sound.Fader``)."""

    def fade(self, ulaw: bytes, gain_db: float) -> bytes:
        return ulaw


class ToneSound:
    """What a replay gives the core in place of ``TelephoneSound`` (``app.core.sound.Sound``)."""

    def stretcher(self) -> ToneStretcher:
        return ToneStretcher()

    def trimmer(self) -> ToneTrimmer:
        return ToneTrimmer()

    def fader(self) -> ToneFader:
        return ToneFader()

    def attenuate(self, ulaw: bytes, gain_db: float) -> bytes:
        return ulaw

    def mix(self, first: bytes, second: bytes) -> bytes:
        return first or second
