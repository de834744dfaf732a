"""What sound arithmetic costs, and how well an echo is told from speech, on recordings (SPEECH_DIR).

Each pair of recordings is a playout and a talker, both at -22 dBFS; the echo goes through a room, the line's noise and
mu-law. ``leaked``: the share of the echo's voiced frames that were taken for speech; ``utterances``: how many they
made, of 18 playouts; ``kept``: the share of the talker's voiced frames that came through, from 1.5 s on.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import dataclass
from itertools import product

import numpy as np

from app.audio.echo import EchoGate
from app.audio.mixing import attenuate, mix
from app.audio.tempo import TempoShaper
from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.audio.vad import VoiceActivityDetector
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, duration_ms, silence
from app.emulator.wav import read_wav
from bench.speech import speech_folder

_LEVEL_DBFS = -22.0
_PAIRS = 6
_DELAYS_MS = (60, 200, 600)
_LEVELS_DB = (-6, -13, -20)
_ROOMS = {"no room": 0.0, "desk": 0.04, "reverberant": 0.09}
"""Amplitude of the first reflections; they decay by 60 dB in 0.2 s. The direct sound is 7 and 0 dB above their sum."""
_NOISE = 0.0003
_TALK_FROM_MS = 1500
_MESSAGE_FRAMES = 5


@dataclass(frozen=True)
class Judged:
    voiced: np.ndarray
    echo: np.ndarray
    cost_ms_per_s: float

    @property
    def speech(self) -> np.ndarray:
        return self.voiced & ~self.echo


def main() -> int:
    folder = speech_folder()
    if folder is None:
        print("no recordings: set SPEECH_DIR", file=sys.stderr)
        return 1
    recordings = sorted(folder.glob("*/fleurs*.wav"))[: 2 * _PAIRS]
    sounds = [_levelled(read_wav(recording)) for recording in recordings]
    pairs = list(zip(sounds[::2], sounds[1::2], strict=False))
    rows = [
        {"room": name, "level_db": level_db, **_measure(pairs, reflections, level_db)}
        for (name, reflections), level_db in product(_ROOMS.items(), _LEVELS_DB)
    ]
    free = [_judge(played, talker) for played, talker in pairs]
    without_echo = {
        "kept": round(float(np.mean([judged.speech.sum() / judged.voiced.sum() for judged in free])), 3),
        "cost_ms_per_s": round(float(np.mean([judged.cost_ms_per_s for judged in free])), 2),
    }
    report = {"echo": rows, "talker without echo": without_echo, "tempo ms per 100 ms": _tempo_costs(sounds)}
    print(json.dumps(report, indent=2))
    return 0


def _measure(pairs: list[tuple[bytes, bytes]], reflections: float, level_db: float) -> dict[str, float]:
    leaked, kept, costs, utterances = [], [], [], 0
    for (played, talker), delay_ms in product(pairs, _DELAYS_MS):
        echo = _echo(played, delay_ms, level_db, reflections)
        alone = _judge(played, echo)
        leaked.append(alone.speech.sum() / max(1, alone.voiced.sum()))
        utterances += _utterances(alone.speech)
        costs.append(alone.cost_ms_per_s)
        late = (silence(_TALK_FROM_MS) + talker)[: len(played)]
        over = _judge(played, mix(echo, late))
        own = _judge(b"", late).voiced
        kept.append((over.speech[: len(own)] & own).sum() / own.sum())
    return {
        "leaked": round(float(np.mean(leaked)), 4),
        "utterances": utterances,
        "kept": round(float(np.mean(kept)), 3),
        "cost_ms_per_s": round(float(np.mean(costs)), 2),
    }


def _judge(played: bytes, heard: bytes) -> Judged:
    gate, detector = EchoGate(), VoiceActivityDetector(2)
    voiced, echo, spent_s = [], [], 0.0
    for index in range(len(heard) // FRAME_BYTES):
        if index % _MESSAGE_FRAMES == 0 and (message := played[index * FRAME_BYTES :][: _MESSAGE_FRAMES * FRAME_BYTES]):
            gate.played(message, index * FRAME_MS)
        frame = heard[index * FRAME_BYTES :][:FRAME_BYTES]
        voiced.append(detector.is_speech(frame))
        began_s = time.process_time()
        echo.append(gate.is_echo(frame, index * FRAME_MS, is_voiced=voiced[-1]))
        spent_s += time.process_time() - began_s
    return Judged(np.array(voiced), np.array(echo), spent_s * 1e6 / duration_ms(heard))


def _utterances(speech: np.ndarray) -> int:
    segmenter = Segmenter(SegmenterLimits(pause_ms=500))
    boundaries = [segmenter.add(index * FRAME_MS, bool(is_speech)) for index, is_speech in enumerate(speech)]
    return sum(boundary is not None and boundary.kind is Boundary.BEGAN for boundary in boundaries)


def _echo(played: bytes, delay_ms: int, level_db: float, reflections: float) -> bytes:
    generator = np.random.default_rng(1)
    # An odd number of samples: nothing in the gate may depend on even ones.
    sound = np.concatenate([np.zeros(delay_ms * BYTES_PER_MS + 3), ulaw_to_float(played)])
    if reflections:
        room = reflections * generator.standard_normal(1200) * np.exp(-np.arange(1200) / 240)
        room[0] = 1.0
        sound = np.convolve(sound, room / np.linalg.norm(room))[: len(sound)]
    noise = _NOISE * generator.standard_normal(len(sound))
    return float_to_ulaw((sound * 10 ** (level_db / 20) + noise).astype(np.float32))


def _levelled(ulaw: bytes) -> bytes:
    level_dbfs = 10 * math.log10(float(np.mean(ulaw_to_float(ulaw) ** 2)))
    return attenuate(ulaw, round(_LEVEL_DBFS - level_dbfs, 1))


def _tempo_costs(sounds: list[bytes]) -> dict[str, float]:
    costs = {}
    for speed in (1.0, 1.06, 1.12, 1.18, 1.25):
        shaper, piece_bytes = TempoShaper(), 100 * BYTES_PER_MS
        sound = b"".join(sounds)
        began_s = time.process_time()
        for at in range(0, len(sound), piece_bytes):
            shaper.shape(sound[at : at + piece_bytes], speed)
        costs[str(speed)] = round((time.process_time() - began_s) * 1000 / (len(sound) / piece_bytes), 3)
    return costs


if __name__ == "__main__":
    sys.exit(main())
