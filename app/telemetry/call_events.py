"""What the outside is told of a call, as it goes over the wire: see docs/events.md."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.domain.controls import Action
from app.domain.legs import CallStatus, EndReason, Leg
from app.domain.policies import Listening, Overlap
from app.domain.records import Outcome


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    call_sid: str
    """The client's CallSid, which names the call."""
    at: datetime


class _Numbered(_Event, frozen=True, kw_only=True):
    sequence: int
    """Counts the call's events from 1 without a gap; a partial caption has none."""


class PartialCaption(_Event, frozen=True, kw_only=True, tag="partial"):
    """What is being said, as far as it is recognised."""

    speaker: Leg
    utterance: int
    """Counts this speaker's utterances."""
    text: str
    language: str | None
    is_final: bool


class CallStartedEvent(_Numbered, frozen=True, kw_only=True, tag="call.started"):
    agent_language: str


class CallStatusEvent(_Numbered, frozen=True, kw_only=True, tag="call.status"):
    status: CallStatus
    client_language: str | None


class LanguageChangedEvent(_Numbered, frozen=True, kw_only=True, tag="language.changed"):
    """The client's language was detected or chosen."""

    client_language: str
    previous: str | None


class CaptionEvent(_Numbered, frozen=True, kw_only=True, tag="caption"):
    """An utterance is finished: its translation begins to be heard, or never will be."""

    utterance: int
    """Counts the call's utterances, both speakers together: the number of its row."""
    speaker: Leg
    source_language: str
    target_language: str
    source_text: str | None
    translated_text: str | None
    outcome: Outcome
    flags: tuple[str, ...]
    error_code: str | None
    speech_ms: int
    recognition_ms: int | None
    translation_ms: int | None
    synthesis_ms: int | None
    queue_ms: int | None
    total_ms: int | None
    heard_ms: int | None
    """How much of the translation was heard, where it was cut short."""


class KeyPressedEvent(_Numbered, frozen=True, kw_only=True, tag="key.pressed"):
    leg: Leg
    digit: str
    action: Action | None
    """What the key is bound to; null for one that is passed on to the other party's screen."""
    language: str | None


class VoiceCommandEvent(_Numbered, frozen=True, kw_only=True, tag="voice.command"):
    leg: Leg
    action: Action


class PolicyChangedEvent(_Numbered, frozen=True, kw_only=True, tag="policy.changed"):
    """An operator changed what a leg hears; null: as it was."""

    leg: Leg
    listening: Listening | None
    overlap: Overlap | None


class CallEndedEvent(_Numbered, frozen=True, kw_only=True, tag="call.ended"):
    status: CallStatus
    reason: EndReason


NumberedEvent = (
    CallStartedEvent
    | CallStatusEvent
    | LanguageChangedEvent
    | CaptionEvent
    | KeyPressedEvent
    | VoiceCommandEvent
    | PolicyChangedEvent
    | CallEndedEvent
)
CallEvent = NumberedEvent | PartialCaption

encode = msgspec.json.Encoder().encode
"""Turn an event into JSON."""

_decoder: msgspec.json.Decoder[CallEvent] = msgspec.json.Decoder(CallEvent)


def decode(message: bytes) -> CallEvent:
    """Return the event that ``encode`` wrote. Raises msgspec.MsgspecError for anything else."""
    return _decoder.decode(message)
