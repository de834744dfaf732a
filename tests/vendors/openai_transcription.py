"""OpenAI's transcription sessions (developers.openai.com, Realtime API, November 2026).

Every message in both directions is one that the vendor's SDK has a model of, which OpenAI generates from its API
description: a field that is not there is refused, or is a fault of this server.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openai.types import realtime
from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.ears import Ears, ListeningVendor
from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal

STREAMING = ("gpt-live-transcribe", "gpt-realtime-whisper")
"""They hear while the buffer fills, and take no turn detection."""
SEVERAL_LANGUAGES = ("gpt-transcribe", "gpt-live-transcribe")
MODELS = {*STREAMING, *SEVERAL_LANGUAGES, "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1"}
LANGUAGES = set("ar ca de el en es eu fr gl hi it ja ko nl pl pt ro ru sv tr uk vi zh".split())  # noqa: SIM905
MINIMUM_COMMIT_MS = 100
TRANSCRIPTION = "conversation.item.input_audio_transcription"
CLIENT_EVENTS: dict[str, type[BaseModel]] = {
    "session.update": realtime.SessionUpdateEvent,
    "input_audio_buffer.append": realtime.InputAudioBufferAppendEvent,
    "input_audio_buffer.commit": realtime.InputAudioBufferCommitEvent,
    "input_audio_buffer.clear": realtime.InputAudioBufferClearEvent,
}
SERVER_EVENTS: dict[str, type[BaseModel]] = {
    "session.created": realtime.SessionCreatedEvent,
    "session.updated": realtime.SessionUpdatedEvent,
    "input_audio_buffer.committed": realtime.InputAudioBufferCommittedEvent,
    f"{TRANSCRIPTION}.delta": realtime.ConversationItemInputAudioTranscriptionDeltaEvent,
    f"{TRANSCRIPTION}.completed": realtime.ConversationItemInputAudioTranscriptionCompletedEvent,
    f"{TRANSCRIPTION}.failed": realtime.ConversationItemInputAudioTranscriptionFailedEvent,
    "error": realtime.RealtimeErrorEvent,
}
GARBAGE = f'{{"type": "{TRANSCRIPTION}.completed", "transcript": 7}}'


class OpenAiTranscription(ListeningVendor):
    """Refuses with an error event, after which a session goes on, as OpenAI does."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.answers_commits = True
        self.answers_in_pairs = False
        """The answer to every second commit comes before that to the one before it."""
        self.fails_items = False
        self.heard_language: str | None = None
        """What it detects; else the first that it is told."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/realtime", self.listen)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("authorization") != f"Bearer {self.key}":
            return 401, "invalid_api_key"
        if dict(socket.query_params) != {"intent": "transcription"}:
            return 400, "a model in the address makes it another kind of session"
        return None

    async def listen(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


@dataclass(slots=True)
class _Item:
    """What is in the buffer, or was committed at once."""

    name: str
    words: list[str] = field(default_factory=list)
    length_ms: int = 0

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Connection:
    """One session."""

    def __init__(self, vendor: OpenAiTranscription, socket: WebSocket, fault: Fault | None) -> None:
        self.transcription: dict[str, Any] = {}
        """As the session was told."""
        self.commits = 0
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, socket.close)
        self._ears = Ears(vendor.lexicon)
        self._names = iter(range(1, 1_000_000))
        self._buffer = self._new_item()
        self._held: _Item | None = None

    @property
    def heard_ms(self) -> int:
        return self._ears.heard_ms

    def _new_item(self) -> _Item:
        return _Item(f"item_{next(self._names)}")

    async def serve(self) -> None:
        try:
            if not self._ordeal.is_silence_from_the_start:
                await self._send("session.created", session=self._session())
            while True:
                if await self._ordeal.ends_it():
                    return
                message = json.loads(await self._socket.receive_text())
                if problem := _unknown(message, CLIENT_EVENTS) or await self._obey(message):
                    self._vendor.refused.append(problem)
                    await self._refuse("invalid_value", problem)
        except WebSocketDisconnect:
            return

    async def _obey(self, message: dict[str, Any]) -> str | None:
        """Do what the message says; return what is wrong with it."""
        match message["type"]:
            case "session.update":
                if problem := _problem(message["session"]):
                    return problem
                self.transcription = message["session"]["audio"]["input"]["transcription"]
                await self._send("session.updated", session=self._session())
            case "input_audio_buffer.append":
                if not self.transcription:
                    return "audio before the session knows its format"
                try:
                    await self._hear(base64.b64decode(message["audio"], validate=True))
                except binascii.Error:
                    return "audio is no base64"
            case "input_audio_buffer.commit":
                if self._buffer.length_ms < MINIMUM_COMMIT_MS:
                    self._vendor.refused.append("commit of an empty buffer")
                    await self._refuse(
                        "input_audio_buffer_commit_empty",
                        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                        f"but buffer only has {self._buffer.length_ms}.00ms of audio.",
                    )
                    return None
                await self._commit()
        return None

    async def _hear(self, ulaw: bytes) -> None:
        self._buffer.length_ms += len(ulaw) // 8
        for word in self._ears.hear(ulaw):
            self._buffer.words.append(word.text)
            if self.transcription["model"] in STREAMING:
                await self._say_word(self._buffer, len(self._buffer.words) - 1)

    async def _say_word(self, item: _Item, place: int) -> None:
        await self._send(
            f"{TRANSCRIPTION}.delta",
            item_id=item.name,
            content_index=0,
            delta=f"{' ' if place else ''}{item.words[place]}",
        )

    async def _commit(self) -> None:
        self.commits += 1
        item, self._buffer = self._buffer, self._new_item()
        await self._send("input_audio_buffer.committed", item_id=item.name, previous_item_id=None)
        await asyncio.sleep(self._vendor.faults.latency_s)
        if not self._vendor.answers_commits:
            return
        if self._vendor.fails_items:
            error = {"type": "server_error", "code": "audio_unintelligible", "message": f"no idea of {item.text}"}
            await self._send(f"{TRANSCRIPTION}.failed", item_id=item.name, content_index=0, error=error)
            return
        if self._vendor.answers_in_pairs and self._held is None:
            self._held = item
            return
        for answered in (item, self._held):
            if answered is not None:
                await self._answer(answered)
        self._held = None

    async def _answer(self, item: _Item) -> None:
        if self.transcription["model"] not in STREAMING:
            for place in range(len(item.words)):
                await self._say_word(item, place)
        told: dict[str, Any] = {}
        if self.transcription["model"] == "gpt-transcribe":
            language = self._vendor.heard_language or self.transcription.get("languages", ["en"])[0]
            told = {"languages": [{"code": language}] if item.words else []}
        await self._send(
            f"{TRANSCRIPTION}.completed",
            item_id=item.name,
            content_index=0,
            transcript=item.text,
            usage={"type": "duration", "seconds": item.length_ms / 1000},
            **told,
        )

    def _session(self) -> dict[str, Any]:
        audio = {"format": {"type": "audio/pcmu"}, "transcription": self.transcription or None, "turn_detection": None}
        return {"type": "transcription", "audio": {"input": audio}}

    async def _refuse(self, code: str, message: str) -> None:
        await self._send("error", error={"type": "invalid_request_error", "code": code, "message": message})

    async def _send(self, kind: str, **values: Any) -> None:
        event = {"type": kind, "event_id": f"event_{next(self._names)}", **values}
        assert not _unknown(event, SERVER_EVENTS), (kind, _unknown(event, SERVER_EVENTS))
        await self._socket.send_json(event)


def _problem(session: dict[str, Any]) -> str | None:
    """Return what is wrong with a session beyond the shapes of its fields."""
    if session.get("type") != "transcription":
        return "this session is for transcription"
    heard = session.get("audio", {}).get("input", {})
    model = heard.get("transcription", {}).get("model")
    spoken = [*heard["transcription"].get("languages", []), heard["transcription"].get("language", "en")]
    rules: dict[str, Callable[[], bool]] = {
        "unknown model": lambda: model in MODELS,
        "only the telephone's mu-law is known here": lambda: heard.get("format") == {"type": "audio/pcmu"},
        "the model takes no turn detection": lambda: model not in STREAMING or heard.get("turn_detection") is None,
        "turn detection is on unless it is null": lambda: "turn_detection" in heard,
        "unsupported language": lambda: set(spoken) <= LANGUAGES,
        "the model takes one language": lambda: (
            model in SEVERAL_LANGUAGES or not {"languages", "keywords"} & set(heard["transcription"])
        ),
        "language and languages": lambda: not {"language", "languages"} <= set(heard["transcription"]),
        "the model takes no prompt": lambda: (
            model != "gpt-realtime-whisper" or not heard["transcription"].get("prompt")
        ),
    }
    return next((problem for problem, holds in rules.items() if not holds()), None)


def _unknown(message: dict[str, Any], events: dict[str, type[BaseModel]]) -> str | None:
    """Return what is wrong with a message by the SDK's model of it."""
    model = events.get(str(message.get("type")))
    if model is None:
        return f"unknown event {message.get('type')}"
    try:
        extra = _extra(model.model_validate(message))
    except ValidationError as error:
        return f"{error.errors()[0]['loc']}: {error.errors()[0]['type']}"
    return f"unknown field {extra}" if extra else None


def _extra(value: object) -> str | None:
    """Return the first field, at any depth, that the SDK's models do not have."""
    if isinstance(value, list):
        return next((extra for each in value if (extra := _extra(each))), None)
    if not isinstance(value, BaseModel):
        return None
    if value.model_extra:
        return next(iter(value.model_extra))
    return next((extra for _, each in value if (extra := _extra(each))), None)
