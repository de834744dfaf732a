"""One leg of a call under load: what it says by the clock, and when what it hears reached it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from app.domain.audio import BYTES_PER_MS, FRAME_MS
from bench.load.sockets import PhoneSocket
from bench.load.wave import SILENT_PAYLOAD, Wave

_LEAST_VOICE_MS = 80
"""What is shorter is a comfort tone or the end of a clause, never its beginning."""
_LATE_MS = 2.0
"""A loudspeaker that runs dry for less in the middle of a clause is the generator's own reckoning."""


@dataclass(slots=True)
class Findings:
    """What all the phones of a run noticed while they were asked to."""

    is_on: bool = False
    added_ms: list[float] = field(default_factory=list)
    """From the frame that ends an utterance to the first audio of its translation, without the stubs' latencies."""
    late_ms: list[float] = field(default_factory=list)
    """How long a loudspeaker was dry in the middle of a clause."""
    clauses: int = 0
    """Translations that began to be heard."""
    queued: int = 0
    """Those of them that had to wait for the one before them: their latency says nothing."""
    missing: int = 0
    """Utterances of which nothing was heard before the next one ended."""
    audio_messages: int = 0


class Phone:
    """Speaks a frame whenever it is told to; ``other`` is who listens to it."""

    def __init__(self, stream_sid: str, wave: Wave, findings: Findings, stubs_ms: float) -> None:
        self.socket: PhoneSocket | None = None
        self.other: Phone | None = None
        self.talk_from: int | None = None
        """The frame with which the conversation begins; silence before it, and without it."""
        self.first_audio_s: float | None = None
        self.frames = 0
        self._stream_sid = stream_sid
        self._wave = wave
        self._findings = findings
        self._stubs_ms = stubs_ms
        self._sequence = 1
        self._tail = f'"}},"streamSid":"{stream_sid}"}}'
        self._played_until_s = 0.0
        self._is_in_clause = False
        self._expected_s: float | None = None
        self._marks: list[str] = []

    def start(self, account_sid: str, call_sid: str, parameters: dict[str, str]) -> None:
        """Say what stream it is; ``speak`` may follow."""
        assert self.socket is not None
        body = {
            "accountSid": account_sid,
            "streamSid": self._stream_sid,
            "callSid": call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        }
        message = {"event": "start", "sequenceNumber": "1", "start": body, "streamSid": self._stream_sid}
        self.socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        self.socket.send(json.dumps(message, separators=(",", ":")))

    def speak(self, now_s: float) -> None:
        """Say the next 20 ms."""
        socket = self.socket
        if socket is None:
            return
        frame, talk_from = self.frames, self.talk_from
        self.frames = frame + 1
        payload = SILENT_PAYLOAD
        if talk_from is not None and frame >= talk_from:
            payload = self._wave.payload(frame - talk_from)
        self._sequence += 1
        socket.send(
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound","chunk":"{frame + 1}",'
            f'"timestamp":"{frame * FRAME_MS}","payload":"{payload}{self._tail}'
        )
        if talk_from is not None and frame - talk_from in self._wave.ends and self.other is not None:
            self.other.expect(now_s)
        if self._marks and now_s >= self._played_until_s:
            self._echo_marks()

    def stop(self) -> None:
        """Say that the call is over, and close."""
        if self.socket is not None:
            sequence = self._sequence + 1
            stop = f'{{"event":"stop","sequenceNumber":"{sequence}","streamSid":"{self._stream_sid}"}}'
            self.socket.send(stop)
            self.socket.close()
            self.socket = None

    def expect(self, now_s: float) -> None:
        """The other party's utterance is over: its translation comes next."""
        if self._expected_s is not None:
            self._findings.missing += self._findings.is_on
        self._expected_s = now_s
        if self._is_in_clause or self._played_until_s > now_s:
            self._findings.queued += self._findings.is_on
            self._expected_s = None

    def take(self, message: bytes) -> None:
        """Take what the server sends."""
        start = message.find(b'"payload"')
        if start >= 0:
            self._hear(message, start)
        elif b'"mark"' in message:
            self._marks.append(json.loads(message)["mark"]["name"])
            self._is_in_clause = False
        elif b'"clear"' in message:
            self._played_until_s = 0.0
            self._is_in_clause = False
            self._echo_marks()

    def _hear(self, message: bytes, start: int) -> None:
        now_s = asyncio.get_running_loop().time()
        begin, end = message.index(b'"', start + 10) + 1, message.rindex(b'"', start, message.index(b"}", start))
        length_ms = (end - begin) * 3 // 4 / BYTES_PER_MS
        findings = self._findings
        findings.audio_messages += findings.is_on
        if self.first_audio_s is None:
            self.first_audio_s = now_s
        is_talking = self.talk_from is not None and self.frames >= self.talk_from
        if length_ms >= _LEAST_VOICE_MS and not self._is_in_clause and is_talking:
            self._is_in_clause = True
            findings.clauses += findings.is_on
            if self._expected_s is not None and findings.is_on:
                findings.added_ms.append((now_s - self._expected_s) * 1000 - self._stubs_ms)
            self._expected_s = None
        elif self._is_in_clause and findings.is_on:
            dry_ms = (now_s - self._played_until_s) * 1000
            if dry_ms > _LATE_MS:
                findings.late_ms.append(dry_ms)
        self._played_until_s = max(self._played_until_s, now_s) + length_ms / 1000

    def _echo_marks(self) -> None:
        marks, self._marks = self._marks, []
        for name in marks:
            self._sequence += 1
            if self.socket is not None:
                self.socket.send(
                    f'{{"event":"mark","sequenceNumber":"{self._sequence}","mark":{{"name":"{name}"}},'
                    f'"streamSid":"{self._stream_sid}"}}'
                )
