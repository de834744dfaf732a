"""Names of speech-to-speech providers. A new one is a new file and a line here, or an entry point ``puente.s2s``."""

from __future__ import annotations

from app.config import Settings
from app.errors import ConfigError
from app.plugins import find_class, named_by
from app.resilience.chain import Link
from app.s2s.base import S2sProvider

BUILTIN = {
    "openai_realtime": "app.s2s.openai_realtime:OpenAiRealtime",
    "scripted": "app.s2s.scripted:ScriptedS2s",
}


def create_s2s_link(settings: Settings) -> Link[S2sProvider] | None:
    """Build what ``S2S_PROVIDER`` names with its circuit breaker; the cascade is behind it. Raises ConfigError."""
    provider = create_s2s_provider(settings)
    return None if provider is None else Link(settings.s2s_provider, provider)


def create_s2s_provider(settings: Settings) -> S2sProvider | None:
    """Build what ``S2S_PROVIDER`` names; None where both directions are a cascade. Raises ConfigError."""
    name = settings.s2s_provider
    if not name:
        return None
    found = find_class("S2S_PROVIDER", name, BUILTIN, "puente.s2s", S2sProvider)  # type: ignore[type-abstract]
    with named_by("S2S_PROVIDER", name):
        provider = found.from_settings(settings)
    agent = settings.default_agent_language
    if "client" in settings.s2s_directions and agent not in provider.capabilities.targets:
        raise ConfigError(
            f"S2S_PROVIDER={name} does not speak DEFAULT_AGENT_LANGUAGE={agent}; choose S2S_DIRECTIONS=agent, or none"
        )
    return provider
