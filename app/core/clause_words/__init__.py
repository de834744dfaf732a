"""The words that ``clause_rules`` asks about, language by language. Only what speech on the telephone is full of."""

from __future__ import annotations

from types import MappingProxyType

from app.core.clause_rules import ClauseRules
from app.core.clause_words.germanic import DUTCH, ENGLISH, GERMAN
from app.core.clause_words.others import ARABIC, JAPANESE, KOREAN, TURKISH
from app.core.clause_words.romance import CATALAN, FRENCH, GALICIAN, ITALIAN, PORTUGUESE, SPANISH

_RULES = MappingProxyType(
    {
        rules.language: rules
        for rules in (
            *(SPANISH, ENGLISH, FRENCH, ITALIAN, PORTUGUESE, GALICIAN, CATALAN),
            *(GERMAN, DUTCH, ARABIC, JAPANESE, KOREAN, TURKISH),
        )
    }
)

RULE_LANGUAGES = frozenset(_RULES)


def rules_for(language: str) -> ClauseRules:
    """Return the rules of an ISO 639-1 code; for a language without any, rules without words."""
    return _RULES.get(language) or ClauseRules(language)
