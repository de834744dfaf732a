"""Translations, real calls and targets are judged by what is known of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.api.schemas import CallView, UtteranceView
from app.domain.legs import CallStatus, Leg
from app.domain.records import Outcome
from app.emulator.wav import Segment
from bench.evaluate.measures import Measures, WordLag
from bench.evaluate.quality import InterpretedTurn, clauses_by_turn, digits, judge, write_instance_log
from bench.evaluate.real import count_loops, silence_after_s, speech_end_s
from bench.evaluate.replay import Replay, Sound, SpokenClause, replay
from bench.evaluate.report import show_table, target_table
from bench.evaluate.simulate import simulate_talk
from bench.evaluate.trace import Turn, Word

TURN = Turn(("Son 65 euros y 3 libros.",), {"en": "It is 65 euros and 3 books."}, (Word("Son", 1000, 3000),))


def interpreted(*translations: str) -> InterpretedTurn:
    clauses = tuple(
        SpokenClause(
            "...", "", 2000 * number, None, Outcome.SPOKEN, Sound("...", 0, 1000, 3000 * number, 3000 * number + 900)
        )
        for number, _ in enumerate(translations, start=1)
    )
    return InterpretedTurn("es-en", TURN, clauses, translations, TURN.references["en"], TURN.references["en"])


def test_clauses_that_say_what_the_reference_says_lose_nothing() -> None:
    quality = judge([interpreted("It is 65 euros", "and 3 books.")])["es-en"]
    assert quality.lost_percent == pytest.approx(0.0)
    assert (quality.numbers, quality.numbers_kept) == (2, 2)
    assert quality.misses_spoken == quality.misses_whole == 0


def test_what_is_not_spoken_is_lost_and_so_is_its_number() -> None:
    quality = judge([interpreted("It is 65 euros", "")])["es-en"]
    assert quality.lost_percent > 20
    assert (quality.numbers, quality.numbers_kept) == (2, 1)
    assert quality.misses_spoken > quality.misses_whole


@pytest.mark.parametrize(
    ("text", "groups"),
    [("El 48 271, a las 17:45", ["48271", "17", "45"]), ("3.000 euros y 12", ["3000", "12"]), ("nada", [])],
)
def test_groups_of_digits(text: str, groups: list[str]) -> None:
    assert digits(text) == groups


def test_every_clause_belongs_to_one_turn() -> None:
    replayed = replay(simulate_talk("it", 1), "es")
    turns = list(clauses_by_turn(replayed))
    assert [turn for turn, _ in turns] == list(replayed.trace.turns)
    clauses = [clause.text for _, mine in turns for clause in mine]
    assert clauses == [clause.text for clause in replayed.clauses if any(map(str.isalnum, clause.text))]


def test_the_instance_log_has_a_delay_for_each_word_within_the_turn(tmp_path: Path) -> None:
    write_instance_log(tmp_path / "instances.log", [interpreted("It is 65 euros", "and 3 books.")])
    line = json.loads((tmp_path / "instances.log").read_text(encoding="utf-8"))
    assert line["delays"] == [1000] * 4 + [2000] * 3
    assert line["elapsed"] == [2000, 2225, 2450, 2675, 5000, 5300, 5600]
    assert line["prediction_length"] == len(line["prediction"].split()) == 7


def test_silence_after_a_turn() -> None:
    segments = [Segment(1.0, 2.0), Segment(5.0, 7.0)]
    assert silence_after_s(1.5, segments) == 0.0
    assert silence_after_s(3.5, segments) == 1.5
    assert silence_after_s(8.0, segments) is None


def test_speech_ends_with_its_last_loud_frame_however_quiet_the_line() -> None:
    for loud, faint in ((0x90, 0xE0), (0xD0, 0xFE)):  # mu-law: a lower byte is louder
        ulaw = b"\xff" * 8000 + bytes([loud]) * 8000 + bytes([faint]) * 4000 + b"\xff" * 4000
        assert speech_end_s(ulaw, 0.5, 3.0) == pytest.approx(2.0)
    assert speech_end_s(b"\xff" * 16000, 0.0, 1.5) == pytest.approx(1.5)


def test_a_table_may_have_lines_that_lack_something(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("title", {"one": {"a": 1}, "two": {"a": 2, "b": 3}})
    assert capsys.readouterr().out.split() == ["title", "a", "b", "one", "1", "two", "2", "3"]


def utterance(speaker: Leg, source: str, translated: str, at_s: float) -> UtteranceView:
    values: dict[str, object] = {
        "sequence": 1,
        "speaker": speaker,
        "source_language": "es",
        "target_language": "en",
        "source_text": source,
        "translated_text": translated,
        "outcome": "spoken",
        "started_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s),
        "speech_ms": 1000,
    }
    return UtteranceView.model_construct(None, **values)  # type: ignore[arg-type]


def test_the_bridge_hearing_itself_is_a_loop() -> None:
    asked = utterance(Leg.CLIENT, "Where is my order?", "¿Dónde está mi pedido?", 0)
    echo = utterance(Leg.AGENT, "dónde está mi pedido", "Where is my order?", 3)
    answer = utterance(Leg.AGENT, "Llega el martes.", "It comes on Tuesday.", 6)
    later = utterance(Leg.AGENT, "dónde está mi pedido", "Where is my order?", 60)

    def loops(*utterances: UtteranceView) -> int:
        return count_loops(CallView.model_construct(None, status=CallStatus.COMPLETED, utterances=list(utterances)))

    assert loops(asked, answer) == 0
    assert loops(asked, echo, answer) == 1
    assert loops(asked, later) == 0


def test_a_target_is_judged_by_the_first_policy() -> None:
    late = Measures(
        lags=[WordLag(0, 9.0)], turn_end_s=[9.0], backlog_s=[9.0], cuts=2, cuts_inside=1, clauses=1, clears=1
    )
    good = Measures(lags=[WordLag(0, 1.0)], turn_end_s=[0.5], backlog_s=[0.0], cuts=2, cuts_inside=0, clauses=1)
    ours_late = target_table(
        {"ours": late, "theirs": good}, {"ours": late, "theirs": good}, {"ours": 9.0, "theirs": 0.0}
    )
    ours_good = target_table({"ours": good, "theirs": late}, {"ours": good, "theirs": late}, {})
    assert {name for name, line in ours_late.items() if line["met"] == "yes"} == {
        "watchdog commits (%)",
        "fast speaker, drift (s)",
    }
    assert {name for name, line in ours_good.items() if line["met"] != "yes"} == {"chrF lost (%)"}


def test_a_replay_without_clauses_has_empty_turns() -> None:
    trace = simulate_talk("gl", 1, turns=2)
    assert [clauses for _, clauses in clauses_by_turn(Replay(trace, "es"))] == [[], []]
