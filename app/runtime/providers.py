"""What a process interprets with, and which languages that covers."""

from __future__ import annotations

from dataclasses import dataclass

from app.config import Settings
from app.errors import ConfigError
from app.stt.base import SttProvider
from app.translation.base import TranslationProvider
from app.tts.base import TtsProvider


@dataclass(frozen=True, slots=True)
class Providers:
    stt: SttProvider
    translator: TranslationProvider
    voice: TtsProvider

    def client_languages(self, settings: Settings) -> tuple[str, ...]:
        """Return what a client may speak: what all three providers cover together with the agent's language.

        Raises ConfigError when that is nothing, or when the settings ask for more.
        """
        agent = settings.default_agent_language
        pairs = self.translator.capabilities.pairs
        heard_and_spoken = self.stt.capabilities.languages & self.voice.capabilities.languages
        if agent not in heard_and_spoken:
            raise ConfigError(
                f"DEFAULT_AGENT_LANGUAGE={agent}: STT_PROVIDER={settings.stt_provider} and "
                f"TTS_PROVIDER={settings.tts_provider} do not both cover it; choose one of "
                f"{', '.join(sorted(heard_and_spoken)) or 'other providers'}"
            )
        covered = {code for code in heard_and_spoken if {(code, agent), (agent, code)} <= pairs}
        missing = set(settings.client_languages) - covered - {agent}
        if missing:
            raise ConfigError(
                f"CLIENT_LANGUAGES: {', '.join(sorted(missing))} cannot be interpreted to and from {agent} with these "
                f"providers; they cover {', '.join(sorted(covered)) or 'nothing'} (see `python -m app doctor`)"
            )
        languages = set(settings.client_languages) or covered | {agent}
        if not languages - {agent}:
            raise ConfigError(
                f"TRANSLATION_PROVIDER={settings.translation_provider} has no language to and from {agent}; "
                "run `make engines` or choose another provider"
            )
        return tuple(sorted(languages))
