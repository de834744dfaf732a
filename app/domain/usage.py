"""What providers bill: how much of what, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
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


@dataclass(frozen=True, slots=True)
class UsageKey:
    stage: Stage
    provider: str
    unit: UsageUnit
