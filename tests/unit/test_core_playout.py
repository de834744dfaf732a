"""What one leg hears: complete, in order, and never far ahead of the carrier."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.audio.shaping import TelephoneSound
from app.core.playout import Playout, mark_name
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import PlayAudio, SendMark
from app.domain.legs import Leg

SOUND = TelephoneSound()


def play(playout: Playout, from_ms: int, until_ms: int) -> list[tuple[int, PlayAudio | SendMark]]:
    """Let the playout run as the shell does."""
    sent: list[tuple[int, PlayAudio | SendMark]] = []
    now_ms = from_ms
    while now_ms <= until_ms:
        sent += [
            (now_ms, command) for command in playout.due(now_ms).commands if isinstance(command, PlayAudio | SendMark)
        ]
        now_ms = max(now_ms + 1, playout.next_due_ms(now_ms) or now_ms + 20)
    return sent


@given(
    st.lists(st.binary(min_size=1, max_size=4000), min_size=1, max_size=8),
    st.lists(st.integers(min_value=1, max_value=3), min_size=8, max_size=8),
)
def test_what_is_heard_does_not_depend_on_how_the_audio_was_cut(pieces: list[bytes], clauses: list[int]) -> None:
    playout = Playout(Leg.CLIENT, SOUND)
    playout.open(0)
    expected: dict[int, bytes] = {}
    for clause, piece in zip(sorted(clauses), pieces, strict=False):
        playout.add(clause, piece)
        expected[clause] = expected.get(clause, b"") + piece
    for clause in expected:
        playout.finish(clause)
    sent = [command for _, command in play(playout, 0, 10_000)]
    assert b"".join(command.ulaw for command in sent if isinstance(command, PlayAudio)) == b"".join(expected.values())
    assert [command.name for command in sent if isinstance(command, SendMark)] == [
        mark_name(clause) for clause in expected
    ]


@given(st.lists(st.integers(min_value=1, max_value=20_000), min_size=1, max_size=20))
def test_at_most_200_ms_lie_at_the_carrier_and_it_never_runs_dry(sizes: list[int]) -> None:
    playout = Playout(Leg.CLIENT, SOUND)
    playout.open(0)
    for size in sizes:
        playout.add(1, b"\x22" * size)
    playout.finish(1)
    played_until_ms = 0.0
    for now_ms, command in play(playout, 0, 60_000):
        if isinstance(command, PlayAudio):
            assert played_until_ms == 0 or now_ms <= played_until_ms, "a gap in the middle of a clause"
            played_until_ms = max(played_until_ms, now_ms) + len(command.ulaw) / BYTES_PER_MS
            assert played_until_ms - now_ms <= 200
            assert len(command.ulaw) <= 100 * BYTES_PER_MS


def test_a_clause_that_is_still_being_made_holds_back_the_next() -> None:
    playout = Playout(Leg.CLIENT, SOUND)
    playout.open(0)
    playout.add(1, b"a" * 80)
    playout.add(2, b"b" * 80)
    playout.finish(2)
    assert [command for _, command in play(playout, 0, 1000)] == [PlayAudio(Leg.CLIENT, b"a" * 80)]
    playout.finish(1)
    assert [command for _, command in play(playout, 1000, 2000)] == [
        SendMark(Leg.CLIENT, mark_name(1)),
        PlayAudio(Leg.CLIENT, b"b" * 80),
        SendMark(Leg.CLIENT, mark_name(2)),
    ]


def test_nothing_is_sent_before_the_stream_is_open_and_nothing_is_lost() -> None:
    playout = Playout(Leg.AGENT, SOUND)
    playout.add(1, b"a" * 800)
    playout.finish(1)
    assert play(playout, 0, 500) == []
    playout.open(500)
    sent = [command for _, command in play(playout, 500, 1500)]
    assert b"".join(command.ulaw for command in sent if isinstance(command, PlayAudio)) == b"a" * 800


def test_the_background_fills_silence_and_yields_to_speech() -> None:
    playout = Playout(Leg.CLIENT, SOUND)
    playout.open(0)
    playout.set_background(b"t" * 240)
    background = b"".join(c.ulaw for _, c in play(playout, 0, 2000) if isinstance(c, PlayAudio))
    assert set(background) == set(b"t")
    assert 1950 <= len(background) / BYTES_PER_MS <= 2250
    playout.add(1, b"s" * 800)
    playout.finish(1)
    first = next(command for _, command in play(playout, 2001, 2400) if isinstance(command, PlayAudio))
    assert set(first.ulaw) == set(b"s"), "speech does not wait for the tone"


def test_queued_time_counts_what_lies_at_the_carrier() -> None:
    playout = Playout(Leg.CLIENT, SOUND)
    playout.open(0)
    playout.add(1, b"a" * 8000)
    assert playout.queued_ms(0) == 1000
    play(playout, 0, 0)
    assert playout.queued_ms(0) == 1000
    assert playout.queued_ms(50) == 950
