"""What a language model answers, and whether that is a translation: models chat, explain, quote and refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from app.errors import ProviderBadReply

_FIELD = "translation"
ANSWER_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {_FIELD: {"type": "string"}},
    "required": [_FIELD],
    "additionalProperties": False,
}
"""What a server that can do so makes its model keep to."""

_LONGEST_RATIO = 4
"""An answer that is so many times longer than what was said ..."""
_LONGEST_EXTRA = 80
"""... and by so many characters more, is not its translation."""
_SHORTEST_RATIO = 8
_SHORTEST_FROM = 80
"""Nor is one that is so many times shorter than something of this length: a question was answered."""
_JSON_RATIO = 6
"""A letter may be written as \\u00f1."""
_JSON_EXTRA = 40

_TRANSLATION = (
    r"(?:translation|traduc+i[oóò]n?|traduction|traduzione|tradução|übersetzung|vertaling|tłumaczenie|перевод|ترجمة)"
)
_ABOUT_ITS_TASK = re.compile(rf"^.{{0,60}}\b{_TRANSLATION}\b[^.!?]{{0,40}}[:\"“«]", re.IGNORECASE)
"""Here is the translation: ..."""
_ABOUT_ITSELF = re.compile(
    r"\bas an ai\b|language model|modelo de (?:lenguaje|linguagem|linguaxe)|modèle de langage|sprachmodell|"
    r"modello linguistico",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[(\[]\s*(?:note|nota|hinweis|anmerkung|remarque|opmerking|uwaga|примечание)\b\s*:", re.IGNORECASE)
_ENGLISH_CHATTER = re.compile(r"\s*(?:sure|certainly|of course|absolutely|here(?:'s| is| are))\b", re.IGNORECASE)
_MARKUP = re.compile(r"```|\*\*|^\s*#+\s|</?\w+>|<\|", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n\s*\n")
_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "'": "'"}


def most_characters(said: str, *, is_structured: bool) -> int:
    """Return how long an answer to ``said`` can be; what goes on after that need not be read."""
    longest = _LONGEST_EXTRA + _LONGEST_RATIO * len(said)
    return _JSON_EXTRA + _JSON_RATIO * longest if is_structured else longest


def read_answer(provider: str, answer: str, said: str, target: str, *, is_brief: bool = False) -> str:
    """Return the translation that an answer is, structured or not. ``said`` is one line of text.

    Raises ProviderBadReply for one that is none.
    """
    structured = _structured(answer)
    translation = _unquoted(answer, said) if structured is None else structured
    if not translation.strip():
        raise ProviderBadReply(provider, "empty")
    if _is_chat(translation, said, target) or not _is_as_long(translation, said, is_brief):
        raise ProviderBadReply(provider, "not-a-translation")
    return translation


def _structured(answer: str) -> str | None:
    """Return the translation in an answer that keeps to the schema, None for other text."""
    try:
        found = json.loads(answer)
    except ValueError:
        return None
    translation = found.get(_FIELD) if isinstance(found, dict) else None
    return translation if isinstance(translation, str) else None


def _unquoted(answer: str, said: str) -> str:
    answer = answer.strip()
    is_quoted = len(answer) > 1 and _QUOTES.get(answer[0]) == answer[-1]
    return answer[1:-1] if is_quoted and said[:1] not in _QUOTES else answer


def _is_chat(translation: str, said: str, target: str) -> bool:
    """Whether it speaks about its task, or has a form that speech has not, and what was said does neither."""
    if target != "en" and _ENGLISH_CHATTER.match(translation) and not _ENGLISH_CHATTER.match(said):
        return True
    signs = (_ABOUT_ITS_TASK, _ABOUT_ITSELF, _NOTE, _MARKUP, _PARAGRAPHS)
    is_json = translation.lstrip().startswith("{") and not said.startswith("{")
    return is_json or any(sign.search(translation) and not sign.search(said) for sign in signs)


def _is_as_long(translation: str, said: str, is_brief: bool) -> bool:
    shortest = 0 if is_brief or len(said) < _SHORTEST_FROM else len(said) // _SHORTEST_RATIO
    return shortest <= len(translation) <= most_characters(said, is_structured=False)
