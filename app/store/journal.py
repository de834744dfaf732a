"""Facts that wait on disk for a database that is away: JSON Lines, appended, synced, replayed in their order.

A line is ``["CallEnded", {...}]``, the first of a file ``["journal", 1]``. Each process writes a file of its own and
holds a lock on it; who starts next takes over the files that nobody holds. The files hold what was said, as far as the
recorder is given it: they are readable by their owner only, and emptied once the database has them.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import structlog

from app.domain.records import Fact

log = structlog.get_logger(__name__)

FORMAT = 1
"""Counts up when a fact changes so that its old lines cannot be read."""
_HEADER = msgspec.json.encode(("journal", FORMAT)) + b"\n"
_KINDS: dict[str, type[Fact]] = {kind.__name__: kind for kind in get_args(Fact)}
_SUFFIX = ".facts.jsonl"
_UNREADABLE = ".unreadable"


def encode_fact(fact: Fact) -> bytes:
    """Return the fact's line. Raises ValueError or OverflowError for values that JSON cannot hold."""
    return msgspec.json.encode((type(fact).__name__, fact)) + b"\n"


def decode_fact(line: bytes) -> Fact:
    """Return what ``encode_fact`` wrote. Raises ValueError for anything else."""
    name, body = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
    if name not in _KINDS:
        raise ValueError("a fact of no known kind")
    return msgspec.json.decode(body, type=_KINDS[name])


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next facts of a journal, and where they end."""

    facts: tuple[Fact, ...]
    path: Path
    end: int
    corrupted: int
    """Lines among them that could not be read."""


class Journal:
    """The journal files of a folder. Methods block on the disk: to be called in a thread, one at a time.

    The folder and the file are made when the first fact comes. Raises OSError where the disk does.
    """

    def __init__(self, folder: Path, owner: str, *, max_bytes: int) -> None:
        """``owner`` names the file, behind the time, and is unique to the process."""
        self._folder = folder
        self._own = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{owner}{_SUFFIX}"
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._files: dict[Path, int] = {}
        """Open descriptors, locked, the oldest first: those taken over, then our own."""
        self._read: dict[Path, int] = {}
        """How far each file was replayed."""
        self._size = 0
        """Bytes that are not replayed yet, of all files."""

    @property
    def size(self) -> int:
        """Bytes that wait to be replayed."""
        return self._size

    def take_over(self) -> None:
        """Claim what processes that are gone have left; what another version wrote is set aside, with an error."""
        with self._lock:
            if not self._folder.is_dir():
                return
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                if path not in self._files:
                    self._claim(path)

    def append(self, facts: Sequence[Fact]) -> int:
        """Write facts to the disk for good; return how many there was room for, the first ones.

        Those that JSON cannot hold count as written: the database would refuse them, too.
        """
        with self._lock:
            lines = [_line(fact) for fact in facts]
            room = self._max_bytes - self._size
            count = 0
            for line in lines:
                room -= len(line)
                if room < 0:
                    break
                count += 1
            data = b"".join(lines[:count])
            if data:
                file = self._files.get(self._own)
                if file is None:
                    file = self._create()
                end = os.lseek(file, 0, os.SEEK_END)
                try:
                    _write_all(file, data)
                    os.fsync(file)
                except OSError:
                    os.ftruncate(file, end)
                    raise
                self._size += len(data)
            return count

    def next(self, limit: int) -> Chunk | None:
        """Return the oldest facts that wait, so many at most; None when there are none."""
        with self._lock:
            for path, file in self._files.items():
                begin = self._read[path]
                lines = _lines(file, begin, limit)
                if lines:
                    facts, corrupted = _decoded(lines)
                    return Chunk(facts, path, begin + sum(map(len, lines)), corrupted)
            return None

    def done(self, chunk: Chunk) -> None:
        """The database has these: forget them, and the file once all of it is there."""
        with self._lock:
            file = self._files[chunk.path]
            self._size -= chunk.end - self._read[chunk.path]
            self._read[chunk.path] = chunk.end
            if chunk.end < os.fstat(file).st_size:
                return
            if chunk.path == self._own:
                os.ftruncate(file, len(_HEADER))
                os.fsync(file)
                self._read[self._own] = len(_HEADER)
            else:
                self._drop(chunk.path)

    def close(self) -> None:
        """Let go of the files; what was not replayed waits for the next process. Idempotent."""
        with self._lock:
            for path in list(self._files):
                if self._read[path] == os.fstat(self._files[path]).st_size:
                    self._drop(path)
                else:
                    os.close(self._files.pop(path))

    def _create(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._own, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write_all(file, _HEADER)
        self._files[self._own] = file
        self._read[self._own] = len(_HEADER)
        return file

    def _claim(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)  # its process lives
            return
        size = os.fstat(file).st_size
        whole = _end_of_last_line(file, size)
        if whole < size:
            log.warning("journal.torn", file=path.name, bytes=size - whole)
            os.ftruncate(file, whole)
        self._files[path], self._read[path] = file, len(_HEADER)
        if whole == 0:
            self._drop(path)
        elif os.pread(file, len(_HEADER), 0) != _HEADER:
            log.error("journal.of_another_version", file=path.name, bytes=whole)
            path.rename(path.with_name(path.name + _UNREADABLE))
            os.close(self._files.pop(path))
        elif whole == len(_HEADER):
            self._drop(path)
        else:
            self._size += whole - len(_HEADER)

    def _drop(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        os.close(self._files.pop(path))


def _line(fact: Fact) -> bytes:
    try:
        return encode_fact(fact)
    except (ValueError, OverflowError):
        log.error("journal.fact_refused", fact=type(fact).__name__)
        return b""


def _decoded(lines: Sequence[bytes]) -> tuple[tuple[Fact, ...], int]:
    facts: list[Fact] = []
    for line in lines:
        try:
            facts.append(decode_fact(line))
        except ValueError:
            # Not the error's text, which quotes the line.
            log.error("journal.line_corrupted", bytes=len(line))
    return tuple(facts), len(lines) - len(facts)


def _lines(file: int, begin: int, limit: int) -> list[bytes]:
    """Return whole lines from there on, so many at most."""
    with open(file, "rb", closefd=False) as reader:
        reader.seek(begin)
        lines: list[bytes] = []
        while len(lines) < limit and (line := reader.readline()).endswith(b"\n"):
            lines.append(line)
        return lines


def _end_of_last_line(file: int, size: int) -> int:
    """Return where the last line ends that was written to its end."""
    end = size
    while end:
        begin = max(0, end - 65_536)
        found = os.pread(file, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
