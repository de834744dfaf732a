"""The sound of a call, kept: its tracks, and the keys that it is encrypted with."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from app.domain.legs import Leg

KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class Track(StrEnum):
    """What is recorded of a call, in the order of an export's channels."""

    CLIENT_SAID = "client-said"
    AGENT_HEARD = "agent-heard"
    """What was played to the agent: the translation, and everything else that they heard of the bridge."""
    AGENT_SAID = "agent-said"
    CLIENT_HEARD = "client-heard"

    @classmethod
    def said(cls, leg: Leg) -> Track:
        return cls.CLIENT_SAID if leg is Leg.CLIENT else cls.AGENT_SAID

    @classmethod
    def heard(cls, leg: Leg) -> Track:
        return cls.CLIENT_HEARD if leg is Leg.CLIENT else cls.AGENT_HEARD


class RecordingEnd(StrEnum):
    """Why a recording ended."""

    CALL_ENDED = "call-ended"
    FAILED = "failed"
    """It could not be written; the log says why."""
    BEHIND = "behind"
    """The disk was too slow."""


@dataclass(frozen=True, slots=True)
class RecordingKeys:
    """Keys of 32 bytes by their names: the first one encrypts, all of them decrypt."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name=base64,name=base64``; empty for none. Raises ValueError, which never shows a key."""
        keys: dict[str, bytes] = {}
        entries = filter(None, (part.strip() for part in text.split(",")))
        for number, entry in enumerate(entries, 1):
            # A name is not shown either: where it was forgotten it is the key.
            name, _, encoded = entry.partition("=")
            if not _KEY_ID.fullmatch(name) or name in keys:
                raise ValueError("must be keys with names of their own, such as 2026=<base64>,2025=<base64>")
            try:
                keys[name] = b64decode(encoded, validate=True)
            except binascii.Error:
                raise ValueError(f"must be base64 behind the name: key {number} is not") from None
            if len(keys[name]) != KEY_BYTES:
                raise ValueError(f"must be keys of {KEY_BYTES} bytes: key {number} has {len(keys[name])}")
        return cls(keys)

    @property
    def current_id(self) -> str:
        """The name of the key that encrypts. Raises StopIteration where there is none."""
        return next(iter(self.keys))
