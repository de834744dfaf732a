"""Did each party hear the other? Recognises the audio that reached their ear and compares it with a reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from sacrebleu.metrics.chrf import CHRF

from app.audio.ulaw import ulaw_to_float

_WHISPER_RATE_HZ = 16000
_SILENCE_RMS = 0.0005
_UNDERSTOOD_CHRF = 40.0
_SPEECH_PAD_MS = 1000
"""After a long silence the voice detector notices speech late: with less, the first words would be cut off."""


@dataclass(frozen=True, slots=True)
class Verdict:
    recognised: str
    """What a recogniser understands of the audio that the party heard."""
    reference: str
    chrf: float
    """Character n-gram F-score of the two, 0 to 100 (sacrebleu)."""

    @property
    def was_understood(self) -> bool:
        return self.chrf >= _UNDERSTOOD_CHRF


class Judge:
    """An ear of its own: the same model as the bridge's by default, in the library's stock configuration."""

    def __init__(self, model: Path) -> None:
        self._model = WhisperModel(str(model), device="cpu", compute_type="int8")

    def hear(self, ulaw: bytes, language: str, reference: str) -> Verdict:
        """Judge mu-law 8 kHz audio against what should be in it."""
        recognised = self._recognise(ulaw, language)
        score = CHRF().sentence_score(recognised, [reference]).score if recognised and reference else 0.0
        return Verdict(recognised, reference, score)

    def _recognise(self, ulaw: bytes, language: str) -> str:
        samples = ulaw_to_float(ulaw, _WHISPER_RATE_HZ)
        if not len(samples) or float(np.sqrt(np.mean(np.square(samples)))) < _SILENCE_RMS:
            return ""
        segments, _ = self._model.transcribe(
            samples, language=language, beam_size=5, vad_filter=True, vad_parameters={"speech_pad_ms": _SPEECH_PAD_MS}
        )
        return " ".join(segment.text.strip() for segment in segments)
