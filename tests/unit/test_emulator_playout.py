"""The loudspeaker: what is heard follows from what was sent and when, and from nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.emulator.playout import BUFFER_LIMIT_BYTES, Playout
from app.emulator.tape import Tape

SOUND = bytes(range(1, 200)) * 40
pieces = st.lists(st.integers(0, 900), max_size=8)
instants = st.lists(st.floats(0, 2, allow_nan=False), max_size=10)


def cut(sound: bytes, sizes: list[int]) -> list[bytes]:
    parts: list[bytes] = []
    for size in sizes:
        parts.append(sound[:size])
        sound = sound[size:]
    return [*parts, sound]


@given(sizes=pieces, looks=instants)
def test_what_is_heard_depends_neither_on_the_cuts_nor_on_who_looks(sizes: list[int], looks: list[float]) -> None:
    tape = Tape()
    playout = Playout(tape)
    for part in cut(SOUND, sizes):
        playout.append(part, 0.5)
    played = b"".join(playout.advance(0.5 + now_s).ulaw for now_s in (*sorted(looks), 2.0))
    assert played == SOUND
    assert tape.render() == b"\xff" * 4000 + SOUND
    assert playout.buffered_bytes == 0


@given(sizes=pieces, looks=instants)
def test_a_mark_comes_back_when_the_audio_before_it_has_been_played_and_not_before(
    sizes: list[int], looks: list[float]
) -> None:
    playout = Playout(Tape())
    due_s: dict[str, float] = {}
    queued = 0
    for index, part in enumerate(cut(SOUND, sizes)):
        playout.append(part, 0.0)
        playout.mark(str(index))
        queued += len(part)
        due_s[str(index)] = queued / 8000
    seen: list[str] = []
    for now_s in (*sorted(looks), 2.0):
        seen += playout.advance(now_s).marks
        assert seen == [name for name, at_s in due_s.items() if at_s <= now_s + 1e-9]


@given(sizes=pieces, cleared_at_s=st.floats(0, 2))
def test_clear_brings_every_pending_mark_back_in_order_and_nothing_more_is_heard(
    sizes: list[int], cleared_at_s: float
) -> None:
    tape = Tape()
    playout = Playout(tape)
    names = []
    for index, part in enumerate(cut(SOUND, sizes)):
        playout.append(part, 0.0)
        playout.mark(str(index))
        names.append(str(index))
    reached = playout.advance(cleared_at_s).marks
    assert reached + playout.clear() == names
    heard = tape.render()
    assert heard == SOUND[: len(heard)]
    assert len(heard) == min(int(cleared_at_s * 8000 + 1e-6), len(SOUND))
    assert playout.advance(9).ulaw == b""


def test_a_mark_comes_back_at_once_when_nothing_is_queued() -> None:
    playout = Playout(Tape())
    playout.mark("idle")
    assert playout.advance(0.0).marks == ["idle"]


def test_audio_after_a_clear_plays_from_its_own_time() -> None:
    tape = Tape()
    playout = Playout(tape)
    playout.append(b"\x01" * 800, 0.0)
    playout.advance(0.05)
    playout.clear()
    playout.append(b"\x02" * 80, 0.2)
    playout.advance(1.0)
    assert tape.render() == b"\x01" * 400 + b"\xff" * 1200 + b"\x02" * 80


def test_a_gap_between_two_pieces_is_silence_and_never_shifts_what_follows() -> None:
    tape = Tape()
    playout = Playout(tape)
    playout.append(b"\x01" * 160, 0.0)
    playout.append(b"\x02" * 160, 0.01)
    playout.advance(0.1)
    playout.append(b"\x03" * 160, 0.1)
    playout.advance(1.0)
    assert tape.render() == b"\x01" * 160 + b"\x02" * 160 + b"\xff" * 480 + b"\x03" * 160


def test_ten_minutes_fit_and_the_rest_is_dropped_and_counted() -> None:
    playout = Playout(Tape())
    assert playout.append(bytes(BUFFER_LIMIT_BYTES - 10), 0.0)
    assert not playout.append(bytes(25), 0.0)
    assert (playout.buffered_bytes, playout.overflow_bytes) == (BUFFER_LIMIT_BYTES, 15)
    playout.advance(1.0)
    assert playout.append(bytes(8000), 1.0)


@given(sizes=pieces, position=st.integers(-500, 9000), length=st.integers(0, 500))
def test_a_tape_is_read_as_it_is_rendered(sizes: list[int], position: int, length: int) -> None:
    tape = Tape()
    begin = 700
    for part in cut(SOUND, sizes):
        tape.record(begin, part)
        begin += len(part) + 50
    whole = b"\xff" * 500 + tape.render(12_000)
    assert tape.read(position, length) == whole[500 + position :][:length]
