"""Speech-to-speech providers that die while somebody talks: which words are lost, and which are heard twice?

    python -m bench.direct_deaths [--runs 200] [--seconds 50]

Neither network nor clock: the core is told what happens. Every call has its own speaker, who pauses now and then, and
its own interpreter: so far behind, so much longer or shorter than what they translate, more so in some words than in
others, their text ahead of their voice. What an interpreter had said when they died, and what the cascade says then,
are compared word by word.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median

from app.core.call import CallCore
from app.demo.report import percentile
from app.domain.commands import LeaveDirect
from app.domain.direct import Spoken, TargetText, TurnEnded
from app.domain.events import DirectFailed
from app.domain.legs import Leg
from tests.unit.core_driver import CoreDriver
from tests.unit.direct_driver import VOICE, direct_config, give

STEP_MS = 200
"""How much of the voice comes at once."""
FRAMES = STEP_MS // 20
FINAL_AFTER_MS = 700
CLAUSE_WORDS = 5
VOICE_PAUSE_MS = 600
MS_PER_CHARACTER = 65
_NUMBER = re.compile(r"w(\d+)x")


@dataclass(frozen=True, slots=True)
class Word:
    number: int
    text: str
    began_ms: float
    ended_ms: float


@dataclass(frozen=True, slots=True)
class Rendering:
    """A word in the interpreter's mouth."""

    number: int
    length: int
    read_ms: float
    """When its text comes."""
    began_ms: float
    ended_ms: float


@dataclass(frozen=True, slots=True)
class Death:
    lost: frozenset[int]
    twice: frozenset[int]
    """By their numbers."""
    was_left: bool
    """Whether the interpreter was given up before they died: somebody thought that they were silent."""


def talk(chance: random.Random, seconds: float) -> list[list[Word]]:
    """Return a speaker's utterances."""
    utterances: list[list[Word]] = []
    number, at_ms = 0, 500.0
    while at_ms < seconds * 1000:
        words: list[Word] = []
        for _ in range(chance.randint(2, 16)):
            number += 1
            text = f"w{number}x" + "x" * chance.randint(0, 6)
            words.append(Word(number, text, at_ms, at_ms + 50 * len(text)))
            at_ms = words[-1].ended_ms
        utterances.append(words)
        at_ms += chance.uniform(900, 3500)
    return utterances


def interpret(chance: random.Random, utterances: list[list[Word]]) -> list[Rendering]:
    """Return what an interpreter makes of them, who is never nearer than their lag."""
    lag_ms, expansion, ahead_ms = chance.uniform(1500, 4000), chance.uniform(0.75, 1.4), chance.uniform(0, 1500)
    said: list[Rendering] = []
    free_ms = 0.0
    for words in utterances:
        for word in words:
            length = max(1, round((len(word.text) + 1) * expansion * chance.uniform(0.7, 1.3)))
            began_ms = max(free_ms, word.ended_ms + lag_ms)
            free_ms = began_ms + length * MS_PER_CHARACTER
            read_ms = max(word.ended_ms, began_ms - ahead_ms)
            said.append(Rendering(word.number, length, read_ms, began_ms, free_ms))
    return said


def die(seed: int, seconds: float) -> Death:
    """Hold one call, let the interpreter die at some moment of it, and see what the cascade says then."""
    chance = random.Random(seed)
    call = CoreDriver(CallCore(direct_config(maximum_ms=10**9)))
    call.connect()
    utterances = talk(chance, seconds)
    said = interpret(chance, utterances)
    dies_ms = chance.uniform(2000, seconds * 900)
    for now_ms in _steps(call, utterances):
        if now_ms < dies_ms:
            _speak(call, said, now_ms)
        elif now_ms < dies_ms + STEP_MS:
            call.give(DirectFailed(Leg.CLIENT, "closed-1011"))
    again = {int(found) for each in call.translations() for found in _NUMBER.findall(each.text)}
    over_ms = dies_ms // STEP_MS * STEP_MS + STEP_MS
    spoken = {each.number for each in said if each.ended_ms <= over_ms}
    every = {word.number for words in utterances for word in words}
    return Death(frozenset(every - spoken - again), frozenset(again & spoken), bool(call.commands(LeaveDirect)))


def _steps(call: CoreDriver, utterances: list[list[Word]]) -> Iterator[int]:
    """Let the speaker talk and the recogniser hear them; yield the time after each step."""
    words = [word for utterance in utterances for word in utterance]
    finals = [(utterance[-1].ended_ms + FINAL_AFTER_MS, number) for number, utterance in enumerate(utterances, 1)]
    for now_ms in range(0, int(finals[-1][0]) + 2 * STEP_MS, STEP_MS):
        frames = range(now_ms, now_ms + STEP_MS, 20)
        call.hear(Leg.CLIENT, [any(word.began_ms - 1 <= at_ms < word.ended_ms for word in words) for at_ms in frames])
        while finals and finals[0][0] <= now_ms:
            _, number = finals.pop(0)
            call.final(Leg.CLIENT, number, _in_sentences(utterances[number - 1]))
        yield now_ms


def _speak(call: CoreDriver, said: list[Rendering], now_ms: int) -> None:
    for each in said:
        if now_ms <= each.read_ms < now_ms + STEP_MS:
            give(call, Leg.CLIENT, TargetText(" " + "y" * (each.length - 1)))
    if any(each.began_ms < now_ms + STEP_MS and each.ended_ms > now_ms for each in said):
        give(call, Leg.CLIENT, Spoken(VOICE * FRAMES))
    elif any(now_ms - VOICE_PAUSE_MS <= each.ended_ms < now_ms - VOICE_PAUSE_MS + STEP_MS for each in said):
        give(call, Leg.CLIENT, TurnEnded())


def _in_sentences(words: list[Word]) -> str:
    """Return an utterance in clauses of a few words."""
    last = len(words) - 1
    ends = {index for index in range(len(words)) if index % CLAUSE_WORDS == CLAUSE_WORDS - 1 or index == last}
    return " ".join(word.text + ("." if index in ends else "") for index, word in enumerate(words))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.direct_deaths", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=50.0)
    options = parser.parse_args()
    deaths = [die(seed, options.seconds) for seed in range(options.runs)]
    lost = [len(death.lost) for death in deaths]
    twice = [len(death.twice) for death in deaths]
    print(f"{len(deaths)} deaths, {sum(map(bool, lost))} with loss, {sum(lost)} words lost")
    print(f"words heard twice: mean {mean(twice):.1f}, p50 {median(twice):.0f}, p95 {percentile(twice, 95):.0f}")
    print(f"given up before they died: {sum(death.was_left for death in deaths)}")
    for seed, death in enumerate(deaths):
        if death.lost or death.was_left:
            print(f"  seed {seed}: lost {sorted(death.lost)}{', was left' if death.was_left else ''}")


if __name__ == "__main__":
    main()
