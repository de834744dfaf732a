"""How soon and how surely the client's language is known: recordings through the recogniser's engine and the policy.

    python -m bench.languages [--languages en,es,fr,it,pt] [--uncovered de,ar]

Recordings come from SPEECH_DIR (default ../shared/speech: manifest.tsv). Each is cut into utterances as a call cuts it,
decoded as the policy asks for at that moment, and shown to the policy. Then every recording of each language follows
one of another language, for the switch; and languages that nothing covers come alone. Virtual time: nothing is awaited.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile
import soxr

from app.audio.ulaw import float_to_ulaw
from app.audio.vad import VoiceActivityDetector
from app.config import PROJECT_ROOT, load_settings
from app.core.client_language import ClientLanguage, Heard, LanguageChange, LanguageLimits, text_length
from app.core.language_hints import HintSource, LanguageHint
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, silence
from app.domain.languages import LanguageReason
from app.stt.decoding import Decoded, Engine
from app.stt.whisper_engine import WhisperEngine

COVERED = ("ca", "en", "es", "fr", "gl", "it", "pt")
"""What the offline engines interpret to and from Spanish."""
_LEAD_IN_MS = 100
_TAIL_MS = 100


@dataclass(frozen=True)
class Utterance:
    recording: str
    language: str
    ulaw: bytes
    speech_ms: int


@dataclass
class Ear:
    """The engine, asked once for the same thing."""

    engine: Engine
    _known: dict[tuple[str, int, tuple[str, ...], bool], Decoded] = field(default_factory=dict)

    def hear(self, policy: ClientLanguage, number: int, utterance: Utterance) -> tuple[Decoded, LanguageChange | None]:
        # The order of the candidates after the first one decides nothing.
        languages = (policy.candidates[0], *sorted(policy.candidates[1:]))
        key = (utterance.recording, hash(utterance.ulaw), languages, policy.is_settled)
        if key not in self._known:
            self._known[key] = self.engine.decode_final(utterance.ulaw, languages, policy.is_settled)
        decoded = self._known[key]
        if not decoded.text:
            return decoded, None
        heard = Heard(
            number, decoded.language, decoded.language_probability, utterance.speech_ms, text_length(decoded.text)
        )
        return decoded, policy.hear(heard).change


def recordings(folder: Path, languages: set[str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, language and mu-law of the recordings of people."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["language"] in languages and row["kind"].startswith("human"):
                samples, rate_hz = soundfile.read(folder / row["file"], dtype="float32", always_2d=True)
                yield row["file"], row["language"], float_to_ulaw(soxr.resample(samples.mean(axis=1), rate_hz, 8000))


def utterances(name: str, language: str, ulaw: bytes) -> list[Utterance]:
    """Cut a recording as a call does."""
    padded = silence(500) + ulaw + silence(1000)
    detector, segmenter = VoiceActivityDetector(2), Segmenter(SegmenterLimits(load_settings().utterance_pause_ms))
    began_ms, found = 0, []
    for offset in range(0, len(padded) - FRAME_BYTES + 1, FRAME_BYTES):
        at_ms = offset // BYTES_PER_MS
        boundary = segmenter.add(at_ms, detector.is_speech(padded[offset : offset + FRAME_BYTES]))
        if boundary is not None and boundary.kind is Boundary.BEGAN:
            began_ms = boundary.at_ms
        elif boundary is not None and boundary.kind is Boundary.ENDED:
            audio = padded[max(0, began_ms - _LEAD_IN_MS) * BYTES_PER_MS : (boundary.at_ms + _TAIL_MS) * BYTES_PER_MS]
            if boundary.at_ms - began_ms > FRAME_MS:
                found.append(Utterance(name, language, audio, boundary.at_ms - began_ms))
    return found


def measure_locks(ear: Ear, talks: list[list[Utterance]], hint: LanguageHint) -> dict[str, object]:
    locked, wrong, never, waited_s = 0, [], 0, []
    for talk in talks:
        policy = ClientLanguage(hint, COVERED)
        spoken_ms = 0
        for number, utterance in enumerate(talk, start=1):
            _, change = ear.hear(policy, number, utterance)
            spoken_ms += utterance.speech_ms
            if change is not None:
                break
        else:
            never += 1
            continue
        locked += 1
        waited_s.append(spoken_ms / 1000)
        if change.language != talk[0].language:
            wrong.append(f"{talk[0].recording} -> {change.reason} {change.language}")
    return {
        "hint": f"{hint.source} {hint.language}",
        "recordings": len(talks),
        "locked": locked,
        "wrong": wrong,
        "over before a lock": never,
        "speech until the lock, s (p50, max)": _spread(waited_s),
    }


def measure_switches(ear: Ear, talks: list[list[Utterance]]) -> dict[str, object]:
    needed, waited_s, never, astray = [], [], [], []
    followed: dict[bool, list[bool]] = {True: [], False: []}
    for language, talk in itertools.product(sorted({talk[0].language for talk in talks}), talks):
        if language == talk[0].language:
            continue
        policy = ClientLanguage(LanguageHint(HintSource.KEYPRESS, language), COVERED)
        spoken_ms, switched = 0, False
        for number, utterance in enumerate(talk, start=1):
            decoded, change = ear.hear(policy, number, utterance)
            spoken_ms += utterance.speech_ms
            is_short = utterance.speech_ms < LanguageLimits().short_ms
            followed[is_short].append(decoded.language == utterance.language)
            if change is not None and not switched:
                switched = True
                needed.append(number)
                waited_s.append(spoken_ms / 1000)
                if change.language != utterance.language:
                    astray.append(f"{language} to {utterance.recording} -> {change.language}")
        if not switched:
            never.append(f"{language} to {talk[0].recording}")
    return {
        "switches": len(needed),
        "utterances until the switch": {count: needed.count(count) for count in sorted(set(needed))},
        "speech until the switch, s (p50, max)": _spread(waited_s),
        "to a wrong language": astray,
        "recording over before the switch": never,
        "short utterances decoded in the new language": f"{sum(followed[True])} of {len(followed[True])}",
        "others": f"{sum(followed[False])} of {len(followed[False])}",
    }


def measure_stays(ear: Ear, talks: list[list[Utterance]]) -> dict[str, object]:
    """Look for switches where nobody changed their language."""
    left, foreign, total = [], [], 0
    for talk in talks:
        policy = ClientLanguage(LanguageHint(HintSource.KEYPRESS, talk[0].language), COVERED)
        for number, utterance in enumerate(talk, start=1):
            decoded, change = ear.hear(policy, number, utterance)
            total += 1
            if decoded.text and decoded.language != utterance.language:
                foreign.append(f"{utterance.recording} {utterance.speech_ms} ms -> {decoded.language}")
            if change is not None:
                left.append(f"{utterance.recording} -> {change.language}")
    return {"utterances": total, "decoded in another language": foreign, "left the language": left}


def measure_uncovered(ear: Ear, talks: list[list[Utterance]]) -> dict[str, object]:
    told, waited_s, withheld, let_through = 0, [], 0, []
    for talk in talks:
        policy = ClientLanguage(LanguageHint(HintSource.DEFAULT, "en"), COVERED)
        spoken_ms = 0
        for number, utterance in enumerate(talk, start=1):
            decoded, change = ear.hear(policy, number, utterance)
            spoken_ms += utterance.speech_ms
            if decoded.text and decoded.language == utterance.language:
                withheld += 1
            elif decoded.text:
                let_through.append(f"{utterance.recording} {utterance.speech_ms} ms -> {decoded.language}")
            if change is not None and change.reason is LanguageReason.UNCOVERED:
                told += 1
                waited_s.append(spoken_ms / 1000)
    return {
        "recordings": len(talks),
        "told": told,
        "speech until told, s (p50, max)": _spread(waited_s),
        "utterances withheld": withheld,
        "taken for a covered language": let_through,
    }


def _spread(values: list[float]) -> list[float]:
    return [round(statistics.median(values), 1), round(max(values), 1)] if values else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default="en,es,fr,it,pt", help="what clients speak, of what is covered")
    parser.add_argument("--uncovered", default="de,ar", help="what they speak, of what is not")
    args = parser.parse_args()
    folder = Path(os.environ.get("SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "speech"))
    if not (folder / "manifest.tsv").is_file():
        print(f"{folder} holds no recordings: set SPEECH_DIR", file=sys.stderr)
        return 2
    languages, uncovered = set(args.languages.split(",")), set(args.uncovered.split(","))
    talks = defaultdict(list)
    for recording in recordings(folder, languages | uncovered):
        talk = utterances(*recording)
        if talk:
            talks[talk[0].language].append(talk)
    known = [talk for language in sorted(languages) for talk in talks[language]]
    unknown = [talk for language in sorted(uncovered) for talk in talks[language]]
    ear = Ear(WhisperEngine(PROJECT_ROOT / "models" / "whisper-base", threads=1, workers=1))
    print(
        json.dumps(
            {
                "lock, nothing known": measure_locks(ear, known, LanguageHint(HintSource.DEFAULT, "en")),
                "lock, a number of Italy": measure_locks(ear, known, LanguageHint(HintSource.COUNTRY, "it")),
                "no switch": measure_stays(ear, known),
                "switch": measure_switches(ear, known),
                "uncovered": measure_uncovered(ear, unknown),
            },
            indent=2,
            ensure_ascii=False,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
