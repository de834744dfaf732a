"""The recorded traces of this repository, and what else could have been made of the same hypotheses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.stt.local_agreement import LocalAgreement
from bench.evaluate.trace import Heard, Trace, read_traces

TRACES = Path(__file__).parent / "traces"


def recorded_traces(folder: Path = TRACES) -> list[Trace]:
    """Return every trace of a folder, file by file."""
    return [trace for path in sorted(folder.glob("*.jsonl")) for trace in read_traces(path)]


def with_agreement(trace: Trace, hold_back: int) -> Trace:
    """Return the trace as it would be if LocalAgreement made words stable before the end.

    The offline recogniser holds every word back until its final. Its hypotheses are in the trace all the same, so what
    an earlier commitment gains and loses can be replayed.
    """
    return replace(trace, name=f"{trace.name}-agreed-{hold_back}", heard=tuple(_agreed(trace, hold_back)))


def _agreed(trace: Trace, hold_back: int) -> Iterator[Heard]:
    agreements: dict[int, LocalAgreement] = {}
    for heard in trace.heard:
        transcript = heard.transcript
        agreement = agreements.setdefault(transcript.utterance, LocalAgreement(hold_back))
        if transcript.is_final:
            agreement.finish(transcript.text.split())
        else:
            agreement.feed(transcript.text.split())
        agreed = replace(transcript, stable=" ".join(agreement.stable), unstable=" ".join(agreement.unstable))
        yield replace(heard, transcript=agreed)
