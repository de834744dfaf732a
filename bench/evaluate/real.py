"""Real speech through the real engines and the emulator's telephone line: what the parties of real calls get.

Recordings come from SPEECH_DIR. Each call plays one recording as the client and one as the agent, through a server
process of its own.
"""

from __future__ import annotations

import asyncio
import audioop
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import jiwer

from app.api.schemas import CallView
from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import FRAME_BYTES, SAMPLE_RATE_HZ
from app.domain.legs import Leg
from app.emulator.wav import Segment, audible_segments
from bench.evaluate.measures import percentile
from bench.evaluate.report import JsonTable
from bench.offline import AGENT_LANGUAGE, Heard, Held, chrf, hold_calls, judge_calls, protocol_warnings

_LOOP_SIMILARITY = 0.8
_LOOP_WINDOW_S = 12.0
_QUIET_SHARE = 0.1


@dataclass(slots=True)
class _Direction:
    calls: int = 0
    unheard: int = 0
    turn_end_s: list[float] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    recognised: list[str] = field(default_factory=list)


def evaluate_real(languages: Sequence[str], limit: int, folder: Path) -> tuple[dict[str, JsonTable], list[Heard]]:
    """Hold the calls; return a line for each direction, and what was heard."""
    calls, _ = asyncio.run(hold_calls(languages, limit, folder))
    heard = judge_calls(calls)
    directions = _directions(calls)
    chrf_heard, chrf_translated = chrf(heard, "recognised"), chrf(heard, "translated")
    table: dict[str, JsonTable] = {
        name: {
            "calls": each.calls,
            "unheard": each.unheard,
            "end p50": round(percentile(each.turn_end_s, 50), 2),
            "end p95": round(percentile(each.turn_end_s, 95), 2),
            "WER %": round(100 * jiwer.wer(each.truth, each.recognised), 1) if each.truth else "",
            "chrF heard": chrf_heard.get(name, ""),
            "chrF spoken": chrf_translated.get(name, ""),
        }
        for name, each in sorted(directions.items())
    }
    loops = sum(count_loops(held.call) for held in calls)
    print(f"\nloops: {loops}; protocol warnings: {protocol_warnings(calls)}")
    return table, heard


def _directions(calls: Sequence[Held]) -> dict[str, _Direction]:
    directions: dict[str, _Direction] = defaultdict(_Direction)
    for held in calls:
        for speaker, recording, target in (
            (Leg.CLIENT, held.client, AGENT_LANGUAGE),
            (Leg.AGENT, held.agent, held.client.language),
        ):
            direction = directions[f"{recording.language}-{target}"]
            direction.calls += 1
            wait_s = turn_end_to_audio_s(held, speaker)
            if wait_s is None:
                direction.unheard += 1
            else:
                direction.turn_end_s.append(wait_s)
            mine = [each.source_text for each in held.call.utterances if each.speaker is speaker]
            if truth := _plain(recording.transcript):
                direction.truth.append(truth)
                direction.recognised.append(_plain(" ".join(mine)))
    return directions


def turn_end_to_audio_s(held: Held, speaker: Leg) -> float | None:
    """Return the silence between the end of a party's speech and the first of its translation that remains to be heard.

    0 where some of it is being heard when the speech ends; None where nothing is heard at all.
    """
    spoken = held.report.leg(speaker)
    if not spoken.said:
        return None
    end_s = speech_end_s(spoken.said_ulaw, spoken.said[-1].start_s, spoken.said[-1].end_s)
    return silence_after_s(end_s, audible_segments(held.report.leg(speaker.other).heard_ulaw))


def speech_end_s(ulaw: bytes, from_s: float, until_s: float) -> float:
    """Return where speech ends between two moments: the last frame that is at most 20 dB below the loudest."""
    first, last = (round(at_s * SAMPLE_RATE_HZ) // FRAME_BYTES for at_s in (from_s, until_s))
    levels = [
        audioop.rms(ulaw_to_pcm16(ulaw[frame * FRAME_BYTES : (frame + 1) * FRAME_BYTES]), 2)
        for frame in range(first, last)
    ]
    loud = [index for index, level in enumerate(levels) if level >= _QUIET_SHARE * max(levels)]
    return (first + loud[-1] + 1) * FRAME_BYTES / SAMPLE_RATE_HZ if loud else until_s


def silence_after_s(end_s: float, segments: Sequence[Segment]) -> float | None:
    """Return how long after ``end_s`` the next sound begins."""
    if any(segment.start_s <= end_s < segment.end_s for segment in segments):
        return 0.0
    return next((segment.start_s - end_s for segment in segments if segment.start_s >= end_s), None)


def count_loops(call: CallView) -> int:
    """Count utterances that are what the bridge itself had spoken on that leg in the last seconds."""
    loops = 0
    for utterance in call.utterances:
        for earlier in call.utterances:
            if earlier.speaker is utterance.speaker or not earlier.translated_text:
                continue
            apart_s = (utterance.started_at - earlier.started_at).total_seconds()
            is_near = 0 <= apart_s <= _LOOP_WINDOW_S + earlier.speech_ms / 1000
            likeness = SequenceMatcher(None, _plain(utterance.source_text), _plain(earlier.translated_text)).ratio()
            loops += is_near and likeness >= _LOOP_SIMILARITY
    return loops


def _plain(text: str) -> str:
    """Return words alone, casefolded: what word error rates are counted on."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold().replace("'", " ")).split())
