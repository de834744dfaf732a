"""A trace: what one party said, word by word, and what a recogniser made of it and when.

A file is JSON Lines and holds any number of traces. Each begins with a ``trace`` line (the header), followed by one
``turn`` line for each stretch of speech without the other party, one ``speech`` line (what voice activity said of the
frames), one ``utterances`` line (where it was cut) and one ``heard`` line for each transcript, in the order of arrival.
All times are milliseconds since the leg's stream began. ``docs/evaluation.md`` shows one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict, cast

from app.domain.audio import FRAME_MS
from app.domain.transcripts import Transcript

FORMAT = 1


class TraceError(ValueError):
    """A file is not a trace, or a trace contradicts itself. The message never quotes speech."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is written, its punctuation included, and when it was said."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What one party said before the other's turn came."""

    sentences: tuple[str, ...]
    references: dict[str, str]
    """The whole turn in other languages, by ISO 639-1 code."""
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)

    @property
    def start_ms(self) -> int:
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        return self.words[-1].end_ms


@dataclass(frozen=True, slots=True)
class SpeechRun:
    """Frames in a row that voice activity judged alike."""

    is_speech: bool
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """One transcript and when it reached the bridge."""

    at_ms: int
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Trace:
    name: str
    kind: str
    """``cloud`` (simulated) or ``whisper`` (recorded from the offline recogniser)."""
    language: str
    """What is spoken: ISO 639-1."""
    pause_ms: int
    """The silence that ended the utterances while it was made: a replay has to cut the speech alike."""
    turns: tuple[Turn, ...]
    speech: tuple[SpeechRun, ...]
    utterances: tuple[tuple[int, int], ...]
    """Where the segmenter cut the speech while the trace was made: the first moment and the last. Number 1 is first."""
    heard: tuple[Heard, ...]
    words_per_s: float = 0.0
    """The speaker's rate inside phrases, pauses left out; 0 where nobody set it."""
    note: str = ""
    """Where the speech comes from, its licence, and on what it was recognised."""

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for turn in self.turns for word in turn.words)

    @property
    def duration_ms(self) -> int:
        return sum(run.duration_ms for run in self.speech)

    def check(self) -> None:
        """Raise TraceError where times run backwards, runs are no whole frames or a turn is empty."""
        if not self.turns or any(not turn.words for turn in self.turns):
            raise TraceError(f"{self.name}: a trace has at least one turn, and a turn at least one word")
        spoken = [moment for word in self.words for moment in (word.start_ms, word.end_ms)]
        if spoken != sorted(spoken):
            raise TraceError(f"{self.name}: the words overlap or run backwards")
        if any(run.duration_ms <= 0 or run.duration_ms % FRAME_MS for run in self.speech):
            raise TraceError(f"{self.name}: a run of frames lasts a multiple of {FRAME_MS} ms")
        arrivals = [heard.at_ms for heard in self.heard]
        if arrivals != sorted(arrivals):
            raise TraceError(f"{self.name}: the transcripts are not in order of arrival")
        if any(heard.transcript.audio_end_ms > heard.at_ms for heard in self.heard):
            raise TraceError(f"{self.name}: a transcript holds audio that had not been heard yet")


class _Header(TypedDict):
    format: int
    name: str
    kind: str
    language: str
    pause_ms: int
    words_per_s: float
    note: str


class _TurnLine(TypedDict):
    sentences: list[str]
    references: dict[str, str]
    words: list[tuple[str, int, int]]


class _Line(TypedDict, total=False):
    trace: _Header
    turn: _TurnLine
    speech: list[tuple[int, int]]
    utterances: list[tuple[int, int]]
    heard: dict[str, object]


def write_traces(path: Path, traces: Iterable[Trace]) -> None:
    """Write traces to one file, UTF-8, replacing what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for trace in traces:
            for line in _lines(trace):
                file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_traces(path: Path) -> list[Trace]:
    """Read every trace of a file. Raises TraceError."""
    blocks: list[list[_Line]] = []
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = cast(_Line, json.loads(text))
            except json.JSONDecodeError as error:
                raise TraceError(f"{path.name}, line {number}: not JSON") from error
            if "trace" in line:
                blocks.append([])
            elif not blocks:
                raise TraceError(f"{path.name}: the first line is no header")
            blocks[-1].append(line)
    return [_trace(path.name, block) for block in blocks]


def _lines(trace: Trace) -> Iterator[_Line]:
    yield {
        "trace": {
            "format": FORMAT,
            "name": trace.name,
            "kind": trace.kind,
            "language": trace.language,
            "pause_ms": trace.pause_ms,
            "words_per_s": trace.words_per_s,
            "note": trace.note,
        }
    }
    for turn in trace.turns:
        words = [(word.text, word.start_ms, word.end_ms) for word in turn.words]
        yield {"turn": {"sentences": list(turn.sentences), "references": turn.references, "words": words}}
    yield {"speech": [(int(run.is_speech), run.duration_ms) for run in trace.speech]}
    yield {"utterances": list(trace.utterances)}
    for heard in trace.heard:
        said = {name: value for name, value in asdict(heard.transcript).items() if value}
        yield {"heard": {"at_ms": heard.at_ms, **said}}


def _trace(file_name: str, lines: list[_Line]) -> Trace:
    header = lines[0]["trace"]
    if header.get("format") != FORMAT:
        raise TraceError(f"{file_name}: format {header.get('format')} is not {FORMAT}")
    try:
        trace = Trace(
            name=header["name"],
            kind=header["kind"],
            language=header["language"],
            pause_ms=header["pause_ms"],
            turns=tuple(_turn(line["turn"]) for line in lines if "turn" in line),
            speech=tuple(
                SpeechRun(bool(is_speech), duration_ms)
                for line in lines
                if "speech" in line
                for is_speech, duration_ms in line["speech"]
            ),
            utterances=tuple(
                (began_ms, ended_ms)
                for line in lines
                if "utterances" in line
                for began_ms, ended_ms in line["utterances"]
            ),
            heard=tuple(_heard(line["heard"]) for line in lines if "heard" in line),
            words_per_s=header["words_per_s"],
            note=header["note"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(f"{file_name}: a line lacks something or has too much ({type(error).__name__})") from error
    trace.check()
    return trace


def _turn(line: _TurnLine) -> Turn:
    return Turn(tuple(line["sentences"]), line["references"], tuple(Word(*word) for word in line["words"]))


def _heard(line: dict[str, object]) -> Heard:
    at_ms = line.pop("at_ms")
    if not isinstance(at_ms, int):
        raise TypeError
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in line.items()}
    return Heard(at_ms, Transcript(**{"stable": "", **fields}))  # type: ignore[arg-type]
