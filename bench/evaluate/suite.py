"""Which talks are replayed, and with which policies."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from app.core.call_config import CallConfig
from app.core.clauses import ClausePolicyName
from bench.evaluate.replay import AGENT_LANGUAGE, Replay, StandIns, replay
from bench.evaluate.simulate import FASTEST_WORDS_PER_S, simulate_monologue, simulate_talk
from bench.evaluate.trace import Trace

Configure = Callable[[CallConfig], CallConfig]
Job = tuple[Trace, str]
"""A trace and the language that it is to be heard in."""

FAST_EXPANSION = 1.35
FAST_MINUTES = 10.0
HOUR_MINUTES = 60.0
_FAST_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    configure: Configure


def by_clauses(config: CallConfig) -> CallConfig:
    """Speak clause by clause while somebody speaks, with translations ahead of time."""
    return replace(config, clause_policy=ClausePolicyName.STABLE, translates_ahead=True, speaks_ahead=True)


def without_speculation(config: CallConfig) -> CallConfig:
    """Speak clause by clause, and translate what is committed only."""
    return replace(config, clause_policy=ClausePolicyName.STABLE, translates_ahead=False)


def by_pauses(config: CallConfig) -> CallConfig:
    """Speak what was said between two pauses, as sentence by sentence interpreters do."""
    return replace(config, clause_policy=ClausePolicyName.PAUSE, translates_ahead=False)


OURS = Policy("clauses", by_clauses)
PAUSES = Policy("pauses", by_pauses)
POLICIES = (OURS, Policy("no speculation", without_speculation), PAUSES)
"""The others are what ours is compared with."""


def talks(languages: Sequence[str], per_direction: int, first_seed: int) -> list[Job]:
    """Return simulated talks for both directions of every pair; no two are the same talk."""
    agent_seeds = count(first_seed)
    jobs: list[Job] = []
    for language in languages:
        if language == AGENT_LANGUAGE:
            continue
        for talk in range(per_direction):
            jobs.append((simulate_talk(language, first_seed + talk), AGENT_LANGUAGE))
            jobs.append((simulate_talk(AGENT_LANGUAGE, next(agent_seeds)), language))
    return jobs


def both_ways(traces: Sequence[Trace], languages: Sequence[str]) -> list[Job]:
    """Return each trace with each language it is to be heard in: clients' in Spanish, the agent's in all the others."""
    clients = [language for language in languages if language != AGENT_LANGUAGE]
    return [
        (trace, target)
        for trace in traces
        for target in (clients if trace.language == AGENT_LANGUAGE else [AGENT_LANGUAGE])
    ]


def replay_all(jobs: Sequence[Job], configure: Configure) -> list[Replay]:
    """Replay every job, on all processors; ``configure`` has to be a function of a module, or a partial of one."""
    with ProcessPoolExecutor(max_workers=min(len(jobs), os.cpu_count() or 1)) as pool:
        return list(pool.map(partial(_replay, configure), jobs))


def replay_fast_speaker(minutes: float) -> dict[str, Replay]:
    """Replay a speaker who leaves no time, by policy: 3.4 words/s, a translation that is 1.35 times as long to say."""
    with ProcessPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        replays = pool.map(partial(_replay_fast, minutes), [policy.configure for policy in POLICIES])
        return dict(zip([policy.name for policy in POLICIES], replays, strict=True))


def _replay_fast(minutes: float, configure: Configure) -> Replay:
    stand_ins = StandIns(words_per_s=FASTEST_WORDS_PER_S, expansion=FAST_EXPANSION)
    return replay(simulate_monologue(_FAST_LANGUAGE, 1, minutes), AGENT_LANGUAGE, stand_ins, configure)


def _replay(configure: Configure, job: Job) -> Replay:
    return replay(*job, configure=configure)
