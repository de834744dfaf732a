"""Names of recognisers. A new one is a new file and a line here, or an entry point ``puente.stt`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class, named_by
from app.stt.base import SttProvider

BUILTIN = {
    "whisper": "app.stt.whisper:WhisperStt",
    "deepgram": "app.stt.deepgram:DeepgramStt",
    "elevenlabs": "app.stt.elevenlabs:ElevenLabsStt",
    "openai": "app.stt.openai:OpenAiStt",
    "azure": "app.stt.azure:AzureStt",
    "scripted": "app.stt.scripted:ScriptedStt",
}


def create_stt_provider(settings: Settings) -> SttProvider:
    """Build the recogniser that ``STT_PROVIDER`` names, with its fallbacks behind it. Raises ConfigError."""
    if not settings.stt_fallbacks:
        return create_one(settings, settings.stt_provider)
    from app.stt.fallback import FallbackStt  # It builds its links with the function below.

    return FallbackStt.from_settings(settings)


def create_one(settings: Settings, name: str, variable: str = "STT_PROVIDER") -> SttProvider:
    """Build one recogniser by its name; ``variable`` is the setting that named it. Raises ConfigError."""
    found = find_class(variable, name, BUILTIN, "puente.stt", SttProvider)  # type: ignore[type-abstract]
    with named_by(variable, name):
        return found.from_settings(settings)
