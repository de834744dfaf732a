"""Azure's live recognition, as its SDK speaks to it: the "Universal Speech Protocol".

After Microsoft's description of the WebSocket protocol (azure-docs, websocketprotocol.md), the open source of the
JavaScript SDK (microsoft/cognitive-services-speech-sdk-js, `src/common.speech`) and what the C++ core under the Python
SDK sends. A message is text, or binary with the length of its headers before them; `Path` says what it is, and
`X-RequestId` which turn it belongs to. Times are counted in 100 ns from the turn's first audio.

Continuous recognition says `speech.startDetected` once in a turn, and `speech.endDetected` behind its last phrase (the
JavaScript SDK's SpeechRecognizerTests.ts, "Event Tests (Continuous)"). The latter means that no more audio is wanted:
told so behind an earlier phrase, the C++ core ends the turn there and says what is left in another one.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.ears import Ears, ListeningVendor, Word
from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal

TICKS_PER_MS = 10_000
SEGMENTATION_SILENCE_MS = 500
INITIAL_SILENCE_MS = 15_000
END_SILENCE_MS = 20_000
"""A turn ends after so much silence before speech, or behind it (Azure-Samples/cognitive-services-speech-sdk#502)."""
HYPOTHESIS_EVERY_MS = 300
CANDIDATES = 10
"""Continuous language identification takes no more languages."""
WAV_HEADER_BYTES = 44
MULAW_8_KHZ = b"\x07\x00\x01\x00\x40\x1f\x00\x00"
"""Format, channels and rate, as they are in the header of a wave file."""
LOCALE = re.compile(r"[a-z]{2,3}-[A-Z]{2}")
REQUEST_ID = re.compile(r"[0-9a-f]{32}")
GARBAGE = 'X-RequestId:7\r\nPath:speech.phrase\r\n\r\n{"DisplayText": ['


class AzureRecognition(ListeningVendor):
    """Closes with 1007 whatever breaks its rules."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.ends_turns = True
        self.heard_locale: str | None = None
        """What it detects; else the first that it is told."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/speech/recognition/conversation/cognitiveservices/v1", self.listen)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("ocp-apim-subscription-key") != self.key:
            return 401, "Access denied due to invalid subscription key"
        problem = _problem(socket)
        return (400, problem) if problem else None

    async def listen(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket, subprotocol="USP")
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


def _problem(socket: WebSocket) -> str | None:
    if not LOCALE.fullmatch(re.sub(r"-(\w+)$", lambda tail: tail[0].upper(), socket.query_params.get("language", ""))):
        return "language"
    if not REQUEST_ID.fullmatch(socket.headers.get("x-connectionid", "")):
        return "X-ConnectionId"
    return None


@dataclass(frozen=True, slots=True)
class _Message:
    path: str
    request_id: str
    body: bytes

    @classmethod
    def read(cls, text: str | None, binary: bytes | None) -> _Message:
        """Raises ValueError for what is no message."""
        if text is not None:
            head, _, body = text.partition("\r\n\r\n")
            headers, content = head, body.encode()
        else:
            assert binary is not None
            length = int.from_bytes(binary[:2], "big")
            headers, content = binary[2 : 2 + length].decode("ascii"), binary[2 + length :]
        fields = dict(line.split(":", 1) for line in headers.strip().split("\r\n"))
        return cls(fields["Path"].strip().lower(), fields.get("X-RequestId", "").strip(), content)


@dataclass(slots=True)
class _Turn:
    """What is recognised under one request id."""

    request_id: str
    context: dict[str, Any]
    ears: Ears
    words: list[Word] = field(default_factory=list)
    """Since the last phrase."""
    has_header: bool = False
    has_speech: bool = False
    hypothesis_ms: int = 0
    is_over: bool = False
    is_timed_out: bool = False
    """By silence: what was sent behind that is not heard in this turn."""


