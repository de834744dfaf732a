"""One Media Stream, from the upgrade to the close: a party speaks into it and hears what the server sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from random import Random

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.audio.mixing import attenuate, mix
from app.emulator.carrier import SocketAddress
from app.emulator.clock import FRAME_S, FrameClock
from app.emulator.events import EventKind
from app.emulator.leglog import LegLog
from app.emulator.line import Line
from app.emulator.playout import Playout
from app.emulator.report import StreamReport, Warned
from app.emulator.script import Faults
from app.emulator.speaker import SILENT_FRAME, Frame, Speaker
from app.emulator.tape import Tape, sample_at
from app.emulator.upgrade import StreamRefused, open_socket, reset
from app.emulator.wav import is_audible
from app.emulator.wire import PhoneMessages, RefusedMessage, ServerClear, ServerMark, ServerMedia, decode

MEDIA_QUEUE_LIMIT = 250
"""Messages (five seconds) that wait for a server that does not read; more audio is discarded (31930)."""
QUEUE_LIMIT = 10_000
"""Marks and the like are kept beyond that, up to here."""
REFUSED_LIMIT = 100
FLUSH_TIMEOUT_S = 2.0
HEARING_GAP_S = 0.6
GARBAGE_EVERY_FRAMES = 25
NORMAL_CLOSES = frozenset({1000, 1001, 1005})
PROTOCOL_ERROR_CLOSES = frozenset({1002, 1007})


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    account_sid: str
    call_sid: str
    stream_sid: str
    parameters: Mapping[str, str]


class MediaStream:
    """Owns the socket and its four tasks: the mouth (every 20 ms), the writer, the reader, and the wait for the end.

    ``hang_up`` is called when the party's script says so; it sets the event that ``run`` was given.
    """

    def __init__(
        self,
        *,
        address: SocketAddress,
        identity: StreamIdentity,
        speaker: Speaker,
        heard: Tape,
        said: Tape,
        faults: Faults,
        log: LegLog,
        hang_up: Callable[[], None],
    ) -> None:
        self.opened = asyncio.Event()
        self.report = StreamReport(stream_sid=identity.stream_sid, dialled_at_s=log.stamp())
        self._address = address
        self._identity = identity
        self._speaker = speaker
        self._heard = heard
        self._said = said
        self._faults = faults if faults.befall(log.leg) else Faults()
        self._log = log
        self._hang_up = hang_up
        self._random = Random(f"{faults.seed} {log.leg}")
        self._messages = PhoneMessages(
            account_sid=identity.account_sid, call_sid=identity.call_sid, stream_sid=identity.stream_sid
        )
        self._playout = Playout(heard)
        self._outbox: asyncio.Queue[str | bytes] = asyncio.Queue(QUEUE_LIMIT)
        self._line = Line(self._faults, self._random, 0.0)
        self._has_started = False
        self._just_played = b""
        self._last_loud_s: float | None = None
        self._warned: set[int] = set()
        self._garbage = cycle(_garbage(identity.stream_sid))

    async def run(self, stop: asyncio.Event) -> StreamReport:
        """Hold the stream until the server closes it, it breaks, or ``stop`` is set: the telephone is hung up."""
        try:
            connection = await open_socket(self._address)
        except StreamRefused as error:
            self.report.closed_by = "refused"
            self._log.warn(error.code, error.detail)
            return self.report
        self.report.opened_at_s = self._log.stamp()
        self.opened.set()
        self._log.emit(EventKind.STREAM_OPENED, self._identity.stream_sid)
        try:
            await self._converse(connection, stop)
        finally:
            await self._finish(connection)
        return self.report

    async def _converse(self, connection: ClientConnection, stop: asyncio.Event) -> None:
        reader = asyncio.create_task(self._read(connection))
        writer = asyncio.create_task(self._write(connection))
        mouth = asyncio.create_task(self._talk(connection))
        stopped = asyncio.create_task(stop.wait())
        tasks = (reader, writer, mouth, stopped)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            mouth.cancel()
            await asyncio.wait((mouth,))
            if stopped.done() and not reader.done() and not self.report.closed_by:
                self.report.closed_by = "phone"
                await self._say_goodbye(connection)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _say_goodbye(self, connection: ClientConnection) -> None:
        for message in self._line.flush():
            self._post(message)
        if self._has_started:
            self._post(self._messages.stop())
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                await self._outbox.join()
        except TimeoutError:
            self._warn_once(31930, "the server does not read; the stop message could not be delivered")
        await connection.close()

    async def _finish(self, connection: ClientConnection) -> None:
        now_s = self._log.now()
        self._play(now_s)
        self._speaker.break_off(now_s)
        self.report.unplayed_s = round(self._playout.buffered_bytes / 8000, 3)
        self.report.closed_at_s = self._log.stamp()
        await connection.close()
        self.report.close_code = connection.close_code
        if not self.report.closed_by:
            self._blame_server(connection)
        self._log.emit(EventKind.STREAM_CLOSED, f"by {self.report.closed_by}")

    def _blame_server(self, connection: ClientConnection) -> None:
        received, sent = connection.protocol.close_rcvd, connection.protocol.close_sent
        if received is not None:
            self.report.closed_by = "server"
            detail = f"the server closed the stream with {received.code}"
            self._log.warn(31921, detail, counts=received.code not in NORMAL_CLOSES)
        elif sent is not None and sent.code in PROTOCOL_ERROR_CLOSES:
            self.report.closed_by = "server"
            self._log.warn(31924, "the server broke the WebSocket protocol")
        else:
            self.report.closed_by = "server-reset"
            self._log.warn(31903, "the connection broke without a close")

    async def _talk(self, connection: ClientConnection) -> None:
        """Send ``connected``, ``start`` and then 20 ms every 20 ms; returns only after a reset on purpose."""
        self._post(self._messages.connected())
        if self._faults.no_start:
            await asyncio.Event().wait()
        await asyncio.sleep(self._faults.start_delay_s)
        self._post(self._messages.start(self._identity.parameters))
        self._has_started = True
        start_s = self._log.now()
        self._speaker.begin(start_s)
        self._line = Line(self._faults, self._random, start_s)
        clock = FrameClock(start_s)
        first_timestamp_ms = self._random.randint(20, 180)
        while True:
            await asyncio.sleep(max(0.0, clock.next_at_s - self._log.now()))
            for index, at_s in enumerate(clock.take(self._log.now())):
                if index:  # This machine stood still: what is due must not look like a server that does not read.
                    await asyncio.sleep(0)
                late_ms = round((self._log.now() - at_s) * 1000, 1)
                self.report.latest_frame_ms = max(self.report.latest_frame_ms, late_ms)
                elapsed_s = at_s - start_s
                self._live(at_s, first_timestamp_ms + round(elapsed_s * 1000) + self._random.choice((-1, 0, 0, 1)))
                self._misbehave(round(elapsed_s / FRAME_S))
                if 0 < self._faults.reset_at_s <= elapsed_s:
                    self.report.closed_by = "phone-reset"
                    reset(connection)
                    return

    def _live(self, at_s: float, timestamp_ms: int) -> None:
        """Hear the last 20 ms, then say the next."""
        self._play(at_s)
        self._hear(at_s)
        frame = self._speaker.speak(at_s)
        self._note(frame)
        if frame.ulaw is not SILENT_FRAME:
            self._said.record(sample_at(at_s), frame.ulaw)
        if self._line.loses(at_s):
            self.report.frames_lost += 1
        elif self._outbox.qsize() >= MEDIA_QUEUE_LIMIT:
            self.report.frames_lost += 1
            self._warn_once(31930, "the server reads too slowly; audio is discarded")
        else:
            self.report.frames_sent += 1
            self._line.push(self._messages.media(self._with_echo(frame.ulaw, at_s), timestamp_ms), at_s)
        if frame.digit:
            self._log.report.digits += frame.digit
            self._log.emit(EventKind.DIGIT, frame.digit)
            self._line.push(self._messages.dtmf(frame.digit), at_s)
        for message in self._line.due(at_s):
            self._post(message)
        if frame.hang_up:
            self._hang_up()

    def _with_echo(self, ulaw: bytes, at_s: float) -> bytes:
        """Return what the microphone hears of the party and, on a speakerphone, of the loudspeaker."""
        if not self._faults.echo_delay_ms:
            return ulaw
        played = self._heard.read(sample_at(at_s - self._faults.echo_delay_ms / 1000), len(ulaw))
        return mix(ulaw, attenuate(played, -self._faults.echo_loss_db))

    def _note(self, frame: Frame) -> None:
        if frame.started:
            self._log.emit(EventKind.TURN_STARTED, frame.started)
        if frame.ended:
            self._log.emit(EventKind.TURN_ENDED, frame.ended)

    def _hear(self, at_s: float) -> None:
        is_loud = is_audible(self._just_played)
        self._just_played = b""
        self._speaker.hear(is_loud, at_s)
        if is_loud:
            if self._last_loud_s is None:
                self._log.emit(EventKind.HEARING_STARTED)
            self._last_loud_s = at_s
        elif self._last_loud_s is not None and at_s - self._last_loud_s > HEARING_GAP_S:
            self._log.emit(EventKind.HEARING_ENDED)
            self._last_loud_s = None

    def _play(self, now_s: float) -> None:
        played = self._playout.advance(now_s)
        self._just_played += played.ulaw
        self._echo(played.marks, now_s)

    def _echo(self, marks: list[str], now_s: float) -> None:
        for name in marks:
            self.report.marks_echoed.append(name)
            self._line.push(self._messages.mark(name), now_s)

    async def _write(self, connection: ClientConnection) -> None:
        while True:
            message = await self._outbox.get()
            try:
                await connection.send(message)
            except ConnectionClosed:
                return
            self._outbox.task_done()

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for message in connection:
                self._take(message)
                if self._faults.slow_reader_ms:
                    await asyncio.sleep(self._faults.slow_reader_ms / 1000)
        except ConnectionClosed:
            return

    def _take(self, message: str | bytes) -> None:
        now_s = self._log.now()
        try:
            asked = decode(message, self._identity.stream_sid)
        except RefusedMessage as error:
            self.report.refused_messages += 1
            if len(self.report.refused) < REFUSED_LIMIT:
                self.report.refused.append(Warned(self._log.stamp(), error.code, error.detail))
            self._warn_once(error.code, error.detail)
            return
        self._play(now_s)
        match asked:
            case ServerMedia():
                self.report.media_received += 1
                if not self._playout.append(asked.ulaw, now_s):
                    self._warn_once(31931, "more than ten minutes of audio are queued; the rest is dropped")
            case ServerMark():
                self.report.marks_received += 1
                self._playout.mark(asked.label)
                self._play(now_s)
            case ServerClear():
                self.report.clears += 1
                self._echo(self._playout.clear(), now_s)

    def _warn_once(self, code: int, detail: str) -> None:
        if code not in self._warned:
            self._warned.add(code)
            self._log.warn(code, detail)

    def _post(self, message: str | bytes) -> None:
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            self.report.frames_lost += 1
            self._warn_once(31930, "the server does not read; messages are discarded")

    def _misbehave(self, frame_index: int) -> None:
        if self._faults.garbage and frame_index % GARBAGE_EVERY_FRAMES == GARBAGE_EVERY_FRAMES - 1:
            self._post(next(self._garbage))
        if self._faults.huge_kib and frame_index == 50:
            self._post(json.dumps({"event": "huge", "padding": "x" * (1024 * self._faults.huge_kib)}))


def _garbage(stream_sid: str) -> list[str | bytes]:
    """Return messages that no server may stumble over."""
    return [
        b"\x00\xff\xfe\x80",
        '{"event":"media","media":',
        "[1,2,3]",
        json.dumps({"event": "surprise", "streamSid": stream_sid, "surprise": {"nested": [None, 1.5]}}),
        json.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": "*** not base64 ***"}}),
        json.dumps({"event": "media", "streamSid": stream_sid}),
        json.dumps({"event": "mark", "streamSid": stream_sid, "mark": {"name": 7}}),
        json.dumps({"event": "dtmf", "streamSid": "MZ" + "0" * 32, "dtmf": {"track": "inbound_track", "digit": "9"}}),
        "",
    ]
