"""Deepgram's live recognition (developers.deepgram.com, November 2026): /v1/listen over a WebSocket.

What it "recognises" is loudness: every 300 ms of sound is one word, named by its place among the connection's words, so
that a lost or doubled stretch of audio shows. With a ``lexicon`` it recognises recordings, word by word.
"""

from __future__ import annotations

import asyncio
import audioop
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.ears import ListeningVendor
from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal

LANGUAGES = set("ar ca de en es fr hi it ja ko multi nl pl pt ro ru tr uk zh".split())  # noqa: SIM905
SWITCHES = {"interim_results", "punctuate", "smart_format", "vad_events", "numerals", "dictation"}
NUMBERS = {"sample_rate", "channels", "endpointing", "utterance_end_ms"}
WORDS = {"model", "language", "encoding", "language_hint", "keyterm"}
MAXIMUM_KEYTERMS = 100
MAXIMUM_TOKENS = 500
LETTERS_PER_TOKEN = 2
"""Deepgram does not say how it counts: this is what the rarest names come to."""
BYTES_PER_SECOND = 8000
WORD_BYTES = 2400
FRAME_BYTES = 160
LOUD_RMS = 200
INTERIM_EVERY_BYTES = 1600
IDLE_TIMEOUT_S = 10.0
METADATA = {"request_id": "r", "model_info": {"name": "n", "version": "v", "arch": "a"}, "model_uuid": "u"}
GARBAGE = '{"type": "Results", "channel": {"alternatives": []}}'


