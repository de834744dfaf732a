"""ElevenLabs' multi-context voice socket (elevenlabs.io/docs, November 2026).

Its speech is a vowel of 120 Hz, 65 ms for each character, so that length and loudness can be judged.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal, SocketVendor
from tests.vendors.speaking import SpeakingVendor

VOICES = {"JBFqnCBsd6RMkjVDRZzb", "voice-of-the-agent", "low-voice-for-the-client"}
MODELS = {"eleven_flash_v2_5", "eleven_multilingual_v2", "eleven_turbo_v2_5"}
FORMATS = {"ulaw_8000", "pcm_16000", "mp3_44100_128"}
QUERY = {"model_id", "language_code", "output_format", "inactivity_timeout", "auto_mode", "sync_alignment", "seed"}
KEYS = {"text", "context_id", "voice_settings", "flush", "close_context", "close_socket", "generation_config"}
MAXIMUM_CONTEXTS = 5
BUFFERED_CHARACTERS = 120
"""The first step of the chunk length schedule: less than that waits for ``flush``."""
GARBAGE = '{"audio": "not base64!", "contextId": "text-1"}'


class ElevenLabs(SocketVendor, SpeakingVendor):
    """Closes with 1008 whatever breaks its rules."""

    says_why_in = "detail"

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.spoken_characters = 0
        """Of the texts that came to be spoken, which is what ElevenLabs bills."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/text-to-speech/{voice}/multi-stream-input", self.speak)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("xi-api-key") != self.key:
            return 403, "invalid_api_key"
        if socket.path_params["voice"] not in VOICES:
            return 404, "voice_not_found"
        problem = _problem(socket)
        return (400, problem) if problem else None

    async def speak(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


def _problem(socket: WebSocket) -> str | None:
    options = socket.query_params
    unknown = set(options) - QUERY
    if unknown:
        return f"unknown parameter {unknown.pop()}"
    if options.get("model_id") not in MODELS or options.get("output_format") not in FORMATS:
        return "unknown model or format"
    if not 0 < int(options.get("inactivity_timeout", "20")) <= 180:
        return "inactivity_timeout is at most 180"
    return None


class Connection:
    """One socket. Each context is spoken by a task of its own, so that they interleave."""

    def __init__(self, vendor: ElevenLabs, socket: WebSocket, fault: Fault | None) -> None:
        self.options = socket.query_params
        self.voice = socket.path_params["voice"]
        self.most_contexts = 0
        self.close_code: int | None = None
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, self.close)
        self._buffers: dict[str, str] = {}
        self._speaking: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        try:
            while True:
                if await self._ordeal.ends_it():
                    return
                problem = await self._obey(json.loads(await self._socket.receive_text()))
                if problem:
                    self._vendor.refused.append(problem)
                    await self._socket.send_json({"error": "invalid_message", "message": problem, "code": 1008})
                    await self.close(1008)
                    return
        except WebSocketDisconnect:
            return
        finally:
            for task in self._speaking.values():
                task.cancel()

    async def _obey(self, message: dict[str, Any]) -> str | None:
        """Do what the message says; return what is wrong with it."""
        unknown = set(message) - KEYS
        if unknown:
            return f"unknown key {unknown.pop()}"
        context = message.get("context_id", "default")
        is_new = context not in self._buffers
        if is_new and message.get("text") != " ":
            return "the first message of a context is a space"
        if not is_new and "voice_settings" in message:
            return "voice_settings can only be set in the first message"
        if is_new and len(self._buffers) >= MAXIMUM_CONTEXTS:
            return "Maximum simultaneous contexts per WebSocket connection exceeded (5)."
        text = self._buffers.get(context, "") + message.get("text", "")
        self._buffers[context] = text
        self.most_contexts = max(self.most_contexts, len(self._buffers))
        if message.get("flush") or message.get("close_context") or len(text) > BUFFERED_CHARACTERS:
            self._buffers[context] = ""
            self._vendor.spoken_characters += len(text.strip())
            is_last = bool(message.get("close_context"))
            before = self._speaking.get(context)
            self._speaking[context] = asyncio.create_task(self._speak(context, text.strip(), is_last, before))
        return None

    async def _speak(self, context: str, text: str, is_last: bool, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await asyncio.sleep(self._vendor.faults.latency_s if text else 0.0)
            async for speech in self._vendor.pieces(text):
                piece = base64.b64encode(speech).decode()
                await self._socket.send_json({"audio": piece, "isFinal": None, "contextId": context})
            if is_last:
                del self._buffers[context]
                del self._speaking[context]
                await self._socket.send_json({"isFinal": True, "contextId": context})
        except (WebSocketDisconnect, RuntimeError):
            return

    async def close(self, code: int) -> None:
        self.close_code = code
        await self._socket.close(code)
