"""Four tracks on one clock, however the sound comes and whatever becomes of it."""

from __future__ import annotations

from collections import deque
from functools import cache
from itertools import accumulate
from operator import itemgetter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.domain.audio import ULAW_SILENCE
from app.domain.legs import Leg
from app.domain.recordings import Track
from app.emulator.playout import Playout
from app.emulator.tape import Tape
from app.recordings.container import TRACKS
from app.recordings.tracks import SETTLE_MS, CallTracks

FRAME = 160
NETWORK_MS = 40
LONGEST_MS = 4000
"""All that is played."""


@cache
def sound(frames: int, seed: int = 1) -> bytes:
    """Return sound of which no two frames are alike, and none is silent."""
    return bytes(Random(seed).choices(range(1, 200), k=frames * FRAME))


def recorded(tracks: CallTracks, now_ms: int, taken: list[list[bytes]] | None = None) -> dict[Track, bytes]:
    left, samples = tracks.finish(now_ms)
    seconds = [*(taken or []), *left]
    return {track: b"".join(each[number] for each in seconds)[:samples] for number, track in enumerate(TRACKS)}


@given(st.lists(st.integers(0, 600), min_size=60, max_size=60), st.integers(1, 4), st.integers(0, 3000))
def test_what_was_said_lies_where_it_was_said_however_late_it_came(
    delays: list[int], frames_a_message: int, opened_ms: int
) -> None:
    tracks, whole = CallTracks(), sound(60)
    delays[0] = 0  # The least delay is what the others are compared with.
    arrived_ms = 0
    size = frames_a_message * FRAME
    for index, start in enumerate(range(0, len(whole), size)):
        piece = whole[start : start + size]
        arrived_ms = max(arrived_ms, opened_ms + (start + len(piece)) // 8 + delays[index])
        tracks.said(Leg.CLIENT, start // 8, piece, arrived_ms)
    heard = recorded(tracks, opened_ms + 2000)[Track.CLIENT_SAID]
    assert heard[: opened_ms * 8] == ULAW_SILENCE * (opened_ms * 8)
    assert heard[opened_ms * 8 :][: len(whole)] == whole


def test_a_message_that_never_came_leaves_its_time_silent() -> None:
    tracks, whole = CallTracks(), sound(50)
    for frame in (*range(20), *range(30, 50)):
        tracks.said(Leg.AGENT, frame * 20, whole[frame * FRAME :][:FRAME], frame * 20 + 20)
    heard = recorded(tracks, 1000)[Track.AGENT_SAID]
    assert heard[: 20 * FRAME] == whole[: 20 * FRAME]
    assert heard[20 * FRAME : 30 * FRAME] == ULAW_SILENCE * 10 * FRAME
    assert heard[30 * FRAME :] == whole[30 * FRAME :]


def test_timestamps_that_tremble_leave_no_seam() -> None:
    tracks, whole, random = CallTracks(), sound(100), Random(3)
    for frame in range(100):
        at_ms = frame * 20 + 20
        tracks.said(Leg.CLIENT, 100 + frame * 20 + random.choice((-1, 0, 0, 1)), whole[frame * FRAME :][:FRAME], at_ms)
    assert whole in recorded(tracks, 2100)[Track.CLIENT_SAID]


def test_a_clock_that_drifts_is_followed() -> None:
    tracks = CallTracks()
    taken = []
    for frame in range(0, 50 * 600):  # Ten minutes by their clock, which is slow by 1 in 2,000.
        now_ms = round((frame + 1) * 20 * 1.0005)
        tracks.said(Leg.CLIENT, frame * 20, sound(1, frame) if frame == 29_900 else b"\x80" * FRAME, now_ms)
        while tracks.is_due(now_ms):
            taken.append(tracks.take())
    heard = recorded(tracks, round(600_000 * 1.0005), taken)[Track.CLIENT_SAID]
    true_ms = 29_900 * 20 * 1.0005
    assert abs(heard.index(sound(1, 29_900)) / 8 - true_ms) < 100


events = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["play", "play", "play", "clear", "mark"]), st.integers(1, 20)),
    min_size=1,
    max_size=8,
)


