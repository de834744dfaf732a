"""Make traces of simulated talks: parallel sentences, a speaker without a voice, a recogniser in the cloud.

    python -m bench.evaluate.simulate [--languages es,fr] [--talks 4] [--seed 1] [--out evaluation/traces]

``python -m bench.evaluate`` makes the same ones in memory. The same arguments give the same traces.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import cache
from itertools import cycle
from pathlib import Path

from app.core.segmenter import SegmenterLimits
from bench.evaluate.cloud import CloudHabits, CloudRecogniser, utterances
from bench.evaluate.sentences import LANGUAGES, Row, conversation, news, split_words
from bench.evaluate.speaker import Manner, say
from bench.evaluate.trace import Trace, write_traces

PAUSE_MS = 500
SLOWEST_WORDS_PER_S = 2.2
FASTEST_WORDS_PER_S = 3.4
TURNS_PER_TALK = 8
MOST_WORDS_PER_TURN = 60
CLOUD = CloudHabits()
_NEWS_SHARE = 0.25
_NO_TURN_GAP_MS = (400, 900)


def simulate_talk(
    language: str, seed: int, pause_ms: int = PAUSE_MS, habits: CloudHabits = CLOUD, turns: int = TURNS_PER_TALK
) -> Trace:
    """Return one party's side of a conversation: turns of one to three sentences, at that speaker's rate."""
    rng = random.Random(f"talk-{language}-{seed}")
    manner = Manner(words_per_s=round(rng.uniform(SLOWEST_WORDS_PER_S, FASTEST_WORDS_PER_S), 2))
    rows = [_turn_rows(language, rng) for _ in range(turns)]
    return _trace(f"{language}-talk-{seed}", language, rows, manner, pause_ms, habits, rng)


def simulate_monologue(
    language: str, seed: int, minutes: float, words_per_s: float = FASTEST_WORDS_PER_S, pause_ms: int = PAUSE_MS
) -> Trace:
    """Return fast speech that leaves the listener no turn, at least ``minutes`` long: one turn per sentence."""
    rng = random.Random(f"monologue-{language}-{seed}")
    manner = Manner(words_per_s=words_per_s, sentence_pause_ms=350, clause_pause_ms=160, turn_gap_ms=_NO_TURN_GAP_MS)
    pool = list(conversation() + news())
    rng.shuffle(pool)
    rows: list[list[Row]] = []
    spoken_s = 0.0
    for row in cycle(pool):
        if spoken_s >= minutes * 60:
            break
        rows.append([row])
        spoken_s += len(split_words(row[language])) / words_per_s + manner.sentence_pause_ms / 1000
    return _trace(f"{language}-monologue-{seed}", language, rows, manner, pause_ms, CLOUD, rng)


@cache
def expansion(source: str, target: str) -> float:
    """Return how many words of ``target`` say one word of ``source``, in the sentences of this repository."""
    rows = conversation() + news()
    return sum(len(split_words(row[target])) for row in rows) / sum(len(split_words(row[source])) for row in rows)


def _turn_rows(language: str, rng: random.Random) -> list[Row]:
    """Draw one to three sentences, of one register, that are no more than a turn's words together."""
    pool = news() if rng.random() < _NEWS_SHARE else conversation()
    chosen: list[Row] = []
    words = 0
    for row in rng.sample(pool, rng.choice((1, 1, 2, 2, 3))):
        words += len(split_words(row[language]))
        if chosen and words > MOST_WORDS_PER_TURN:
            break
        chosen.append(row)
    return chosen


def _trace(
    name: str,
    language: str,
    turns: Sequence[Sequence[Row]],
    manner: Manner,
    pause_ms: int,
    habits: CloudHabits,
    rng: random.Random,
) -> Trace:
    spoken = [
        (
            [row[language] for row in rows],
            {other: " ".join(row[other] for row in rows) for other in LANGUAGES if other != language},
        )
        for rows in turns
    ]
    talk = say(spoken, manner, rng)
    words = [word for turn in talk.turns for word in turn.words]
    cuts = list(utterances(talk.speech, SegmenterLimits(pause_ms=pause_ms)))
    trace = Trace(
        name=name,
        kind="cloud",
        language=language,
        pause_ms=pause_ms,
        turns=talk.turns,
        speech=talk.speech,
        utterances=tuple((cut.began_ms, cut.ended_ms) for cut in cuts),
        heard=tuple(CloudRecogniser(language, habits, rng).hear(words, cuts)),
        words_per_s=manner.words_per_s,
        note="simulated; sentences of this repository and of FLORES (CC BY-SA 4.0)",
    )
    trace.check()
    return trace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--talks", type=int, default=4, help="per language")
    parser.add_argument("--seed", type=int, default=1, help="of the first talk")
    parser.add_argument("--out", type=Path, default=Path("evaluation/traces"))
    args = parser.parse_args()
    for language in args.languages.split(","):
        traces = [simulate_talk(language, args.seed + talk) for talk in range(args.talks)]
        write_traces(args.out / f"{language}-cloud.jsonl", traces)
        print(f"{language}: {sum(len(trace.words) for trace in traces)} words in {len(traces)} talks")


if __name__ == "__main__":
    main()
