"""How often the meaning guard is right: precision and recall on the test sentences, false alarms on FLORES.

    .venv/bin/python -m bench.meaning [--held-out] [--flores ../shared/flores] [--mistakes]

A pair counts as found when anything at all is flagged. FLORES lines are right by definition, written by people for
readers: what is flagged there is the price of a free translation, and of the errors in it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.meaning.compare import Miss, compare

DATA = Path(__file__).resolve().parent.parent / "tests" / "unit" / "meaning"
FLORES_LANGUAGES = ("en", "fr", "de", "it", "pt", "gl", "ca", "ar")


@dataclass(frozen=True, slots=True)
class Pair:
    source_language: str
    target_language: str
    source: str
    target: str
    wrong: str
    """The kind of what is wrong; empty for a right translation."""

    def check(self) -> tuple[Miss, ...]:
        return compare(self.source, self.source_language, self.target, self.target_language)


@dataclass(slots=True)
class Score:
    right: int = 0
    wrong: int = 0
    false_alarms: int = 0
    found: int = 0

    def add(self, pair: Pair) -> bool:
        """Judge a pair; return whether the guard was right about it."""
        is_flagged = bool(pair.check())
        self.right += not pair.wrong
        self.wrong += bool(pair.wrong)
        self.false_alarms += is_flagged and not pair.wrong
        self.found += is_flagged and bool(pair.wrong)
        return is_flagged == bool(pair.wrong)

    @property
    def precision(self) -> float:
        flagged = self.found + self.false_alarms
        return self.found / flagged if flagged else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.wrong if self.wrong else 1.0


def load_pairs(name: str) -> Iterator[Pair]:
    """Read ``pairs.yaml`` or ``held_out.yaml``."""
    for block in yaml.safe_load((DATA / name).read_text(encoding="utf-8")):
        source_language, target_language = block["pair"].split("-")
        for row in block["sentences"]:
            targets = [(text, "") for text in row["right"]] + [(text, kind) for kind, text in row["wrong"].items()]
            for target, wrong in targets:
                yield Pair(source_language, target_language, row["source"], target, wrong)


def score(pairs: Iterator[Pair], *, shows_mistakes: bool = False) -> dict[str, Score]:
    """Judge every pair; return the scores by language pair and, last, of all."""
    scores: dict[str, Score] = {}
    total = Score()
    for pair in pairs:
        own = scores.setdefault(f"{pair.source_language}-{pair.target_language}", Score())
        total.add(pair)
        if not own.add(pair) and shows_mistakes:
            found = ", ".join(f"{miss.kind} {miss.fault}" for miss in pair.check()) or "nothing"
            print(f"{pair.source}\n  {pair.target}\n  wrong: {pair.wrong or 'nothing'}; found: {found}")
    return {**scores, "all": total}


def render(scores: dict[str, Score]) -> str:
    """Return a Markdown table."""
    lines = [
        "| languages | right | wrong | false alarms | found | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, own in scores.items():
        counts = f"{own.right} | {own.wrong} | {own.false_alarms} | {own.found}"
        lines.append(f"| {name} | {counts} | {own.precision:.3f} | {own.recall:.3f} |")
    return "\n".join(lines)


def flores(folder: Path) -> str:
    """Return the share of right translations into Spanish that are flagged, per language and kind."""
    spanish = (folder / "es.txt").read_text(encoding="utf-8").splitlines()
    lines = ["| language | lines | flagged | kinds |", "|---|---|---|---|"]
    for code in FLORES_LANGUAGES:
        sources = (folder / f"{code}.txt").read_text(encoding="utf-8").splitlines()
        kinds: dict[str, int] = {}
        flagged = 0
        began_s = time.perf_counter()
        for source, target in zip(sources, spanish, strict=True):
            found = {miss.kind for miss in compare(source, code, target, "es")}
            flagged += bool(found)
            for kind in found:
                kinds[kind] = kinds.get(kind, 0) + 1
        each_ms = (time.perf_counter() - began_s) * 1000 / len(sources)
        named = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items(), key=lambda item: -item[1]))
        lines.append(f"| {code} | {len(sources)} | {flagged / len(sources):.1%} | {named} ({each_ms:.1f} ms a line) |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Precision and recall of the meaning guard.")
    parser.add_argument("--held-out", action="store_true", help="the sentences the tables were not written with")
    parser.add_argument("--mistakes", action="store_true", help="print every pair that is judged wrongly")
    parser.add_argument("--flores", type=Path, help="a folder of line-parallel files: en.txt, es.txt ...")
    arguments = parser.parse_args()
    name = "held_out.yaml" if arguments.held_out else "pairs.yaml"
    print(render(score(load_pairs(name), shows_mistakes=arguments.mistakes)))
    if arguments.flores:
        print("\n" + flores(arguments.flores))


if __name__ == "__main__":
    main()
