"""What providers bill: how much of what, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    TELEPHONY = "telephony"
    RECOGNITION = "recognition"
    TRANSLATION = "translation"
    SPEECH = "speech"
    SPEECH_TO_SPEECH = "speech-to-speech"


class UsageUnit(StrEnum):
    AUDIO_MS = "audio-ms"
    """Milliseconds of audio sent to the provider, or, of speech that is billed by its length, received from it."""
    CHARACTERS = "characters"
    """Characters of text sent to the provider."""
    INPUT_TOKENS = "input-tokens"
    OUTPUT_TOKENS = "output-tokens"
    INBOUND_MINUTES = "inbound-minutes"
    """Begun minutes of a telephone call that was taken."""
    OUTBOUND_MINUTES = "outbound-minutes"
    """Begun minutes of a telephone call that was placed."""
    STREAM_MINUTES = "stream-minutes"
    """Begun minutes of a leg's media stream."""


@dataclass(frozen=True, slots=True)
class UsageKey:
    stage: Stage
    provider: str
    unit: UsageUnit
    variant: str = ""
    """What the provider's price depends on: a model or, of telephone minutes, where the other end is (an ISO 3166
    region, ``sip`` or ``client``). Empty where it depends on nothing."""
