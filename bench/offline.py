"""Real speech through the real offline engines: how late, and how well, each party hears the other.

    python -m bench.offline [--languages en] [--limit 8] [--out bench/results/offline.json]

Recordings and references come from SPEECH_DIR (default ../shared/speech: manifest.tsv, references.json). Each call
plays one recording as the client and one as the agent through the emulator and a server process of its own; what each
party heard is recognised and compared (chrF) with the reference translation. Latencies are the rows' own, for
utterances of 3 to 8 s, and include the pause that ends an utterance.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sacrebleu.metrics.chrf import CHRF

from app.api.schemas import CallView, UtteranceView
from app.config import PROJECT_ROOT, load_settings
from app.demo.captions import CaptionReader
from app.demo.desk import Desk, running_desk
from app.demo.judge import Judge
from app.demo.report import percentile
from app.domain.legs import Leg
from app.emulator.report import CallReport
from app.emulator.script import AtTime, CallScript, Party, Turn, WhenQuiet

AGENT_LANGUAGE = "es"


@dataclass(frozen=True)
class Recording:
    path: Path
    language: str
    references: dict[str, str]
    """The same sentence by language."""


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


def recordings(folder: Path, language: str) -> list[Recording]:
    """Return the recordings of a language, those with references first; the others serve for latency only."""
    references: dict[str, dict[str, str]] = json.loads((folder / "references.json").read_text(encoding="utf-8"))
    with (folder / "manifest.tsv").open(encoding="utf-8") as manifest:
        names = [row["file"] for row in csv.DictReader(manifest, delimiter="\t") if row["language"] == language]
    names.sort(key=lambda name: name not in references)
    return [Recording(folder / name, language, references.get(name, {})) for name in names]


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


async def measure(languages: list[str], limit: int, folder: Path) -> dict[str, object]:
    settings = load_settings()
    utterances: list[UtteranceView] = []
    calls: list[tuple[Recording, Recording, CallReport, CallView]] = []
    warnings = 0
    with TemporaryDirectory() as scratch:
        async with running_desk(Path(scratch)) as desk:
            agents = recordings(folder, AGENT_LANGUAGE)
            for language in languages:
                for index, client in enumerate(recordings(folder, language)[:limit]):
                    agent = agents[index % len(agents)]
                    report, call = await hold_call(desk, client, agent)
                    calls.append((client, agent, report, call))
                    utterances += call.utterances
                    warnings += sum(w.counts for leg in Leg for w in report.leg(leg).warnings)
                    print(f"{client.path.name} + {agent.path.name}: {len(call.utterances)} utterances", flush=True)
        ready_s = desk.ready_s
    judge = Judge(settings.models_dir / "whisper-base")
    heard = [item for call in calls for item in judge_call(judge, *call)]
    return {
        "ready_s": round(ready_s, 1),
        "protocol_warnings": warnings,
        "latency": {speaker.value: latency(utterances, speaker) for speaker in Leg},
        "chrf_heard": chrf(heard, "recognised"),
        "chrf_translated": chrf(heard, "translated"),
        "heard": [vars(item) for item in heard],
    }


def chrf(heard: list[Heard], what: str) -> dict[str, float]:
    """Return the corpus score of one field against the references, by direction."""
    scores: dict[str, float] = {}
    for direction in sorted({item.direction for item in heard}):
        mine = [item for item in heard if item.direction == direction]
        texts = [getattr(item, what) for item in mine]
        scores[direction] = round(CHRF().corpus_score(texts, [[item.reference for item in mine]]).score, 1)
    return scores


def judge_call(judge: Judge, client: Recording, agent: Recording, report: CallReport, call: CallView) -> list[Heard]:
    results: list[Heard] = []
    for speaker, recording, target in ((Leg.CLIENT, client, AGENT_LANGUAGE), (Leg.AGENT, agent, client.language)):
        reference = recording.references.get(target)
        if reference is None:
            continue
        verdict = judge.hear(report.leg(speaker.other).heard_ulaw, target, reference)
        mine = [each for each in call.utterances if each.speaker is speaker]
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
    folder = Path(os.environ.get("SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "speech"))
    if not (folder / "references.json").is_file():
        print(f"{folder} holds no recordings with references: set SPEECH_DIR", file=sys.stderr)
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
