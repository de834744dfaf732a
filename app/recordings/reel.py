"""One recording in the making: what is done in the writer's thread."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from app.domain.recordings import RecordingKeys
from app.recordings.container import Sealer, Second
from app.recordings.shelf import Shelf


class Reel:
    """A file that grows by seconds, up to the first that cannot be written.

    Methods block on the disk and are called one at a time; they raise OSError where the disk does, once.
    """

    def __init__(self, shelf: Shelf, keys: RecordingKeys, call_sid: str, started_at: datetime) -> None:
        self._shelf = shelf
        self._keys = keys
        self._call_sid = call_sid
        self._started_at = started_at
        self._file: BinaryIO | None = None
        self._sealer: Sealer | None = None

    def begin(self) -> None:
        """Make the file."""
        self._sealer = Sealer(self._call_sid, self._started_at, self._keys)
        self._file = self._shelf.create(self._call_sid, self._started_at)
        self._write(self._sealer.header)

    def add(self, seconds: Sequence[Second]) -> None:
        """Write the next seconds."""
        if self._sealer is not None:
            self._write(b"".join(map(self._sealer.second, seconds)))

    def end(self, seconds: Sequence[Second], samples: int) -> None:
        """Write what is left and the end, and have it on the disk for good."""
        self.add(seconds)
        if self._sealer is not None and self._file is not None:
            self._write(self._sealer.end(samples))
            os.fsync(self._file.fileno())
        self.close()

    def close(self) -> None:
        """Let go of the file as it is; nothing is written any more. Idempotent."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        view = memoryview(data)
        try:
            while view:
                # Without a buffer it may take less than all, most of all when the disk is nearly full.
                view = view[self._file.write(view) :]
        except OSError:
            self.close()
            raise
