"""What one frame of 20 ms costs along the hops of the bridge, in memory: without the kernel and without the event loop.

    python -m bench.frame [--repeat 5]

Each hop alone, in processor time, the best of several repetitions: on a busy machine the others are disturbed most.
"""

from __future__ import annotations

import argparse
import sys
import time
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from app.api.frame_cutter import FrameCutter
from app.core.call import CallCore
from app.core.segmenter import SegmenterLimits
from app.domain.audio import FRAME_BYTES, FRAME_MS, AudioFrame, silence
from app.domain.commands import PlayAudio, PushAudio
from app.domain.events import FrameHeard, SpeechReady, StreamOpened, TranscriptHeard, TranslationReady
from app.domain.legs import Leg
from app.domain.transcripts import Transcript
from app.runtime.hearing import Hearing
from app.twilio.media import MediaStream
from bench.load.report import Figures, report
from bench.load.wave import PAUSE_MS
from tests.e2e.sounds import talk
from tests.unit.core_driver import CoreDriver, call_config

SPEECH_SHARE = 0.4
FRAMES_PER_S = 1000 // FRAME_MS
_FRAMES = 400
_MESSAGE_FRAMES = 5
_SID = "MZ" + "0" * 32
_START = (
    f'{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"AC1","streamSid":"{_SID}","callSid":"CA1","tracks":'
    '["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}},'
    f'"streamSid":"{_SID}"}}'
)

Prepare = Callable[[], Callable[[], int]]
"""Makes fresh state; what it returns is measured, and returns how many frames it took."""


@dataclass(frozen=True, slots=True)
class Hop:
    name: str
    prepare: Prepare
    share: float = 1.0
    """Of how many frames it is part, in a call in which both speak 40 % of the time."""


SPEECH = talk(_FRAMES * FRAME_MS / 1000, seed=1)
LOUD = [SPEECH[at : at + FRAME_BYTES] for at in range(0, len(SPEECH), FRAME_BYTES)]
QUIET = [silence(FRAME_MS)] * _FRAMES
MESSAGES = [
    f'{{"event":"media","sequenceNumber":"{n + 2}","media":{{"track":"inbound","chunk":"{n + 1}","timestamp":'
    f'"{n * FRAME_MS}","payload":"{b2a_base64(sound, newline=False).decode()}"}},"streamSid":"{_SID}"}}'
    for n, sound in enumerate(LOUD)
]


def read_socket() -> Callable[[], int]:
    cutter = FrameCutter(longest=1 << 20)
    received = [Frame(Opcode.TEXT, message.encode()).serialize(mask=True) for message in MESSAGES]

    def run() -> int:
        for data in received:
            cutter.only_text(data)
        return len(received)

    return run


def decode() -> Callable[[], int]:
    stream = _stream()

    def run() -> int:
        for message in MESSAGES:
            stream.receive(message)
        return len(MESSAGES)

    return run


def hear(frames: Sequence[bytes], *, is_playing: bool = False, is_pitch_known: bool = True) -> Prepare:
    def prepare() -> Callable[[], int]:
        ear = Hearing(Leg.CLIENT, 2, has_echo_gate=True, wants_pitch=None if is_pitch_known else lambda: True)
        other = talk(len(frames) * FRAME_MS / 1000, seed=2)

        def run() -> int:
            for number, ulaw in enumerate(frames):
                now_ms = float(number * FRAME_MS)
                if is_playing and number % _MESSAGE_FRAMES == 0:
                    ear.played(other[number * FRAME_BYTES :][: _MESSAGE_FRAMES * FRAME_BYTES], now_ms)
                ear.hear(number * FRAME_MS, ulaw, now_ms + FRAME_MS)
            return len(frames)

        return run

    return prepare


def decide(is_speech: bool) -> Prepare:
    """Return what the core does with frames of one leg, and how it says when it wants to be woken."""

    def prepare() -> Callable[[], int]:
        core, base_ms = _core()
        # A run of speech ends before the core cuts it.
        frames = [FrameHeard(AudioFrame(Leg.CLIENT, n + 1, n * FRAME_MS, QUIET[0]), is_speech) for n in range(_FRAMES)]

        def run() -> int:
            for number, event in enumerate(frames):
                now_ms = base_ms + number * FRAME_MS
                core.handle(event, now_ms)
                core.next_wake_ms(now_ms)
            return len(frames)

        return run

    return prepare


