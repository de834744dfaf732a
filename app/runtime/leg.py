"""One leg's socket: messages in as events, audio out, and one writer task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

import structlog

from app.domain.audio import FRAME_MS
from app.domain.commands import ClearPlayout, EndCall, PlayAudio, SendMark
from app.domain.events import KeyPressed, MarkReached, StreamClosed
from app.domain.legs import Leg
from app.errors import RemoteProtocolError
from app.runtime.hearing import Hearing
from app.runtime.mailbox import Mailbox
from app.twilio.media import Dtmf, Mark, Media, MediaStream, Stop

log = structlog.get_logger(__name__)

_MAXIMUM_OUTGOING = 256
"""Messages that may wait for a peer that does not read: about 25 seconds of audio. Then the leg counts as lost."""
_CLOSE_TIMEOUT_S = 2.0


class Transport(Protocol):
    """A WebSocket, whatever framework it comes from."""

    async def receive(self) -> str | bytes | None:
        """Return the next message; None when the peer is gone."""

    async def listen(self, take: Callable[[str | bytes], None]) -> None:
        """Give ``take`` every message from now on, as it comes; return when the peer is gone.

        Raises what ``take`` raises.
        """

    def send_now(self, message: str) -> bool:
        """Send a text message if that needs no waiting; return whether it is sent."""

    async def send(self, message: str) -> None:
        """Send a text message. Raises ConnectionError when the peer is gone."""

    async def close(self, code: int, reason: str) -> None:
        """Close; does nothing when it is closed already."""


class Tap(Protocol):
    """Is told what passes by; returns at once and never raises."""

    def said(self, timestamp_ms: int, ulaw: bytes) -> None: ...

    def played(self, ulaw: bytes) -> None: ...

    def cleared(self) -> None: ...

    def marked(self, name: str) -> None: ...

    def reached(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """What went wrong on one stream, counted."""

    lost_audio_ms: int = 0
    malformed: int = 0
    unknown: int = 0
    echo_ms: int = 0
    """Audio that was the leg's own playout."""


class LegConnection:
    """An accepted media stream of one leg, from its ``start`` to its end."""

    __slots__ = ("_hearing", "_mailbox", "_outgoing", "_stream", "_tap", "_transport", "_unsent", "closed", "leg")

    def __init__(
        self,
        leg: Leg,
        transport: Transport,
        stream: MediaStream,
        mailbox: Mailbox[EndCall],
        hearing: Hearing,
        tap: Tap | None = None,
    ) -> None:
        self.leg = leg
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the stream is over, for whatever reason. To be waited for with ``asyncio.wait``."""
        self._transport = transport
        self._stream = stream
        self._mailbox = mailbox
        self._hearing = hearing
        self._tap = tap
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(_MAXIMUM_OUTGOING)
        self._unsent = 0
        """Messages that wait, and the one that is being sent."""

    @property
    def stream_sid(self) -> str | None:
        """The carrier's name for this stream."""
        return self._stream.stream_sid

    @property
    def tally(self) -> Tally:
        return Tally(
            lost_audio_ms=self._hearing.lost_ms,
            malformed=self._stream.malformed_count,
            unknown=self._stream.unknown_count,
            echo_ms=self._hearing.echo_frames * FRAME_MS,
        )

    def play(self, command: PlayAudio | SendMark | ClearPlayout) -> None:
        """Send one message to the carrier, behind those that wait for it; never blocks."""
        if self.closed.done():
            return
        if self._tap is not None:
            _tell(self._tap, command)
        match command:
            case PlayAudio():
                self._hearing.played(command.ulaw, _now_ms())
                message = self._stream.send_media(command.ulaw)
            case SendMark():
                message = self._stream.send_mark(command.name)
            case ClearPlayout():
                self._hearing.cleared(_now_ms())
                message = self._stream.send_clear()
        if not self._unsent and self._transport.send_now(message):
            return
        try:
            self._outgoing.put_nowait(message)
            self._unsent += 1
        except asyncio.QueueFull:
            log.warning("leg.stalled", leg=self.leg)
            self._ended(was_lost=True)

    async def run(self) -> None:
        """Serve the socket until either side is done with it."""
        writer = asyncio.create_task(self._write(), name=f"write-{self.leg}")
        reader = asyncio.create_task(self._transport.listen(self._take), name=f"read-{self.leg}")
        try:
            await asyncio.wait([writer, reader, self.closed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ended(was_lost=True)
            writer.cancel()
            reader.cancel()
            outcomes = await asyncio.gather(writer, reader, return_exceptions=True)
            await self._close()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def close(self) -> None:
        """Ask the stream to end from our side."""
        self._ended(was_lost=False)

    def _take(self, message: str | bytes) -> None:
        if self.closed.done():
            return
        try:
            inbound = self._stream.receive(message)
        except RemoteProtocolError as error:
            if self._stream.malformed_count == 1:
                log.warning("media.malformed", leg=self.leg, why=str(error))
            return
        match inbound:
            case Media():
                if self._tap is not None:
                    self._tap.said(inbound.timestamp_ms, inbound.ulaw)
                for heard in self._hearing.hear(inbound.timestamp_ms, inbound.ulaw, _now_ms()):
                    self._mailbox.post_frame(heard)
            case Mark():
                if self._tap is not None:
                    self._tap.reached(inbound.name)
                self._mailbox.post(MarkReached(self.leg, inbound.name))
            case Dtmf():
                self._mailbox.post(KeyPressed(self.leg, inbound.digit))
            case Stop():
                self._ended(was_lost=False)
            case _:
                pass

    async def _write(self) -> None:
        try:
            while True:
                await self._transport.send(await self._outgoing.get())
                self._unsent -= 1
        except ConnectionError:
            return

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._transport.close(1000, "the call has ended")
        except (TimeoutError, ConnectionError):
            log.debug("media.close_unanswered", leg=self.leg)

    def _ended(self, *, was_lost: bool) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
            if self._tap is not None:
                self._tap.cleared()
            self._mailbox.post(StreamClosed(self.leg, was_lost))
            log.info("media.ended", leg=self.leg, was_lost=was_lost, **asdict(self.tally))


def _tell(tap: Tap, command: PlayAudio | SendMark | ClearPlayout) -> None:
    match command:
        case PlayAudio():
            tap.played(command.ulaw)
        case SendMark():
            tap.marked(command.name)
        case ClearPlayout():
            tap.cleared()


def _now_ms() -> float:
    return time.monotonic() * 1000
