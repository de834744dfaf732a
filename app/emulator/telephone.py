"""One leg: a telephone that rings, does what its TwiML says and is hung up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.domain.legs import Leg, LegStatus
from app.emulator.callbacks import Callback
from app.emulator.carrier import SocketAddress
from app.emulator.conference import Attendance, Conferences
from app.emulator.events import EventKind
from app.emulator.intruder import intrude
from app.emulator.leglog import LegLog
from app.emulator.report import StreamReport
from app.emulator.resource import CallResource, Instructions, new_sid
from app.emulator.script import Answer, AnswerKind, CallScript
from app.emulator.speaker import Speaker
from app.emulator.stream import MediaStream, StreamIdentity
from app.emulator.tape import Tape
from app.emulator.twiml import (
    ConnectStream,
    Dial,
    DialConference,
    Document,
    Hangup,
    Pause,
    Redirect,
    Reject,
    Say,
    Verb,
)

DEFAULT_ANSWER_S = 1.0
INTRUSION_AFTER_S = 1.0
REDIRECT_LIMIT = 50
"""TwiML that sends the call in circles ends it."""
_REFUSALS = {
    AnswerKind.BUSY: LegStatus.BUSY,
    AnswerKind.NO_ANSWER: LegStatus.NO_ANSWER,
    AnswerKind.FAILED: LegStatus.FAILED,
}


@dataclass(slots=True)
class Telephone:
    """Follows one call from its first ring; ``run`` is its life, the other methods may be called at any time."""

    resource: CallResource
    script: CallScript
    answer: Answer
    """What becomes of it when it rings."""
    speaker: Speaker
    conferences: Conferences
    heard: Tape = field(default_factory=Tape)
    said: Tape = field(default_factory=Tape)
    probes: list[str] = field(default_factory=list)
    stream: StreamReport | None = None
    """The stream that is open or was the last."""
    stream_parameters: tuple[str, ...] = ()
    """The values of that stream's parameters."""
    _final: LegStatus = LegStatus.COMPLETED
    _interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    _replacement: Instructions | None = None
    _is_hung_up: bool = False

    @property
    def sid(self) -> str:
        return self.resource.sid

    @property
    def status(self) -> LegStatus:
        return self.resource.status

    @property
    def log(self) -> LegLog:
        return self.resource.log

    @property
    def is_talking(self) -> bool:
        """Whether a stream is open and has started, or this party sits in a conference."""
        conferences = self.log.report.conferences
        if conferences and conferences[-1].left_at_s is None:
            return True
        return self.stream is not None and self.stream.frames_sent > 0 and self.stream.closed_at_s is None

    def hang_up(self, ended_by: str = "phone") -> None:
        """End the call; idempotent, the first reason counts."""
        if not self._is_hung_up and not self.status.is_terminal:
            self.log.report.ended_by = ended_by
        self._is_hung_up = True
        self._interrupted.set()

    def cancel(self) -> None:
        """End a call that nobody has answered; one that has been answered goes on."""
        if self.status in (LegStatus.QUEUED, LegStatus.INITIATED, LegStatus.RINGING):
            self._final = LegStatus.CANCELED
            self.hang_up("server")

    def replace(self, instructions: Instructions) -> None:
        """Break off what the call is doing and follow other TwiML."""
        self._replacement = instructions
        self._interrupted.set()

    async def run(self) -> None:
        """Live through the whole call; returns when its last status callback has been delivered."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.resource.callbacks.run())
            limit = asyncio.get_running_loop().call_later(self.resource.options.time_limit_s, self.hang_up, "carrier")
            try:
                if self.resource.direction == "inbound":
                    await self._take_the_call()
                else:
                    await self._ring()
            finally:
                limit.cancel()
                self.resource.ended_at_s = self.log.now()
                self.resource.set_status(self._final)
                self.resource.callbacks.close()

    async def _take_the_call(self) -> None:
        self.resource.set_status(LegStatus.RINGING)
        if self.script.faults.duplicate_webhook:
            await self.resource.ask("voice", self.resource.options.instructions.url)
        document = await self.resource.fetch(self.resource.options.instructions, "voice")
        if document is None:
            self._final = LegStatus.FAILED
            self.log.report.ended_by = "carrier"
        elif document.verbs and isinstance(document.verbs[0], Reject):
            self.log.verb("Reject", document.verbs[0].reason)
            self._final = LegStatus.BUSY if document.verbs[0].reason == "busy" else LegStatus.FAILED
            self.log.report.ended_by = "twiml"
        elif not self._is_hung_up:
            await self._answered(document)

    async def _ring(self) -> None:
        self.resource.set_status(LegStatus.QUEUED)
        self.resource.set_status(LegStatus.INITIATED)
        self.resource.set_status(LegStatus.RINGING)
        answer = self.answer
        patience_s = self.resource.options.ring_timeout_s
        default_s = patience_s if answer.kind is AnswerKind.NO_ANSWER else DEFAULT_ANSWER_S
        rings_s = default_s if answer.after_s is None else answer.after_s
        if await self._pause(min(rings_s, patience_s)):
            self._final = LegStatus.CANCELED
            return
        if answer.kind is not AnswerKind.ANSWER or rings_s > patience_s:
            self._final = _REFUSALS.get(answer.kind, LegStatus.NO_ANSWER)
            self.log.report.ended_by = "carrier"
            return
        await self._answered(None)

    async def _answered(self, document: Document | None) -> None:
        self.resource.answered_at_s = self.log.now()
        self.resource.set_status(LegStatus.IN_PROGRESS)
        if self.resource.options.amd_callback:
            fields = {**self.resource.fields(), "AnsweredBy": "human", "MachineDetectionDuration": "0"}
            self.resource.callbacks.send(Callback(self.resource.options.amd_callback, "amd", fields))
        if document is None:
            document = await self.resource.fetch(self.resource.options.instructions, "voice")
        if document is not None:
            await self._follow(document)

    async def _follow(self, document: Document) -> None:
        current: Document | None = document
        for _ in range(REDIRECT_LIMIT):
            if current is None or self._is_hung_up:
                self.log.report.ended_by = self.log.report.ended_by or "twiml"
                return
            following = await self._perform_all(current)
            if self._replacement is not None:
                replacement, self._replacement = self._replacement, None
                if not self._is_hung_up:
                    self._interrupted.clear()
                    following = await self.resource.fetch(replacement, "redirect")
            current = following
        self.log.warn(12200, "the TwiML goes in circles")

    async def _perform_all(self, document: Document) -> Document | None:
        """Act out the verbs; return what is to be followed instead, if one of them asks for it."""
        for verb in document.verbs:
            following = await self._perform(verb)
            if following is not None or self._interrupted.is_set():
                return following
            if isinstance(verb, Hangup | Reject):
                break
        return None

    async def _perform(self, verb: Verb) -> Document | None:
        match verb:
            case Say(text, language, loop):
                self.log.verb(f"Say {language}", text)
                await self._pause(len(text) * max(loop, 1) / self.resource.carrier.config.say_characters_per_s)
            case Pause(length_s):
                self.log.verb("Pause")
                await self._pause(length_s)
            case Hangup() | Reject():
                self.log.verb(type(verb).__name__)
            case Redirect(url):
                self.log.verb("Redirect")
                return await self.resource.fetch(Instructions(url=url), "redirect")
            case Dial(action):
                self.log.verb("Dial")
                if action:
                    return await self.resource.fetch(
                        Instructions(url=action), "action", {"DialCallStatus": "no-answer"}
                    )
            case DialConference():
                self.log.verb("Dial Conference")
                await self._confer(verb)
            case ConnectStream():
                self.log.verb("Connect Stream")
                return await self._connect(verb)
        return None

    async def _pause(self, duration_s: float) -> bool:
        """Wait; True when the call was interrupted meanwhile."""
        try:
            async with asyncio.timeout(duration_s):
                await self._interrupted.wait()
        except TimeoutError:
            return False
        return True

    async def _connect(self, verb: ConnectStream) -> Document | None:
        sid = new_sid("MZ")
        if verb.url:
            await self._stream(verb, sid)
        if not verb.action or self._interrupted.is_set():
            return None
        return await self.resource.fetch(Instructions(url=verb.action), "action", {"StreamSid": sid})

    async def _confer(self, verb: DialConference) -> None:
        attendance = Attendance(
            self.conferences.enter(verb, self.sid),
            name=verb.name,
            speaker=self.speaker,
            heard=self.heard,
            said=self.said,
            log=self.log,
            hang_up=self.hang_up,
        )
        self.log.report.conferences.append(attendance.report)
        await attendance.run(self._interrupted)

    async def _stream(self, verb: ConnectStream, sid: str) -> None:
        faults = self.script.faults
        is_wrong = faults.wrong_signature == "socket" and faults.befall(self.log.leg)
        address = self.resource.carrier.socket_address(verb.url, wrongly_signed=is_wrong)
        if address is None:
            self.log.warn(31902, "the Stream url is not under the server's public URL")
            return
        identity = StreamIdentity(self.resource.carrier.config.account_sid, self.sid, sid, verb.parameters)
        stream = MediaStream(
            address=address,
            identity=identity,
            speaker=self.speaker,
            heard=self.heard,
            said=self.said,
            faults=faults,
            log=self.log,
            hang_up=self.hang_up,
        )
        self.stream = stream.report
        self.stream_parameters = tuple(verb.parameters.values())
        self.log.report.streams.append(stream.report)
        async with asyncio.TaskGroup() as tasks:
            if self.log.leg is Leg.CLIENT:
                if faults.replay_token:
                    tasks.create_task(self._probe("replay_token", address, identity, new_sid("CA")))
                if faults.second_stream:
                    tasks.create_task(self._probe("second_stream", address, identity, self.sid))
            notices = tasks.create_task(self._announce(stream, verb, sid))
            await stream.run(self._interrupted)
            notices.cancel()
        if stream.report.opened_at_s is not None:
            self.resource.tell_stream_event(verb, sid, "stream-stopped")
        else:
            self.resource.tell_stream_event(verb, sid, "stream-error")
        if not self._interrupted.is_set() and stream.report.closed_by != "server":
            self.log.report.ended_by = "stream-failed"
        elif stream.report.closed_by == "server" and not self.log.report.ended_by:
            self.log.report.ended_by = "server"

    async def _announce(self, stream: MediaStream, verb: ConnectStream, sid: str) -> None:
        await stream.opened.wait()
        self.resource.tell_stream_event(verb, sid, "stream-started")

    async def _probe(self, name: str, address: SocketAddress, identity: StreamIdentity, call_sid: str) -> None:
        await asyncio.sleep(INTRUSION_AFTER_S)
        twin = StreamIdentity(identity.account_sid, call_sid, new_sid("MZ"), identity.parameters)
        outcome = await intrude(address, twin)
        self.probes.append(f"{name} {outcome}")
        self.log.emit(EventKind.PROBE, f"{name} {outcome}")
