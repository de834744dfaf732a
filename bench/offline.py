"""Real speech through the real offline engines: how late, and how well, each party hears the other.

    python -m bench.offline [--languages en] [--limit 8] [--out bench/results/offline.json]

Recordings and references come from SPEECH_DIR (default ../shared/speech: manifest.tsv, references.json). Each call
plays one recording as the client and one as the agent through the emulator and a server process of its own; what each
party heard is recognised and compared (chrF) with the reference translation. Latencies are the rows' own, for
utterances of 3 to 8 s, and include the pause that ends an utterance. What was heard is compared with capitals and
without: nobody hears them, and the judge writes the same sentence now with, now without them (up to two points).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sacrebleu.metrics.chrf import CHRF

from app.api.schemas import CallView, UtteranceView
from app.config import load_settings
from app.demo.captions import CaptionReader
from app.demo.desk import Desk, running_desk
from app.demo.judge import Judge
from app.demo.report import percentile
from app.domain.legs import Leg
from app.emulator.report import CallReport
from app.emulator.script import AtTime, CallScript, Party, Turn, WhenQuiet
from bench.speech import Recording, recordings, speech_folder

AGENT_LANGUAGE = "es"


@dataclass(frozen=True)
class Heard:
    direction: str
    recording: str
    source: str
    """What the bridge recognised."""
    translated: str
    """What the bridge spoke."""
    recognised: str
    """What a recogniser understands of what the listener heard."""
    reference: str


async def hold_call(desk: Desk, client: Recording, agent: Recording) -> tuple[CallReport, CallView]:
    """Play both recordings, one after the other; return what happened and what was written of it."""
    script = CallScript(
        client=Party(number="+442079460018", turns=(Turn("client", AtTime(1.5), say=client.path),)),
        agent=Party(turns=(Turn("agent", WhenQuiet(1.5, since="client"), say=agent.path),)),
        linger_s=4.0,
        max_duration_s=120.0,
    )
    report = await desk.emulator.call(script)
    return report, await CaptionReader(desk.http, lambda _: None).read_to_the_end()


@dataclass(frozen=True)
class Held:
    """One call that was held: who said what, what the line saw, what was written."""

    client: Recording
    agent: Recording
    report: CallReport
    call: CallView


async def hold_calls(languages: Sequence[str], limit: int, folder: Path) -> tuple[list[Held], float]:
    """Hold up to ``limit`` calls in each language with a server of their own; return them and its start in seconds."""
    held: list[Held] = []
    with TemporaryDirectory() as scratch:
        async with running_desk(Path(scratch)) as desk:
            agents = recordings(folder, AGENT_LANGUAGE)
            for language in languages:
                for index, client in enumerate(recordings(folder, language)[:limit]):
                    agent = agents[index % len(agents)]
                    held.append(Held(client, agent, *await hold_call(desk, client, agent)))
                    spoken = len(held[-1].call.utterances)
                    print(f"{client.path.name} + {agent.path.name}: {spoken} utterances", flush=True)
        return held, desk.ready_s


async def measure(languages: list[str], limit: int, folder: Path) -> dict[str, object]:
    calls, ready_s = await hold_calls(languages, limit, folder)
    utterances = [each for held in calls for each in held.call.utterances]
    heard = judge_calls(calls)
    return {
        "ready_s": round(ready_s, 1),
        "protocol_warnings": protocol_warnings(calls),
        "latency": {speaker.value: latency(utterances, speaker) for speaker in Leg},
        "chrf_heard": chrf(heard, "recognised", ignores_capitals=True),
        "chrf_heard_with_capitals": chrf(heard, "recognised"),
        "chrf_translated": chrf(heard, "translated"),
        "heard": [vars(item) for item in heard],
    }


def protocol_warnings(calls: Sequence[Held]) -> int:
    return sum(warned.counts for held in calls for leg in Leg for warned in held.report.leg(leg).warnings)


def judge_calls(calls: Sequence[Held]) -> list[Heard]:
    """Recognise what each party heard."""
    judge = Judge(load_settings().models_dir / "whisper-base")
    return [item for held in calls for item in judge_call(judge, held)]


def chrf(heard: list[Heard], what: str, *, ignores_capitals: bool = False) -> dict[str, float]:
    """Return the corpus score of one field against the references, by direction."""
    scores: dict[str, float] = {}
    metric = CHRF(lowercase=ignores_capitals)
    for direction in sorted({item.direction for item in heard}):
        mine = [item for item in heard if item.direction == direction]
        texts = [getattr(item, what) for item in mine]
        scores[direction] = round(metric.corpus_score(texts, [[item.reference for item in mine]]).score, 1)
    return scores


def judge_call(judge: Judge, held: Held) -> list[Heard]:
    results: list[Heard] = []
    directions = ((Leg.CLIENT, held.client, AGENT_LANGUAGE), (Leg.AGENT, held.agent, held.client.language))
    for speaker, recording, target in directions:
        reference = recording.references.get(target)
        if reference is None:
            continue
        verdict = judge.hear(held.report.leg(speaker.other).heard_ulaw, target, reference)
        mine = [each for each in held.call.utterances if each.speaker is speaker]
        results.append(
            Heard(
                direction=f"{recording.language}-{target}",
                recording=recording.path.name,
                source=" ".join(each.source_text for each in mine),
                translated=" ".join(each.translated_text or "" for each in mine),
                recognised=verdict.recognised,
                reference=reference,
            )
        )
    return results


def latency(utterances: list[UtteranceView], speaker: Leg) -> dict[str, int]:
    """Return milliseconds, of utterances of 3 to 8 s."""
    mine = [each for each in utterances if each.speaker is speaker and 3000 <= each.speech_ms <= 8000]
    table: dict[str, int] = {"utterances": len(mine)}
    for stage in ("recognition_ms", "translation_ms", "synthesis_ms", "queue_ms", "total_ms"):
        values = [value for each in mine if (value := getattr(each, stage)) is not None]
        if values:
            table[f"{stage}_p50"] = round(statistics.median(values))
            table[f"{stage}_p95"] = percentile(values, 95)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default="en", help="the clients' languages, comma separated")
    parser.add_argument("--limit", type=int, default=8, help="calls per language")
    parser.add_argument("--out", type=Path, default=None, help="write the result as JSON too")
    args = parser.parse_args()
    folder = speech_folder()
    if folder is None:
        print("there are no recordings with references: set SPEECH_DIR", file=sys.stderr)
        return 2
    result = asyncio.run(measure(args.languages.split(","), args.limit, folder))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    heard = result.pop("heard")
    assert isinstance(heard, list)
    for item in heard:
        print(f"  {item['direction']} {item['recording']}")
        for what in ("source", "translated", "recognised", "reference"):
            print(f"    {what:<10} {item[what]}")
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
