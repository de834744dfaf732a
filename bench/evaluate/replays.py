"""What is measured on the virtual clock: simulated talks, the fast speaker, recorded traces, real translations."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from bench.evaluate import report
from bench.evaluate.measures import Measures, drift_s, measure, measure_all, percentile
from bench.evaluate.quality import Quality, interpret, judge, open_translator, write_instance_log
from bench.evaluate.recorded import recorded_traces, with_agreement
from bench.evaluate.replay import Replay
from bench.evaluate.report import JsonTable, show_table
from bench.evaluate.suite import (
    FAST_MINUTES,
    HOUR_MINUTES,
    OURS,
    PAUSES,
    POLICIES,
    both_ways,
    replay_all,
    replay_fast_speaker,
    talks,
)

_HELD_BACK_WORDS = 2


class Replays:
    """The replays of one run, by policy."""

    def __init__(self, languages: Sequence[str], per_direction: int, seed: int) -> None:
        began_s = time.monotonic()
        self._languages = languages
        jobs = talks(languages, per_direction, seed)
        self._talks = {policy.name: replay_all(jobs, policy.configure) for policy in POLICIES}
        clauses = sum(len(each.clauses) for replays in self._talks.values() for each in replays)
        hours = sum(each.trace.duration_ms for replays in self._talks.values() for each in replays) / 3_600_000
        print(f"{clauses} clauses in {hours:.1f} hours of speech, replayed in {time.monotonic() - began_s:.1f} s")

    async def evaluate(self, out: Path) -> dict[str, object]:
        """Print every table, write every picture; return the figures."""
        policies = {name: measure_all(replays) for name, replays in self._talks.items()}
        fast = {name: measure(replayed) for name, replayed in replay_fast_speaker(FAST_MINUTES).items()}
        tables: dict[str, dict[str, JsonTable]] = {
            "Every direction, times in seconds": {name: report.summary(each) for name, each in policies.items()},
            f"By direction ({OURS.name})": {
                name: report.summary(each) for name, each in by_direction(self._talks[OURS.name]).items()
            },
            "Why clauses were committed, %": {name: report.reasons(each) for name, each in policies.items()},
            "A fast speaker for ten minutes: clauses subject to each measure, %": {
                name: report.catch_up(each) for name, each in fast.items()
            },
            "An hour of one-sided fast speech, times in seconds": evaluate_hour(),
            "Recorded traces (whisper on two cores)": self._evaluate_recorded(),
        }
        quality = await self._evaluate_quality(out)
        tables["chrF of what is spoken, and of whole sentences by the same translator"] = {
            f"{direction}, {name}": report.quality_line(each)
            for name, directions in quality.items()
            for direction, each in directions.items()
        }
        lost = {name: mean(each.lost_percent for each in directions.values()) for name, directions in quality.items()}
        tables["Issue 3"] = report.target_table(policies, fast, lost)
        for title, lines in tables.items():
            show_table(title, lines)
        side_by_side = [{policy.name: group[policy.name] for policy in (OURS, PAUSES)} for group in (policies, fast)]
        pictures = report.write_pictures(out, *side_by_side)
        report.write_clauses(out / "clauses.jsonl", self._talks[OURS.name])
        print(f"\n{', '.join(each.name for each in pictures)} in {out}")
        return dict(tables)

    async def _evaluate_quality(self, out: Path) -> dict[str, dict[str, Quality]]:
        """Return quality by policy and direction, nothing without a translator. Speculation changes none of it."""
        translator = open_translator()
        if translator is None:
            print("\nNo translator: run `make engines`")
            return {}
        judged: dict[str, dict[str, Quality]] = {}
        async with translator:
            for policy in (OURS, PAUSES):
                turns = await interpret(self._talks[policy.name], translator)
                judged[policy.name] = judge(turns)
                if policy is OURS:
                    write_instance_log(out / "instances.log", turns)
        return judged

    def _evaluate_recorded(self) -> dict[str, JsonTable]:
        traces = [each for each in recorded_traces() if each.language in self._languages]
        agreed = [with_agreement(each, _HELD_BACK_WORDS) for each in traces]
        lines: dict[str, JsonTable] = {}
        for kind, each_traces in (("as recorded", traces), (f"{_HELD_BACK_WORDS} words held back", agreed)):
            for policy in POLICIES:
                replays = replay_all(both_ways(each_traces, self._languages), policy.configure)
                lines[f"{kind}, {policy.name}"] = report.summary(measure_all(replays))
        return lines


def by_direction(replays: Sequence[Replay]) -> dict[str, Measures]:
    """Measure each direction by itself."""
    groups: dict[str, list[Replay]] = defaultdict(list)
    for each in replays:
        groups[each.direction].append(each)
    return {direction: measure_all(group) for direction, group in sorted(groups.items())}


def evaluate_hour() -> dict[str, JsonTable]:
    """Replay an hour without a turn for the listener: does anything grow?"""
    lines: dict[str, JsonTable] = {}
    for name, replayed in replay_fast_speaker(HOUR_MINUTES).items():
        measures = measure(replayed)
        lines[name] = {
            "span p50": round(percentile(measures.spans_s, 50), 2),
            "span p95": round(percentile(measures.spans_s, 95), 2),
            "drift": round(drift_s(measures.lags), 2),
            "backlog max": round(max(measures.backlog_s), 2),
            "state max, kB": max(replayed.state_bytes) // 1000,
            "unspoken": measures.unspoken,
        }
    return lines
