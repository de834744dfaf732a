"""Call scripts: what they may say, and where their mistakes are."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from app.emulator import (
    AfterTurn,
    Answer,
    AnswerKind,
    AtTime,
    CallScript,
    Faults,
    HangsUp,
    Party,
    ScriptError,
    Turn,
    WhenQuiet,
    load_script,
)
from app.emulator.exchange import load_sounds
from app.emulator.script_file import faults_from

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def load(folder: Path, text: str) -> CallScript:
    path = folder / "call.yaml"
    path.write_text(text, encoding="utf-8")
    return load_script(path)


def test_the_example_can_be_played() -> None:
    script = load_script(EXAMPLES / "call.yaml")
    assert [turn.id for _, turn in script.turns()] == ["question", "thanks", "reply"]
    assert all(len(sound) > 8000 for sound in load_sounds(script).values())


def test_every_field_of_a_script(tmp_path: Path) -> None:
    script = load(
        tmp_path,
        """
        to: "+34910000009"
        from: "+4930123456"
        linger_s: 2
        patience_s: 9
        max_duration_s: 30
        hangs_up: both
        client:
          hears_at_least_s: 1.5
          turns:
            - {id: hello, say: a/hello.wav, at_s: 1}
            - {say: b.wav}
            - {press: 12#, after: answer, pause_s: 2}
            - {id: bye, say: c.wav, when_quiet_s: 0.8, since: answer, hang_up_at_s: 0.3}
        agent:
          number: "+34600000001"
          answer: {kind: busy, after_s: 3}
          turns:
            - {id: answer, hang_up: yes, after: hello}
        interpreter:
          number: "+34600000009"
          answer: busy
        faults: {jitter_ms: 40, garbage: true, wrong_signature: socket, seed: 7}
        """,
    )
    assert script == CallScript(
        to="+34910000009",
        client=Party(
            number="+4930123456",
            hears_at_least_s=1.5,
            turns=(
                Turn("hello", AtTime(1.0), say=tmp_path / "a/hello.wav"),
                Turn("client 2", AfterTurn("hello", 0.5), say=tmp_path / "b.wav"),
                Turn("client 3", AfterTurn("answer", 2.0), press="12#"),
                Turn("bye", WhenQuiet(0.8, since="answer"), say=tmp_path / "c.wav", hang_up_at_s=0.3),
            ),
        ),
        agent=Party(
            number="+34600000001",
            answer=Answer(AnswerKind.BUSY, 3.0),
            turns=(Turn("answer", AfterTurn("hello"), hang_up=True),),
        ),
        interpreter=Party(number="+34600000009", answer=Answer(AnswerKind.BUSY)),
        linger_s=2.0,
        patience_s=9.0,
        max_duration_s=30.0,
        hangs_up=HangsUp.BOTH,
        faults=Faults(jitter_ms=40, garbage=True, wrong_signature="socket", seed=7),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r"call\.yaml: the script is empty"),
        ("to: [", r"call\.yaml:\d+: not YAML"),
        ("- a", r"call\.yaml:1: must be a mapping"),
        ("to: x\nclent: {}", r"call\.yaml:2: clent: there is no such field"),
        ("linger_s: soon", r"call\.yaml:1: linger_s: must be a number"),
        ("linger_s: -1", r"call\.yaml:1: linger_s: must be a number"),
        ("hangs_up: nobody", r"call\.yaml:1: hangs_up: must be one of client, agent, both"),
        ("agent:\n  answer: perhaps", r"call\.yaml:2: agent\.answer: must be one of"),
        ("client:\n  rings: twice", r"call\.yaml:2: client\.rings: there is no such field"),
        ("client:\n  turns: {}", r"call\.yaml:2: client\.turns: must be a list"),
        (
            "client:\n  turns:\n    - say: a.wav\n      at_s: 1\n      after: x",
            r"call\.yaml:5: client\.turns\[0\]\.after: a turn has one of",
        ),
        ("client:\n  turns:\n    - {press: '1', at_s: 1, pause_s: 2}", r"call\.yaml:3: .*pause_s: belongs to after"),
        ("client:\n  turns:\n    - {press: '1', since: a}", r"call\.yaml:3: .*since: belongs to when_quiet_s"),
        ("client:\n  turns:\n    - {id: a, press: '1', when_quiet_s: 1, since: b}", r"turn a: since: there is no"),
        ("client:\n  turns:\n    - {press: x}", r"turn client 1: press: only"),
        ("client:\n  turns:\n    - {id: a}", r"turn a: does nothing"),
        ("client:\n  turns:\n    - {id: a, say: x, after: b}", r"turn a: after: there is no other turn b"),
        ("client:\n  turns:\n    - {id: a, press: '1', hang_up_at_s: 1}", r"turn a: hang_up_at_s"),
        ("agent:\n  turns:\n    - {id: a, press: '1'}\n    - {id: a, press: '2'}", r"turn a: two turns"),
        ("faults: {rain: 1}", r"faults\.rain: there is no such fault"),
        ("faults: {jitter_ms: much}", r"faults\.jitter_ms: 'much' is not a float"),
        ("faults: {jitter_ms: -4}", r"faults\.jitter_ms: must not be negative"),
        ("faults: {legs: left}", r"faults\.legs: must be"),
        ("faults: {wrong_signature: mine}", r"faults\.wrong_signature: must be"),
    ],
)
def test_a_mistake_is_found_where_it_is(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ScriptError, match=complaint):
        load(tmp_path, text)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"none\.yaml: there is no such script"):
        load_script(tmp_path / "none.yaml")


def test_every_fault_can_be_switched_on_by_name() -> None:
    values = {"legs": "agent", "wrong_signature": "callback"}
    for item in fields(Faults):
        text = values.get(item.name, "" if isinstance(item.default, bool) else "30")
        assert faults_from({item.name: text}) != Faults()
