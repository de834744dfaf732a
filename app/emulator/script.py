"""What the two parties of a call do: who says which recording when, and what goes wrong on the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from app.domain.legs import Leg
from app.emulator.errors import ScriptError
from app.emulator.events import ROLES, Guest, Role

DIGITS = frozenset("0123456789*#")
SHORTEST_ECHO_MS = 20
"""What is sent in 20 ms is made before what is played in them is known."""


@dataclass(frozen=True, slots=True)
class AtTime:
    """So many seconds after this leg's first stream began (at once, when that is past)."""

    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AfterTurn:
    """So many seconds after another turn, of either party, ended."""

    turn: str
    pause_s: float = 0.5


@dataclass(frozen=True, slots=True)
class WhenQuiet:
    """After this party heard something since their last turn ended, and then nothing for so many seconds."""

    quiet_s: float
    since: str = ""
    """What was heard must have followed the end of this turn of the other party: its interpretation, say."""


Trigger = AtTime | AfterTurn | WhenQuiet


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a party does. A party's turns happen in their order, one at a time."""

    id: str
    when: Trigger
    say: Path | bytes | None = None
    """A WAV file, or mu-law 8 kHz."""
    press: str = ""
    """Keys, 200 ms each, after what is said."""
    hang_up: bool = False
    """Hang up when the turn is over."""
    hang_up_at_s: float | None = None
    """Hang up so many seconds into what is said: in the middle of a word."""


class AnswerKind(StrEnum):
    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a telephone that rings."""

    kind: AnswerKind = AnswerKind.ANSWER
    after_s: float | None = None
    """Seconds of ringing; None: 1 s, and for ``no-answer`` the ring timeout of whoever dialled."""


@dataclass(frozen=True, slots=True)
class Party:
    number: str = ""
    """E.164. For who is dialled: which number is theirs; for the agent, empty is any, for an interpreter, none."""
    turns: tuple[Turn, ...] = ()
    answer: Answer = Answer()
    hears_at_least_s: float = 0.0
    """An expectation: less audible sound than this is an error in the report."""


class HangsUp(StrEnum):
    """Who ends a call that has run its course."""

    CLIENT = "client"
    AGENT = "agent"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Every field's zero value means that nothing does."""

    legs: str = "both"
    """Whose stream the line and stream faults befall: client, agent or both."""
    seed: int = 0
    """Chooses the jitter and the first timestamp."""
    jitter_ms: float = 0.0
    """Each message is late by up to this much; their order stays."""
    burst_ms: float = 0.0
    """Every five seconds the line stalls for so long, and what it held arrives at once."""
    drop_ms: float = 0.0
    """Every five seconds so much audio is lost: the timestamps jump."""
    echo_delay_ms: float = 0.0
    """The telephone is a speakerphone: what it plays comes back into its microphone so much later (20 ms or more)."""
    echo_loss_db: float = 10.0
    """How much weaker that echo is."""
    slow_reader_ms: float = 0.0
    """Twilio takes a rest after each message that it reads."""
    reset_at_s: float = 0.0
    """The TCP connection is reset so long after the stream began."""
    start_delay_s: float = 0.0
    """``start`` comes so long after ``connected``."""
    no_start: bool = False
    """``start`` never comes."""
    garbage: bool = False
    """Binary, broken and unknown messages between the audio."""
    huge_kib: int = 0
    """One text message of that size, in the stream's second second."""
    duplicate_webhook: bool = False
    """The voice webhook is delivered twice, as after a lost answer; the second answer counts."""
    wrong_signature: str = ""
    """Which requests are signed with a wrong token: webhook, socket or callback."""
    replay_token: bool = False
    """One second into the client's stream a stranger (another call) opens a socket with the same parameters."""
    second_stream: bool = False
    """One second into the client's stream a second socket opens for the same call with the same parameters."""
    answered_late_s: float = 0.0
    """The callback ``answered`` comes so late that the agent's stream is open before it."""
    duplicate_callbacks: bool = False
    shuffle_callbacks: bool = False
    """Each two status callbacks change places."""

    def __post_init__(self) -> None:
        if self.legs not in ("client", "agent", "both"):
            raise ScriptError("faults.legs: must be client, agent or both")
        if self.wrong_signature not in ("", "webhook", "socket", "callback"):
            raise ScriptError("faults.wrong_signature: must be webhook, socket or callback")
        if 0 < self.echo_delay_ms < SHORTEST_ECHO_MS:
            raise ScriptError(f"faults.echo_delay_ms: must be {SHORTEST_ECHO_MS} or more")
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, int | float) and value < 0:
                raise ScriptError(f"faults.{item.name}: must not be negative")

    def befall(self, role: Role) -> bool:
        """Say whether the line and stream faults are meant for this leg."""
        return self.legs in ("both", role.value)


@dataclass(frozen=True, slots=True)
class CallScript:
    """One call, from the client's dialling to the last hang-up.

    Raises ScriptError where the turns make no sense.
    """

    to: str = "+34910000001"
    """The number that the client dials."""
    client: Party = field(default_factory=lambda: Party(number="+14155550100"))
    agent: Party = field(default_factory=Party)
    interpreter: Party = field(default_factory=Party)
    """Whom the server may dial into a conference with both."""
    is_outbound: bool = False
    """The server dials the client, too; nobody dials ``to``."""
    linger_s: float = 4.0
    """When every turn is over and both have heard nothing for so long, the call has run its course."""
    patience_s: float = 0.0
    """Before that, so long is waited for a party to hear something of what the other one said last."""
    max_duration_s: float = 120.0
    hangs_up: HangsUp = HangsUp.CLIENT
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        known: set[str] = set()
        for _, turn in self.turns():
            if turn.id in known:
                raise ScriptError(f"turn {turn.id}: two turns have this id")
            known.add(turn.id)
        for _, turn in self.turns():
            _check(turn, known)

    def party(self, role: Role) -> Party:
        match role:
            case Leg.CLIENT:
                return self.client
            case Leg.AGENT:
                return self.agent
            case Guest.INTERPRETER:
                return self.interpreter

    def turns(self) -> Iterator[tuple[Role, Turn]]:
        """Yield every turn of every party."""
        for role in ROLES:
            for turn in self.party(role).turns:
                yield role, turn


def _check(turn: Turn, known: set[str]) -> None:
    if isinstance(turn.when, AfterTurn) and (turn.when.turn not in known or turn.when.turn == turn.id):
        raise ScriptError(f"turn {turn.id}: after: there is no other turn {turn.when.turn}")
    if isinstance(turn.when, WhenQuiet) and turn.when.since and turn.when.since not in known - {turn.id}:
        raise ScriptError(f"turn {turn.id}: since: there is no other turn {turn.when.since}")
    if not DIGITS.issuperset(turn.press):
        raise ScriptError(f"turn {turn.id}: press: only 0-9, * and # are keys")
    if turn.hang_up_at_s is not None and turn.say is None:
        raise ScriptError(f"turn {turn.id}: hang_up_at_s: needs something to say")
    if turn.say is None and not turn.press and not turn.hang_up:
        raise ScriptError(f"turn {turn.id}: does nothing; give it say, press or hang_up")
