"""Is what a telephone sends only what it was sent? An echo is a delayed, weaker copy of the playout.

A microphone that hears the loudspeaker makes a bridge talk to itself: it would recognise its own voice, translate it
back, and never end. The gate compares each voiced frame with what was played 10 to 800 ms before, by normalised
cross-correlation. The delay, once found, is followed, so that only the first echo of a call costs a search over all of
them; a leg to which nothing is played costs nothing.
"""

from __future__ import annotations

import audioop
from collections import deque
from enum import Enum, auto

import numpy as np

from app.audio.ulaw import FloatSamples, ulaw_to_pcm16
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
_SAME_DELAY = 8
"""Samples by which two findings may differ to confirm each other."""
_COPY = 0.6
"""The share of a sound's energy that the playout has to explain for it to be echo ..."""
_CLEAR_COPY = 0.85
"""... and while somebody speaks over it, or when one finding is to be enough."""
_AMBIGUOUS = 0.9
"""Steady tones fit at many delays: a second one that is so nearly as good makes the best one meaningless."""
_LOUDEST_GAIN = 1.2
_LEVEL_MARGIN = 4.0
"""What has less than four times (6 dB over) the energy of an echo is no speech over it."""
_REVERBERATION = 0.75
"""The energy that a room keeps after 20 ms: it falls by 60 dB in a second."""
_TRUSTED_COPIES = 10
"""Echoes at one delay after which the level of the echo counts as known, too."""
_TALK_FRAMES = 15
"""Whoever spoke over the echo is taken to go on for so many frames."""
_STRANGE_FRAMES = 20
"""Voiced frames in a row, none of them echo, after which another delay is looked for ..."""
_LOST_FRAMES = 75
"""... and after which none is believed."""
_EAGER_FRAMES = 10
"""At the beginning of a sound every frame is searched, and what is not found yet is doubtful; later every fifth is."""
_SEARCH_EVERY = 5
_QUIET_RMS = 30
_ECHOLESS_FRAMES = 50
"""Silent frames during playout after which the leg is taken to have no echo, and speech over the playout is believed
at once."""


class Verdict(Enum):
    """What a frame is."""

    SPEECH = auto()
    """Not from the playout, as far as can be told."""
    DOUBTFUL = auto()
    """The first moments of a sound on a leg of which it is not known whether it echoes."""
    ECHO = auto()


