"""Where recordings lie: a folder for each day (UTC) on which calls began, a file for each call.

Methods block on the disk: to be called in a thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.domain.recordings import RecordingKeys
from app.errors import ConfigError, RecordingError
from app.recordings.container import Opened, read_started_at

_SUFFIX = ".recording"
_CALL_SID = re.compile(r"[A-Za-z0-9]{2,64}")


class Shelf:
    """A folder of recordings, which several processes may share. Raises OSError where the disk does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make sure that recordings can be written. Raises ConfigError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_usable = os.access(self._folder, os.R_OK | os.W_OK | os.X_OK)
        except OSError:
            is_usable = False
        if not is_usable:
            raise ConfigError(f"RECORDING_DIR: {self._folder} cannot be written; make it so, or name another folder")

    def create(self, call_sid: str, started_at: datetime) -> BinaryIO:
        """Return a new file, readable by its owner only and without a buffer. FileExistsError where there is one."""
        path = self._folder / started_at.astimezone(UTC).date().isoformat() / _name(call_sid)
        try:
            return _create(path)
        except FileNotFoundError:
            return _create(path)  # The last recording of that day was deleted just now, and the folder with it.

    def find(self, call_sid: str) -> Path | None:
        """Return where a call's recording is."""
        return next(self._folder.glob(f"*/{_name(call_sid)}"), None)

    @contextmanager
    def open(self, call_sid: str, keys: RecordingKeys) -> Iterator[Opened]:
        """Open a call's recording. Raises RecordingError, or FileNotFoundError where there is none."""
        path = self.find(call_sid)
        if path is None:
            raise FileNotFoundError
        with path.open("rb") as file:
            yield Opened(file, keys)

    def call_sids(self) -> list[str]:
        """Return the calls that there are recordings of, the oldest days first."""
        return [path.name.removesuffix(_SUFFIX) for path in sorted(self._folder.glob(f"*/*{_SUFFIX}"))]

    def delete(self, call_sid: str) -> bool:
        """Delete a call's recording; False when there is none."""
        path = self.find(call_sid)
        if path is None:
            return False
        _unlink(path)
        return True

    def delete_older(self, older_than: datetime) -> int:
        """Delete the recordings of calls that began before that; return how many there were."""
        last_day = older_than.astimezone(UTC).date().isoformat()
        deleted = 0
        for path in sorted(self._folder.glob(f"????-??-??/*{_SUFFIX}")):
            day = path.parent.name
            if day < last_day or (day == last_day and _began_before(path, older_than)):
                _unlink(path)
                deleted += 1
        return deleted


def _name(call_sid: str) -> str:
    if not _CALL_SID.fullmatch(call_sid):
        raise RecordingError("a CallSid is letters and digits only")
    return f"{call_sid}{_SUFFIX}"


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)


def _began_before(path: Path, moment: datetime) -> bool:
    with path.open("rb") as file:
        try:
            return read_started_at(file) < moment
        except RecordingError:
            return True  # Of that day, and of no use to anybody.


def _unlink(path: Path) -> None:
    """Delete a recording, and its day's folder with the last one."""
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:
        return  # There are others.