class Deepgram(ListeningVendor):
    """Needs audio or KeepAlive every ten seconds, as Deepgram does."""

    says_why_in = "err_msg"

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.idle_timeout_s = IDLE_TIMEOUT_S
        self.answers_finalize = True
        """Deepgram does not always: set this False to see that nobody waits for it."""
        self.loses_finalizes = 0
        """So many of the next ones go unheard."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/listen", self.listen)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("authorization") != f"Token {self.key}":
            return 401, "Invalid credentials."
        problem = _problem(socket)
        return (400, problem) if problem else None

    async def listen(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


def _problem(socket: WebSocket) -> str | None:
    for name, value in socket.query_params.multi_items():
        if name in SWITCHES and value not in ("true", "false"):
            return f"{name} must be true or false"
        if name in NUMBERS and not value.isdigit():
            return f"{name} must be a number"
        if name not in SWITCHES | NUMBERS | WORDS:
            return f"unknown parameter {name}"
    options = socket.query_params
    if options.get("encoding") != "mulaw" or options.get("sample_rate") != "8000":
        return "raw audio needs its encoding and sample_rate"
    if options.get("language", "en") not in LANGUAGES:
        return "No such model/language/tier combination found."
    if int(options.get("utterance_end_ms", "1000")) < 1000 or (
        "utterance_end_ms" in options and options.get("interim_results") != "true"
    ):
        return "utterance_end_ms is at least 1000 and needs interim_results"
    if "language_hint" in options and options.get("language") != "multi":
        return "language_hint needs language=multi"
    keyterms = options.getlist("keyterm")
    if len(keyterms) > MAXIMUM_KEYTERMS or sum(len(term) for term in keyterms) > LETTERS_PER_TOKEN * MAXIMUM_TOKENS:
        return "Keyterm limit exceeded. The maximum number of tokens across all keyterms is 500."
    if "keyterm" in options and not options.get("model", "").startswith("nova-3"):
        return "keyterm needs nova-3"
    return None


@dataclass(slots=True)
class _Segment:
    """The audio since the last final."""

    start_bytes: int = 0
    words: list[dict[str, Any]] = field(default_factory=list)


class Connection:
    """One socket."""

    def __init__(self, vendor: Deepgram, socket: WebSocket, fault: Fault | None) -> None:
        self.options = socket.query_params
        self.keep_alives = 0
        self.close_code: int | None = None
        """What we closed it with; None when the client did."""
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, self._fail)
        self._heard_bytes = 0
        self._loud_bytes = 0
        self._quiet_bytes = 0
        self._said_bytes = 0
        self._word_count = 0
        self._segment = _Segment()
        self._outgoing: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        """Answers, and when each is due: their latency does not keep the audio behind them waiting."""
        self._last_word_bytes: int | None = None
        hints = socket.query_params.getlist("language_hint")
        self._language = hints[0] if hints else socket.query_params.get("language", "en")

    @property
    def heard_ms(self) -> int:
        """How much audio came: what Deepgram bills."""
        return self._heard_bytes * 1000 // BYTES_PER_SECOND

    async def serve(self) -> None:
        sender = asyncio.create_task(self._send_when_due(), name="vendor-deepgram-send")
        try:
            await self._listen()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            while True:
                if await self._ordeal.ends_it():
                    return
                async with asyncio.timeout(self._vendor.idle_timeout_s):
                    message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message.get("bytes") is not None:
                    self._hear(message["bytes"])
                elif not await self._obey(json.loads(message["text"])):
                    return
        except TimeoutError:
            await self._close(1011, "NET-0001")
        except WebSocketDisconnect:
            return

    async def _fail(self, code: int) -> None:
        await self._close(code, "fault")

    async def _close(self, code: int, reason: str) -> None:
        self.close_code = code
        await self._socket.close(code, reason)

    async def _obey(self, order: dict[str, Any]) -> bool:
        match order.get("type"):
            case "KeepAlive":
                self.keep_alives += 1
            case "Finalize":
                if self._vendor.loses_finalizes:
                    self._vendor.loses_finalizes -= 1
                elif self._vendor.answers_finalize:
                    self._say(is_final=True, speech_final=True, from_finalize=True)
            case "CloseStream":
                self._say(is_final=True, speech_final=True)
                self._send({"type": "Metadata", "duration": self._heard_bytes / BYTES_PER_SECOND})
                await self._outgoing.join()
                await self._close(1000, "")
                return False
            case kind:
                self._vendor.refused.append(f"unknown message {kind}")
                await self._close(1008, "DATA-0000")
                return False
        return True

    def _hear(self, ulaw: bytes) -> None:
        endpointing_bytes = int(self.options.get("endpointing", "10")) * BYTES_PER_SECOND // 1000
        for start in range(0, len(ulaw), FRAME_BYTES):
            frame = ulaw[start : start + FRAME_BYTES]
            self._heard_bytes += len(frame)
            if frame in self._vendor.lexicon:
                self._add_word(self._vendor.lexicon[frame])
            if audioop.rms(audioop.ulaw2lin(frame, 2), 2) > LOUD_RMS:
                self._quiet_bytes = 0
                self._loud_bytes += len(frame)
                if self._loud_bytes >= WORD_BYTES and not self._vendor.lexicon:
                    self._loud_bytes = 0
                    self._word_count += 1
                    self._add_word(f"word{self._word_count}")
            else:
                self._quiet_bytes += len(frame)
                was_quiet_bytes = self._quiet_bytes - len(frame)
                if self._segment.words and was_quiet_bytes < endpointing_bytes <= self._quiet_bytes:
                    self._say(is_final=True, speech_final=True)
            self._end_utterance()
        is_due = self._heard_bytes - self._said_bytes >= INTERIM_EVERY_BYTES
        if is_due and self._segment.words and self.options.get("interim_results") == "true":
            self._say(is_final=False)

    def _end_utterance(self) -> None:
        """Tell it by the time since the last word, whatever noise there is."""
        gap_bytes = int(self.options.get("utterance_end_ms", "0")) * BYTES_PER_SECOND // 1000
        if gap_bytes and self._last_word_bytes is not None and self._heard_bytes - self._last_word_bytes >= gap_bytes:
            last_word_end_s, self._last_word_bytes = self._last_word_bytes / BYTES_PER_SECOND, None
            self._send({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last_word_end_s})

    def _send(self, answer: dict[str, Any]) -> None:
        due_s = asyncio.get_running_loop().time() + self._vendor.faults.latency_s
        self._outgoing.put_nowait((due_s, answer))

    async def _send_when_due(self) -> None:
        while True:
            due_s, answer = await self._outgoing.get()
            await asyncio.sleep(due_s - asyncio.get_running_loop().time())
            await self._socket.send_json(answer)
            self._outgoing.task_done()

    def _add_word(self, word: str) -> None:
        self._last_word_bytes = self._heard_bytes
        end_s = self._heard_bytes / BYTES_PER_SECOND
        found = {"word": word, "punctuated_word": word, "start": end_s - 0.3, "end": end_s, "confidence": 0.98}
        if self.options.get("language") == "multi":
            found["language"] = self._language
        self._segment.words.append(found)

    def _say(self, is_final: bool, **marks: bool) -> None:
        self._said_bytes = self._heard_bytes
        segment = self._segment
        alternative = {
            "transcript": " ".join(word["punctuated_word"] for word in segment.words),
            "confidence": 0.98 if segment.words else 0.0,
            "words": list(segment.words),
        }
        if self.options.get("language") == "multi":
            alternative["languages"] = [self._language] if segment.words else []
        if is_final:
            self._segment = _Segment(self._heard_bytes)
        self._send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": segment.start_bytes / BYTES_PER_SECOND,
                "duration": (self._heard_bytes - segment.start_bytes) / BYTES_PER_SECOND,
                "is_final": is_final,
                "speech_final": False,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": "r",
                    "model_info": {"name": "n", "version": "v", "arch": "a"},
                    "model_uuid": "u",
                },
                **marks,
            }
        )
