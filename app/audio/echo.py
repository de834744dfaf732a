"""Is what a telephone sends only what it was sent? An echo is a delayed, weaker copy of the playout.

A microphone that hears the loudspeaker makes a bridge talk to itself: it would recognise its own voice, translate it
back, and never end. The gate compares each voiced frame with what was played 10 to 800 ms before, by normalised
cross-correlation. The delay, once found, is followed, so that only the first echo of a call costs a search over all of
them; a leg to which nothing is played costs nothing.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from app.audio.ulaw import FloatSamples, ulaw_to_samples
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, ULAW_SILENCE

_LONGEST_DELAY = 800 * BYTES_PER_MS
_SHORTEST_DELAY = 10 * BYTES_PER_MS
_KEPT = 4000 * BYTES_PER_MS
"""Samples of playout that are kept: the longest delay and, ahead of the inbound sound, what the carrier buffers."""
_WINDOW_FRAMES = 8
_WINDOW = _WINDOW_FRAMES * FRAME_BYTES
"""Samples of inbound sound that are searched for: 160 ms. Of unrelated speech the playout explains less than 0.55 (in
99 of 100 windows of real speech, at the best of all delays)."""
_JUDGED = 2 * FRAME_BYTES
"""Samples that are compared once the delay is known: 40 ms, so that somebody who begins to speak is noticed."""
_STRAY = 24 * BYTES_PER_MS
"""By how many samples the network's jitter may move the delay without its being lost."""
_COPY = 0.6
"""The share of a sound's energy that the playout has to explain for it to be echo ..."""
_CLEAR_COPY = 0.85
"""... and while somebody speaks over it."""
_LOUDEST_GAIN = 1.2
_LEVEL_MARGIN = 4.0
"""What has less than four times (6 dB over) the energy of an echo is no speech over it."""
_REVERBERATION = 0.75
"""The energy that a room keeps after 20 ms: it falls by 60 dB in a second."""
_TRUSTED_COPIES = 15
"""Echoes at one delay after which the delay and the level of the echo count as known."""
_STRANGE_FRAMES = 25
"""Voiced frames since the last clear echo after which they do not, until the next."""
_TALK_FRAMES = 15
"""Whoever spoke over the echo is taken to go on for so many frames."""
_EAGER_FRAMES = 10
"""At the beginning of a sound every frame is searched for at all delays, later every fifth."""
_SEARCH_EVERY = 5
_PROMISING = 0.3
"""The share that has to be explained of the sound at a quarter of its rate for all of it to be looked at. Recorded
speech: less is in 97 of 100 windows that are no echo, more in 998 of 1000 that are one (-6 to -26 dB)."""
_FRUITLESS_SEARCHES = 20
"""Searches that found nothing, after which a line counts as one without echo ..."""
_RARE_SEARCH_EVERY = 20
"""... and only every so many frames of a sound are searched for it: most lines are such, and their parties often speak
at once."""
_RARE_SEARCH_AT = 5
"""The first of them: with this frame an utterance would begin."""


