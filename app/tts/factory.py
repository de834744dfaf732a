"""Names of voices. A new one is a new file and a line here, or an entry point ``puente.tts`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class
from app.tts.base import TtsProvider

BUILTIN = {
    "local": "app.tts.local:LocalVoice",
    "kokoro": "app.tts.kokoro:KokoroVoice",
    "espeak": "app.tts.espeak:EspeakVoice",
    "elevenlabs": "app.tts.elevenlabs:ElevenLabsVoice",
    "scripted": "app.tts.scripted:ScriptedVoice",
}


def create_tts_provider(settings: Settings) -> TtsProvider:
    """Build the voice that ``TTS_PROVIDER`` names. Raises ConfigError."""
    found = find_class("TTS_PROVIDER", settings.tts_provider, BUILTIN, "puente.tts", TtsProvider)  # type: ignore[type-abstract]
    return found.from_settings(settings)
