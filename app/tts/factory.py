"""Names of voices. A new one is a new file and a line here, or an entry point ``puente.tts`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class, named_by
from app.tts.base import TtsProvider

BUILTIN = {
    "local": "app.tts.local:LocalVoice",
    "kokoro": "app.tts.kokoro:KokoroVoice",
    "espeak": "app.tts.espeak:EspeakVoice",
    "elevenlabs": "app.tts.elevenlabs:ElevenLabsVoice",
    "azure": "app.tts.azure:AzureVoice",
    "deepgram": "app.tts.deepgram:DeepgramVoice",
    "openai": "app.tts.openai:OpenAiVoice",
    "scripted": "app.tts.scripted:ScriptedVoice",
}

SPARE_VOICE = "espeak"
"""Speaks the bridge's own phrases when all others have failed: it needs no network, no model and hardly any time."""


def create_tts_provider(settings: Settings) -> TtsProvider:
    """Build the voice that ``TTS_PROVIDER`` names, with its fallbacks behind it. Raises ConfigError."""
    if not settings.tts_fallbacks:
        return create_one(settings, settings.tts_provider)
    from app.tts.fallback import FallbackVoice  # It builds its links with the function below.

    return FallbackVoice.from_settings(settings)


def create_one(settings: Settings, name: str, variable: str = "TTS_PROVIDER") -> TtsProvider:
    """Build one voice by its name; ``variable`` is the setting that named it. Raises ConfigError."""
    found = find_class(variable, name, BUILTIN, "puente.tts", TtsProvider)  # type: ignore[type-abstract]
    with named_by(variable, name):
        return found.from_settings(settings)
