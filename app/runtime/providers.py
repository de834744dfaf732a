"""What a process interprets with, and which languages that covers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from app.config import Settings
from app.core.direct import DirectConfig
from app.domain.legs import Leg
from app.domain.usage import Stage
from app.errors import ConfigError
from app.meaning.leaning import leans_to
from app.resilience.breaker import CircuitBreaker
from app.resilience.chain import Link
from app.s2s.base import S2sProvider
from app.stt.base import SttProvider
from app.translation.base import TranslationProvider
from app.tts.base import TtsProvider

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Providers:
    stt: SttProvider
    translator: TranslationProvider
    voice: TtsProvider
    spare_voice: TtsProvider | None = None
    """Says the bridge's own phrases when ``voice`` cannot."""
    s2s: Link[S2sProvider] | None = None
    """None: both directions are a cascade of the other three."""

    async def start(self) -> None:
        """Load the engines, try the keys. Raises ConfigError."""
        await asyncio.gather(*(provider.start() for provider in self._each()), self._start_spare_voice())

    async def aclose(self) -> None:
        await asyncio.gather(*(provider.aclose() for provider in self._each()))
        if self.spare_voice is not None:
            await self.spare_voice.aclose()

    def breakers(self) -> list[tuple[Stage, CircuitBreaker]]:
        """Return every provider's circuit, by its stage, where somebody else can take over."""
        stages = {
            Stage.RECOGNITION: self.stt.breakers,
            Stage.TRANSLATION: self.translator.breakers,
            Stage.SPEECH: self.voice.breakers,
            Stage.SPEECH_TO_SPEECH: () if self.s2s is None else (self.s2s.breaker,),
        }
        return [(stage, breaker) for stage, breakers in stages.items() for breaker in breakers]

    def direct(self, settings: Settings) -> DirectConfig | None:
        """Return what a call's directions need to know of the speech-to-speech provider."""
        if self.s2s is None:
            return None
        capabilities = self.s2s.provider.capabilities
        return DirectConfig(
            legs=frozenset(Leg(direction) for direction in settings.s2s_directions),
            targets=capabilities.targets,
            timeout_ms=settings.s2s_timeout_ms,
            repeats_target=capabilities.repeats_target,
            leans_to=leans_to,
        )

    def _each(self) -> Iterator[SttProvider | TranslationProvider | TtsProvider | S2sProvider]:
        yield from (self.stt, self.translator, self.voice)
        if self.s2s is not None:
            yield self.s2s.provider

    async def _start_spare_voice(self) -> None:
        """One that does not work is missed when another one fails, and no reason not to start."""
        if self.spare_voice is not None:
            try:
                await self.spare_voice.start()
            except ConfigError as error:
                log.warning("spare_voice.not_started", why=str(error))

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
