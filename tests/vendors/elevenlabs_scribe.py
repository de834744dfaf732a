"""ElevenLabs' live recognition, Scribe (elevenlabs.io/docs, November 2026), as its protocol was seen on the wire.

What the reference does not say: a key may be refused after the socket has opened; a stable text comes once more as the
first hypothesis behind it; a commit of too little audio ends the session; audio that nobody commits is committed after
36 s; a socket without audio is closed after 15 s; the answer with the language sometimes comes before the plain one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.ears import Ears, ListeningVendor, Word
from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal

MODELS = {"scribe_v2_realtime"}
LANGUAGES = set("ar ca de el en es eu fr gl hi it ja ko nl oc pl pt ro ru sv tr uk vi zh".split())  # noqa: SIM905
LISTS = {"keyterms", "secondary_languages"}
SWITCHES = {"include_timestamps", "include_language_detection", "no_verbatim", "filter_background_audio"}
WORDS = {"model_id", "audio_format", "commit_strategy", "language_code"}
KEYS = {"message_type", "audio_base_64", "commit", "sample_rate", "previous_text"}
MINIMUM_COMMIT_MS = 300
COMMITS_ALONE_AFTER_MS = 36_000
PARTIAL_EVERY_MS = 300
GARBAGE = '{"message_type": "committed_transcript", "text": 7'


class Scribe(ListeningVendor):
    """The only audio that it takes here is the telephone's."""

    says_why_in = "detail"

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.idle_timeout_s = 15.0
        self.answers_commits = True
        self.answers_in_language = True
        self.language_comes_first = False
        self.heard_language: str | None = None
        """What it detects; else the first that it is told."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/speech-to-text/realtime", self.listen)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        problem = _problem(socket)
        return (400, problem) if problem else None

    async def listen(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            if socket.headers.get("xi-api-key") != self.key:
                await connection.end("auth_error", "You must be authenticated to use this endpoint.")
                return
            await connection.serve()


def _problem(socket: WebSocket) -> str | None:
    options = socket.query_params
    for name, value in options.multi_items():
        if name not in LISTS | SWITCHES | WORDS:
            return f"unknown parameter {name}"
        if name in SWITCHES and value not in ("true", "false"):
            return f"{name} must be true or false"
        if name in ("language_code", "secondary_languages") and value not in LANGUAGES:
            return f"language {value} is not supported"
    if options.get("model_id") not in MODELS:
        return "unknown model"
    if options.get("audio_format") != "ulaw_8000" or options.get("commit_strategy") not in ("manual", "vad"):
        return "audio_format or commit_strategy"
    terms = options.getlist("keyterms")
    if len(terms) > 50 or any(len(term) > 20 for term in terms):
        return "at most 50 keyterms of 20 characters"
    if options.get("filter_background_audio") == "true" and options.get("include_timestamps") == "true":
        return "filter_background_audio cannot be combined with include_timestamps"
    return None


class Connection:
    """One session."""

    def __init__(self, vendor: Scribe, socket: WebSocket, fault: Fault | None) -> None:
        self.options = socket.query_params
        self.commits = 0
        self.commits_alone = 0
        self.close_reason: str | None = None
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, self._fail)
        self._ears = Ears(vendor.lexicon)
        self._words: list[Word] = []
        self._uncommitted_ms = 0
        self._said_ms = 0
        self._session_id = "f2e6b382ecc54124be77ba8dbd17084a"

    @property
    def heard_ms(self) -> int:
        return self._ears.heard_ms

    async def serve(self) -> None:
        try:
            if not self._ordeal.is_silence_from_the_start:
                await self._send("session_started", session_id=self._session_id, config=self._config())
            while True:
                if await self._ordeal.ends_it():
                    return
                async with asyncio.timeout(self._vendor.idle_timeout_s):
                    message = json.loads(await self._socket.receive_text())
                if not await self._obey(message):
                    return
        except TimeoutError:
            await self._close(1000, "")
        except WebSocketDisconnect:
            return

    def _config(self) -> dict[str, Any]:
        return {
            "sample_rate": 8000,
            "audio_format": "ulaw_8000",
            "language_code": self.options.get("language_code"),
            "secondary_languages": self.options.getlist("secondary_languages"),
            "timestamps_granularity": "word",
            "vad_commit_strategy": self.options.get("commit_strategy") == "vad",
            "model_id": self.options.get("model_id"),
            "include_timestamps": self.options.get("include_timestamps") == "true",
            "include_language_detection": self.options.get("include_language_detection") == "true",
            "keyterms": self.options.getlist("keyterms"),
        }

    async def _obey(self, message: dict[str, Any]) -> bool:
        """Do what a message says; return whether the session goes on."""
        unknown = set(message) - KEYS
        if unknown or message.get("message_type") != "input_audio_chunk":
            return await self._refuse("input_error", f"unknown message or key {unknown}")
        if message.get("sample_rate") != 8000:
            return await self._refuse("input_error", "the sample rate is another one than the session's")
        try:
            ulaw = base64.b64decode(message["audio_base_64"], validate=True)
        except (KeyError, binascii.Error):
            return await self._refuse("input_error", "audio_base_64 is no base64")
        await self._hear(ulaw)
        if message.get("commit"):
            if self._uncommitted_ms < MINIMUM_COMMIT_MS:
                return await self._refuse(
                    "commit_throttled",
                    f"Commit request ignored: only {self._uncommitted_ms / 1000:.2f}s of uncommitted audio. "
                    "You need at least 0.3s of uncommitted audio before committing.",
                )
            self.commits += 1
            await self._commit(is_answered=self._vendor.answers_commits)
        return True

    async def _hear(self, ulaw: bytes) -> None:
        self._words += self._ears.hear(ulaw)
        self._uncommitted_ms += len(ulaw) // 8
        if self._words and self._ears.heard_ms - self._said_ms >= PARTIAL_EVERY_MS:
            self._said_ms = self._ears.heard_ms
            await self._send("partial_transcript", text=self._text())
        if self._uncommitted_ms >= COMMITS_ALONE_AFTER_MS:
            self.commits_alone += 1
            await self._commit(is_answered=True)

    def _text(self) -> str:
        return " ".join(word.text for word in self._words)

    async def _commit(self, is_answered: bool) -> None:
        await asyncio.sleep(self._vendor.faults.latency_s)
        text, words = self._text(), self._words
        self._words, self._uncommitted_ms, self._said_ms = [], 0, self._ears.heard_ms
        if not is_answered:
            return
        has_language = self.options.get("include_language_detection") == "true" and self._vendor.answers_in_language
        if not has_language:
            await self._send("committed_transcript", text=text)
        elif self._vendor.language_comes_first:
            await self._send_labelled(text, words)
            await self._send("committed_transcript", text=text)
        else:
            await self._send("committed_transcript", text=text)
            await self._send_labelled(text, words)
        if text:
            await self._send("partial_transcript", text=text)

    async def _send_labelled(self, text: str, words: list[Word]) -> None:
        await self._send(
            "committed_transcript_with_timestamps",
            text=text,
            language_code=self._vendor.heard_language or self.options.get("language_code"),
            words=[
                {"text": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000, "type": "word"}
                for word in words
            ],
        )

    async def _send(self, kind: str, **values: Any) -> None:
        await self._socket.send_json({"message_type": kind, **values})

    async def _refuse(self, kind: str, reason: str) -> bool:
        self._vendor.refused.append(reason)
        await self.end(kind, reason)
        return False

    async def end(self, kind: str, error: str) -> None:
        """Say why, and close as if nothing were wrong: so Scribe does."""
        await self._send(kind, error=error)
        await self._close(1000, kind if kind == "commit_throttled" else "")

    async def _fail(self, code: int) -> None:
        await self._close(code, "fault")

    async def _close(self, code: int, reason: str) -> None:
        self.close_reason = reason
        await self._socket.close(code, reason)
