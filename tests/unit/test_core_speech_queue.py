"""One listener's clauses: the tempo they asked for, and what they can have said again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.audio.shaping import TelephoneSound
from app.core.clause import Clause
from app.core.governor import GovernorLimits
from app.core.interpreter import Interpreter
from app.core.listening import HEARINGS
from app.core.playout import Playout
from app.core.speech_queue import SpeechQueue
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import Command, PlayAudio, ReportCatchUp, ReportUtterance, Speak
from app.domain.legs import Leg
from app.domain.policies import Listening
from tests.unit.core_driver import call_config

HUM = bytes(range(0x20, 0x70)) * 500
"""Five seconds with a period of 10 ms."""


def open_queue(limits: GovernorLimits | None = None) -> SpeechQueue:
    queue = SpeechQueue(
        Leg.AGENT, datetime(2026, 1, 1, tzinfo=UTC), Playout(Leg.AGENT, TelephoneSound()), limits or GovernorLimits()
    )
    queue.playout.open(0)
    return queue


def clause(number: int, text: str) -> Clause:
    return Clause(number, Leg.AGENT, text, "es", sequence=number, translated_ms=0)


def say(queue: SpeechQueue, number: int, text: str, audio: bytes, now_ms: int) -> bytes:
    """Speak a clause; return what was heard until it was over."""
    commands = queue.add(clause(number, text), now_ms)
    assert [type(command) for command in commands] == [Speak]
    queue.voiced(number, audio, now_ms)
    queue.voice_ended(number, now_ms)
    heard = b""
    while queue.playout.queued_ms(now_ms):
        sent, _ = queue.due(now_ms, is_growing=False)
        heard += b"".join(command.ulaw for command in sent if isinstance(command, PlayAudio))
        now_ms += 20
    return heard


@pytest.mark.parametrize("tempo", [0.8, 0.85, 0.9, 1.1, 1.25])
def test_a_leg_is_spoken_to_at_the_tempo_it_asked_for(tempo: float) -> None:
    queue = open_queue()
    queue.base_tempo = tempo
    heard = say(queue, 1, "Uno.", HUM, 0)
    assert len(heard) == pytest.approx(len(HUM) / tempo, abs=40 * BYTES_PER_MS)


def test_at_rest_every_byte_is_what_the_voice_gave() -> None:
    queue = open_queue()
    queue.base_tempo = 0.85
    say(queue, 1, "Uno.", HUM, 0)
    queue.base_tempo = 1.0
    assert say(queue, 2, "Dos.", HUM, 10_000) == HUM


@pytest.mark.parametrize("tempo", [0.85, 1.25])
def test_a_clause_is_heard_to_its_end_before_the_next_begins(tempo: float) -> None:
    queue = open_queue()
    queue.base_tempo = tempo
    for number in range(1, 40):
        audio = HUM[: 2000 + 173 * number] + b"\x11" * 8
        heard = say(queue, number, "Uno.", audio, 2000 * number)
        assert heard.endswith(b"\x11" * 8)
        assert heard.count(0x11) == 8


def test_who_waits_for_a_translator_loses_nothing() -> None:
    queue = open_queue()
    queue.playout.set_hearing(HEARINGS[Listening.DUCKED])
    commands: list[Command] = []
    for now_ms in range(0, 60_000, 20):
        if now_ms % 2000 == 0:
            waiting = clause(1 + now_ms // 2000, "Una frase de unos tres segundos, o cuatro.")
            waiting.translated_ms = None
            commands += queue.add(waiting, now_ms)
        queue.playout.overhear(b"\x30" * 160)
        commands += queue.due(now_ms, is_growing=True)[0]
    assert [command for command in commands if isinstance(command, ReportUtterance)] == []


def test_what_was_counted_is_told_when_the_call_ends_in_the_middle_of_a_clause() -> None:
    queue = open_queue()
    queue.add(clause(1, "Uno."), 0)
    queue.voiced(1, HUM, 0)
    for now_ms in range(0, 1000, 20):
        queue.due(now_ms, is_growing=False)
    (report,) = (command for command in queue.abandon() if isinstance(command, ReportCatchUp))
    assert report.voice_ms[1.0] == pytest.approx(1100, abs=100)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["Buenos días."], "Buenos días."),
        (["Buenos días.", "El número es", "cuatro mil."], "El número es cuatro mil."),
        (["El número es", "cuatro mil."], "El número es cuatro mil."),
        (["Hola. ¿Qué tal?", "Espere un momento"], "Espere un momento"),
    ],
)
def test_a_sentence_is_what_came_since_the_last_one_ended(texts: list[str], sentence: str) -> None:
    queue = open_queue()
    for number, text in enumerate(texts, start=1):
        say(queue, number, text, HUM[:800], number * 1000)
    assert queue.heard.last_sentence() == (sentence, "es")


def test_what_the_bridge_said_is_not_said_again() -> None:
    queue = open_queue()
    say(queue, 1, "Buenos días.", HUM[:800], 0)
    queue.add(Clause(2, Leg.AGENT, "Le paso con el cliente.", "es", translated_ms=1000), 1000)
    queue.voiced(2, HUM[:800], 1000)
    queue.due(1000, is_growing=False)
    assert queue.heard.last_sentence() == ("Buenos días.", "es")


def test_nothing_is_repeated_before_anything_was_heard() -> None:
    assert Interpreter(call_config()).repeat(Leg.AGENT, 0) is None
