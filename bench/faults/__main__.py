"""Let every vendor fail in every way while somebody speaks, and compare what was heard with calls where none does.

    python -m bench.faults [--runs 100] [--at-once 8] [--seed 1] [--json build/faults.json]

A run is a call with recorded speech (SPEECH_DIR) through the emulator, a real server and local vendors that are as
strict as Deepgram, DeepL and ElevenLabs; others take over. The recogniser knows the recordings word by word and the
voice speaks in chords, so what reached the listener's ear is known word by word.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from app.demo.report import percentile
from app.domain.legs import Leg
from app.domain.usage import Stage
from bench.faults.recordings import choose
from bench.faults.run import Common, Comparison, Misfortune, Outcome, Scene, compare, hold
from bench.faults.vendors import ACTORS, CASCADE, Kind, reliable_vendors
from bench.faults.word_tones import WordTones
from bench.speech import recordings, speech_folder

SHORTEST_S, LONGEST_S = 5.0, 9.9
PASSING_S = 6.0
GAP_P95_MS = 1500
USUAL_RUNS = 2
"""Calls of each scene and vendor without a fault: the first is what others are compared with, the rest show noise."""


@dataclass(frozen=True, slots=True)
class Run:
    misfortune: Misfortune
    scene: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Leaks:
    tasks: int
    sockets: int


def plan(runs: int, seed: int) -> list[tuple[Misfortune, int]]:
    """Spread the runs over vendors, faults and moments; half of the faults pass, half do not."""
    chance = random.Random(seed)
    rounds = -(-runs // (len(ACTORS) * len(Kind)))
    planned = [
        (
            Misfortune(
                actor,
                kind,
                round((turn + chance.random()) / rounds * 0.9 + 0.05, 3),
                PASSING_S if chance.random() < 0.5 else None,
            ),
            chance.randrange(2),
        )
        for turn in range(rounds)
        for actor, kind in itertools.product(ACTORS, Kind)
    ]
    chance.shuffle(planned)
    return planned[:runs]


async def run_all(
    scenes: Sequence[Scene], planned: Sequence[tuple[Misfortune, int]], at_once: int, usual_runs: int = USUAL_RUNS
) -> tuple[list[Run], Leaks]:
    """Hold all calls, some at once."""
    lines = [line for scene in scenes for line in (scene.client, scene.agent)]
    tones = WordTones(word for line in lines for word in line.words)
    lexicon = {frame: word for line in lines for frame, word in line.lexicon().items()}
    actors = {each.actor.title: each.actor for each, _ in planned}
    if any(actor.stage is Stage.SPEECH_TO_SPEECH for actor in actors.values()):
        actors[CASCADE.title] = CASCADE
    cast = actors.values()
    usual = [
        (Misfortune(actor, None), index) for _ in range(usual_runs) for actor in cast for index in range(len(scenes))
    ]
    calls = [*usual, *planned]
    before = _open(set())
    tasks_before = asyncio.all_tasks()
    runs: list[Run] = []
    async with reliable_vendors(lexicon, tones) as settings:
        common = Common(lexicon, tones, settings)
        while calls:
            batch, calls = calls[:at_once], calls[at_once:]
            runs += await hold_together(batch, scenes, common)
            print(f"\r{len(runs)} calls, {len(calls)} to go ", end="", file=sys.stderr, flush=True)
    await asyncio.sleep(1.0)
    after = _open(tasks_before)
    return runs, Leaks(after.tasks, after.sockets - before.sockets)


async def hold_together(batch: Sequence[tuple[Misfortune, int]], scenes: Sequence[Scene], common: Common) -> list[Run]:
    gate = asyncio.Barrier(len(batch))
    with TemporaryDirectory() as scratch:
        async with asyncio.TaskGroup() as tasks:
            held = []
            for number, (misfortune, index) in enumerate(batch):
                folder = Path(scratch) / str(number)
                folder.mkdir()
                held.append(tasks.create_task(hold(folder, scenes[index], misfortune, common, gate)))
    return [Run(misfortune, index, task.result()) for (misfortune, index), task in zip(batch, held, strict=True)]


def judge(runs: Sequence[Run], scenes: Sequence[Scene]) -> list[tuple[Run, dict[Leg, Comparison]]]:
    """Compare every run with the first one of its scene and vendor without a fault.

    One by a speech-to-speech provider is compared with one by the cascade as well, which it becomes.
    """
    first: dict[tuple[str, int], Outcome] = {}
    for run in runs:
        if run.misfortune.kind is None:
            first.setdefault((run.misfortune.actor.title, run.scene), run.outcome)
    judged: list[tuple[Run, dict[Leg, Comparison]]] = []
    for run in runs:
        actor = run.misfortune.actor
        usual = [first[actor.title, run.scene]]
        if run.outcome is usual[0]:
            continue
        if actor.stage is Stage.SPEECH_TO_SPEECH:
            usual.append(first[CASCADE.title, run.scene])
        line = scenes[run.scene].line
        heard = run.outcome.heard
        judged.append(
            (run, {leg: compare(line(leg).words, [each.heard[leg] for each in usual], heard[leg]) for leg in Leg})
        )
    return judged


def summary(judged: Sequence[tuple[Run, dict[Leg, Comparison]]]) -> list[dict[str, object]]:
    """Return a row per stage and fault, one for all faults, and one for the usual runs beside each other."""
    groups: dict[str, list[tuple[Run, dict[Leg, Comparison]]]] = defaultdict(list)
    for run, by_leg in judged:
        if run.misfortune.kind is None:
            groups["no fault"].append((run, by_leg))
        else:
            groups[run.misfortune.what].append((run, by_leg))
            groups["all faults"].append((run, by_leg))
    rows: list[dict[str, object]] = []
    for name in sorted(groups, key=lambda name: (name == "all faults", name == "no fault", name)):
        gaps = [max(each.gap_ms for each in by_leg.values()) for _, by_leg in groups[name]]
        rows.append(
            {
                "what": name,
                "runs": len(gaps),
                "words_lost": sum(len(each.lost) for _, by_leg in groups[name] for each in by_leg.values()),
                "words_twice": sum(each.twice for _, by_leg in groups[name] for each in by_leg.values()),
                "gap_ms_p50": round(median(gaps)),
                "gap_ms_p95": round(percentile(gaps, 95)),
                "gap_ms_max": max(gaps),
                "late_ms_max": round(max(run.outcome.late_ms for run, _ in groups[name])),
                "ended": sum(not run.outcome.has_survived for run, _ in groups[name]),
            }
        )
    return rows


def _open(known: set[asyncio.Task[object]]) -> Leaks:
    gc.collect()
    links = [f"/proc/self/fd/{descriptor}" for descriptor in os.listdir("/proc/self/fd")]
    sockets = sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))
    return Leaks(len(asyncio.all_tasks() - known), sockets)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=132)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="runs whose name has this in it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = speech_folder()
    if folder is None:
        sys.exit("no recordings: set SPEECH_DIR")
    spoken = {language: choose(recordings(folder, language), SHORTEST_S, LONGEST_S, 2) for language in ("en", "es")}
    scenes = [Scene(client, agent) for client, agent in zip(spoken["en"], spoken["es"], strict=True)]
    planned = [each for each in plan(options.runs, options.seed) if options.only in each[0].name]
    began_s = time.monotonic()
    runs, leaks = asyncio.run(run_all(scenes, planned, options.at_once))
    judged = judge(runs, scenes)
    rows = summary(judged)
    print(file=sys.stderr)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    print(f"leaked: {leaks.tasks} tasks, {leaks.sockets} sockets; {time.monotonic() - began_s:.0f} s")
    for run, by_leg in judged:
        for leg, each in by_leg.items():
            if each.lost or each.gap_ms > GAP_P95_MS or not run.outcome.has_survived:
                words = " ".join(each.word for each in run.outcome.heard[leg])
                print(
                    f"  {run.misfortune.name}; scene {run.scene}, {leg}: lost {list(each.lost)}, gap {each.gap_ms} ms, "
                    f"later {each.later_ms} ms, {run.outcome.trouble}, heard {words}; {run.outcome.rows}"
                )
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        detail = [
            {
                "misfortune": run.misfortune.name if run.misfortune.kind else None,
                "has_survived": run.outcome.has_survived,
                **{str(leg): asdict(each) for leg, each in by_leg.items()},
            }
            for run, by_leg in judged
        ]
        options.json.write_text(json.dumps({"rows": rows, "leaks": asdict(leaks), "runs": detail}, indent=1) + "\n")


if __name__ == "__main__":
    main()
