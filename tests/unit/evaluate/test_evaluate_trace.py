"""The trace format: what is written is read again, and what makes no sense is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.evaluate.simulate import simulate_talk
from bench.evaluate.trace import SpeechRun, Trace, TraceError, read_traces, write_traces


@pytest.fixture(scope="module")
def talk() -> Trace:
    return simulate_talk("fr", 3, turns=2)


def test_what_is_written_is_read_again(tmp_path: Path, talk: Trace) -> None:
    other = simulate_talk("ar", 1, turns=2)
    write_traces(tmp_path / "two.jsonl", [talk, other])
    assert read_traces(tmp_path / "two.jsonl") == [talk, other]


@pytest.mark.parametrize("language", ["es", "de", "ca"])
def test_the_same_seed_gives_the_same_trace_and_another_one_another(language: str) -> None:
    assert simulate_talk(language, 1, turns=1) == simulate_talk(language, 1, turns=1)
    assert simulate_talk(language, 1, turns=1) != simulate_talk(language, 2, turns=1)


def test_a_trace_that_contradicts_itself_is_refused(talk: Trace) -> None:
    first, second = talk.turns
    early = replace(talk.heard[-1], transcript=replace(talk.heard[-1].transcript, audio_end_ms=10**7))
    for broken in (
        replace(talk, turns=()),
        replace(talk, turns=(replace(first, words=()),)),
        replace(talk, turns=(second, first)),
        replace(talk, speech=(*talk.speech, SpeechRun(True, 30))),
        replace(talk, heard=talk.heard[::-1]),
        replace(talk, heard=(*talk.heard[:-1], early)),
    ):
        with pytest.raises(TraceError):
            broken.check()


def test_a_file_that_is_no_trace_is_refused_without_quoting_it(tmp_path: Path, talk: Trace) -> None:
    write_traces(tmp_path / "good.jsonl", [talk])
    lines = (tmp_path / "good.jsonl").read_text(encoding="utf-8").splitlines()
    secret = talk.turns[0].sentences[0]
    for broken in (lines[1:], [lines[0].replace('"format":1', '"format":9'), *lines[1:]], [lines[0], "{", *lines[1:]]):
        (tmp_path / "bad.jsonl").write_text("\n".join(broken), encoding="utf-8")
        with pytest.raises(TraceError) as refused:
            read_traces(tmp_path / "bad.jsonl")
        assert secret not in str(refused.value)
