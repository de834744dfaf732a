"""OpenAI's chat completions, streamed (platform.openai.com/docs/api-reference/chat, November 2026)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.vendors.server import Vendor, faulty

MODELS = ["gpt-4.1-mini", "local-model"]
PARAMETERS = {
    "model",
    "messages",
    "temperature",
    "stream",
    "max_completion_tokens",
    "response_format",
    "stream_options",
}
ROLES = {"system", "developer", "user", "assistant"}


class OpenAi(Vendor):
    """An obedient model: it writes ``[<target language>] text``, word by word."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []
        self.answer: str | None = None
        """What it says instead."""
        self.finish_reason = "stop"
        self.usages: list[dict[str, int]] = []
        """What was reported of each request that asked for it: a token is four characters."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/v1/chat/completions", self.complete, methods=["POST"]),
        ]

    async def models(self, request: Request) -> Response:
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        return JSONResponse({"object": "list", "data": [{"id": model, "object": "model"} for model in MODELS]})

    async def complete(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        wanted = await request.json()
        problem = _problem(wanted)
        if problem:
            return self._error(400, problem)
        self.requests.append(wanted)
        target = re.search(r" into (\w+)", wanted["messages"][0]["content"])
        said = json.loads(wanted["messages"][-1]["content"])
        answer = self.answer
        if answer is None:
            text = said["text"]
            for word, wanted_word in said.get("glossary", {}).items():
                text = text.replace(word, wanted_word)
            answer = f"[{target[1] if target else '?'}] {text}"
        usage = None
        if (wanted.get("stream_options") or {}).get("include_usage"):
            said = "".join(message["content"] for message in wanted["messages"])
            usage = {"prompt_tokens": len(said) // 4, "completion_tokens": len(answer) // 4}
            self.usages.append(usage)
        return StreamingResponse(self._stream(answer, wanted["model"], usage), media_type="text/event-stream")

    async def _stream(self, answer: str, model: str, usage: dict[str, int] | None) -> AsyncIterator[bytes]:
        yield _event(model, {"role": "assistant", "content": ""}, None)
        for piece in re.findall(r"\S+\s*", answer):
            yield _event(model, {"content": piece}, None)
        yield _event(model, {}, self.finish_reason)
        if usage is not None:
            yield _usage_event(model, usage)
        yield b"data: [DONE]\n\n"

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def _error(self, status: int, message: str) -> Response:
        self.refused.append(message)
        return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)


def _event(model: str, delta: dict[str, str], finish_reason: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _usage_event(model: str, usage: dict[str, int]) -> bytes:
    """The last chunk, which has no choices, of a request with ``stream_options.include_usage``."""
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [],
        "usage": {**usage, "total_tokens": sum(usage.values())},
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _problem(wanted: dict[str, Any]) -> str | None:
    unknown = set(wanted) - PARAMETERS
    if unknown:
        return f"Unrecognized request argument supplied: {unknown.pop()}"
    if wanted.get("model") not in MODELS:
        return "The model does not exist."
    messages = wanted.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages is required"
    if any(set(message) != {"role", "content"} or message["role"] not in ROLES for message in messages):
        return "Invalid message."
    if wanted.get("stream") is not True:
        return "this server streams"
    return None
