"""OpenAI's speech (its OpenAPI description, CreateSpeechRequest, August 2026).

Its speech is that of ``tests.vendors.speaking``, as samples at 24 kHz. Its pieces end in the middle of samples.
"""

from __future__ import annotations

import asyncio
import audioop
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import soxr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.vendors.server import faulty
from tests.vendors.speaking import SpeakingVendor

MODELS = {"gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "tts-1", "tts-1-hd"}
VOICES = {
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar"),
}
KEYS = {"model", "input", "instructions", "voice", "response_format", "speed", "stream_format"}
FORMATS = {"mp3", "opus", "aac", "flac", "wav", "pcm"}
PIECE_BYTES = 7201
RATE_HZ = 24_000


class OpenAiSpeech(SpeakingVendor):
    """Makes raw samples only."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []
        self.clients: list[tuple[str, int]] = []
        """The connection's other end, of each request."""
        self.looked = 0
        """How often somebody asked for the models."""
        self.speaking = 0
        """Answers that are under way."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/v1/audio/speech", self.speak, methods=["POST"]),
        ]

    async def models(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        self.looked += 1
        data = [{"id": model, "object": "model", "created": 1, "owned_by": "openai"} for model in sorted(MODELS)]
        return JSONResponse({"object": "list", "data": data})

    async def speak(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        wanted = await request.json()
        problem = _problem(wanted)
        if problem:
            return self._error(400, problem)
        assert request.client is not None
        self.requests.append(wanted)
        self.clients.append((request.client.host, request.client.port))
        return StreamingResponse(self._stream(wanted["input"]), media_type="audio/pcm")

    async def _stream(self, text: str) -> AsyncIterator[bytes]:
        self.speaking += 1
        try:
            speech = _samples(self.sound_of(text))
            for start in range(0, len(speech), PIECE_BYTES):
                yield speech[start : start + PIECE_BYTES]
                await asyncio.sleep(PIECE_BYTES / 2 / RATE_HZ / self.pace if self.pace else 0.0)
        finally:
            self.speaking -= 1

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def _error(self, status: int, message: str) -> Response:
        self.refused.append(message)
        return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)


def _problem(wanted: dict[str, Any]) -> str | None:
    unknown = set(wanted) - KEYS
    if unknown:
        return f"Unrecognized request argument supplied: {unknown.pop()}"
    if wanted.get("model") not in MODELS:
        return "The model does not exist."
    if wanted.get("voice") not in VOICES:
        return "Input should be one of the voices."
    if not isinstance(wanted.get("input"), str) or not 1 <= len(wanted["input"]) <= 4096:
        return "String should have 1 to 4096 characters."
    if len(wanted.get("instructions", "")) > 4096:
        return "String should have at most 4096 characters."
    if "instructions" in wanted and wanted["model"].startswith("tts-1"):
        return "instructions does not work with this model"
    if wanted.get("response_format", "mp3") not in FORMATS or wanted.get("stream_format", "audio") != "audio":
        return "Unsupported format."
    if wanted.get("response_format") != "pcm":
        return "this server makes pcm"
    return None


def _samples(ulaw: bytes) -> bytes:
    """Return 16-bit samples at 24 kHz."""
    samples = np.frombuffer(audioop.ulaw2lin(ulaw, 2), np.int16)
    return bytes(soxr.resample(samples, 8000, RATE_HZ).tobytes())
