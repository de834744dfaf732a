"""OpenAI's realtime translations (developers.openai.com, realtime translation, November 2026), over a WebSocket.

What it "hears" is loudness: every 300 ms of sound is one word, numbered, so that a lost or doubled stretch shows. It
writes down ``word7``, says ``palabra7`` (by a table of thirteen words) and hums it, 65 ms for each character. With a
``lexicon`` it recognises recordings and repeats their words. Its input is its clock: 200 ms out for 200 ms in, as with
the model.
"""

from __future__ import annotations

import asyncio
import audioop
import base64
import binascii
import json
from itertools import count
from typing import Any

import numpy as np
import soxr
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.vendors.ears import ListeningVendor, Templates
from tests.vendors.faults import Fault
from tests.vendors.sockets import Ordeal
from tests.vendors.speaking import SpeakingVendor

WORDS = {
    "de": "wort",
    "en": "word",
    "es": "palabra",
    "fr": "mot",
    "hi": "शब्द",
    "id": "kata",
    "it": "parola",
    "ja": "言葉",
    "ko": "단어",
    "pt": "palavra",
    "ru": "слово",
    "vi": "từ",
    "zh": "词",
}
SENTENCES = {
    "en": "that is what I will do for you and they have not said when it is".split(),  # noqa: SIM905
    "es": "eso es lo que voy a hacer por usted y no han dicho cuando es".split(),  # noqa: SIM905
}
"""What people say who speak the target language already."""
MODELS = {"gpt-realtime-translate"}
TRANSCRIPTION_MODELS = {"gpt-realtime-whisper"}
NOISE_REDUCTIONS = {"near_field", "far_field"}
RATE_HZ = 24_000
FRAME_BYTES = RATE_HZ // 5 * 2
"""The model's frame: 200 ms."""
STEP_BYTES = RATE_HZ // 50 * 2
WORD_STEPS = 15
LOUD_RMS = 200
LAG_WORDS = 2
PAUSE_STEPS = 20
SENTENCE_STEPS = 40
"""So many quiet steps end a sentence."""
GARBAGE = '{"type": "session.output_audio.delta", "delta": "not base64!"}'


class OpenAiTranslation(ListeningVendor, SpeakingVendor):
    """Answers what is wrong with an error event, as OpenAI does, and notes it."""

    says_why_in = "message"

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[Connection] = []
        self.lag_words = LAG_WORDS
        """It waits for so many words of context, or for a pause, before it says one."""
        self.spoken_language = "en"
        """What people say to it, except into English: then Spanish."""
        self.hears_target = False
        """Whether everybody speaks the target language already: it writes that down and is silent."""
        self.sends_silence = True
        """Whether there is audio of silence while it says nothing."""

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/v1/realtime/translations", self.translate)]

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        if socket.headers.get("authorization") != f"Bearer {self.key}":
            return 401, "Incorrect API key provided."
        if set(socket.query_params) != {"model"} or socket.query_params["model"] not in MODELS:
            return 400, "the query has a model, and nothing else"
        return None

    async def translate(self, socket: WebSocket) -> None:
        is_in, fault = await self.lets_in(socket)
        if is_in:
            connection = Connection(self, socket, fault)
            self.connections.append(connection)
            await connection.serve()


