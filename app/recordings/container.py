"""A recording on disk: encrypted, readable in pieces, and nothing of it can be changed, moved or left out unnoticed.

::

    puente recording 1                                           a line
    {"call_sid", "started_at", "key_id", "salt"}                 a line of JSON, readable by anybody
    second 0: four chunks, one of each track                     AES-256-GCM of 8,000 bytes of mu-law, each with its tag
    second 1 ...
    end: how many samples there are                              AES-256-GCM of eight bytes

A file's key is HKDF-SHA256 of the key named, with the file's own random salt and the two lines as ``info``, so that a
chunk opens as a part of this call's file only. A nonce is the track's number and the second's: a chunk opens in its own
place only, and no nonce comes twice under one key, for no second is written twice. Chunks are of one size: who sees the
file learns how long the call was, and nothing of who spoke when. A file without its end was cut short, or its process
died.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.recordings import KEY_BYTES, RecordingKeys, Track
from app.errors import RecordingError

TRACKS = tuple(Track)
CHUNK_BYTES = SAMPLE_RATE_HZ
"""Mu-law of one second of one track."""
_FIRST_LINE = b"puente recording 1\n"
_LONGEST_HEADER = 1024
_TAG_BYTES = 16
_SEALED_CHUNK = CHUNK_BYTES + _TAG_BYTES
_SEALED_SECOND = _SEALED_CHUNK * len(TRACKS)
_SEALED_END = 8 + _TAG_BYTES
_END_TRACK = 255
_SALT_BYTES = 32

Second = Sequence[bytes]
"""One second of each track, in their order: mu-law at 8 kHz, 8,000 bytes each."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    call_sid: str
    started_at: datetime
    key_id: str
    salt: str


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a recording says of itself."""

    call_sid: str
    started_at: datetime
    """When its first sample was: the beginning of the call, from which transcripts count, too."""
    key_id: str
    samples: int
    """Of each track."""
    is_complete: bool
    """False: the process died, the disk failed, or somebody cut the file short."""


class Sealer:
    """Encrypts one recording, from its header to its end."""

    def __init__(self, call_sid: str, started_at: datetime, keys: RecordingKeys) -> None:
        header = _Header(call_sid, started_at, keys.current_id, secrets.token_hex(_SALT_BYTES))
        self.header = _FIRST_LINE + msgspec.json.encode(header) + b"\n"
        self._cipher = _cipher(keys.keys[header.key_id], header, self.header)
        self._seconds = 0

    def second(self, second: Second) -> bytes:
        """Return the next second, encrypted."""
        index, self._seconds = self._seconds, self._seconds + 1
        return b"".join(self._cipher.encrypt(_nonce(track, index), ulaw, None) for track, ulaw in enumerate(second))

    def end(self, samples: int) -> bytes:
        """Return the end; ``samples`` do not count what fills the last second."""
        return self._cipher.encrypt(_nonce(_END_TRACK, self._seconds), samples.to_bytes(8, "big"), None)


class Opened:
    """A recording that is read. Raises RecordingError for what is no recording of ours or was changed."""

    def __init__(self, file: BinaryIO, keys: RecordingKeys) -> None:
        """``file`` stays open as long as this is used, and belongs to the caller."""
        self._file = file
        header, raw = _read_header(file)
        if header.key_id not in keys.keys:
            raise RecordingError(f"RECORDING_KEYS lacks the key {header.key_id} of this recording: put it back there")
        self._begin = len(raw)
        self._cipher = _cipher(keys.keys[header.key_id], header, raw)
        self._seconds, rest = divmod(file.seek(0, os.SEEK_END) - self._begin, _SEALED_SECOND)
        samples = self._end() if rest == _SEALED_END else None
        self.info = RecordingInfo(
            header.call_sid,
            header.started_at,
            header.key_id,
            self._seconds * SAMPLE_RATE_HZ if samples is None else samples,
            is_complete=samples is not None,
        )

    def chunk(self, track: Track, second: int) -> bytes:
        """Return one second of one track: 8,000 bytes of mu-law."""
        number = TRACKS.index(track)
        self._file.seek(self._begin + second * _SEALED_SECOND + number * _SEALED_CHUNK)
        return self._open(self._file.read(_SEALED_CHUNK), number, second)

    def seconds(self) -> Iterator[tuple[bytes, ...]]:
        """Return second after second of all tracks; what fills the last one is left out."""
        left = self.info.samples
        for index in range(self._seconds):
            self._file.seek(self._begin + index * _SEALED_SECOND)
            sealed = self._file.read(_SEALED_SECOND)
            starts = range(0, _SEALED_SECOND, _SEALED_CHUNK)
            yield tuple(
                self._open(sealed[start : start + _SEALED_CHUNK], number, index)[:left]
                for number, start in enumerate(starts)
            )
            left -= SAMPLE_RATE_HZ

    def check(self) -> None:
        """Read all of it."""
        for _ in self.seconds():
            pass

    def _end(self) -> int | None:
        """Return the number of samples; None where these bytes are no end of so many seconds."""
        self._file.seek(-_SEALED_END, os.SEEK_END)
        try:
            told = self._cipher.decrypt(_nonce(_END_TRACK, self._seconds), self._file.read(), None)
        except InvalidTag:
            return None
        return int.from_bytes(told, "big")

    def _open(self, sealed: bytes, track: int, second: int) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(track, second), sealed, None)
        except InvalidTag:
            raise RecordingError(
                f"the recording was changed in second {second} of the track {TRACKS[track]}, "
                "or its key is not the one that is called so"
            ) from None


def read_started_at(file: BinaryIO) -> datetime:
    """Return when a recording begins, without its key. Raises RecordingError."""
    return _read_header(file)[0].started_at


def _read_header(file: BinaryIO) -> tuple[_Header, bytes]:
    file.seek(0)
    raw = file.readline(_LONGEST_HEADER) + file.readline(_LONGEST_HEADER)
    try:
        first, _, line = raw.partition(b"\n")
        header = msgspec.json.decode(line, type=_Header)
        is_ours = first + b"\n" == _FIRST_LINE and len(bytes.fromhex(header.salt)) == _SALT_BYTES
    except ValueError:
        is_ours = False
    if not is_ours:
        raise RecordingError("this file is no recording, or its beginning was changed")
    return header, raw


def _cipher(key: bytes, header: _Header, raw: bytes) -> AESGCM:
    derived = HKDF(SHA256(), KEY_BYTES, salt=bytes.fromhex(header.salt), info=raw).derive(key)
    return AESGCM(derived)


def _nonce(track: int, second: int) -> bytes:
    return bytes([track]) + second.to_bytes(11, "big")
