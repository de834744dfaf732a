"""What recognition and voices on this machine do to the event loop, and how many calls they say it can carry.

    python -m bench.local_models [--calls 1] [--seconds 20] [--niceness 5]

In each call somebody speaks without end while the voice speaks without end, which is more than two people do. The event
loop does nothing else than to look at the clock every 5 ms: how late it is, is what a frame of sound would be.
``--niceness 0`` is the comparison: threads that compute are then like any other.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from contextlib import aclosing

import app.processors
from app.config import Settings
from app.demo.report import percentile
from app.domain.audio import FRAME_BYTES, FRAME_MS, ULAW_SILENCE, AudioFrame, silence
from app.domain.legs import Leg
from app.runtime.capacity import Capacity
from app.stt.base import SttOptions, SttProvider, SttStream
from app.stt.factory import create_stt_provider
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.factory import create_tts_provider

_TICK_S = 0.005
_TEXT = "Buenos días, llamo porque mi pedido no ha llegado todavía y quería saber cuándo lo van a entregar."
_PAUSE_MS = 800


async def measure(settings: Settings, calls: int, seconds: float) -> dict[str, object]:
    stt, voice = create_stt_provider(settings), create_tts_provider(settings)
    await stt.start()
    await voice.start()
    speech = b"".join([piece async for piece in voice.speak(SpeechRequest(_TEXT, "es"))]) + silence(_PAUSE_MS)
    capacity = Capacity(app.processors.usable_processors(), stt.processors, voice.processors)
    idle = await _lateness(3.0)
    async with asyncio.TaskGroup() as tasks:
        busy_with = [tasks.create_task(_listen(stt, speech)) for _ in range(calls)]
        busy_with += [tasks.create_task(_speak(voice)) for _ in range(calls)]
        busy = await _lateness(seconds)
        for task in busy_with:
            task.cancel()
    await stt.aclose()
    await voice.aclose()
    return {
        "calls": calls,
        "niceness": app.processors.NICENESS,
        "processors": capacity.processors,
        "recognition_processors_per_s": round(capacity.recognition, 3),
        "voice_processors_per_s": round(capacity.voice, 3),
        "capacity_calls": capacity.calls,
        "idle_late_ms": _percentiles(idle),
        "busy_late_ms": _percentiles(busy),
    }


async def _lateness(seconds: float) -> list[float]:
    """Return by how many milliseconds each look at the clock was late."""
    late_ms: list[float] = []
    until_s = time.monotonic() + seconds
    while (due_s := time.monotonic() + _TICK_S) < until_s:
        await asyncio.sleep(_TICK_S)
        late_ms.append(1000 * (time.monotonic() - due_s))
    return late_ms


def _percentiles(late_ms: list[float]) -> dict[str, float]:
    microseconds = [int(each * 1000) for each in late_ms]
    found = {f"p{percent}": percentile(microseconds, percent) / 1000 for percent in (50, 95, 99)}
    return {**found, "max": max(microseconds) / 1000}


async def _listen(stt: SttProvider, speech: bytes) -> None:
    """Push speech in real time, utterance after utterance, as a leg does."""
    stream = await stt.open(SttOptions(Leg.CLIENT, ("es",), is_settled=True))
    reading = asyncio.create_task(_read(stream))
    frames = [speech[start : start + FRAME_BYTES] for start in range(0, len(speech), FRAME_BYTES)]
    ends = len(frames) - _PAUSE_MS // FRAME_MS // 2
    began_s = time.monotonic()
    try:
        for sequence in itertools.count():
            at_ms = sequence * FRAME_MS
            await asyncio.sleep(began_s + at_ms / 1000 - time.monotonic())
            utterance, index = divmod(sequence, len(frames))
            if index == 0:
                stream.begin_utterance(utterance + 1, at_ms)
            stream.push(AudioFrame(Leg.CLIENT, sequence + 1, at_ms, frames[index].ljust(FRAME_BYTES, ULAW_SILENCE)))
            if index == ends:
                stream.end_utterance(at_ms)
    finally:
        await stream.aclose()
        await reading


async def _read(stream: SttStream) -> None:
    async for _ in stream:
        pass


async def _speak(voice: TtsProvider) -> None:
    while True:
        async with aclosing(voice.speak(SpeechRequest(_TEXT, "es"))) as pieces:
            async for _ in pieces:
                pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--niceness", type=int, default=app.processors.NICENESS)
    options = parser.parse_args()
    app.processors.NICENESS = options.niceness
    settings = Settings(_env_file=None, stt_provider="whisper", tts_provider="kokoro")
    print(json.dumps(asyncio.run(measure(settings, options.calls, options.seconds)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
