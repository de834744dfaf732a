"""Kokoro-82M in two halves: one plans a whole sentence, the other turns any stretch of the plan into sound.

The published ONNX file is one graph: its first half (text encoder, durations, pitch, energy) takes 4 % of the time, its
second (the vocoder) the rest. Run apart, the melody is that of the whole sentence and yet the first sound is ready when
half a second of it has been vocoded. The vocoder normalises over the stretch that it is given, so stretches differ a
little in timbre: they meet where the voice is weakest, with some context decoded on both sides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.errors import ConfigError, ProviderBadReply
from app.tts.onnx_subgraph import extract

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 24000
FRAME_SAMPLES = 600
"""One frame of a plan: 25 ms."""
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ
STYLE_SHAPE = (510, 1, 256)
"""A voice: one style vector for each number of tokens, as raw float32."""

_TEXT_FEATURES = "/encoder/MatMul_1_output_0"
_PITCH = "/encoder/Reshape_output_0"
_ENERGY = "/encoder/Reshape_1_output_0"

_CONTEXT_FRAMES = 6
_FADE_SAMPLES = 240
_SILENT_ENERGY = -6.0
"""Predicted energy (a logarithm) of a frame without voice; speech lies between -3 and 9."""
_LEAD_FRAMES, _TAIL_FRAMES = 1, 2
"""What stays of the silence around a sentence."""
_FIRST_STRETCH_FRAMES = 22
_STRETCH_GROWTH = 1.35
_LONGEST_STRETCH_FRAMES = 80
_SHORTEST_STRETCH_FRAMES = 12
_SEAM_SEARCH = 1.25
"""A stretch may grow by this factor to end at a weaker place."""

_OrtError = (ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.RuntimeException)


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """A sentence before it is sound."""

    text_features: Floats
    """[1, 512, frames]"""
    pitch: Floats
    """[1, 2 x frames], Hz."""
    energy: Floats
    """[1, 2 x frames]"""
    style: Floats
    """[1, 256]"""

    def stretches(self) -> list[tuple[int, int]]:
        """Return the stretches to vocode one after the other, each as [first frame, end), the first one short.

        They cover the sentence from its first sound to its last; the silence around it is left out.
        """
        per_frame = self.energy[0].reshape(-1, 2).mean(axis=1)
        voiced = np.flatnonzero(per_frame > _SILENT_ENERGY)
        if not voiced.size:
            return []
        start = max(0, int(voiced[0]) - _LEAD_FRAMES)
        end = min(len(per_frame), int(voiced[-1]) + 1 + _TAIL_FRAMES)
        return list(itertools.pairwise(_seams(per_frame, start, end)))


def _seams(energy: Floats, start: int, end: int) -> Iterator[int]:
    """Yield where stretches begin and end: ever further apart, each at the weakest frame within reach."""
    yield start
    length = float(_FIRST_STRETCH_FRAMES)
    while end - start > length * _SEAM_SEARCH + _SHORTEST_STRETCH_FRAMES:
        nearest, furthest = start + int(length), start + int(length * _SEAM_SEARCH)
        start = nearest + int(np.argmin(energy[nearest:furthest]))
        yield start
        length = min(length * _STRETCH_GROWTH, _LONGEST_STRETCH_FRAMES)
    yield end


class KokoroModel:
    """Both halves, loaded. Its methods compute on the calling thread and may run in several threads at once."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            model = path.read_bytes()
            halves = (
                extract(model, ["tokens", "style", "speed"], [_TEXT_FEATURES, _PITCH, _ENERGY]),
                extract(model, [_TEXT_FEATURES, _PITCH, _ENERGY, "style"], ["audio"]),
            )
            self._planner, self._vocoder = (
                ort.InferenceSession(half, options, providers=["CPUExecutionProvider"]) for half in halves
            )
        except (OSError, ValueError, *_OrtError, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf) as error:
            raise ConfigError(f"{path} is not the Kokoro model; remove it and run `make engines`") from error

    def plan(self, tokens: Sequence[int], voice: Floats) -> SpeechPlan:
        """Plan how to say 1 to 508 tokens in a voice of ``STYLE_SHAPE``. Raises ProviderBadReply."""
        style = voice[len(tokens) - 1]
        inputs = {"tokens": np.array([[0, *tokens, 0]]), "style": style, "speed": np.ones(1, dtype=np.float32)}
        try:
            text_features, pitch, energy = self._planner.run(None, inputs)
        except _OrtError as error:
            raise ProviderBadReply("kokoro", "planning-failed") from error
        return SpeechPlan(text_features, pitch, energy, style)

    def vocode(self, plan: SpeechPlan, start: int, end: int) -> Floats:
        """Return the samples of a stretch, and 10 ms more for ``join`` to fade over. Raises ProviderBadReply."""
        frames = plan.text_features.shape[2]
        first, last = max(0, start - _CONTEXT_FRAMES), min(frames, end + _CONTEXT_FRAMES)
        inputs = {
            _TEXT_FEATURES: plan.text_features[:, :, first:last],
            _PITCH: plan.pitch[:, 2 * first : 2 * last],
            _ENERGY: plan.energy[:, 2 * first : 2 * last],
            "style": plan.style,
        }
        try:
            samples: Floats = self._vocoder.run(None, inputs)[0]
        except _OrtError as error:
            raise ProviderBadReply("kokoro", "vocoding-failed") from error
        begin, finish = (start - first) * FRAME_SAMPLES, (end - first) * FRAME_SAMPLES
        return samples[begin : finish + _FADE_SAMPLES]


def join(tail: Floats | None, samples: Floats, frames: int) -> tuple[Floats, Floats]:
    """Fade from the ``tail`` of the stretch before into ``samples``, a stretch of ``frames``.

    Return what can be heard now, and the tail for the next call.
    """
    heard = samples[: frames * FRAME_SAMPLES].copy()
    if tail is not None and tail.size:
        ramp = np.linspace(0.0, 1.0, tail.size, dtype=np.float32)
        heard[: tail.size] = heard[: tail.size] * ramp + tail * (1.0 - ramp)
    return heard, samples[frames * FRAME_SAMPLES :]
