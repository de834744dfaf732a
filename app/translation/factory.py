"""Names of translators. A new one is a new file and a line here, or an entry point ``puente.translation`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class
from app.translation.base import TranslationProvider

BUILTIN = {
    "local": "app.translation.local:LocalTranslator",
    "fxtranslate": "app.translation.fxtranslate:FxTranslator",
    "apertium": "app.translation.apertium:ApertiumTranslator",
    "deepl": "app.translation.deepl:DeepLTranslator",
    "scripted": "app.translation.scripted:ScriptedTranslator",
}


def create_translation_provider(settings: Settings) -> TranslationProvider:
    """Build the translator that ``TRANSLATION_PROVIDER`` names. Raises ConfigError."""
    found = find_class(
        "TRANSLATION_PROVIDER",
        settings.translation_provider,
        BUILTIN,
        "puente.translation",
        TranslationProvider,  # type: ignore[type-abstract]
    )
    return found.from_settings(settings)
