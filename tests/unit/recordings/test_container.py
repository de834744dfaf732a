"""A recording on disk: what went in comes out, and whatever is done to the file shows."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.recordings import RecordingKeys, Track
from app.errors import RecordingError
from app.recordings.container import CHUNK_BYTES, TRACKS, Opened, Sealer, read_started_at

CALL_SID = "CA" + "1" * 32
STARTED_AT = datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
OLD = RecordingKeys({"old": b"o" * 32})
KEYS = RecordingKeys({"new": b"n" * 32, "old": b"o" * 32})
SEALED_CHUNK = CHUNK_BYTES + 16


def sound(seconds: int, seed: int = 1) -> list[list[bytes]]:
    random = Random(seed)
    return [[random.randbytes(CHUNK_BYTES) for _ in TRACKS] for _ in range(seconds)]


def sealed(
    seconds: list[list[bytes]], samples: int | None = None, keys: RecordingKeys = KEYS, call_sid: str = CALL_SID
) -> bytes:
    """Return a recording; without ``samples`` one that was not ended."""
    sealer = Sealer(call_sid, STARTED_AT, keys)
    end = b"" if samples is None else b"end"
    body = b"".join(map(sealer.second, seconds))
    return sealer.header + body + (sealer.end(samples or 0) if end else b"")


def read(data: bytes, keys: RecordingKeys = KEYS) -> tuple[list[tuple[bytes, ...]], bool]:
    opened = Opened(BytesIO(data), keys)
    return list(opened.seconds()), opened.info.is_complete


def header_bytes(data: bytes) -> int:
    return data.index(b"\n", data.index(b"\n") + 1) + 1


@given(st.integers(0, 3), st.integers(0, CHUNK_BYTES - 1))
def test_what_was_recorded_comes_back_to_the_sample(seconds: int, short: int) -> None:
    samples = max(0, seconds * SAMPLE_RATE_HZ - short)
    whole = sound(seconds)
    opened = Opened(BytesIO(sealed(whole, samples)), KEYS)
    assert (opened.info.call_sid, opened.info.started_at, opened.info.key_id) == (CALL_SID, STARTED_AT, "new")
    assert (opened.info.samples, opened.info.is_complete) == (samples, True)
    for number, track in enumerate(TRACKS):
        heard = b"".join(second[number] for second in opened.seconds())
        assert heard == b"".join(second[number] for second in whole)[:samples]
        assert all(opened.chunk(track, index) == second[number] for index, second in enumerate(whole))


@given(st.data())
def test_a_single_bit_that_changes_is_noticed(data: st.DataObject) -> None:
    file = bytearray(sealed(sound(2), 2 * SAMPLE_RATE_HZ))
    place = data.draw(st.integers(0, len(file) - 1) | st.integers(0, header_bytes(file) - 1))
    file[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        heard, is_complete = read(bytes(file))
    except RecordingError:
        return
    assert not is_complete
    assert [*map(list, heard)] == sound(2), "only its end was changed"
    assert place >= len(file) - 24


@given(st.integers(0, 3 * 4 * SEALED_CHUNK + 24 - 1))
def test_what_a_killed_process_or_a_thief_leaves_is_read_up_to_the_last_whole_second(missing: int) -> None:
    file = sealed(sound(3), 3 * SAMPLE_RATE_HZ)
    heard, is_complete = read(file[: len(file) - 1 - missing])
    assert not is_complete
    assert [*map(list, heard)] == sound(3)[: len(heard)]
    assert len(heard) == max(0, 3 * 4 * SEALED_CHUNK + 24 - 1 - missing) // (4 * SEALED_CHUNK)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 4), (3, 7), (2, 9)])
def test_chunks_that_change_places_are_noticed(one: int, other: int) -> None:
    file = sealed(sound(3), 3 * SAMPLE_RATE_HZ)
    begin = header_bytes(file)
    chunks = [file[begin + n * SEALED_CHUNK : begin + (n + 1) * SEALED_CHUNK] for n in range(12)]
    chunks[one], chunks[other] = chunks[other], chunks[one]
    with pytest.raises(RecordingError, match="was changed"):
        read(file[:begin] + b"".join(chunks) + file[-24:])


def test_a_second_that_is_left_out_is_noticed_also_the_last() -> None:
    file = sealed(sound(3), 3 * SAMPLE_RATE_HZ)
    begin, second = header_bytes(file), 4 * SEALED_CHUNK
    with pytest.raises(RecordingError, match="was changed in second 1"):
        read(file[: begin + second] + file[begin + 2 * second :])
    heard, is_complete = read(file[: begin + 2 * second] + file[-24:])
    assert (len(heard), is_complete) == (2, False)


def test_sound_of_another_call_under_the_same_key_does_not_fit() -> None:
    one, other = (sealed(sound(1), SAMPLE_RATE_HZ, call_sid=sid) for sid in (CALL_SID, "CA" + "2" * 32))
    with pytest.raises(RecordingError, match="was changed"):
        read(one[: header_bytes(one)] + other[header_bytes(other) :])


def test_the_same_call_sealed_twice_has_nothing_in_common() -> None:
    one, other = (sealed(sound(1), SAMPLE_RATE_HZ) for _ in range(2))
    assert one[header_bytes(one) :][:64] != other[header_bytes(other) :][:64]


def test_silence_cannot_be_told_from_speech() -> None:
    quiet, loud = sealed([[b"\xff" * CHUNK_BYTES] * 4], 8000), sealed(sound(1), 8000)
    assert len(quiet) == len(loud)
    assert len({*(quiet[header_bytes(quiet) :][n * SEALED_CHUNK :][:64] for n in range(4))}) == 4


def test_old_recordings_are_read_with_the_old_key_and_new_ones_written_with_the_first() -> None:
    old = sealed(sound(1), SAMPLE_RATE_HZ, keys=OLD)
    assert read(old, KEYS) == read(old, OLD)
    new = sealed(sound(1), SAMPLE_RATE_HZ)
    with pytest.raises(RecordingError, match="lacks the key new"):
        read(new, OLD)
    with pytest.raises(RecordingError, match="its key is not the one"):
        read(new, RecordingKeys({"new": b"x" * 32}))


@pytest.mark.parametrize("data", [b"", b"RIFF", b"puente recording 1\n", b"puente recording 1\n{}\n", b"\xff" * 3000])
def test_what_is_no_recording_is_said(data: bytes) -> None:
    with pytest.raises(RecordingError, match="no recording"):
        read(data)


def test_when_it_began_is_known_without_a_key() -> None:
    assert read_started_at(BytesIO(sealed([]))) == STARTED_AT


def test_the_tracks_are_four_in_their_order() -> None:
    assert TRACKS == (Track.CLIENT_SAID, Track.AGENT_HEARD, Track.AGENT_SAID, Track.CLIENT_HEARD)
