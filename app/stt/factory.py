"""Names of recognisers. A new one is a new file and a line here, or an entry point ``puente.stt`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class
from app.stt.base import SttProvider

BUILTIN = {
    "whisper": "app.stt.whisper:WhisperStt",
    "deepgram": "app.stt.deepgram:DeepgramStt",
    "scripted": "app.stt.scripted:ScriptedStt",
}


def create_stt_provider(settings: Settings) -> SttProvider:
    """Build the recogniser that ``STT_PROVIDER`` names. Raises ConfigError."""
    found = find_class("STT_PROVIDER", settings.stt_provider, BUILTIN, "puente.stt", SttProvider)  # type: ignore[type-abstract]
    return found.from_settings(settings)
