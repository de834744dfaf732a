"""Where recordings lie, and how they are exported."""

from __future__ import annotations

import io
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.recordings import RecordingKeys
from app.errors import ConfigError, RecordingError
from app.recordings.export import wav_bytes, wav_pieces
from app.recordings.reel import Reel
from app.recordings.shelf import Shelf

KEYS = RecordingKeys({"k": b"k" * 32})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def record(shelf: Shelf, call_sid: str, started_at: datetime = NOON, seconds: int = 1, samples: int = 8000) -> None:
    reel = Reel(shelf, KEYS, call_sid, started_at)
    reel.begin()
    random = Random(call_sid)
    reel.end([[random.randbytes(8000) for _ in range(4)] for _ in range(seconds)], samples)


def test_a_recording_is_found_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "of" / "ours")
    shelf.prepare()
    record(shelf, "CA1")
    record(shelf, "CA2", NOON + DAY)
    path = shelf.find("CA1")
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}
    assert shelf.call_sids() == ["CA1", "CA2"]
    with shelf.open("CA2", KEYS) as recording:
        assert recording.info.call_sid == "CA2"


def test_a_call_is_recorded_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    record(shelf, "CA1")
    with pytest.raises(FileExistsError):
        record(shelf, "CA1")


@pytest.mark.parametrize("call_sid", ["", "../../etc/passwd", "CA*", "CA1/..", "CA\n1"])
def test_what_is_no_call_leads_nowhere(tmp_path: Path, call_sid: str) -> None:
    for work in (Shelf(tmp_path).find, Shelf(tmp_path).delete):
        with pytest.raises(RecordingError):
            work(call_sid)


def test_a_deleted_recording_is_gone_and_so_is_its_empty_folder(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    record(shelf, "CA1")
    record(shelf, "CA2")
    assert shelf.delete("CA1")
    assert not shelf.delete("CA1")
    assert shelf.call_sids() == ["CA2"]
    with pytest.raises(FileNotFoundError), shelf.open("CA1", KEYS):
        pass
    shelf.delete("CA2")
    assert list(tmp_path.iterdir()) == []
    record(shelf, "CA3")
    assert shelf.call_sids() == ["CA3"]


def test_what_is_too_old_goes_to_the_second(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    second = timedelta(seconds=1)
    for number, started_at in enumerate((NOON - DAY, NOON - second, NOON, NOON + DAY)):
        record(shelf, f"CA{number}", started_at)
    assert shelf.delete_older(NOON) == 2
    assert shelf.call_sids() == ["CA2", "CA3"]
    assert shelf.delete_older(NOON) == 0


def test_a_folder_that_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="RECORDING_DIR"):
        Shelf(tmp_path / "file" / "recordings").prepare()


def test_an_export_is_a_wav_of_four_channels(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    record(shelf, "CA1", seconds=3, samples=2 * 8000 + 123)
    with shelf.open("CA1", KEYS) as recording:
        file = b"".join(wav_pieces(recording))
        assert len(file) == wav_bytes(recording)
        seconds = list(recording.seconds())
    samples, rate_hz = soundfile.read(io.BytesIO(file), dtype="int16")
    assert (samples.shape, rate_hz) == ((2 * 8000 + 123, 4), 8000)
    for number in range(4):
        ulaw = b"".join(second[number] for second in seconds)
        assert np.array_equal(samples[:, number], np.frombuffer(ulaw_to_pcm16(ulaw), dtype="<i2"))


class FullDisk(Shelf):
    """The kernel's own."""

    def create(self, call_sid: str, started_at: datetime) -> io.RawIOBase:  # type: ignore[override]
        return os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb", buffering=0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_full_is_said_once(tmp_path: Path) -> None:
    reel = Reel(FullDisk(tmp_path), KEYS, "CA1", NOON)
    with pytest.raises(OSError, match="No space left"):
        reel.begin()
    reel.add([[b"\xff" * 8000] * 4])
    reel.end([], 0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (f"a={'A' * 43}=", ["a"]),
        (f" b-2026={'A' * 43}= , a={'B' * 42}A=", ["b-2026", "a"]),
    ],
)
def test_keys_have_names_and_the_first_encrypts(text: str, names: list[str]) -> None:
    keys = RecordingKeys.parse(text)
    assert list(keys.keys) == names
    assert not names or keys.current_id == names[0]
    assert "AAAA" not in repr(keys)


@pytest.mark.parametrize("text", ["secretsecret", "a=secretsecret", f"a={'A' * 44}", f"={'A' * 43}=", "a=x,a=y"])
def test_a_key_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        RecordingKeys.parse(text)
    assert "secretsecret" not in str(caught.value)
