"""Which talks are replayed, and with which policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.core.call_config import CallConfig
from bench.evaluate.replay import AGENT_LANGUAGE, Replay, StandIns, replay
from bench.evaluate.simulate import FASTEST_WORDS_PER_S, simulate_monologue, simulate_talk
from bench.evaluate.trace import Trace

Configure = Callable[[CallConfig], CallConfig]

FAST_EXPANSION = 1.35
FAST_MINUTES = 10.0
HOUR_MINUTES = 60.0


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    configure: Configure


def _unchanged(config: CallConfig) -> CallConfig:
    return config


OURS = Policy("by pauses", _unchanged)
POLICIES = (OURS,)


def talks(languages: Sequence[str], per_language: int, first_seed: int) -> list[Trace]:
    """Return simulated talks in each language, in Spanish too."""
    spoken = dict.fromkeys([AGENT_LANGUAGE, *languages])
    return [simulate_talk(language, first_seed + talk) for language in spoken for talk in range(per_language)]


def both_ways(traces: Sequence[Trace], languages: Sequence[str]) -> Iterator[tuple[Trace, str]]:
    """Yield each trace with each language it is to be heard in: clients' in Spanish, the agent's in all the others."""
    for trace in traces:
        if trace.language != AGENT_LANGUAGE:
            yield trace, AGENT_LANGUAGE
        else:
            for language in languages:
                if language != AGENT_LANGUAGE:
                    yield trace, language


def replay_talks(traces: Sequence[Trace], languages: Sequence[str], configure: Configure) -> list[Replay]:
    """Replay every talk in every direction."""
    return [replay(trace, target, StandIns(), configure) for trace, target in both_ways(traces, languages)]


def replay_fast_speaker(configure: Configure, minutes: float = FAST_MINUTES, language: str = "en") -> Replay:
    """Replay a speaker who leaves no time: 3.4 words/s, and a translation that is 1.35 times as long to say."""
    stand_ins = StandIns(words_per_s=FASTEST_WORDS_PER_S, expansion=FAST_EXPANSION)
    return replay(simulate_monologue(language, 1, minutes), AGENT_LANGUAGE, stand_ins, configure)
