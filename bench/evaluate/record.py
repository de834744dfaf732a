"""Make traces of real recordings: what the offline recogniser makes of them, in real time, on this machine.

    python -m bench.evaluate.record [--languages en,es] [--limit 8] [--out bench/evaluate/traces]

Recordings come from SPEECH_DIR; those with references are used. Nothing but text and times is kept. Arrival times are
only worth keeping when the machine does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import jiwer
from faster_whisper import WhisperModel

from app.audio.ulaw import ulaw_to_float
from app.audio.vad import VoiceActivityDetector
from app.config import Settings, load_settings
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits, SpeechBoundary
from app.domain.audio import FRAME_BYTES, FRAME_MS, AudioFrame, duration_ms, silence
from app.domain.legs import Leg
from app.emulator.wav import read_wav
from app.stt.base import SttOptions, SttProvider, SttStream
from app.stt.factory import create_stt_provider
from app.translation.sentences import split_sentences
from bench.evaluate.alignment import comparable
from bench.evaluate.sentences import split_words
from bench.evaluate.trace import Heard, SpeechRun, Trace, Turn, Word, write_traces
from bench.speech import Recording, recordings, speech_folder

_LANGUAGES = "en,es,fr,de,pt"
_LEAD_MS = 600
_TAIL_MS = 1600
_LAST_FINAL_S = 20.0
_WHISPER_RATE_HZ = 16000

TimedWord = tuple[str, int, int]


class RecogniserRun:
    """One recording through one stream of the recogniser, as fast as it was spoken."""

    def __init__(self, stream: SttStream, settings: Settings) -> None:
        self._stream = stream
        self._vad = VoiceActivityDetector(settings.vad_aggressiveness)
        self._segmenter = Segmenter(SegmenterLimits(pause_ms=settings.utterance_pause_ms))
        self._began_s = 0.0
        self._finals = 0
        self._all_final = asyncio.Event()
        self._began_ms = 0
        self.judged: list[bool] = []
        """Whether each frame is speech."""
        self.utterances: list[tuple[int, int]] = []
        self.heard: list[Heard] = []

    async def play(self, ulaw: bytes) -> None:
        """Play it to the end and wait for the last final."""
        loop = asyncio.get_running_loop()
        self._began_s = loop.time()
        reader = asyncio.create_task(self._read())
        try:
            for index in range(len(ulaw) // FRAME_BYTES):
                await asyncio.sleep(self._began_s + (index + 1) * FRAME_MS / 1000 - loop.time())
                frame = AudioFrame(
                    Leg.CLIENT, index + 1, index * FRAME_MS, ulaw[index * FRAME_BYTES : (index + 1) * FRAME_BYTES]
                )
                self._push(frame)
            async with asyncio.timeout(_LAST_FINAL_S):
                while self._finals < len(self.utterances):
                    self._all_final.clear()
                    await self._all_final.wait()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    def _push(self, frame: AudioFrame) -> None:
        self._stream.push(frame)
        is_speech = self._vad.is_speech(frame.ulaw)
        self.judged.append(is_speech)
        boundary = self._segmenter.add(frame.at_ms, is_speech)
        if boundary is not None:
            self._tell(boundary)

    def _tell(self, boundary: SpeechBoundary) -> None:
        match boundary.kind:
            case Boundary.BEGAN:
                self._began_ms = boundary.at_ms
                self._stream.begin_utterance(len(self.utterances) + 1, boundary.at_ms)
            case Boundary.PAUSED:
                self._stream.hint_pause(boundary.at_ms)
            case Boundary.ENDED:
                self.utterances.append((self._began_ms, boundary.at_ms))
                self._stream.end_utterance(boundary.at_ms)

    async def _read(self) -> None:
        async for transcript in self._stream:
            at_ms = round((asyncio.get_running_loop().time() - self._began_s) * 1000)
            self.heard.append(Heard(at_ms, transcript))
            self._finals += transcript.is_final
            self._all_final.set()


class WordTimer:
    """Finds when each word of a known text is said, by faster-whisper's word timestamps."""

    def __init__(self, model: Path) -> None:
        self._model = WhisperModel(str(model), device="cpu", compute_type="int8")

    def time_words(self, ulaw: bytes, text: str, language: str) -> tuple[Word, ...]:
        """Return the words of ``text`` with their times in the audio."""
        segments, _ = self._model.transcribe(
            ulaw_to_float(ulaw, _WHISPER_RATE_HZ), language=language, word_timestamps=True
        )
        found = [
            (comparable(word.word), round(word.start * 1000), round(word.end * 1000))
            for segment in segments
            for word in segment.words or ()
        ]
        return tuple(spread_times(split_words(text), [word for word in found if word[0]], duration_ms(ulaw)))