class Connection:
    """One socket, with one turn after another."""

    def __init__(self, vendor: AzureRecognition, socket: WebSocket, fault: Fault | None) -> None:
        self.contexts: list[dict[str, Any]] = []
        """What each turn was told."""
        self.heard_ms = 0
        self.is_open = True
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, socket.close)
        self._is_configured = False
        self._turn: _Turn | None = None

    async def serve(self) -> None:
        try:
            while True:
                if await self._ordeal.ends_it():
                    return
                received = await self._socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                try:
                    message = _Message.read(received.get("text"), received.get("bytes"))
                except (KeyError, ValueError):
                    problem: str | None = "no message"
                else:
                    problem = await self._obey(message)
                if problem:
                    self._vendor.refused.append(problem)
                    await self._socket.close(1007, problem)
                    return
        except WebSocketDisconnect:
            return
        finally:
            self.is_open = False

    async def _obey(self, message: _Message) -> str | None:
        """Do what the message says; return what is wrong with it."""
        match message.path:
            case "telemetry":
                return None
            case "speech.config":
                self._is_configured = "context" in json.loads(message.body)
                return None
            case _ if not self._is_configured:
                return f"{message.path} before speech.config"
            case _ if not REQUEST_ID.fullmatch(message.request_id):
                return "X-RequestId"
            case "speech.context":
                context = json.loads(message.body)
                languages = context.get("languageId", {}).get("languages", [])
                if len(languages) > CANDIDATES or not all(LOCALE.fullmatch(each) for each in languages):
                    return "languages"
                self.contexts.append(context)
                self._turn = _Turn(message.request_id, context, Ears(self._vendor.lexicon))
                await self._send("turn.start", {"context": {"serviceTag": message.request_id}})
                return None
            case "audio" if self._turn is not None and self._turn.request_id == message.request_id:
                return await self._hear(self._turn, message.body)
            case path:
                return f"{path} out of turn"

    async def _hear(self, turn: _Turn, audio: bytes) -> str | None:
        if turn.is_over:
            return "audio after its end"
        if turn.is_timed_out:
            return None
        if not turn.has_header:
            turn.has_header = True
            if audio[:4] != b"RIFF" or audio[20:28] != MULAW_8_KHZ:
                return "the telephone's mu-law is all that is known here"
            audio = audio[WAV_HEADER_BYTES:]
            if not audio:
                return None
        if not audio:
            turn.is_over = True
            await self._end(turn)
            return None
        self.heard_ms += len(audio) // 8
        for word in turn.ears.hear(audio):
            if not turn.has_speech:
                turn.has_speech = True
                await self._send("speech.startDetected", {"Offset": word.start_ms * TICKS_PER_MS})
            turn.words.append(word)
        if turn.words and turn.ears.quiet_ms >= SEGMENTATION_SILENCE_MS:
            await self._say_phrase(turn)
        elif turn.words and turn.ears.heard_ms - turn.hypothesis_ms >= HYPOTHESIS_EVERY_MS:
            turn.hypothesis_ms = turn.ears.heard_ms
            await self._send("speech.hypothesis", {"Text": self._text(turn), **self._place(turn)})
        if turn.ears.quiet_ms >= (END_SILENCE_MS if turn.has_speech else INITIAL_SILENCE_MS):
            turn.is_timed_out = True
            await self._end(turn, "EndOfDictation" if turn.has_speech else "InitialSilenceTimeout")
        return None

    async def _end(self, turn: _Turn, status: str = "EndOfDictation") -> None:
        await asyncio.sleep(self._vendor.faults.latency_s)
        if not self._vendor.ends_turns:
            return
        if turn.words:
            await self._say_phrase(turn)
        offset = turn.ears.heard_ms * TICKS_PER_MS
        await self._send("speech.endDetected", {"Offset": offset})
        await self._send("speech.phrase", {"RecognitionStatus": status, "Offset": offset, "Duration": 0})
        await self._send("turn.end", {})

    async def _say_phrase(self, turn: _Turn) -> None:
        text, place = self._text(turn), self._place(turn)
        turn.words = []
        await self._send("speech.phrase", {"RecognitionStatus": "Success", "DisplayText": text, **place})

    def _text(self, turn: _Turn) -> str:
        return " ".join(word.text for word in turn.words)

    def _place(self, turn: _Turn) -> dict[str, Any]:
        start_ms, end_ms = turn.words[0].start_ms, turn.words[-1].end_ms
        place: dict[str, Any] = {"Offset": start_ms * TICKS_PER_MS, "Duration": (end_ms - start_ms) * TICKS_PER_MS}
        if languages := turn.context.get("languageId", {}).get("languages"):
            place["PrimaryLanguage"] = {"Language": self._vendor.heard_locale or languages[0], "Confidence": "High"}
        return place

    async def _send(self, path: str, body: dict[str, Any]) -> None:
        assert self._turn is not None
        headers = f"X-RequestId:{self._turn.request_id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}"
        await self._socket.send_text(f"{headers}\r\n\r\n{json.dumps(body)}")
