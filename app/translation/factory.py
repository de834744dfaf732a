"""Names of translators. A new one is a new file and a line here, or an entry point ``puente.translation`` elsewhere."""

from __future__ import annotations

from app.config import Settings
from app.plugins import find_class, named_by
from app.translation.base import TranslationProvider

BUILTIN = {
    "local": "app.translation.local:LocalTranslator",
    "fxtranslate": "app.translation.fxtranslate:FxTranslator",
    "apertium": "app.translation.apertium:ApertiumTranslator",
    "opus_mt": "app.translation.opus_mt:OpusMtTranslator",
    "deepl": "app.translation.deepl:DeepLTranslator",
    "azure": "app.translation.azure:AzureTranslator",
    "openai": "app.translation.openai:OpenAiTranslator",
    "scripted": "app.translation.scripted:ScriptedTranslator",
}


def create_translation_provider(settings: Settings) -> TranslationProvider:
    """Build the translator that ``TRANSLATION_PROVIDER`` names, with its fallbacks behind it. Raises ConfigError."""
    if not settings.translation_fallbacks:
        return create_one(settings, settings.translation_provider)
    from app.translation.fallback import FallbackTranslator  # It builds its links with the function below.

    return FallbackTranslator.from_settings(settings)


def create_one(settings: Settings, name: str, variable: str = "TRANSLATION_PROVIDER") -> TranslationProvider:
    """Build one translator by its name, with the deployment's glossary around it where there is one.

    ``variable`` is the setting that named it. Raises ConfigError.
    """
    provider = create_bare(settings, name, variable)
    if settings.glossary_file is None:
        return provider
    from app.translation.glossary import GlossaryTranslator  # It builds what is in it with the function below.

    return GlossaryTranslator(provider)


def create_bare(settings: Settings, name: str, variable: str) -> TranslationProvider:
    """Build one translator, without a glossary. Raises ConfigError."""
    found = find_class(variable, name, BUILTIN, "puente.translation", TranslationProvider)  # type: ignore[type-abstract]
    with named_by(variable, name):
        provider = found.from_settings(settings)
    if not (settings.redact_for_language_models and provider.capabilities.is_language_model):
        return provider
    from app.translation.withheld import WithholdingTranslator  # It builds what is in it with this function.

    return WithholdingTranslator(provider)
