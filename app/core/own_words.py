"""What the bridge says of its own, each time in a language that its listener is likely to know."""

from __future__ import annotations

from app.core.call_config import CallConfig
from app.core.client_language import ClientLanguage
from app.domain.language_notices import NOTICE_LANGUAGES, notice_to_agent, notice_to_client
from app.domain.languages import likely_languages
from app.domain.legs import Leg
from app.domain.phrases import PHRASE_LANGUAGES, Phrase, phrase_text


class OwnWords:
    """Of one call; the client's language is asked for each time, because it changes."""

    def __init__(self, config: CallConfig, client_language: ClientLanguage) -> None:
        self._config = config
        self._client_language = client_language

    def phrase(self, leg: Leg, phrase: Phrase) -> tuple[str, str]:
        """Return a phrase and its language: what the leg speaks, where it can be said in that."""
        config = self._config
        spoken = self._client_language.spoken if leg is Leg.CLIENT else config.agent_language
        is_sayable = spoken in PHRASE_LANGUAGES & config.speakable_languages
        language = spoken if spoken is not None and is_sayable else config.bridge_language
        return phrase_text(phrase, language), language

    def uncovered(self, language: str) -> list[tuple[Leg, str, str]]:
        """Return who is told that the client's language cannot be interpreted, with which words, in what language."""
        config = self._config
        instead = self._client_language.instead_of(language)
        speakable = config.speakable_languages & NOTICE_LANGUAGES
        likely = (*likely_languages(language, config.client_region), config.bridge_language)
        told: list[tuple[Leg, str, str]] = []
        for leg, wishes, notice in (
            (Leg.CLIENT, likely, notice_to_client),
            (Leg.AGENT, (config.agent_language,), notice_to_agent),
        ):
            told_in = next((wish for wish in wishes if wish in speakable), None)
            if told_in is not None:
                told.append((leg, notice(language, instead, told_in), told_in))
        return told