def carrier_and_tracks(happens: list[tuple[int, str, int]], latency_ms: int) -> tuple[bytes, bytes]:
    """Return what a carrier played that is so far away, by its own clock, and what was recorded."""
    tape, tracks = Tape(), CallTracks()
    playout = Playout(tape)
    times_ms = list(accumulate(wait_ms for wait_ms, _, _ in happens))
    sent = [(at_ms, number, *what) for number, (at_ms, (_, *what)) in enumerate(zip(times_ms, happens, strict=True))]
    came_back: list[tuple[int, int, str, int]] = []
    pending = deque(sent)
    for look_ms in range(times_ms[-1] + LONGEST_MS):
        marks = playout.advance(look_ms / 1000).marks
        while pending and pending[0][0] + latency_ms == look_ms:
            _, number, what, frames = pending.popleft()
            match what:
                case "play":
                    playout.append(sound(frames, number), look_ms / 1000)
                case "clear":
                    playout.clear()
                case _:
                    playout.mark(str(number))
        marks += playout.advance(look_ms / 1000).marks
        came_back += [(look_ms + latency_ms, int(name), "reached", 0) for name in marks]
    for now_ms, number, what, frames in sorted([*sent, *came_back], key=itemgetter(0, 1)):
        match what:
            case "play":
                tracks.played(Leg.CLIENT, sound(frames, number), now_ms)
            case "clear":
                tracks.cleared(Leg.CLIENT, now_ms)
            case "mark":
                tracks.marked(Leg.CLIENT, str(number), now_ms)
            case _:
                tracks.reached(Leg.CLIENT, str(number), now_ms)
    heard = recorded(tracks, times_ms[-1] + LONGEST_MS)[Track.CLIENT_HEARD]
    return tape.render(len(heard)), heard


@given(events)
def test_what_was_heard_is_what_the_carrier_played(happens: list[tuple[int, str, int]]) -> None:
    played, heard = carrier_and_tracks(happens, latency_ms=0)
    assert heard == played


@given(events)
def test_a_carrier_that_is_far_away_is_heard_as_late_as_what_it_says(happens: list[tuple[int, str, int]]) -> None:
    """A mark there and back says how much: the way back is in what it says as well."""
    happens = [(0, "mark", 1), *happens]
    happens[1] = (happens[1][0] + 500, *happens[1][1:])
    played, heard = carrier_and_tracks(happens, latency_ms=NETWORK_MS)
    shifted = ULAW_SILENCE * (NETWORK_MS * 8) + played
    assert heard == shifted[: len(heard)]


@given(st.lists(st.integers(20, 3000), min_size=1, max_size=10), st.integers(0, 5000))
def test_a_second_is_final_once_it_was_taken_and_all_tracks_are_as_long(waits: list[int], ends_ms: int) -> None:
    tracks, now_ms, taken = CallTracks(), 0, []
    for number, wait_ms in enumerate(waits):
        now_ms += wait_ms
        tracks.said(Leg.CLIENT, now_ms, sound(1, number), now_ms)
        tracks.played(Leg.AGENT, sound(40, number), now_ms)
        while tracks.is_due(now_ms):
            taken.append(tracks.take())
        assert len(taken) * 1000 <= max(0, now_ms - SETTLE_MS)
    left, samples = tracks.finish(now_ms + ends_ms)
    assert samples == (now_ms + ends_ms) * 8
    seconds = [*taken, *left]
    assert len(seconds) == -(-samples // 8000)
    assert {len(chunk) for second in seconds for chunk in second} == {8000}


def test_sound_that_is_too_late_is_counted_and_moves_nothing() -> None:
    tracks = CallTracks()
    tracks.said(Leg.CLIENT, 0, sound(1, 1), 20)
    taken = [tracks.take()]
    tracks.said(Leg.CLIENT, 500, sound(1, 2), 6000)
    tracks.said(Leg.CLIENT, 6000, sound(1, 3), 6020)
    assert tracks.late_samples == FRAME
    heard = recorded(tracks, 6500, taken)[Track.CLIENT_SAID]
    assert sound(1, 2) not in heard
    assert heard.index(sound(1, 3)) == 6000 * 8


def test_the_end_of_a_stream_cuts_what_was_not_played_yet() -> None:
    tracks = CallTracks()
    tracks.played(Leg.CLIENT, sound(10), 0)
    heard = recorded(tracks, 100)[Track.CLIENT_HEARD]
    assert heard == sound(10)[:800]


def test_timestamps_that_begin_anew_lose_no_sound() -> None:
    tracks, whole = CallTracks(), sound(100)
    for frame in range(100):
        timestamp_ms = frame * 20 + (50_000 if frame < 50 else 0)
        tracks.said(Leg.CLIENT, timestamp_ms, whole[frame * FRAME :][:FRAME], frame * 20 + 20)
    assert recorded(tracks, 2000)[Track.CLIENT_SAID] == whole


def test_a_mark_that_comes_back_by_a_clear_says_nothing_of_the_way() -> None:
    tracks = CallTracks()
    tracks.played(Leg.CLIENT, sound(10), 0)
    tracks.marked(Leg.CLIENT, "end", 0)
    tracks.cleared(Leg.CLIENT, 190)
    tracks.reached(Leg.CLIENT, "end", 190 + 2 * NETWORK_MS)
    tracks.played(Leg.CLIENT, sound(1, 2), 1000)
    assert recorded(tracks, 2000)[Track.CLIENT_HEARD].index(sound(1, 2)) == 1000 * 8
