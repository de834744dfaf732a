"""A whole-audio engine that hears what was spelled, and streams over it.

Every 20 ms frame of byte n is the word ``wn``, silence says nothing.
"""

from __future__ import annotations

import threading

from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, ULAW_SILENCE
from app.domain.legs import Leg
from app.stt.base import SttCapabilities, SttOptions
from app.stt.decode_queue import DecodeQueue
from app.stt.decoding import Decoded, Engine
from app.stt.whisper_stream import StreamCounts, WhisperStream
from tests.contract.stt_suite import Talker
from tests.waiting import until

CAPABILITIES = SttCapabilities("whisper", frozenset({"en", "es"}), detects_language=True, interim_results=True)
OPTIONS = SttOptions(Leg.CLIENT, ("en",))
WORD_MS = 200


def spell(*words: int) -> bytes:
    """Return 200 ms of audio for each word."""
    return b"".join(bytes([word]) * (WORD_MS * BYTES_PER_MS) for word in words)


def spelled(ulaw: bytes) -> list[str]:
    said: list[int] = []
    for offset in range(0, len(ulaw), FRAME_BYTES):
        byte = ulaw[offset]
        if byte != ULAW_SILENCE[0] and (not said or said[-1] != byte):
            said.append(byte)
    return [f"w{byte}" for byte in said]


class SpellingEngine(Engine):
    """Hears perfectly; partials can be made to hear something else, and finals to wait or to fail."""

    def __init__(self) -> None:
        self.finals_may_end = threading.Event()
        self.finals_may_end.set()
        self.partials_may_end = threading.Event()
        self.partials_may_end.set()
        self.finals_started = 0
        self.last_heard = b""
        self.partials_done = 0
        self.error: Exception | None = None
        self.misheard: dict[str, str] = {}

    def decode_final(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        self.last_heard = ulaw
        self.finals_started += 1
        assert self.finals_may_end.wait(10)
        if self.error is not None:
            raise self.error
        return Decoded(" ".join(spelled(ulaw)), languages[0], 1.0)

    def decode_partial(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        assert self.partials_may_end.wait(10)
        heard = " ".join(self.misheard.get(word, word) for word in spelled(ulaw))
        self.partials_done += 1
        return Decoded(heard, languages[0], 1.0)


class Bench:
    """An engine, its queue, its counters, and streams over them."""

    def __init__(self) -> None:
        self.engine = SpellingEngine()
        self.queue: DecodeQueue[Decoded] = DecodeQueue(workers=2)
        self.counts = StreamCounts()

    def open(self, final_timeout_s: float = 10.0, hold_back_words: int | None = 2) -> WhisperStream:
        return WhisperStream(
            self.engine, self.queue, self.counts, CAPABILITIES, OPTIONS, 300, final_timeout_s, hold_back_words
        )

    async def push_slowly(self, talker: Talker, ulaw: bytes) -> None:
        """Push 300 ms at a time, so that every partial which is due is decoded."""
        for offset in range(0, len(ulaw), 300 * BYTES_PER_MS):
            done = self.engine.partials_done
            await talker.push(ulaw[offset : offset + 300 * BYTES_PER_MS])
            await until(lambda done=done: self.engine.partials_done > done or self.queue.is_idle)
