"""What a call begins with: the languages that fit it, what its client is told first, and the core's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from app.audio.shaping import TelephoneSound
from app.audio.tones import comfort_cycle, ringback_cycle
from app.config import Settings
from app.core.call_config import CallConfig
from app.core.clauses import ClausePolicyName
from app.core.governor import CALM, GovernorLimits
from app.core.language_hints import TRUST, HintSource, LanguageHint, best_hint
from app.core.segmenter import SegmenterLimits
from app.core.stable_clauses import ClauseLimits
from app.domain.glossary import Glossaries
from app.domain.languages import language_of_country
from app.domain.legs import Leg
from app.domain.phrases import PHRASE_LANGUAGES, Phrase, phrase_language, phrase_text
from app.domain.policies import Transcripts
from app.runtime.key_bindings import key_bindings
from app.runtime.providers import Providers
from app.twilio.numbers import region_of
from app.twilio.twiml import Say

_FALLBACK_LANGUAGE = "en"
CONSENTS = {
    (False, False): Phrase.CONSENT,
    (False, True): Phrase.CONSENT_TRANSCRIBED,
    (True, False): Phrase.CONSENT_RECORDED,
    (True, True): Phrase.CONSENT_RECORDED_TRANSCRIBED,
}
"""What is announced, by whether calls are recorded and whether they are written down."""


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What is known of a call before anybody has spoken."""

    region: str | None
    """The country of the client's number (ISO 3166-1)."""
    hint: LanguageHint
    """What best suggests the client's language, of what can be interpreted."""
    language: str
    """What the bridge itself speaks to the client."""
    called: str
    """The number that they dialled; empty where we dial them."""


class CallPlans:
    """Plans the calls of one process."""

    def __init__(self, settings: Settings, providers: Providers, glossaries: Glossaries) -> None:
        """Raises ConfigError when the providers cover no language, or not those of the settings."""
        self.client_languages = providers.client_languages(settings)
        self.consent = _consent(settings)
        """What is announced to the client, if anything is."""
        self._settings = settings
        self._providers = providers
        self._glossaries = glossaries
        self._keys = key_bindings(settings, self.client_languages)

    def plan(self, number: str, called: str, language: str) -> CallPlan:
        """Plan a call with the client at ``number`` who ``called`` ours; ``language`` is what somebody said of them."""
        settings = self._settings
        region = region_of(number)
        said = {
            HintSource.PARAMETER: language,
            HintSource.CALLED_NUMBER: dict(settings.called_number_languages).get(called),
            HintSource.COUNTRY: language_of_country(region),
            HintSource.DEFAULT: settings.default_client_language,
        }
        hints = tuple(LanguageHint(source, said[source] or "") for source in TRUST if said.get(source))
        hint = best_hint(hints, self.client_languages, settings.default_agent_language)
        return CallPlan(region, hint, self._bridge_language(hints), called)

    def greeting(self, language: str) -> Say:
        """Return what the client hears first."""
        greeting = say(Phrase.GREETING, language)
        if self.consent is None:
            return greeting
        return Say(f"{greeting.text} {say(self.consent, language).text}", greeting.language)

    def config(self, plan: CallPlan, patience_s: int | None = None) -> CallConfig:
        """Return the core's configuration; the client has ``patience_s`` to connect, by default as long as a ticket."""
        settings = self._settings
        return CallConfig(
            started_at=datetime.now(UTC),
            agent_language=settings.default_agent_language,
            client_language_hint=plan.hint,
            client_languages=self.client_languages,
            client_region=plan.region,
            bridge_language=plan.language,
            speakable_languages=self._providers.voice.capabilities.languages,
            bypass_same_language=settings.bypass_translation_for_same_language,
            ringback=ringback_cycle(plan.region),
            comfort_tone=comfort_cycle() if settings.comfort_tone else b"",
            sound=TelephoneSound(),
            listening={Leg.CLIENT: settings.client_listening, Leg.AGENT: settings.agent_listening},
            overlap={Leg.CLIENT: settings.client_overlap, Leg.AGENT: settings.agent_overlap},
            governor=CALM if self._providers.voice.capabilities.is_heavy else GovernorLimits(),
            segmenter=SegmenterLimits(pause_ms=settings.utterance_pause_ms),
            stream_timeout_ms=(patience_s or settings.stream_token_ttl_s) * 1000,
            ring_timeout_ms=settings.agent_ring_timeout_s * 1000,
            maximum_ms=settings.max_call_duration_s * 1000,
            keys=self._keys,
            voice_commands=settings.voice_commands,
            clause_policy=ClausePolicyName(settings.clause_policy),
            clause_limits=_clause_limits(settings),
            final_timeout_ms=self._providers.stt.capabilities.final_timeout_ms,
            direct=self._providers.direct(settings),
            translates_ahead=settings.speculative_translation,
            speaks_ahead=settings.speculative_translation
            and settings.speculative_speech
            and not self._providers.voice.capabilities.is_heavy,
            matches_voices=settings.voice_matching,
            glossary=self._glossaries.of_call_to(plan.called),
        )

    def _bridge_language(self, hints: tuple[LanguageHint, ...]) -> str:
        """Choose what the bridge speaks to the client: what fits their call and has a voice."""
        wishes = (*(hint.language for hint in hints), _FALLBACK_LANGUAGE)
        speakable = PHRASE_LANGUAGES & self._providers.voice.capabilities.languages
        return next((wish for wish in wishes if wish in speakable), self._settings.default_agent_language)


def say(phrase: Phrase, language: str) -> Say:
    """Return a phrase for the carrier's own voice, in the language or one that the phrase is known in."""
    spoken = phrase_language(language)
    return Say(phrase_text(phrase, spoken), spoken)


def _clause_limits(settings: Settings) -> ClauseLimits:
    """Return the limits of the settings; a busy listener gives a speaker a second more, as by default."""
    defaults = ClauseLimits()
    return ClauseLimits(
        soft_ms=settings.clause_soft_wait_ms,
        busy_soft_ms=settings.clause_soft_wait_ms + defaults.busy_soft_ms - defaults.soft_ms,
        hard_ms=settings.clause_hard_wait_ms,
        watchdog_ms=settings.clause_hard_wait_ms + defaults.watchdog_ms - defaults.hard_ms,
    )


def _consent(settings: Settings) -> Phrase | None:
    if not settings.consent_announcement:
        return None
    is_transcribed = settings.transcripts is not Transcripts.OFF
    return CONSENTS[settings.recording, is_transcribed]
