"""OpenAI's chat completions, streamed (platform.openai.com/docs/api-reference/chat, November 2026), and its dialects.

What it takes and answers is checked against OpenAI's own description in tests/vendors/descriptions.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.vendors.server import Vendor, faulty

Json = dict[str, Any]

NO_MODEL = "The model does not exist or you do not have access to it."
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
SCHEMA_NAME = re.compile(r"[\w-]{1,64}")


class Structure(StrEnum):
    """What becomes of ``response_format``."""

    OBEYED = "obeyed"
    REFUSED = "refused"
    """With a 400, as by servers and models that cannot do it."""
    IGNORED = "ignored"
    """The model writes what it likes, as servers do that do not know the parameter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a compatible server's answers differ from OpenAI's."""

    first_delta: Json
    """Before the first piece."""
    each_delta: Json
    """Beside each piece."""
    last_delta: Json
    each_choice: Json
    each_chunk: Json
    last_chunk: Json
    error: Callable[[int, str], Json]


DIALECTS = {
    "openai": Dialect(
        first_delta={"role": "assistant", "content": "", "refusal": None},
        each_delta={},
        last_delta={},
        each_choice={"logprobs": None},
        each_chunk={"service_tier": "default", "system_fingerprint": "fp_1", "obfuscation": "x7"},
        last_chunk={},
        error=lambda status, message: {
            "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        },
    ),
    "vllm": Dialect(
        first_delta={"role": "assistant", "content": ""},
        each_delta={"reasoning_content": None},
        last_delta={"content": ""},
        each_choice={"logprobs": None, "stop_reason": None},
        each_chunk={},
        last_chunk={},
        error=lambda status, message: {
            "object": "error",
            "message": message,
            "type": "BadRequestError",
            "code": status,
        },
    ),
    "ollama": Dialect(
        first_delta={"role": "assistant", "content": ""},
        each_delta={"role": "assistant"},
        last_delta={"role": "assistant", "content": ""},
        each_choice={},
        each_chunk={"system_fingerprint": "fp_ollama"},
        last_chunk={},
        error=lambda status, message: {"error": {"message": message, "type": "api_error", "param": None, "code": None}},
    ),
    "llama.cpp": Dialect(
        first_delta={"role": "assistant", "content": None},
        each_delta={},
        last_delta={},
        each_choice={},
        each_chunk={"system_fingerprint": "b8681-0"},
        last_chunk={"timings": {"prompt_n": 25, "predicted_n": 9, "predicted_ms": 90.1}},
        error=lambda status, message: {"error": {"code": status, "message": message, "type": "invalid_request_error"}},
    ),
}


class OpenAi(Vendor):
    """An obedient model: it writes ``[<target language>] text``, word by word."""

    def __init__(self, dialect: str = "openai", structure: Structure = Structure.OBEYED) -> None:
        super().__init__()
        self.structure = structure
        self.requests: list[dict[str, Any]] = []
        self.chunks: list[dict[str, Any]] = []
        """All that was streamed."""
        self.answer: str | None = None
        """What it says instead."""
        self.finish_reason = "stop"
        self.stalls = False
        """Whether it stops in the middle of its answer, and neither goes on nor ends."""
        self.lingers = False
        """Whether the body of a whole answer does not end."""
        self.breaks = False
        """Whether it gives up in the middle of its answer, and says so."""
        self.usages: list[dict[str, int]] = []
        """What was reported of each request that asked for it: a token is four characters."""
        self._dialect = DIALECTS[dialect]

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v1/models", self.models, methods=["GET"]),
            Route("/v1/chat/completions", self.complete, methods=["POST"]),
        ]

    async def models(self, request: Request) -> Response:
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        found = [{"id": model, "object": "model", "created": 1, "owned_by": "system"} for model in MODELS]
        return JSONResponse({"object": "list", "data": found})

    async def complete(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self._error(401, "Incorrect API key provided.")
        wanted = await request.json()
        problem = _problem(wanted, self.structure)
        if problem:
            return self._error(404 if problem == NO_MODEL else 400, problem)
        self.requests.append(wanted)
        answer = self.answer if self.answer is not None else _translation(wanted["messages"])
        if "response_format" in wanted and self.structure is Structure.OBEYED:
            answer = json.dumps({"translation": answer})
        usage = None
        if (wanted.get("stream_options") or {}).get("include_usage"):
            said = "".join(message["content"] for message in wanted["messages"])
            usage = {"prompt_tokens": len(said) // 4, "completion_tokens": len(answer) // 4}
            self.usages.append(usage)
        return StreamingResponse(self._stream(answer, wanted["model"], usage), media_type="text/event-stream")

    async def _stream(self, answer: str, model: str, usage: dict[str, int] | None) -> AsyncIterator[bytes]:
        dialect = self._dialect
        pieces = re.findall(r"\S+\s*", answer)
        # Where usage is asked for, every chunk has the key, and the last one, which has no choices, the figures.
        extra = {**dialect.each_chunk, **({"usage": None} if usage is not None else {})}
        yield self._event(model, [self._choice(dialect.first_delta)], extra)
        for piece in pieces[: len(pieces) // 2 if self.stalls or self.breaks else None]:
            yield self._event(model, [self._choice({**dialect.each_delta, "content": piece})], extra)
        if self.stalls:
            await asyncio.Event().wait()  # Until the other side leaves.
        if self.breaks:
            error = {"error": {"message": f"The server had an error while it wrote {answer}", "type": "server_error"}}
            yield f"data: {json.dumps(error)}\n\n".encode()
            return
        last = {**extra, **dialect.last_chunk}
        yield self._event(model, [self._choice(dialect.last_delta, self.finish_reason)], last)
        if usage is not None:
            yield self._event(model, [], {**extra, "usage": {**usage, "total_tokens": sum(usage.values())}})
        yield b"data: [DONE]\n\n"
        if self.lingers:
            await asyncio.Event().wait()

    def _choice(self, delta: Json, finish_reason: str | None = None) -> Json:
        return {"index": 0, "delta": delta, "finish_reason": finish_reason, **self._dialect.each_choice}

    def _event(self, model: str, choices: list[Json], extra: Json) -> bytes:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": model,
            "choices": choices,
            **extra,
        }
        self.chunks.append(chunk)
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def _error(self, status: int, message: str) -> Response:
        self.refused.append(message)
        return JSONResponse(self._dialect.error(status, message), status)


def _translation(messages: list[dict[str, str]]) -> str:
    target = re.search(r" into (\w+)", messages[0]["content"])
    said = json.loads(messages[-1]["content"])
    text = said["text"]
    for word, wanted_word in said.get("glossary", {}).items():
        text = text.replace(word, wanted_word)
    return f"[{target[1] if target else '?'}] {text}"


def _problem(wanted: dict[str, Any], structure: Structure) -> str | None:
    unknown = set(wanted) - PARAMETERS
    if unknown:
        return f"Unrecognized request argument supplied: {unknown.pop()}"
    if wanted.get("model") not in MODELS:
        return NO_MODEL
    messages = wanted.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages is required"
    if any(set(message) != {"role", "content"} or message["role"] not in ROLES for message in messages):
        return "Invalid message."
    if wanted.get("stream") is not True:
        return "this server streams"
    return _problem_of_format(wanted["response_format"], structure) if "response_format" in wanted else None


def _problem_of_format(wanted: dict[str, Any], structure: Structure) -> str | None:
    """What OpenAI demands of a strict schema: platform.openai.com/docs/guides/structured-outputs."""
    if structure is Structure.IGNORED:
        return None
    if structure is Structure.REFUSED:
        return "This response_format type is unavailable now"
    if wanted.get("type") != "json_schema":
        return "Invalid value: 'response_format.type'."
    asked = wanted.get("json_schema", {})
    if not SCHEMA_NAME.fullmatch(asked.get("name", "")):
        return "Invalid 'response_format.json_schema.name'."
    schema = asked.get("schema", {})
    if asked.get("strict") is True and (
        schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(schema["properties"])
    ):
        return "Invalid schema for response_format"
    return None