def push() -> Callable[[], int]:
    """Commands by type to a recogniser that keeps nothing."""
    frame = AudioFrame(Leg.CLIENT, 1, 0, QUIET[0])
    kept: list[AudioFrame] = []

    def run() -> int:
        for _ in range(_FRAMES):
            match PushAudio(frame):
                case PushAudio(pushed):
                    kept.append(pushed)
        kept.clear()
        return _FRAMES

    return run


def play() -> Callable[[], int]:
    """A clause that plays: what the core sends, asked only when it wants to be."""
    driver = CoreDriver(CallCore(call_config(segmenter=SegmenterLimits(pause_ms=PAUSE_MS))))
    driver.connect()
    driver.say(Leg.CLIENT, 1000)
    driver.give(TranscriptHeard(Leg.CLIENT, Transcript(1, "hello there", "", True, "en", 1.0)))
    clause = driver.translations()[-1].clause
    driver.give(TranslationReady(clause, "hola"))
    driver.give(SpeechReady(clause, SPEECH))

    def run() -> int:
        until_ms, before = driver.now_ms + _FRAMES * FRAME_MS, len(driver.log)
        driver.wait_until(until_ms)
        sent = sum(len(each.ulaw) for _, each in driver.log[before:] if isinstance(each, PlayAudio))
        assert sent > len(SPEECH) // 2
        return sent // FRAME_BYTES

    return run


def encode() -> Callable[[], int]:
    stream, protocol = _stream(), Protocol(Side.SERVER, state=OPEN)
    pieces = [b"".join(LOUD[n : n + _MESSAGE_FRAMES]) for n in range(0, _FRAMES, _MESSAGE_FRAMES)]

    def run() -> int:
        for piece in pieces:
            protocol.send_text(stream.send_media(piece).encode())
            b"".join(protocol.data_to_send())
        return _FRAMES

    return run


HOPS = (
    Hop("1 WebSocket frame to text", read_socket),
    Hop("2 text to typed message, base64", decode),
    Hop("2 ear, silent line", hear(QUIET), 1 - SPEECH_SHARE),
    Hop("2 ear, speech", hear(LOUD), SPEECH_SHARE * 0.85),
    Hop("2 ear, speech whose pitch is not known yet", hear(LOUD, is_pitch_known=False), SPEECH_SHARE * 0.05),
    Hop("2 ear, speech while something plays", hear(LOUD, is_playing=True), SPEECH_SHARE * 0.1),
    Hop("3 core, silence", decide(False), 1 - SPEECH_SHARE),
    Hop("3 core, speech", decide(True), SPEECH_SHARE),
    Hop("4 provider push", push),
    Hop("7 playout", play, SPEECH_SHARE),
    Hop("7 encode, WebSocket frame", encode, SPEECH_SHARE),
)


def measure(repeat: int) -> list[tuple[str, Figures]]:
    rows: list[tuple[str, Figures]] = []
    total_us = 0.0
    for hop in HOPS:
        best_us = min(_took_us(hop.prepare()) for _ in range(repeat))
        total_us += best_us * hop.share
        rows.append((hop.name, {"µs per frame": best_us, "share of frames": hop.share}))
    rows.append(("together, ms per stream-second", {"µs per frame": total_us * FRAMES_PER_S / 1000}))
    return rows


def _took_us(run: Callable[[], int]) -> float:
    began_s = time.thread_time()
    frames = run()
    return (time.thread_time() - began_s) / frames * 1e6


def _stream() -> MediaStream:
    stream = MediaStream()
    stream.receive(_START)
    return stream


def _core() -> tuple[CallCore, int]:
    core = CallCore(call_config(segmenter=SegmenterLimits(pause_ms=PAUSE_MS)))
    for leg in Leg:
        core.handle(StreamOpened(leg), 0)
    return core, 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    report("frame", f"python -m bench.frame {' '.join(sys.argv[1:])}".strip(), measure(options.repeat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
