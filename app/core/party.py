"""One of the two who talk to each other: as a speaker, and as a listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.core.apparent_pitch import ApparentPitch
from app.core.call_config import CallConfig
from app.core.clauses import ClausePolicy, ClausePolicyName, PauseClauses
from app.core.listener import Listener
from app.core.said_before import SaidBefore
from app.core.speculation import Speculation
from app.core.speech_queue import SpeechQueue
from app.core.stable_clauses import StableClauses
from app.core.utterances import UtteranceTracker
from app.domain.legs import Leg


@dataclass(slots=True)
class Party:
    """All that is kept of a leg's party in one place, because each of fifty frames a second looks at most of it."""

    leg: Leg
    utterances: UtteranceTracker
    ahead: Speculation
    """What is translated of their speech before it is certain."""
    listener: Listener
    said_before: SaidBefore = field(default_factory=SaidBefore)
    pitch: ApparentPitch = field(default_factory=ApparentPitch)
    queue: SpeechQueue = field(init=False)
    """What they are to hear: the listener's."""
    other: Party = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.queue = self.listener.queue

    def unheard_ms(self, now_ms: int) -> int:
        """Return how much of what they said is voiced and still to be heard."""
        return self.other.queue.playout.queued_ms(now_ms)


def both_parties(config: CallConfig, new_clause_id: Callable[[], int]) -> dict[Leg, Party]:
    """Return the two parties of a call, who know each other."""

    def new_clauses(began_ms: int) -> ClausePolicy:
        if config.clause_policy is ClausePolicyName.PAUSE:
            return PauseClauses(began_ms)
        return StableClauses(began_ms, config.clause_limits)

    parties = {
        leg: Party(
            leg,
            UtteranceTracker(leg, config.segmenter, new_clauses, config.final_timeout_ms),
            Speculation(leg, new_clause_id, config.glossary),
            Listener(leg, config),
        )
        for leg in Leg
    }
    for leg, party in parties.items():
        party.other = parties[leg.other]
    return parties
