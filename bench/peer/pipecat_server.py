"""One pipecat pipeline per media stream: Twilio's serializer, webrtcvad, and services that answer after a set time.

The services are pipecat's own base classes with the waiting left in and the vendor taken out. A stream hears the
translation of its own speech, so that it carries what a leg of a call does.
"""

from __future__ import annotations

import asyncio
import math
import os
import struct
import sys
from collections.abc import AsyncGenerator

import uvicorn
import webrtcvad
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.frames.frames import (
    Frame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

RATE_HZ = 8000
PAUSE_S, FINAL_S, TRANSLATION_S, FIRST_S = 0.5, 0.2, 0.1, 0.15
SPEECH_S = 2.3
"""What the bridge's scripted voice says to one phrase of its phrasebook, on average."""
PIECE_S = 0.2
SOUND = struct.pack(
    f"<{RATE_HZ}h", *(int(6000 * math.sin(2 * math.pi * 200 * sample / RATE_HZ)) for sample in range(RATE_HZ))
)

app = FastAPI()


class WebRtcVad(VADAnalyzer):
    def __init__(self) -> None:
        params = VADParams(confidence=0.5, start_secs=0.1, stop_secs=PAUSE_S, min_volume=0.0)
        super().__init__(sample_rate=RATE_HZ, params=params)
        self._vad = webrtcvad.Vad(2)

    def num_frames_required(self) -> int:
        return RATE_HZ // 50

    def voice_confidence(self, buffer: bytes) -> float:
        return float(self._vad.is_speech(buffer, RATE_HZ))


class StubStt(STTService):
    """Hears one sentence in every utterance."""

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self.create_task(self._answer())

    async def _answer(self) -> None:
        await asyncio.sleep(FINAL_S)
        await self.push_frame(TranscriptionFrame("I paid 65 euros and it has not arrived.", "caller", "now"))


class StubTranslator(FrameProcessor):
    """Says the same in another language."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            self.create_task(self._answer())
        else:
            await self.push_frame(frame, direction)

    async def _answer(self) -> None:
        await asyncio.sleep(TRANSLATION_S)
        await self.push_frame(TTSSpeakFrame("Pagué 65 euros y no ha llegado."))


class StubTts(TTSService):
    def __init__(self) -> None:
        super().__init__(sample_rate=RATE_HZ, push_start_frame=True, push_stop_frames=True)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        await asyncio.sleep(FIRST_S)
        piece = SOUND[: int(2 * RATE_HZ * PIECE_S)]
        for _ in range(round(SPEECH_S / PIECE_S)):
            yield TTSAudioRawFrame(piece, RATE_HZ, 1, context_id=context_id)


@app.get("/ready")
def ready() -> dict[str, bool]:
    return {"ready": True}


@app.websocket("/ws")
async def media(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_json()
    start = (await websocket.receive_json())["start"]
    serializer = TwilioFrameSerializer(
        start["streamSid"], start["callSid"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    params = FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer)
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    pipeline = Pipeline(
        [
            transport.input(),
            VADProcessor(vad_analyzer=WebRtcVad()),
            StubStt(),
            StubTranslator(),
            StubTts(),
            transport.output(),
        ]
    )
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
        cancel_on_idle_timeout=False,
    )

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: object, _client: object) -> None:
        await worker.cancel()

    await WorkerRunner(handle_sigint=False).run(worker)


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    uvicorn.run(
        app,
        port=int(os.environ["PORT"]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="error",
        access_log=False,
    )
