"""What workers and their supervisor say to each other: msgpack frames over a Unix socket pair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeAlias, TypeVar

import msgspec

from app.fleet.base import LineAnswer

LONGEST_FRAME_BYTES = 8 * 1024 * 1024
"""Metrics are the longest; a caption has a few hundred bytes."""
MOST_WAITING_BYTES = 16 * 1024 * 1024
"""What may wait for a reader that is behind; more is dropped."""
_LENGTH_BYTES = 4


class Report(msgspec.Struct, frozen=True, tag=True):
    """A worker is ready and holds so many calls; it says so again and again."""

    instance_id: str
    calls: int


class Post(msgspec.Struct, frozen=True, tag=True):
    """A worker's message for another one, by its instance id, or for all others (None)."""

    to: str | None
    body: bytes


class TakeLine(msgspec.Struct, frozen=True, tag=True):
    number: int
    session_id: str
    call_sid: str


class Hold(msgspec.Struct, frozen=True, tag=True):
    session_id: str
    call_sid: str


class Release(msgspec.Struct, frozen=True, tag=True):
    session_id: str


class FindHolder(msgspec.Struct, frozen=True, tag=True):
    number: int
    call_sid: str


class TakeOrder(msgspec.Struct, frozen=True, tag=True):
    number: int


class AskMetrics(msgspec.Struct, frozen=True, tag=True):
    """A worker wants everybody's metrics, or (on the way to the others) its supervisor does for it."""

    asker: int
    number: int


class Metrics(msgspec.Struct, frozen=True, tag=True):
    """One worker's, or the supervisor's, in Prometheus' text format; empty where there is nobody."""

    asker: int
    number: int
    text: bytes


class Roster(msgspec.Struct, frozen=True, tag=True):
    """What the supervisor tells everybody when it changes."""

    workers: int
    calls: int
    is_full: bool


class LineTaken(msgspec.Struct, frozen=True, tag=True):
    number: int
    answer: LineAnswer


class HolderFound(msgspec.Struct, frozen=True, tag=True):
    number: int
    holder: str | None


class OrderTaken(msgspec.Struct, frozen=True, tag=True):
    number: int
    wait_s: float


FromWorker: TypeAlias = Report | Post | TakeLine | Hold | Release | FindHolder | TakeOrder | AskMetrics | Metrics
ToWorker: TypeAlias = Post | AskMetrics | Metrics | Roster | LineTaken | HolderFound | OrderTaken

FROM_WORKER: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
TO_WORKER: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
M = TypeVar("M")


async def read_messages(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[M]) -> AsyncIterator[M]:
    """Yield messages until the other side is gone. What makes no sense ends it, too: both sides are ours."""
    while True:
        try:
            length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
            if length > LONGEST_FRAME_BYTES:
                return
            message = decoder.decode(await reader.readexactly(length))
        except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError):
            return
        yield message


class FrameWriter:
    """Sends frames; what a reader that is behind leaves waiting is bounded."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def send(self, message: FromWorker | ToWorker) -> bool:
        """Queue a message; False when it was dropped. Never blocks."""
        body = msgspec.msgpack.encode(message)
        transport = self._writer.transport
        is_behind = transport.get_write_buffer_size() > MOST_WAITING_BYTES
        if transport.is_closing() or is_behind or len(body) > LONGEST_FRAME_BYTES:
            return False
        self._writer.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
        return True

    def close(self) -> None:
        """Hang up. Idempotent."""
        self._writer.close()
