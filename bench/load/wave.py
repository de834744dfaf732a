"""What the two parties of a call say, again and again: precomputed, so that a load generator only has to send it."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass

from app.audio.vad import VoiceActivityDetector
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, silence
from app.domain.legs import Leg
from tests.e2e.sounds import talk

CYCLE_MS = 24_000
_UTTERANCES = 3
_UTTERANCE_MS = 3200
_PAUSE_MS = 600
"""Each party says three utterances with such pauses, then the other one does: each speaks 40 % of the time."""
PAUSE_MS = 500
"""The silence that ends an utterance (UTTERANCE_PAUSE_MS)."""
SILENT_PAYLOAD = b2a_base64(silence(FRAME_MS), newline=False).decode()


@dataclass(frozen=True, slots=True)
class Wave:
    """One party's speech."""

    ulaw: bytes
    """One cycle of it."""
    payloads: tuple[str, ...]
    """The same as base64, by frame."""
    ends: frozenset[int]
    """Frames of the whole call, from 0, with which a bridge can know that an utterance is over."""

    def payload(self, frame: int) -> str:
        return self.payloads[frame % len(self.payloads)]


def waves(seconds: float) -> dict[Leg, Wave]:
    """Return what both say in a call of that length; the agent answers half a cycle after the client."""
    return {leg: _wave(_turn(seed), offset_ms, seconds) for seed, (leg, offset_ms) in enumerate(_OFFSETS_MS.items())}


_OFFSETS_MS = {Leg.CLIENT: 0, Leg.AGENT: CYCLE_MS // 2}


def _turn(seed: int) -> bytes:
    utterances = (talk(_UTTERANCE_MS / 1000, 10 * seed + number) for number in range(_UTTERANCES))
    return b"".join(sound + silence(_PAUSE_MS) for sound in utterances)


def _wave(turn: bytes, offset_ms: int, seconds: float) -> Wave:
    lead = silence(offset_ms)
    ulaw = lead + turn + silence(CYCLE_MS - (len(lead) + len(turn)) // BYTES_PER_MS)
    frames = [ulaw[start : start + FRAME_BYTES] for start in range(0, len(ulaw), FRAME_BYTES)]
    payloads = tuple(b2a_base64(frame, newline=False).decode() for frame in frames)
    return Wave(ulaw, payloads, _ends(frames, int(seconds * 1000 / FRAME_MS)))


def _ends(cycle: list[bytes], count: int) -> frozenset[int]:
    """Return what the product's own ear and segmenter make of it, without the network and without a clock."""
    ear, segmenter = VoiceActivityDetector(aggressiveness=2), Segmenter(SegmenterLimits(pause_ms=PAUSE_MS))
    ends: set[int] = set()
    for frame in range(count):
        boundary = segmenter.add(frame * FRAME_MS, ear.is_speech(cycle[frame % len(cycle)]))
        if boundary is not None and boundary.kind is Boundary.ENDED:
            ends.add(frame)
    return frozenset(ends)