class EchoGate:
    """One leg's. Tell it what is played and when; ask it about each inbound frame, in order, on the same clock."""

    __slots__ = (
        "_copies",
        "_coupling",
        "_delay",
        "_fruitless_searches",
        "_heard",
        "_playout",
        "_searches",
        "_strange_frames",
        "_talk_frames",
    )

    def __init__(self) -> None:
        self._playout = _Playout()
        self._heard = deque([ULAW_SILENCE * FRAME_BYTES] * _WINDOW_FRAMES, maxlen=_WINDOW_FRAMES)
        self._delay: int | None = None
        """In samples; None while no echo was ever found."""
        self._coupling = 0.0
        """Energy of the echo by energy of the playout."""
        self._copies = 0
        """Frames that were echo at this delay."""
        self._strange_frames = 0
        self._talk_frames = 0
        """How much longer the party is taken to be speaking over the playout."""
        self._searches = 0
        """How many frames of the sound that goes on were searched for at all delays, or could have been."""
        self._fruitless_searches = 0
        """Since an echo was found."""

    def played(self, ulaw: bytes, at_ms: float) -> None:
        """Note mu-law that begins to be heard at ``at_ms``, or behind what still plays then: up to 2 s ahead."""
        self._playout.add(ulaw, round(at_ms * BYTES_PER_MS))

    def cleared(self, at_ms: float) -> None:
        """What was to be heard from ``at_ms`` on will not be."""
        self._playout.cut(round(at_ms * BYTES_PER_MS))

    def is_echo(self, ulaw: bytes, at_ms: float, *, is_voiced: bool = True) -> bool:
        """Judge the next 20 ms, which begin at ``at_ms``; what is not voiced matters to nobody and is not judged."""
        self._heard.append(ulaw)
        begin = round(at_ms * BYTES_PER_MS)
        if begin - self._playout.audible_until > _LONGEST_DELAY:
            self._talk_frames = self._searches = 0
            return False
        if is_voiced:
            return self._judge(begin + len(ulaw))
        if self._talk_frames:
            self._talk_frames -= 1
        if self._searches:
            self._searches -= 1
        return False

    @property
    def _is_trusted(self) -> bool:
        return self._copies >= _TRUSTED_COPIES and self._strange_frames < _STRANGE_FRAMES

    @property
    def _is_time_to_search(self) -> bool:
        if self._fruitless_searches >= _FRUITLESS_SEARCHES:
            return self._searches % _RARE_SEARCH_EVERY == _RARE_SEARCH_AT
        return self._searches <= _EAGER_FRAMES or self._searches % _SEARCH_EVERY == 0

    def _judge(self, end: int) -> bool:
        share = self._explained(end)
        if share >= (_CLEAR_COPY if self._talk_frames else _COPY):
            self._copies += 1
            self._strange_frames = 0
            self._talk_frames = max(0, self._talk_frames - 1)
            return True
        self._strange_frames += 1
        if self._delay is None or not self._is_trusted:
            return False
        if self._is_loud(end - self._delay):
            self._talk_frames = _TALK_FRAMES
        return not self._talk_frames

    def _is_loud(self, end: int) -> bool:
        """Say whether the latest frame is louder than an echo of the playout up to there, with its reverberation."""
        frame = ulaw_to_samples(self._heard[-1])
        played = ulaw_to_samples(self._playout.slice(end - _WINDOW, end)).reshape(_WINDOW_FRAMES, FRAME_BYTES)
        energy = float((np.einsum("ij,ij->i", played, played) * _FADING).max())
        return float(frame @ frame) > _LEVEL_MARGIN * self._coupling * energy

    def _explained(self, end: int) -> float:
        """Return the share of the latest sound that the playout explains, at the known delay or where it is found."""
        if self._delay is not None:
            share = self._share_at(self._delay, end)
            if share >= _COPY:
                return share
            share, delay = self._find(end, self._delay - _STRAY, self._delay + _STRAY)
            if share >= _COPY:
                self._delay = delay
            if share >= _COPY or self._is_trusted:
                return share
        self._searches += 1
        if not self._is_time_to_search:
            return 0.0
        share, delay = self._find_anywhere(end)
        self._fruitless_searches += 1
        if share >= _COPY:
            self._delay = delay
            self._copies = self._strange_frames = self._fruitless_searches = 0
            self._coupling = 0.0
            self._share_at(delay, end)
        return share

    def _share_at(self, delay: int, end: int) -> float:
        """Return the share of the latest 40 ms that the playout so long before explains, and learn from a good one."""
        sound = ulaw_to_samples(self._heard[-2] + self._heard[-1])
        played = ulaw_to_samples(self._playout.slice(end - delay - _JUDGED, end - delay))
        product, played_energy, energy = float(sound @ played), float(played @ played), float(sound @ sound)
        if product <= 0.0 or product > _LOUDEST_GAIN * played_energy:
            return 0.0
        share = product * product / (played_energy * energy)
        if share >= _COPY:
            coupling = energy / played_energy
            self._coupling += (coupling - self._coupling) * (0.1 if self._coupling else 1.0)
        return share

    def _find_anywhere(self, end: int) -> tuple[float, int]:
        """Return what ``_find`` does of all delays, for a third of the work where a quarter of the rate shows none."""
        share, delay = self._find(end, _SHORTEST_DELAY, _LONGEST_DELAY, at_quarter_rate=True)
        if share < _PROMISING:
            return 0.0, delay
        # A quarter of the rate may take a period of the voice for its neighbour.
        return self._find(end, max(_SHORTEST_DELAY, delay - _STRAY), min(_LONGEST_DELAY, delay + _STRAY))

    def _find(self, end: int, shortest: int, longest: int, *, at_quarter_rate: bool = False) -> tuple[float, int]:
        """Return the delay between these two at which the playout explains most of the window; its share first."""
        window = ulaw_to_samples(b"".join(self._heard))
        played = ulaw_to_samples(self._playout.slice(end - longest - _WINDOW, end - shortest))
        shares = _shares(_quartered(window), _quartered(played)) if at_quarter_rate else _shares(window, played)
        best = int(shares.argmax())
        return float(shares[best]), longest - (4 * best if at_quarter_rate else best)