class Connection:
    """One session."""

    def __init__(self, vendor: OpenAiTranslation, socket: WebSocket, fault: Fault | None) -> None:
        self.language: str | None = None
        self.languages: list[str] = []
        """Every language that was asked for, in order."""
        self.heard_bytes = 0
        self.said_words = 0
        self.is_open = True
        self._vendor = vendor
        self._socket = socket
        self._ordeal = Ordeal(socket, fault, GARBAGE, self.close)
        self._events = count(1)
        self._model = socket.query_params["model"]
        self._transcription: dict[str, str] | None = None
        self._noise_reduction: dict[str, Any] | None = None
        self._input = bytearray()
        self._voice = bytearray()
        self._frames = 0
        self._loud_steps = 0
        self._quiet_steps = 0
        self._heard: list[str] = []
        """Every word, in the language that it was said in."""
        self._templates = Templates(vendor.lexicon)

    async def serve(self) -> None:
        try:
            if not self._ordeal.is_silence_from_the_start:
                await self._send("session.created", session=self._session())
            while True:
                if await self._ordeal.ends_it():
                    return
                text = await self._socket.receive_text()
                problem = await self._obey(text)
                if problem:
                    self._vendor.refused.append(problem)
                    await self._refuse(problem)
                if not self.is_open:
                    return
        except WebSocketDisconnect:
            return
        finally:
            self.is_open = False

    async def close(self, code: int) -> None:
        await self._socket.close(code)

    # --- What it is told ----------------------------------------------------------------------------------------------

    async def _obey(self, text: str) -> str | None:
        """Do what the message says; return what is wrong with it."""
        message = json.loads(text)
        keys = set(message) - {"event_id", "type"}
        match message.get("type"):
            case "session.update":
                problem = "session.update has a session" if keys != {"session"} else self._update(message["session"])
                if problem is None:
                    await self._send("session.updated", session=self._session())
                return problem
            case "session.input_audio_buffer.append":
                return "append has audio" if keys != {"audio"} else await self._append(message["audio"])
            case "session.close":
                await self._send("session.closed")
                self.is_open = False
                await self.close(1000)
                return None
            case kind:
                return f"unknown event {kind}"

    def _update(self, session: dict[str, Any]) -> str | None:
        if set(session) - {"audio"}:
            return "only audio can be updated"
        audio = session.get("audio", {})
        if set(audio) - {"input", "output"}:
            return "audio has input and output"
        sound, output = audio.get("input", {}), audio.get("output", {})
        if set(sound) - {"transcription", "noise_reduction"} or set(output) - {"language"}:
            return "unknown field of audio"
        language = output.get("language", self.language)
        transcription = sound.get("transcription", self._transcription)
        noise_reduction = sound.get("noise_reduction", self._noise_reduction)
        if language is not None and language not in WORDS:
            return f"unsupported language {language}"
        if transcription is not None and (
            set(transcription) != {"model"} or transcription["model"] not in TRANSCRIPTION_MODELS
        ):
            return "unknown transcription"
        if noise_reduction is not None and noise_reduction.get("type") not in NOISE_REDUCTIONS:
            return "unknown noise reduction"
        self._transcription, self._noise_reduction = transcription, noise_reduction
        if language is not None and language != self.language:
            self.language = language
            self.languages.append(language)
        return None

    async def _append(self, audio: str) -> str | None:
        try:
            pcm16 = base64.b64decode(audio, validate=True)
        except binascii.Error:
            return "audio is not base64"
        if not pcm16 or len(pcm16) % 2:
            return "audio is 16-bit PCM"
        if self.language is None:
            return "no audio.output.language"
        self.heard_bytes += len(pcm16)
        self._input += pcm16
        while len(self._input) >= FRAME_BYTES:
            frame = bytes(self._input[:FRAME_BYTES])
            del self._input[:FRAME_BYTES]
            await self._frame(frame)
        return None

    # --- What it does -------------------------------------------------------------------------------------------------

    async def _frame(self, frame: bytes) -> None:
        self._frames += 1
        for start in range(0, FRAME_BYTES, STEP_BYTES):
            await self._hear(frame[start : start + STEP_BYTES])
        await asyncio.sleep(self._vendor.faults.latency_s)
        if not self._voice and not self._vendor.sends_silence:
            return
        chunk = bytes(self._voice[:FRAME_BYTES])
        if self._vendor.sends_silence:
            chunk = chunk.ljust(FRAME_BYTES, b"\0")
        del self._voice[:FRAME_BYTES]
        await self._send(
            "session.output_audio.delta",
            delta=base64.b64encode(chunk).decode(),
            sample_rate=RATE_HZ,
            channels=1,
            format="pcm16",
            elapsed_ms=self._frames * 200,
        )

    async def _hear(self, pcm16: bytes) -> None:
        if self._vendor.lexicon and (known := self._templates.word(every_third(pcm16))) is not None:
            await self._hear_word(known)
        if audioop.rms(pcm16, 2) > LOUD_RMS:
            self._quiet_steps = 0
            self._loud_steps += 1
            if self._loud_steps % WORD_STEPS == 0 and not self._vendor.lexicon:
                await self._hear_word(self._next_word())
            return
        self._quiet_steps += 1
        if self._quiet_steps == PAUSE_STEPS:
            self._loud_steps = 0
            await self._say_until(len(self._heard))
        if self._quiet_steps == SENTENCE_STEPS and self._heard and not self._vendor.hears_target:
            await self._send("session.output_transcript.delta", delta=".", elapsed_ms=self._frames * 200)

    async def _hear_word(self, word: str) -> None:
        self._heard.append(word)
        if self._transcription is not None:
            await self._send("session.input_transcript.delta", delta=f" {word}", elapsed_ms=self._frames * 200)
        await self._say_until(len(self._heard) - self._vendor.lag_words)

    def _next_word(self) -> str:
        """Return what was said now, where any sound is words."""
        assert self.language is not None
        number = len(self._heard) + 1
        if self._vendor.hears_target:
            sentence = SENTENCES[self.language]
            return sentence[(number - 1) % len(sentence)]
        spoken = self._vendor.spoken_language
        return f"{WORDS[spoken if self.language != spoken else 'es']}{number}"

    async def _say_until(self, word: int) -> None:
        assert self.language is not None
        while self.said_words < word:
            self.said_words += 1
            if self._vendor.hears_target:
                continue
            known = self._heard[self.said_words - 1] if self._vendor.lexicon else None
            text = f" {known or f'{WORDS[self.language]}{self.said_words}'}"
            self._voice += for_the_model(self._vendor.sound_of(text))
            await self._send("session.output_transcript.delta", delta=text, elapsed_ms=self._frames * 200)

    async def _refuse(self, problem: str) -> None:
        error = {"type": "invalid_request_error", "code": "invalid_value", "message": problem, "param": None}
        await self._send("error", error=error)

    async def _send(self, kind: str, **fields: object) -> None:
        await self._socket.send_json({"type": kind, "event_id": f"event_{next(self._events)}", **fields})

    def _session(self) -> dict[str, Any]:
        return {
            "id": "sess_local",
            "type": "translation",
            "expires_at": 1_900_000_000,
            "model": self._model,
            "audio": {
                "input": {"transcription": self._transcription, "noise_reduction": self._noise_reduction},
                "output": {} if self.language is None else {"language": self.language},
            },
        }


def every_third(pcm16: bytes) -> bytes:
    """Return 8 kHz of the telephone's sound at 24 kHz: there is nothing above 4 kHz in it."""
    return np.frombuffer(pcm16, "<i2")[::3].tobytes()


def for_the_model(ulaw: bytes) -> bytes:
    """Return mu-law as the model sends it: 24 kHz PCM16."""
    samples = np.frombuffer(audioop.ulaw2lin(ulaw, 2), "<i2")
    return bytes(soxr.resample(samples, 8000, RATE_HZ).astype("<i2").tobytes())
