"""What a call wants done: everything that ``CallCore.handle`` returns, in the order in which it is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from app.domain.audio import AudioFrame
from app.domain.controls import Control
from app.domain.languages import LanguageReason
from app.domain.legs import CallStatus, EndReason, Leg
from app.domain.phrases import Phrase
from app.domain.records import MissingFinal, SpeculationOutcome, UtteranceRecord
from app.domain.usage import Stage
from app.domain.voices import Register


class CatchUp(StrEnum):
    """What can be done to a clause so that its listener keeps up."""

    MERGED = "merged"
    """Spoken together with the clause before it."""
    SHORTENED = "shortened"
    BRIEF = "brief"
    """A brief translation was asked for."""
    DROPPED = "dropped"
    CUT_OFF = "cut-off"
    """Its voice did not come to an end."""


class PushAudio(msgspec.Struct, frozen=True, gc=False):
    """Give this frame to the recogniser of its leg; a struct as ``AudioFrame`` is."""

    frame: AudioFrame


@dataclass(frozen=True, slots=True)
class BeginUtterance:
    leg: Leg
    utterance: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class HintPause:
    leg: Leg
    at_ms: int


@dataclass(frozen=True, slots=True)
class EndUtterance:
    leg: Leg
    at_ms: int


@dataclass(frozen=True, slots=True)
class FinalizeUtterance:
    """The final transcript of this leg's last utterance is late: ask the recogniser for it."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class SetRecognitionLanguages:
    leg: Leg
    languages: tuple[str, ...]
    """What the speaker may be speaking, the likeliest first."""
    is_settled: bool = False
    """The first is what they speak, until an utterance is clearly in another."""


@dataclass(frozen=True, slots=True)
class Translate:
    clause: int
    text: str
    source: str
    target: str
    is_brief: bool = False
    """Whether the listener is so far behind that translators who can should leave out what says nothing."""
    is_ahead: bool = False
    """Whether the speaker has not finished it: the result may never be used."""
    context: tuple[str, ...] = ()
    """What the same speaker said just before, the oldest first: to be understood, never to be translated again."""


@dataclass(frozen=True, slots=True)
class Speak:
    clause: int
    text: str
    language: str
    listener: Leg
    register: Register | None = None
    """How high the voice of whoever said it sounds; None while it is unknown, and for what the bridge itself says."""
    is_own: bool = False
    """Whether the bridge itself says it: it is to be heard even when the voice has failed."""
    is_ahead: bool = False
    """Whether the speaker has not finished it: nobody hears it before they have, and perhaps nobody ever does."""


@dataclass(frozen=True, slots=True)
class SetDirectTarget:
    """Let the speech-to-speech provider say in this language what this leg says from now on."""

    leg: Leg
    language: str | None
    """None: it is to hear nothing, for the other party hears the original."""


@dataclass(frozen=True, slots=True)
class LeaveDirect:
    """Close this leg's speech-to-speech stream: the cascade has taken over for the rest of the call."""

    leg: Leg
    code: str
    is_fault: bool = True
    """Whether the provider is to blame."""


@dataclass(frozen=True, slots=True)
class StopSpeaking:
    """The voice of this clause is not wanted any more: it was made ahead of time, and in vain.

    Nothing of it is told to the call after this; the clause may be spoken anew, in other words.
    """

    clause: int


class PlayAudio(msgspec.Struct, frozen=True, gc=False):
    """Send mu-law to this leg's loudspeaker now."""

    leg: Leg
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    leg: Leg
    name: str


@dataclass(frozen=True, slots=True)
class ClearPlayout:
    """Make the carrier forget what it has not played yet."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class DialAgent:
    """Place the agent's call."""


@dataclass(frozen=True, slots=True)
class DialInterpreter:
    """Call a person who interprets; they wait in the call's conference."""


@dataclass(frozen=True, slots=True)
class ReleaseInterpreter:
    """End the interpreter's call: nobody is going to join them."""


@dataclass(frozen=True, slots=True)
class MoveToConference:
    """Move both parties to the interpreter; their streams end by that."""


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """The call's status or the client's language changed."""

    status: CallStatus
    client_language: str | None
    """None until it was detected."""


@dataclass(frozen=True, slots=True)
class ReportLanguage:
    """What the bridge knows of the client's language changed for good: it is no longer a guess."""

    reason: LanguageReason
    language: str
    """What the client speaks now."""
    previous: str
    """What the bridge spoke to the client before."""


@dataclass(frozen=True, slots=True)
class ReportUtterance:
    utterance: UtteranceRecord
    is_amended: bool = False
    """Whether the same utterance was reported before, when its translation began to be heard."""
    clause: int = 0
    """What it is called in ``Translate``, ``Speak`` and their results."""


@dataclass(frozen=True, slots=True)
class ReportCatchUp:
    """What was done since the last such report so that a listener keeps up."""

    leg: Leg
    """The listener."""
    voice_ms: Mapping[float, int]
    """Milliseconds of voice by the speed at which they were played; 1.0 is the voice's own."""
    trimmed_ms: int
    """Pauses that were cut."""
    overrun_ms: int
    """Of an original or an echo that came in a burst: what was too old to be heard beside the voice."""
    measures: Mapping[CatchUp, int]
    """How many clauses were subject to each."""


@dataclass(frozen=True, slots=True)
class ReportControl:
    """A party pressed a key or spoke a command to the bridge."""

    leg: Leg
    digit: str
    """Empty for a spoken command."""
    control: Control | None
    """What is done about it; None for a key that is bound to nothing: the other party's screen is told."""


@dataclass(frozen=True, slots=True)
class ReportEcho:
    """What was recognised on this leg is what was spoken on it, and was dropped."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class ReportMissingFinal:
    """A final transcript did not come in time, or came after it had been given up."""

    leg: Leg
    outcome: MissingFinal


@dataclass(frozen=True, slots=True)
class ReportSpeculation:
    """What was translated or spoken ahead of time was used, or will not be."""

    leg: Leg
    """Whose speech it is."""
    stage: Stage
    outcome: SpeculationOutcome


@dataclass(frozen=True, slots=True)
class EndCall:
    """End both legs and release everything; the last command of a call."""

    status: CallStatus
    reason: EndReason
    farewell: Phrase | None
    """What the client still has to be told, by the carrier's own voice once the stream is closed; usually nothing."""


Command = (
    PushAudio
    | BeginUtterance
    | HintPause
    | EndUtterance
    | FinalizeUtterance
    | SetRecognitionLanguages
    | Translate
    | Speak
    | SetDirectTarget
    | LeaveDirect
    | StopSpeaking
    | PlayAudio
    | SendMark
    | ClearPlayout
    | DialAgent
    | DialInterpreter
    | ReleaseInterpreter
    | MoveToConference
    | ReportStatus
    | ReportLanguage
    | ReportUtterance
    | ReportControl
    | ReportCatchUp
    | ReportEcho
    | ReportMissingFinal
    | ReportSpeculation
    | EndCall
)
