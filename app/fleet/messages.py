"""What processes tell each other. Nothing of it is kept anywhere; only ``Told`` and ``Answered`` may hold speech.

Two versions of this code may talk to each other during an upgrade: what one does not understand it drops.
"""

from __future__ import annotations

import msgspec

from app.domain.events import PolicyChanged
from app.domain.legs import LegStatus


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    sender: str
    """The process that waits for the answer."""
    number: int
    """Which of the sender's requests this is."""
    call_sid: str
    """The client's CallSid, which names the call."""


class End(_Request, frozen=True, kw_only=True, tag="end"):
    """End a call."""


class Change(_Request, frozen=True, kw_only=True, tag="change"):
    """Choose what the legs of a call hear."""

    changes: tuple[PolicyChanged, ...]


class AnswerAgain(_Request, frozen=True, kw_only=True, tag="answer-again"):
    """The webhook of a call came once more, and to the wrong process: say what the answer was."""


class Watch(_Request, frozen=True, kw_only=True, tag="watch"):
    """Tell the sender what happens in a call, for as long as it goes on asking."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="answered"):
    number: int
    is_done: bool
    """False: the call is not live in the process that was asked."""
    text: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="told"):
    """One event of a call that the receiver watches (docs/events.md)."""

    event: msgspec.Raw


class StatusChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """The carrier told this of a telephone that the sender does not know."""

    call_sid: str
    status: LegStatus


class CircuitsOpen(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="circuits"):
    """Which providers the sender leaves alone, by ``stage.provider``, from its own experience."""

    circuits: tuple[str, ...]


Request = End | Change | AnswerAgain | Watch
Message = Request | Answered | Told | StatusChanged | CircuitsOpen

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def decode(message: bytes) -> Message | None:
    """Return the message; None for what this version does not understand."""
    try:
        return _decoder.decode(message)
    except msgspec.MsgspecError:
        return None