_FADING = _REVERBERATION ** np.arange(_WINDOW_FRAMES - 1, -1, -1)


def _shares(sound: FloatSamples, played: FloatSamples) -> npt.NDArray[np.float64]:
    """Return, for each place in ``played``, the share of ``sound`` that what is there explains, at most 1.

    Below 0 where it would have to be upside down, 0 where it is too weak.
    """
    length = len(sound)
    size = 1 << (len(played) - 1).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(sound, size))
    products = np.fft.irfft(spectrum, size)[: len(played) - length + 1]
    sums = np.cumsum(played * played, dtype=np.float64)
    energies = sums[length - 1 :].copy()
    energies[1:] -= sums[:-length]
    shares: npt.NDArray[np.float64] = products * np.abs(products) / (energies * float(sound @ sound) + 1.0)
    shares[products >= _LOUDEST_GAIN * energies] = 0.0
    return shares


_LOW_PASS = (np.sinc(np.arange(-5.5, 6.0) / 5.0) * np.hamming(12)).astype(np.float32).reshape(3, 4)
"""800 Hz, by 12 taps: what is left is alike although a delay is off by half a sample at a quarter of the rate."""


def _quartered(samples: FloatSamples) -> FloatSamples:
    """Return the lower part of a sound whose length is a multiple of 4, at a quarter of its rate."""
    fours = samples.reshape(-1, 4)
    filtered: FloatSamples = fours[:-2] @ _LOW_PASS[0] + fours[1:-1] @ _LOW_PASS[1] + fours[2:] @ _LOW_PASS[2]
    return filtered


class _Playout:
    """The latest playout, on the leg's clock; times are samples."""

    __slots__ = ("_begin", "_sound", "audible_until")

    def __init__(self) -> None:
        self._sound = bytearray()
        self._begin = 0
        self.audible_until = -2 * _LONGEST_DELAY
        """Where its last sound ends; silence that is played does not count."""

    def add(self, ulaw: bytes, at: int) -> None:
        end = self._begin + len(self._sound)
        if at - end > _LONGEST_DELAY + _WINDOW:
            self._sound.clear()
            self._begin = end = at
        self._sound += ULAW_SILENCE * (at - end) + ulaw
        if ulaw.strip(ULAW_SILENCE):
            self.audible_until = self._begin + len(self._sound)
        surplus = len(self._sound) - _KEPT
        if surplus > _LONGEST_DELAY:
            del self._sound[:surplus]
            self._begin += surplus

    def cut(self, at: int) -> None:
        del self._sound[max(0, at - self._begin) :]
        self.audible_until = min(self.audible_until, at)

    def slice(self, begin: int, end: int) -> bytes:
        """Return what is played between these two; silence where nothing is."""
        before = min(max(0, self._begin - begin), end - begin)
        sound = bytes(self._sound[max(0, begin - self._begin) : max(0, end - self._begin)])
        return (ULAW_SILENCE * before + sound).ljust(end - begin, ULAW_SILENCE)
