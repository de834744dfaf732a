"""Measures as tables on the terminal, as JSON and as pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.commands import CatchUp
from app.domain.records import CommitReason
from bench.evaluate.charts import Limit, draw_bars, draw_distribution, draw_over_time
from bench.evaluate.measures import Measures, drift_s, percentile
from bench.evaluate.quality import Quality
from bench.evaluate.replay import Replay

JsonTable = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that issue 3 asks for: at most so much."""

    name: str
    unit: str
    most: float
    value: Callable[[Measures], float]


TARGETS = (
    Target("ear-voice span, p50", "s", 3.0, lambda m: percentile(m.spans_s, 50)),
    Target("ear-voice span, p95", "s", 5.0, lambda m: percentile(m.spans_s, 95)),
    Target("turn end to audio, p50", "s", 1.0, lambda m: percentile(m.turn_end_s, 50)),
    Target("backlog, p95", "s", 2.5, lambda m: percentile(m.backlog_s, 95)),
    Target("cuts inside a clause", "%", 15.0, lambda m: 100 * m.cuts_inside_share),
    Target("watchdog commits", "%", 1.0, lambda m: 100 * m.reason_share("watchdog")),
    Target("retractions", "", 0.0, lambda m: m.clears),
)
LOST_CHRF_PERCENT = 5.0
FAST_P95_S = 6.0
FLAT_S = 0.5
"""A median lag that grows by less, from the first third of ten minutes to the last, is flat."""


def summary(measures: Measures) -> JsonTable:
    """Return one line of a table."""
    clauses = measures.clauses or 1
    return {
        "words": measures.words,
        "clauses": measures.clauses,
        "words/clause": round(percentile(measures.clause_words, 50), 1),
        "span p50": round(percentile(measures.spans_s, 50), 2),
        "span p95": round(percentile(measures.spans_s, 95), 2),
        "end p50": round(percentile(measures.turn_end_s, 50), 2),
        "end p95": round(percentile(measures.turn_end_s, 95), 2),
        "silence p50": round(percentile(measures.silence_s, 50), 2),
        "backlog p95": round(percentile(measures.backlog_s, 95), 2),
        "inside %": round(100 * measures.cuts_inside_share, 1),
        "watchdog %": round(100 * measures.reason_share("watchdog"), 2),
        "faster %": round(100 * measures.sped_up / clauses, 1),
        "unheard %": round(100 * (measures.lost_words + measures.unheard_words) / (measures.words or 1), 2),
        "calls/clause": round(measures.translation_calls / clauses, 2),
        "voices/clause": round(measures.speech_calls / clauses, 2),
    }


def show_table(title: str, lines: Mapping[str, Mapping[str, object]]) -> None:
    """Print one line for each entry; what a line lacks of the others' columns stays empty."""
    if not lines:
        return
    columns = list(dict.fromkeys(column for line in lines.values() for column in line))
    rows = [[name, *(str(line.get(column, "")) for column in columns)] for name, line in lines.items()]
    widths = [max(len(row[index]) for row in [["", *columns], *rows]) for index in range(len(columns) + 1)]
    print(f"\n{title}")
    for row in [["", *columns], *rows]:
        print("  " + row[0].ljust(widths[0]) + "".join(cell.rjust(widths[n] + 2) for n, cell in enumerate(row) if n))


def reasons(measures: Measures) -> JsonTable:
    """Return the share of each reason for which clauses were committed."""
    return {reason: round(100 * measures.reason_share(reason), 2) for reason in CommitReason}


def catch_up(measures: Measures) -> JsonTable:
    """Return the share of clauses that were subject to each measure against lag."""
    clauses = measures.clauses or 1
    table: JsonTable = {"faster": round(100 * measures.sped_up / clauses, 1)}
    return table | {measure: round(100 * measures.catch_up[measure] / clauses, 1) for measure in CatchUp}