def spread_times(words: Sequence[str], timed: Sequence[TimedWord], end_ms: int) -> Iterator[Word]:
    """Give each word the time of the recognised word that it aligns with; words between share what is left."""
    known: dict[int, tuple[int, int]] = {}
    reference = " ".join(comparable(word) or "-" for word in words)
    if timed:
        output = jiwer.process_words(reference, " ".join(word for word, _, _ in timed))
        for chunk in output.alignments[0]:
            if chunk.type in ("equal", "substitute"):
                for offset in range(chunk.ref_end_idx - chunk.ref_start_idx):
                    known[chunk.ref_start_idx + offset] = timed[chunk.hyp_start_idx + offset][1:]
    now_ms = 0
    index = 0
    while index < len(words):
        if index in known:
            start_ms = max(now_ms, known[index][0])
            now_ms = min(end_ms, max(start_ms, known[index][1]))
            yield Word(words[index], min(start_ms, now_ms), now_ms)
            index += 1
            continue
        last = next((later for later in range(index, len(words)) if later in known), len(words))
        until_ms = max(now_ms, known[last][0] if last in known else end_ms)
        step_ms = (until_ms - now_ms) // (last - index)
        for later in range(index, last):
            yield Word(words[later], now_ms, now_ms + step_ms)
            now_ms += step_ms
        index = last


async def record(recording: Recording, provider: SttProvider, timer: WordTimer, settings: Settings) -> Trace:
    """Return the trace of one recording."""
    ulaw = silence(_LEAD_MS) + read_wav(recording.path) + silence(_TAIL_MS)
    text = recording.references[recording.language]
    words = timer.time_words(ulaw, text, recording.language)
    stream = await provider.open(SttOptions(Leg.CLIENT, (recording.language,)))
    run = RecogniserRun(stream, settings)
    try:
        await run.play(ulaw)
    finally:
        await stream.aclose()
    references = {language: said for language, said in recording.references.items() if language != recording.language}
    trace = Trace(
        name=f"{recording.language}-{recording.path.stem}",
        kind="whisper",
        language=recording.language,
        pause_ms=settings.utterance_pause_ms,
        turns=(Turn(tuple(split_sentences(text)), references, words),),
        speech=tuple(_runs(run.judged)),
        utterances=tuple(run.utterances),
        heard=tuple(run.heard),
        note=f"speech: Google FLEURS ({recording.licence}); text: FLORES (CC BY-SA 4.0); {provider.capabilities.name}",
    )
    trace.check()
    return trace


def _runs(judged: Iterable[bool]) -> Iterator[SpeechRun]:
    for is_speech, frames in groupby(judged):
        yield SpeechRun(is_speech, sum(1 for _ in frames) * FRAME_MS)


async def record_all(languages: Sequence[str], limit: int, folder: Path, out: Path) -> None:
    settings = load_settings()
    provider = create_stt_provider(settings)
    await provider.start()
    timer = WordTimer(settings.models_dir / "whisper-base")
    try:
        for language in languages:
            wanted = [each for each in recordings(folder, language) if language in each.references][:limit]
            traces = [await record(each, provider, timer, settings) for each in wanted]
            write_traces(out / f"{language}-whisper.jsonl", traces)
            heard = sum(len(trace.heard) for trace in traces)
            print(f"{language}: {heard} transcripts of {len(traces)} recordings", flush=True)
    finally:
        await provider.aclose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default=_LANGUAGES)
    parser.add_argument("--limit", type=int, default=8, help="recordings per language")
    parser.add_argument("--out", type=Path, default=Path("bench/evaluate/traces"))
    args = parser.parse_args()
    folder = speech_folder()
    if folder is None:
        print("there are no recordings with references: set SPEECH_DIR", file=sys.stderr)
        return 2
    asyncio.run(record_all(args.languages.split(","), args.limit, folder, args.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
