"""Evaluate how the bridge interprets; see docs/evaluation.md.

python -m bench.evaluate                          # replay simulated talks, every policy side by side
python -m bench.evaluate --languages fr,de --talks 10
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from bench.evaluate import report
from bench.evaluate.measures import Measures, drift_s, measure, measure_all, percentile
from bench.evaluate.replay import Replay
from bench.evaluate.sentences import LANGUAGES
from bench.evaluate.suite import HOUR_MINUTES, POLICIES, replay_fast_speaker, replay_talks, talks


def by_direction(replays: list[Replay]) -> dict[str, Measures]:
    """Measure each direction by itself."""
    groups: dict[str, list[Replay]] = defaultdict(list)
    for each in replays:
        groups[each.direction].append(each)
    return {direction: measure_all(group) for direction, group in sorted(groups.items())}


def evaluate_replays(languages: list[str], per_language: int, seed: int, out: Path) -> dict[str, object]:
    """Replay simulated talks with every policy; print tables, write pictures, return everything."""
    began_s = time.monotonic()
    traces = talks(languages, per_language, seed)
    replays = {policy.name: replay_talks(traces, languages, policy.configure) for policy in POLICIES}
    policies = {name: measure_all(mine) for name, mine in replays.items()}
    fast = {policy.name: measure(replay_fast_speaker(policy.configure)) for policy in POLICIES}
    ours = POLICIES[0].name
    directions = {name: report.summary(each) for name, each in by_direction(replays[ours]).items()}
    overall = {name: report.summary(each) for name, each in policies.items()}
    targets = report.target_table(policies, fast)
    report.show_table("Every direction, times in seconds", overall)
    report.show_table(f"By direction ({ours})", directions)
    report.show_table("Issue 3", targets)
    hour = evaluate_hour()
    report.show_table("An hour of one-sided fast speech, times in seconds", hour)
    pictures = report.write_pictures(out, policies, fast)
    report.write_clauses(out / "clauses.jsonl", replays[ours])
    clauses = sum(each.clauses for each in policies.values())
    print(f"\n{clauses} clauses in {time.monotonic() - began_s:.1f} s")
    print(f"{', '.join(each.name for each in pictures)} in {out}")
    return {"overall": overall, "directions": directions, "targets": targets, "hour": hour}


def evaluate_hour() -> dict[str, report.JsonTable]:
    """Replay an hour without a turn for the listener: does anything grow?"""
    lines: dict[str, report.JsonTable] = {}
    for policy in POLICIES:
        replayed = replay_fast_speaker(policy.configure, HOUR_MINUTES)
        measures = measure(replayed)
        lines[policy.name] = {
            "span p50": round(percentile(measures.spans_s, 50), 2),
            "span p95": round(percentile(measures.spans_s, 95), 2),
            "drift": round(drift_s(measures.lags), 2),
            "backlog max": round(max(measures.backlog_s), 2),
            "state max, kB": max(replayed.state_bytes) // 1000,
            "unspoken": measures.unspoken,
        }
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default=",".join(LANGUAGES), help="the clients' languages, comma separated")
    parser.add_argument("--talks", type=int, default=4, help="simulated talks per language, of eight turns each")
    parser.add_argument("--seed", type=int, default=1, help="of the first talk")
    parser.add_argument("--out", type=Path, default=Path("evaluation"), help="where pictures and JSON go")
    args = parser.parse_args()
    result: dict[str, object] = {}
    result["replay"] = evaluate_replays(args.languages.split(","), args.talks, args.seed, args.out)
    report.write_json(args.out / "evaluation.json", result)


if __name__ == "__main__":
    main()
