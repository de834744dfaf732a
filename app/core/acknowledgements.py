"""What a listener says to show that they follow: it claims no turn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_PHRASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": ("نعم", "أيوه", "ايوه", "طيب", "حسنا", "حسناً", "تمام", "أكيد", "صحيح", "فهمت", "آه"),
        "ca": ("sí", "ja", "val", "d'acord", "molt bé", "bé", "clar", "és clar", "entesos", "perfecte", "ah"),
        "de": (
            "ja",
            "genau",
            "gut",
            "alles klar",
            "klar",
            "okay",
            "stimmt",
            "verstehe",
            "ach so",
            "in ordnung",
            "sicher",
        ),
        "en": ("yes", "yeah", "yep", "right", "sure", "i see", "all right", "alright", "got it", "of course", "good"),
        "es": ("sí", "ajá", "vale", "claro", "ya", "bien", "muy bien", "de acuerdo", "entiendo", "eso es", "perfecto"),
        "fr": ("oui", "ouais", "d'accord", "bien", "très bien", "voilà", "bien sûr", "je vois", "entendu", "parfait"),
        "gl": ("si", "vale", "claro", "xa", "ben", "moi ben", "de acordo", "entendo", "perfecto", "abofé", "iso é"),
        "it": (
            "sì",
            "va bene",
            "bene",
            "certo",
            "esatto",
            "capito",
            "capisco",
            "d'accordo",
            "giusto",
            "perfetto",
            "ecco",
        ),
        "nl": ("ja", "goed", "precies", "oké", "klopt", "natuurlijk", "ik snap het", "begrepen"),
        "pt": (
            "sim",
            "está bem",
            "tá",
            "certo",
            "claro",
            "pois",
            "exato",
            "entendo",
            "percebo",
            "tudo bem",
            "perfeito",
        ),
    }
)
_ANYWHERE = ("ok", "okay", "okey", "oké", "mm", "mhm", "mmm", "hm", "hmm", "mm-hmm", "uh-huh", "aha", "ah", "oh", "eh")
"""Said in every language that is listed."""
_LONGEST_WORDS = 3
_WORD = re.compile(r"[\w'’-]+")


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold().replace("’", "'")))


_BY_LANGUAGE = {
    language: frozenset(_words(phrase) for phrase in (*phrases, *_ANYWHERE)) for language, phrases in _PHRASES.items()
}
_ALL = frozenset[tuple[str, ...]]().union(*_BY_LANGUAGE.values())


def is_acknowledgement(text: str, language: str | None) -> bool:
    """Whether the text is nothing but acknowledgements: "Sí, sí, vale."; not for a text without words.

    In a language that is not listed, those of all languages count.
    """
    phrases = _BY_LANGUAGE.get(language or "", _ALL)
    words = _words(text)
    at = 0
    while at < len(words):
        length = next((n for n in range(_LONGEST_WORDS, 0, -1) if words[at : at + n] in phrases), 0)
        if not length:
            return False
        at += length
    return bool(words)
