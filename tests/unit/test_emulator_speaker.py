"""Turn taking, frame by frame, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

from app.emulator.script import AfterTurn, AtTime, Trigger, Turn, WhenQuiet
from app.emulator.speaker import SILENT_FRAME, Frame, Speaker

BEGAN_S = 3.0
WORD = b"\x11" * 400
"""Two frames and a half."""


def live(
    speaker: Speaker, seconds: float, is_loud: Callable[[float], bool] = lambda _: False, start_s: float = BEGAN_S
) -> list[tuple[float, Frame]]:
    """Move the clock over so many seconds; return each frame with its instant, counted from the start."""
    speaker.begin(BEGAN_S)
    frames: list[tuple[float, Frame]] = []
    for index in range(round(seconds / 0.02)):
        now_s = start_s + index * 0.02
        speaker.hear(is_loud(now_s - BEGAN_S), now_s)
        frames.append((round(now_s - BEGAN_S, 2), speaker.speak(now_s)))
    return frames


def talker(*turns: Turn, ended: dict[str, float] | None = None) -> Speaker:
    return Speaker(turns, {turn.id: WORD for turn in turns if turn.say}, {} if ended is None else ended)


def said(turn: str, when: Trigger) -> Turn:
    return Turn(turn, when, say=WORD)


def starts(frames: list[tuple[float, Frame]]) -> dict[str, float]:
    return {frame.started: at_s for at_s, frame in frames if frame.started}


def test_what_is_said_is_whole_and_padded_with_silence() -> None:
    speaker = talker(said("a", AtTime(0.1)))
    frames = live(speaker, 0.5)
    assert b"".join(frame.ulaw for _, frame in frames) == SILENT_FRAME * 5 + WORD + b"\xff" * 80 + SILENT_FRAME * 17
    assert starts(frames) == {"a": 0.1}
    assert [(item.turn, item.start_s, item.end_s) for item in speaker.said] == [("a", 3.1, 3.16)]
    assert speaker.is_done


def test_a_turn_after_another_waits_for_its_end_and_the_pause() -> None:
    ended: dict[str, float] = {}
    speaker = talker(said("reply", AfterTurn("question", 0.2)), ended=ended)
    assert starts(live(speaker, 1.0)) == {}
    ended["question"] = BEGAN_S + 1.0
    assert starts(live(speaker, 1.0, start_s=BEGAN_S + 1.0)) == {"reply": 1.2}


def test_when_quiet_waits_to_hear_something_and_then_for_silence() -> None:
    speaker = talker(said("reply", WhenQuiet(0.3)))
    heard_from_s, heard_until_s, pause_s = 1.0, 2.0, 0.2
    frames = live(speaker, 4.0, lambda at_s: heard_from_s <= at_s <= heard_until_s and not 1.4 < at_s < 1.4 + pause_s)
    assert 2.28 <= starts(frames)["reply"] <= 2.32


def test_when_quiet_never_comes_for_who_hears_nothing() -> None:
    speaker = talker(said("reply", WhenQuiet(0.1)))
    live(speaker, 5.0)
    assert speaker.waiting_turns == ("reply",)


def test_a_reply_to_a_turn_waits_for_what_followed_that_turn() -> None:
    speaker = talker(said("reply", WhenQuiet(0.1, since="question")), ended={"question": BEGAN_S + 1.0})
    frames = live(speaker, 4.0, lambda at_s: 0.2 < at_s < 0.6 or 2.0 < at_s < 2.4)
    assert 2.46 <= starts(frames)["reply"] <= 2.54


def test_the_second_reply_needs_something_new_to_answer() -> None:
    speaker = talker(said("one", WhenQuiet(0.1)), said("two", WhenQuiet(0.1)))
    frames = live(speaker, 3.0, lambda at_s: at_s < 0.5 or 2.0 < at_s < 2.2)
    begun = starts(frames)
    assert begun["one"] < 0.7
    assert begun["two"] > 2.2


def test_keys_are_pressed_one_after_the_other() -> None:
    frames = live(talker(Turn("pin", AtTime(0), press="1*#")), 1.0)
    assert [(at_s, frame.digit) for at_s, frame in frames if frame.digit] == [(0, "1"), (0.2, "*"), (0.4, "#")]
    assert [at_s for at_s, frame in frames if frame.ended] == [0.58]


def test_hanging_up_comes_after_the_turn_or_in_the_middle_of_it() -> None:
    after = live(talker(Turn("bye", AtTime(0), say=WORD, hang_up=True)), 0.2)
    assert [at_s for at_s, frame in after if frame.hang_up] == [0.04]
    middle = live(talker(Turn("bye", AtTime(0), say=WORD, hang_up_at_s=0.04)), 0.2)
    assert [at_s for at_s, frame in middle if frame.hang_up] == [0.02]
    bare = live(talker(Turn("bye", AtTime(0.1), hang_up=True)), 0.2)
    assert [at_s for at_s, frame in bare if frame.hang_up] == [0.1]


def test_a_broken_off_turn_is_over_and_its_end_is_known() -> None:
    ended: dict[str, float] = {}
    speaker = talker(said("a", AtTime(0)), ended=ended)
    live(speaker, 0.02)
    speaker.break_off(BEGAN_S + 0.02)
    assert speaker.is_done
    assert ended == {"a": BEGAN_S + 0.02}


def test_quiet_is_counted_from_the_last_sound() -> None:
    speaker = talker()
    live(speaker, 2.0, lambda at_s: at_s < 1.0)
    assert abs(speaker.quiet_for_s(BEGAN_S + 2.0) - 1.02) < 1e-6