class EchoGate:
    """One leg's. Tell it what is played and when; ask it about each inbound frame, in order, on the same clock."""

    def __init__(self) -> None:
        self._playout = _Playout()
        self._heard = deque([ULAW_SILENCE * FRAME_BYTES] * _WINDOW_FRAMES, maxlen=_WINDOW_FRAMES)
        self._delay: int | None = None
        """In samples; None while no echo is known."""
        self._candidate = -_LONGEST_DELAY
        self._copies = 0
        """Frames that were echo at this delay."""
        self._coupling = 0.0
        """Energy of the echo by energy of the playout."""
        self._onset_frames = 0
        """Voiced frames of the sound that goes on; unvoiced ones take away from it."""
        self._strange_frames = 0
        self._talk_frames = 0
        """How much longer the party is taken to be speaking over the playout."""
        self._echoless_frames = 0

    def played(self, ulaw: bytes, at_ms: float) -> None:
        """Note mu-law that begins to be heard at ``at_ms``, or behind what still plays then: up to 2 s ahead."""
        self._playout.add(ulaw, round(at_ms * BYTES_PER_MS))

    def cleared(self, at_ms: float) -> None:
        """What was to be heard from ``at_ms`` on will not be."""
        self._playout.cut(round(at_ms * BYTES_PER_MS))

    def judge(self, ulaw: bytes, at_ms: float, *, is_voiced: bool) -> Verdict:
        """Judge the next 20 ms, which begin at ``at_ms``; only what is voiced can be an echo that matters."""
        self._heard.append(ulaw)
        begin = round(at_ms * BYTES_PER_MS)
        if begin - self._playout.audible_until > _LONGEST_DELAY:
            self._onset_frames = self._talk_frames = 0
            return Verdict.SPEECH
        if is_voiced:
            self._onset_frames += 2
            return self._judge_voiced(begin + len(ulaw))
        self._onset_frames = max(0, self._onset_frames - 1)
        self._talk_frames = max(0, self._talk_frames - 1)
        if begin < self._playout.audible_until and audioop.rms(ulaw_to_pcm16(ulaw), 2) < _QUIET_RMS:
            self._echoless_frames += 1
        return Verdict.SPEECH

    def _judge_voiced(self, end: int) -> Verdict:
        window = _samples(b"".join(self._heard))
        share = self._explained(window, end)
        if share >= (_CLEAR_COPY if self._talk_frames else _COPY):
            self._copies += 1
            self._strange_frames = 0
            self._talk_frames = max(0, self._talk_frames - 1)
            return Verdict.ECHO
        if self._delay is None or self._copies < _TRUSTED_COPIES:
            is_new = self._onset_frames < 2 * _EAGER_FRAMES and self._echoless_frames < _ECHOLESS_FRAMES
            return Verdict.DOUBTFUL if is_new else Verdict.SPEECH
        if self._is_loud(window, end - self._delay):
            self._talk_frames = _TALK_FRAMES
        elif not self._talk_frames:
            return Verdict.ECHO
        self._strange_frames += 1
        if self._strange_frames >= _LOST_FRAMES:
            self._delay = None
        return Verdict.SPEECH

    def _is_loud(self, window: FloatSamples, end: int) -> bool:
        """Say whether the latest frame is louder than an echo of the playout up to there, with its reverberation."""
        frame = window[-FRAME_BYTES:]
        played = _samples(self._playout.slice(end - _WINDOW, end)).reshape(_WINDOW_FRAMES, FRAME_BYTES)
        energy = float((np.einsum("ij,ij->i", played, played) * _FADING).max())
        return float(frame @ frame) > _LEVEL_MARGIN * self._coupling * energy

    def _explained(self, window: FloatSamples, end: int) -> float:
        """Return the share of the latest sound that the playout explains, at the known delay or where it is found."""
        if self._delay is not None:
            share = self._share_at(self._delay, window, end)
            if share >= _COPY:
                return share
            share, delay, _ = self._find(window, end, self._delay - _STRAY, self._delay + _STRAY)
            if share >= _COPY:
                self._delay = delay
                return share
            if self._copies >= _TRUSTED_COPIES and self._strange_frames < _STRANGE_FRAMES:
                return share
        if self._onset_frames > 2 * _EAGER_FRAMES and self._onset_frames // 2 % _SEARCH_EVERY:
            return 0.0
        share, delay, is_unique = self._find(window, end, _SHORTEST_DELAY, _LONGEST_DELAY)
        if is_unique and share >= _COPY:
            if share < _CLEAR_COPY and abs(delay - self._candidate) > _SAME_DELAY:
                self._candidate = delay
                return 0.0
            self._delay = self._candidate = delay
            self._copies = self._strange_frames = 0
            self._coupling = 0.0
            self._share_at(delay, window, end)
            return share
        return share if share >= _CLEAR_COPY else 0.0

    def _share_at(self, delay: int, window: FloatSamples, end: int) -> float:
        """Return the share of the latest 40 ms that the playout so long before explains, and learn from a good one."""
        sound = window[-_JUDGED:]
        played = _samples(self._playout.slice(end - delay - _JUDGED, end - delay))
        product, played_energy, energy = float(sound @ played), float(played @ played), float(sound @ sound)
        if product <= 0.0 or product > _LOUDEST_GAIN * played_energy:
            return 0.0
        share = product * product / (played_energy * energy)
        if share >= _COPY:
            coupling = energy / played_energy
            self._coupling += (coupling - self._coupling) * (0.1 if self._coupling else 1.0)
        return share

    def _find(self, window: FloatSamples, end: int, shortest: int, longest: int) -> tuple[float, int, bool]:
        """Return the delay between these two at which the playout explains most of the window.

        The share comes first; last, whether no other delay (that is not next to it) is nearly as good.
        """
        shares = _shares(window, _samples(self._playout.slice(end - longest - _WINDOW, end - shortest)))
        best = int(shares.argmax())
        others = (shares[: max(0, best - _STRAY)], shares[best + _STRAY :])
        second = max(float(part.max(initial=0.0)) for part in others)
        share = float(shares[best])
        return share, longest - best, second < _AMBIGUOUS * share


_FADING = _REVERBERATION ** np.arange(_WINDOW_FRAMES - 1, -1, -1)


def _shares(sound: FloatSamples, played: FloatSamples) -> FloatSamples:
    """Return, for each place in ``played``, the share of ``sound`` that what is there explains: 0 to 1."""
    length = len(sound)
    size = 1 << (len(played) - 1).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(sound, size))
    products = np.fft.irfft(spectrum, size)[: len(played) - length + 1]
    sums = np.concatenate(([0.0], np.cumsum(np.square(played, dtype=np.float64))))
    energies = sums[length:] - sums[:-length]
    is_weaker = (products > 0.0) & (products < _LOUDEST_GAIN * energies)
    shares = products**2 / (energies * float(sound @ sound) + 1.0)
    return np.where(is_weaker, shares, 0.0).astype(np.float32)


def _samples(ulaw: bytes) -> FloatSamples:
    return np.frombuffer(ulaw_to_pcm16(ulaw), dtype="<i2").astype(np.float32)


class _Playout:
    """The latest playout, on the leg's clock; times are samples."""

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