def quality_line(quality: Quality) -> JsonTable:
    return {
        "turns": quality.turns,
        "spoken": round(quality.chrf_spoken, 1),
        "whole": round(quality.chrf_whole, 1),
        "lost %": round(quality.lost_percent, 1),
        "numbers": quality.numbers,
        "kept": quality.numbers_kept,
        "misses": quality.misses_spoken,
        "misses whole": quality.misses_whole,
    }


def target_table(
    policies: Mapping[str, Measures], fast: Mapping[str, Measures], lost_percent: Mapping[str, float]
) -> dict[str, JsonTable]:
    """Return issue 3's figures: what is asked, what each policy reaches, whether the first one does.

    ``lost_percent`` is the chrF that each policy loses, over all directions; empty without a translator.
    """
    lines = {
        f"{target.name} ({target.unit})": _against(
            target.most, {name: target.value(each) for name, each in policies.items()}
        )
        for target in TARGETS
    }
    lines["chrF lost (%)"] = _against(LOST_CHRF_PERCENT, lost_percent)
    lags = {name: percentile(measures.spans_s, 95) for name, measures in fast.items()}
    lines["fast speaker, span p95 (s)"] = _against(FAST_P95_S, lags)
    lines["fast speaker, drift (s)"] = _against(FLAT_S, {name: drift_s(each.lags) for name, each in fast.items()})
    return lines


def _against(most: float, reached: Mapping[str, float]) -> JsonTable:
    if not reached:
        return {"asked": most, "met": "not measured"}
    is_met = next(iter(reached.values())) <= most
    return {
        "asked": most,
        **{name: round(value, 2) for name, value in reached.items()},
        "met": "yes" if is_met else "NO",
    }


def write_json(path: Path, result: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_pictures(folder: Path, policies: Mapping[str, Measures], fast: Mapping[str, Measures]) -> list[Path]:
    """Draw the policies side by side; return the files."""
    every_reason = {
        name: {reason: measures.reason_share(reason) for reason in measures.reasons}
        for name, measures in policies.items()
    }
    pictures = {
        "ear-voice-span.svg": draw_distribution(
            "Ear-voice span of every word",
            "seconds from the word's end to its translation",
            {name: measures.spans_s for name, measures in policies.items()},
            [Limit(3.0, "p50 asked"), Limit(5.0, "p95 asked")],
        ),
        "turn-end.svg": draw_distribution(
            "From the end of a turn to the first audio that remains",
            "seconds",
            {name: measures.turn_end_s for name, measures in policies.items()},
            [Limit(1.0, "p50 asked")],
        ),
        "backlog.svg": draw_distribution(
            "Audio still to be heard when a clause is committed",
            "seconds",
            {name: measures.backlog_s for name, measures in policies.items()},
            [Limit(2.5, "p95 asked")],
        ),
        "fast-speaker.svg": draw_over_time(
            "A fast speaker for ten minutes (3.4 words/s, translation 1.35 times as long)",
            "ear-voice span, seconds",
            {name: [(lag.said_ms / 60_000, lag.span_s) for lag in measures.lags] for name, measures in fast.items()},
            Limit(FAST_P95_S, "p95 asked"),
        ),
        "commit-reasons.svg": draw_bars("Why clauses were committed", every_reason),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        (folder / name).write_text(picture, encoding="utf-8")
    return [folder / name for name in pictures]


def write_clauses(path: Path, replays: Sequence[Replay]) -> None:
    """Write every committed clause with its times, one JSON object a line, without what was said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for replayed in replays:
            for clause in replayed.clauses:
                heard_ms = clause.heard_ms or (None, None)
                line = {
                    "trace": replayed.trace.name,
                    "direction": replayed.direction,
                    "characters": len(clause.text),
                    "reason": clause.reason,
                    "outcome": clause.outcome,
                    "committed_ms": clause.committed_ms,
                    "translated_ms": clause.translated_ms,
                    "voiced_ms": clause.sound.voiced_ms if clause.sound else None,
                    "play_start_ms": heard_ms[0],
                    "play_end_ms": heard_ms[1],
                    "speed": round(clause.speed, 3),
                }
                file.write(json.dumps(line) + "\n")
