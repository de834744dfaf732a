"""A listener keeps up with whoever speaks too fast, and a call with whoever never stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clause import Clause
from app.core.governor import Backlog, GovernorLimits, LagGovernor
from app.core.playout import Playout
from app.core.shortening import shorten
from app.core.speech_queue import SpeechQueue
from app.core.voice_track import Pace
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import CatchUp, Command, ReportCatchUp, ReportUtterance, Speak
from app.domain.legs import Leg
from app.domain.records import Outcome
from tests.unit.core_talk import ReckonedSound, Talk, Talked, percentile, talk

LIMITS = GovernorLimits()


def assert_flat(talked: Talked) -> None:
    """The lag of the last third is that of the third before it."""
    lags_ms = talked.lags_ms()
    third = len(lags_ms) // 3
    middle, last = percentile(lags_ms[third : 2 * third], 0.95), percentile(lags_ms[2 * third :], 0.95)
    assert abs(last - middle) <= 300


def test_ten_minutes_of_fast_speech_are_caught_up_with() -> None:
    """3.4 words/s in a language that needs 35 % less: 1.25 is not enough, the pauses of the voice are the rest."""
    talked = talk(Talk(minutes=10))
    assert percentile(talked.lags_ms(), 0.95) <= 6000
    assert_flat(talked)
    assert {record.outcome for record in talked.records.values()} == {Outcome.SPOKEN}
    assert talked.trimmed_ms > 30_000
    assert talked.voice_ms[1.25] > 0.5 * talked.voice_ms.total()


def test_ten_minutes_that_cannot_be_caught_up_with_lose_little_and_tell_what() -> None:
    """A voice without a pause and a text that cannot be shortened: 8 % more than fits at 1.25."""
    talked = talk(Talk(minutes=10, pause_share=0.0))
    assert percentile(talked.lags_ms(), 0.95) <= 6000
    assert_flat(talked)
    dropped = [record for record in talked.records.values() if record.outcome is Outcome.DROPPED]
    assert 0.04 <= len(dropped) / len(talked.records) <= 0.12
    assert talked.measures[CatchUp.DROPPED] == len(dropped)
    assert talked.measures[CatchUp.BRIEF] > 0
    assert all(record.translated_text and record.error_code == "too_far_behind" for record in dropped)
    assert talked.most_unreported <= 8


@pytest.mark.parametrize("expansion", [0.9, 1.0])
def test_who_does_not_need_it_is_hardly_hurried(expansion: float) -> None:
    talked = talk(Talk(minutes=2, expansion=expansion))
    assert percentile(talked.lags_ms(), 0.95) <= 1000
    hurried_ms = sum(milliseconds for speed, milliseconds in talked.voice_ms.items() if speed > 1.18)
    assert hurried_ms < 0.05 * talked.voice_ms.total()


def open_queue(limits: GovernorLimits = LIMITS) -> SpeechQueue:
    playout = Playout(Leg.AGENT, ReckonedSound())
    playout.open(0)
    return SpeechQueue(Leg.AGENT, datetime(2026, 1, 1, tzinfo=UTC), playout, limits)


def clause(number: int, text: str, at_ms: int = 0, language: str = "es") -> Clause:
    return Clause(
        number, Leg.AGENT, text, language, number, text, began_ms=at_ms, ended_ms=at_ms, recognised_ms=at_ms,
        translated_ms=at_ms,
    )  # fmt: skip


def speak_all(queue: SpeechQueue, commands: list[Command], now_ms: int, ms_per_character: int = 65) -> list[Command]:
    """Answer every request for a voice at once, and those that follow from it; return everything."""
    everything = list(commands)
    waiting = list(commands)
    while waiting:
        command = waiting.pop(0)
        if isinstance(command, Speak):
            queue.voiced(command.clause, b"\x20" * (len(command.text) * ms_per_character * BYTES_PER_MS), now_ms)
            following = queue.voice_ended(command.clause, now_ms)
            everything += following
            waiting += following
    return everything


def test_an_hour_of_fast_speech_takes_no_more_room_than_a_minute() -> None:
    """Every three seconds four and a half seconds more to say: a fifth too much even at 1.25."""
    queue = open_queue()
    text = "palabra " * 8 + "y"
    said = 0
    reported: dict[int, Outcome] = {}
    unreported: list[int] = []
    waiting_ms: list[int] = []
    for now_ms in range(0, 3_600_000, 100):
        commands: list[Command] = []
        if now_ms % 3000 == 0:
            said += 1
            commands = queue.add(clause(said, text, now_ms), now_ms)
        sent, _ = queue.due(now_ms, is_growing=True)
        for command in speak_all(queue, [*commands, *sent], now_ms, ms_per_character=4500 // len(text)):
            if isinstance(command, ReportUtterance):
                assert command.utterance.sequence not in reported, "reported twice"
                reported[command.utterance.sequence] = command.utterance.outcome
        unreported.append(said - len(reported))
        waiting_ms.append(queue.playout.waiting_ms())
    assert max(unreported) <= 8
    assert max(unreported[len(unreported) // 2 :]) <= max(unreported[: len(unreported) // 20]) + 1
    assert max(waiting_ms) <= LIMITS.voice_ahead_ms + LIMITS.longest_merge_ms + 4500
    assert set(reported) == set(range(1, said + 1 - unreported[-1])), "nothing is lost without a record"
    assert 0.1 <= list(reported.values()).count(Outcome.DROPPED) / said <= 0.25


def test_what_waits_is_spoken_as_one_once_there_is_lag() -> None:
    queue = open_queue()
    texts = ["Uno y dos y tres y cuatro y cinco.", "Seis.", "Siete.", "Ocho."]
    commands = [command for number, text in enumerate(texts, 1) for command in queue.add(clause(number, text), 0)]
    assert [command.text for command in commands if isinstance(command, Speak)] == texts[:1]
    everything = speak_all(queue, commands, 0)
    now_ms = 0
    while queue.playout.queued_ms(now_ms):
        now_ms += 20
        everything += speak_all(queue, queue.due(now_ms, is_growing=False)[0], now_ms)
    assert [command.text for command in everything if isinstance(command, Speak)] == [texts[0], "Seis. Siete. Ocho."]
    records = [command.utterance for command in everything if isinstance(command, ReportUtterance)]
    assert [(record.sequence, record.translated_text) for record in records] == list(enumerate(texts, 1))
    assert {record.outcome for record in records} == {Outcome.SPOKEN}
    merged = sum(
        command.measures.get(CatchUp.MERGED, 0) for command in everything if isinstance(command, ReportCatchUp)
    )
    assert merged == 2


def test_languages_are_not_spoken_as_one() -> None:
    queue = open_queue()
    long = "Una frase bastante larga para que haya retraso."
    commands = queue.add(clause(1, long), 0)
    for number, language in enumerate(("es", "fr", "es"), 2):
        commands += queue.add(clause(number, f"{number}.", language=language), 0)
    everything = speak_all(queue, commands, 0)
    for now_ms in range(0, 10_000, 20):
        everything += speak_all(queue, queue.due(now_ms, is_growing=False)[0], now_ms)
    assert [(command.text, command.language) for command in everything if isinstance(command, Speak)] == [
        (long, "es"),
        ("2.", "es"),
        ("3.", "fr"),
        ("4.", "es"),
    ]


def test_a_merged_request_has_a_bound() -> None:
    queue = open_queue()
    for number in range(1, 30):
        queue.add(clause(number, "Una frase de unos dos segundos."), 0)
    queue.voiced(1, b"\x20" * 8 * 1900, 0)
    (request,) = (command for command in queue.voice_ended(1, 0) if isinstance(command, Speak))
    assert len(request.text) * 65 <= LIMITS.longest_merge_ms + 500


def test_what_is_dropped_is_the_oldest_that_waits() -> None:
    queue = open_queue()
    commands: list[Command] = []
    for now_ms in range(0, 60_000, 100):
        said: list[Command] = []
        if now_ms % 1000 == 0:
            said = queue.add(clause(1 + now_ms // 1000, "Esta frase dura más de un segundo.", now_ms), now_ms)
        commands += speak_all(queue, [*said, *queue.due(now_ms, is_growing=True)[0]], now_ms)
    passed = [
        command.clause if isinstance(command, Speak) else command.utterance.sequence
        for command in commands
        if isinstance(command, Speak)
        or (isinstance(command, ReportUtterance) and command.utterance.outcome is Outcome.DROPPED)
    ]
    assert any(isinstance(each, ReportUtterance) and each.utterance.outcome is Outcome.DROPPED for each in commands)
    assert passed == sorted(set(passed)), "each clause is spoken or dropped when its turn comes"


# --- The governor -----------------------------------------------------------------------------------------------------


def test_at_rest_nothing_is_done() -> None:
    governor = LagGovernor(LIMITS)
    for backlog in (Backlog(), Backlog(199), Backlog(0, 20_000), Backlog(0, 199, is_growing=True)):
        assert governor.pace(backlog) == Pace()
        assert not governor.merges(backlog)
        assert not governor.drops(backlog, 10**6)


@given(st.lists(st.integers(0, 8000), min_size=2, max_size=50))
def test_more_lag_is_never_slower(lags_ms: list[int]) -> None:
    governor = LagGovernor(LIMITS)
    speeds = [governor.pace(Backlog(lag_ms)).speed for lag_ms in sorted(lags_ms)]
    assert speeds == sorted(speeds)
    fresh = LagGovernor(LIMITS).pace(Backlog(max(lags_ms))).speed
    assert speeds[-1] == fresh


@given(st.integers(0, 3), st.lists(st.floats(0.62, 0.99), min_size=1, max_size=30))
def test_lag_about_a_limit_does_not_make_the_speed_flutter(step: int, shares: list[float]) -> None:
    governor = LagGovernor(LIMITS)
    threshold_ms, speed = LIMITS.speeds[step]
    governor.pace(Backlog(threshold_ms))
    assert {governor.pace(Backlog(round(threshold_ms * share))).speed for share in shares} == {speed}


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 30_000), st.booleans()), max_size=40))
def test_the_speed_stays_within_what_can_be_listened_to(steps: list[tuple[int, int, bool]]) -> None:
    governor = LagGovernor(LIMITS)
    for ahead_ms, last_ms, is_growing in steps:
        for tempo in (0.8, 1.0, 1.25):
            assert 0.8 <= governor.pace(Backlog(ahead_ms, last_ms, is_growing), tempo).speed <= 1.25


def test_a_burst_is_caught_up_with_and_not_dropped() -> None:
    governor = LagGovernor(LIMITS)
    assert not any(governor.drops(Backlog(9000), now_ms) for now_ms in range(0, 14_900, 100))
    assert not governor.drops(Backlog(1000), 14_900)
    assert not any(governor.drops(Backlog(9000), now_ms) for now_ms in range(15_000, 29_900, 100))
    assert governor.drops(Backlog(9000), 30_000)


# --- Shortening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Well, you know, I paid 65 euros, please.", "en", "I paid 65 euros."),
        (
            "Sí, sí, sí, claro, el número es el cinco, cinco, dos.",
            "es",
            "Sí, claro, el número es el cinco, cinco, dos.",
        ),
        ("No, no, no, no lo he recibido.", "es", "No, no lo he recibido."),
        ("Bueno, pues, espere un momento, por favor.", "es", "espere un momento."),
        ("Könnten Sie bitte warten?", "de", "Könnten Sie warten?"),
        ("Um fünf Uhr.", "de", "Um fünf Uhr."),
        ("Um momento.", "pt", "Um momento."),
        ("Please.", "en", "Please."),
        ("I feel well.", "en", "I feel well."),
        ("3, 3, 4.", "en", "3, 3, 4."),
        ("Er ist da.", "de", "Er ist da."),
        ("你好。", "zh", "你好。"),
    ],
)
def test_shortening(text: str, language: str, expected: str) -> None:
    assert shorten(text, language) == expected


@given(st.text(max_size=80), st.sampled_from(["en", "es", "fr", "de", "it", "pt", "gl", "ca", "ar", "nl", "zh"]))
def test_shortening_only_takes_away_and_never_everything(text: str, language: str) -> None:
    shortened = shorten(text, language)
    assert len(shortened) <= len(text)
    assert bool(shortened.strip()) == bool(text.strip())
    assert sum(map(str.isdigit, shortened)) == sum(map(str.isdigit, text))
