"""How often a speaker's register is right, and what it costs to hear it, on recordings (SPEECH_DIR).

    python -m bench.pitch

What is right is the median pitch of the whole recording at 16 kHz, by Praat 6.1 (``pitch_reference.tsv``: its methods
``ac`` and ``cc``, 70 to 400 Hz, through praat-parselmouth 0.4.7). Left out: recordings of which the two methods say
different things, and one of two speakers. Each recording is begun anew after every 1.5 s of its speech, because the
first seconds of a call are as good as any others. ``clear`` speakers are below 150 or above 180 Hz, the others are on
the ``border``. The cost is the processor's time.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.pitch import PitchMeter
from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.audio.vad import VoiceActivityDetector
from app.core.apparent_pitch import ApparentPitch
from app.domain.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ
from app.domain.voices import Register
from app.emulator.wav import read_wav
from bench.speech import speech_folder

REFERENCE = Path(__file__).with_name("pitch_reference.tsv")
TWO_SPEAKERS = frozenset({"en/phone_nb1.wav"})
BETWEEN_HZ = 165.0
CLEAR_BELOW_HZ, CLEAR_ABOVE_HZ = 150.0, 180.0
SPEECH_MS = (2200, 3000, 5000)
"""When to look; nothing is decided before 2 s."""
_BEGIN_EVERY_MS = 1500
_SAME = 1.1
LINES = {"8 kHz mu-law": 0.0, "300 to 3400 Hz, mu-law": 300.0}


@dataclass(frozen=True)
class Speaker:
    path: Path
    pitch_hz: float

    @property
    def register(self) -> Register:
        return Register.LOW if self.pitch_hz < BETWEEN_HZ else Register.HIGH

    @property
    def kind(self) -> str:
        return "border" if CLEAR_BELOW_HZ <= self.pitch_hz <= CLEAR_ABOVE_HZ else "clear"


@dataclass(frozen=True)
class Heard:
    """One recording, frame by frame."""

    is_speech: Sequence[bool]
    pitches_hz: Sequence[float | None]
    cost_s: float


def main() -> int:
    folder = speech_folder()
    if folder is None:
        print("no recordings: set SPEECH_DIR", file=sys.stderr)
        return 1
    speakers = list(read_speakers(folder))
    print(f"{len(speakers)} recordings, {sum(each.register is Register.LOW for each in speakers)} of them low\n")
    print(f"{'line':<24}{'speaker':<9}{'speech':<8}{'begun':>6}{'right':>7}{'wrong':>7}{'unknown':>9}")
    for line, lowest_hz in LINES.items():
        heard = {speaker: hear(speaker.path, lowest_hz) for speaker in speakers}
        for kind in ("clear", "border"):
            for speech_ms in SPEECH_MS:
                counts = Counter[str]()
                for speaker, frames in heard.items():
                    if speaker.kind == kind:
                        counts.update(outcomes(frames, speaker.register, speech_ms))
                begun = counts.total()
                shares = "".join(f"{counts[what] / begun:>{width}.0%}" for what, width in WIDTHS.items())
                print(f"{line:<24}{kind:<9}{speech_ms / 1000:<8}{begun:>6}{shares}")
        speech_s = sum(sum(frames.is_speech) for frames in heard.values()) * FRAME_MS / 1000
        cost_ms = sum(frames.cost_s for frames in heard.values()) * 1000
        print(f"{line:<24}{cost_ms / speech_s:.2f} ms per second of speech\n")
    return 0


WIDTHS = {"right": 7, "wrong": 7, "unknown": 9}


def read_speakers(folder: Path) -> Iterator[Speaker]:
    """Yield the recordings of which it is known how high they are."""
    with REFERENCE.open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            by_method = sorted((float(row["autocorrelation_hz"]), float(row["cross_correlation_hz"])))
            if row["file"] not in TWO_SPEAKERS and by_method[1] <= _SAME * by_method[0]:
                yield Speaker(folder / row["file"], float(row["autocorrelation_hz"]))


def hear(path: Path, lowest_hz: float) -> Heard:
    ulaw = read_wav(path)
    if lowest_hz:
        ulaw = through_line(ulaw, lowest_hz)
    frames = [ulaw[at : at + FRAME_BYTES] for at in range(0, len(ulaw) - FRAME_BYTES + 1, FRAME_BYTES)]
    activity, meter = VoiceActivityDetector(2), PitchMeter()
    is_speech = [activity.is_speech(frame) for frame in frames]
    began_s = time.process_time()
    pitches_hz = [meter.measure(frame, is_speech=spoken) for frame, spoken in zip(frames, is_speech, strict=True)]
    return Heard(is_speech, pitches_hz, time.process_time() - began_s)


def through_line(ulaw: bytes, lowest_hz: float, highest_hz: float = 3400.0, taps: int = 129) -> bytes:
    """Return what a line lets through, by a windowed sinc."""
    at = np.arange(taps) - taps // 2
    edges = [2 * hz / SAMPLE_RATE_HZ * np.sinc(2 * hz / SAMPLE_RATE_HZ * at) for hz in (lowest_hz, highest_hz)]
    return float_to_ulaw(np.convolve(ulaw_to_float(ulaw), (edges[1] - edges[0]) * np.hamming(taps), "same"))


def outcomes(heard: Heard, register: Register, speech_ms: int) -> Iterator[str]:
    """Yield what is known of the speaker after so much speech, for each beginning that leaves as much."""
    spoken_ms = np.cumsum(heard.is_speech) * FRAME_MS
    for begin_ms in range(0, int(spoken_ms[-1]) - speech_ms + 1, _BEGIN_EVERY_MS):
        first, last = np.searchsorted(spoken_ms, [begin_ms, begin_ms + speech_ms])
        pitch = ApparentPitch()
        for index in range(first, last + 1):
            pitch.hear(heard.is_speech[index], heard.pitches_hz[index])
        yield "unknown" if pitch.register is None else "right" if pitch.register is register else "wrong"


if __name__ == "__main__":
    sys.exit(main())
