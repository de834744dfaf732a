"""What can happen to a call: everything that reaches ``CallCore.handle``."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from app.domain.audio import AudioFrame
from app.domain.direct import DirectPiece
from app.domain.legs import EndReason, Leg, LegStatus
from app.domain.meaning import MeaningCheck, MissKind
from app.domain.policies import Listening, Overlap
from app.domain.transcripts import Transcript


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """A leg's media stream started: audio can be heard and played."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class StreamClosed:
    leg: Leg
    was_lost: bool
    """False: the carrier said that the stream is over. True: the socket died without a word."""


class FrameHeard(msgspec.Struct, frozen=True, gc=False):
    """A frame and what the ear made of it; a struct as ``AudioFrame`` is."""

    frame: AudioFrame
    is_speech: bool
    pitch_hz: float | None = None
    """Of the latest 40 ms, for some of the frames that are speech."""


@dataclass(frozen=True, slots=True)
class LegStatusChanged:
    leg: Leg
    status: LegStatus


@dataclass(frozen=True, slots=True)
class TranscriptHeard:
    leg: Leg
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class RecogniserLost:
    """Nobody listens to this leg, though somebody will be asked again and again."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class RecogniserBack:
    """Somebody hears this leg again."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class TranslationReady:
    clause: int
    text: str
    misses: tuple[MissKind, ...] = ()
    """What the meaning guard still finds wrong with it; each kind once."""
    check: MeaningCheck = MeaningCheck.UNCHECKED


@dataclass(frozen=True, slots=True)
class TranslationFailed:
    clause: int
    code: str


@dataclass(frozen=True, slots=True)
class SpeechReady:
    """The next piece of a clause's audio."""

    clause: int
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SpeechFinished:
    clause: int


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    """No more audio will come for this clause; some may have come before."""

    clause: int
    code: str


@dataclass(frozen=True, slots=True)
class DirectHeard:
    """A speech-to-speech provider gave the next piece of what this leg said."""

    leg: Leg
    piece: DirectPiece


@dataclass(frozen=True, slots=True)
class DirectFailed:
    """Nothing more of what this leg says will come from the speech-to-speech provider."""

    leg: Leg
    code: str


@dataclass(frozen=True, slots=True)
class MarkReached:
    """The carrier has played (or cleared) everything that was sent before this mark."""

    leg: Leg
    name: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    leg: Leg
    digit: str


@dataclass(frozen=True, slots=True)
class LanguageHinted:
    """Whoever sent the call says what the client speaks."""

    language: str


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """An operator chose what a leg hears; what is None stays as it was."""

    leg: Leg
    listening: Listening | None = None
    overlap: Overlap | None = None


@dataclass(frozen=True, slots=True)
class InterpreterStatusChanged:
    """The telephone of the person who is to interpret."""

    status: LegStatus


@dataclass(frozen=True, slots=True)
class MovedToConference:
    """Both parties are with the interpreter."""


@dataclass(frozen=True, slots=True)
class NotMovedToConference:
    """The carrier refused to move a party."""

    moved: tuple[Leg, ...]
    """Who was moved before."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    """Somebody outside the call wants it ended."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline of the core has come; nothing else happened."""


Event = (
    StreamOpened
    | StreamClosed
    | FrameHeard
    | LegStatusChanged
    | TranscriptHeard
    | RecogniserLost
    | RecogniserBack
    | TranslationReady
    | TranslationFailed
    | SpeechReady
    | SpeechFinished
    | SpeechFailed
    | DirectHeard
    | DirectFailed
    | MarkReached
    | KeyPressed
    | LanguageHinted
    | PolicyChanged
    | InterpreterStatusChanged
    | MovedToConference
    | NotMovedToConference
    | EndRequested
    | TimePassed
)
