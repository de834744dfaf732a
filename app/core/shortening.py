"""What a sentence can do without when its listener is far behind: fillers, courtesy and stutter.

Only what stands alone between punctuation goes, or what never means anything; numbers, names and negations stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.core.acknowledgements import is_acknowledgement

_ASIDES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": ("يعني", "طيب", "من فضلك", "لو سمحت", "في الحقيقة", "بصراحة", "كما تعلم", "حسنا", "حسناً"),
        "ca": ("bé", "doncs", "o sigui", "saps", "mira", "si us plau", "vull dir", "de fet", "la veritat"),
        "de": ("also", "na ja", "naja", "wissen sie", "weißt du", "sagen wir", "bitte", "eigentlich", "ehrlich gesagt"),
        "en": (
            "well",
            "so",
            "you know",
            "i mean",
            "actually",
            "basically",
            "please",
            "to be honest",
            "let's see",
            "look",
        ),
        "es": (
            "bueno",
            "pues",
            "o sea",
            "mire",
            "mira",
            "a ver",
            "la verdad",
            "por favor",
            "en fin",
            "digamos",
            "es decir",
        ),
        "fr": (
            "bon",
            "alors",
            "enfin",
            "vous savez",
            "tu sais",
            "disons",
            "s'il vous plaît",
            "en fait",
            "écoutez",
            "voilà",
        ),
        "gl": ("bo", "pois", "é dicir", "mire", "mira", "a ver", "por favor", "a verdade", "en fin"),
        "it": ("beh", "allora", "cioè", "sa", "guardi", "diciamo", "per favore", "in realtà", "insomma", "ecco"),
        "nl": ("nou", "dus", "weet u", "eigenlijk", "alstublieft", "zeg maar", "kijk", "eerlijk gezegd"),
        "pt": ("bom", "então", "pois", "ou seja", "sabe", "olhe", "digamos", "por favor", "na verdade", "enfim"),
    }
)
_COURTESY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": ("من فضلك", "لو سمحت"),
        "ca": ("si us plau",),
        "de": ("bitte",),
        "en": ("please",),
        "es": ("por favor",),
        "fr": ("s'il vous plaît", "s'il te plaît"),
        "gl": ("por favor",),
        "it": ("per favore", "per cortesia"),
        "nl": ("alstublieft",),
        "pt": ("por favor", "se faz favor"),
    }
)
"""Goes wherever it stands."""
_HESITATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ca": ("eh", "ehm"),
        "de": ("äh", "ähm", "hm"),
        "en": ("um", "uh", "uhm", "er", "hmm"),
        "es": ("eh", "ehm", "em"),
        "fr": ("euh", "heu", "hein"),
        "gl": ("eh", "ehm"),
        "it": ("eh", "ehm"),
        "nl": ("eh", "ehm", "uh"),
        "pt": ("eh", "ehm", "hum"),
    }
)
"""Goes, too."""
_DENIALS = frozenset({"no", "non", "nein", "nee", "não", "لا"})
"""Said twice they mean what they mean said once."""
_PIECES = re.compile(r"([^,;:.!?…،؛؟]*)([,;:.!?…،؛؟]*)")
_SENTENCE_ENDS = frozenset(".!?…؟")


def shorten(text: str, language: str) -> str:
    """Return the text without what says nothing; as it was, when nothing else would be left."""
    hesitations = _HESITATIONS.get(language, ())
    asides = frozenset((*_ASIDES.get(language, ()), *hesitations))
    pieces: list[tuple[str, str]] = []
    for found, mark in _PIECES.findall(text):
        words = _without(found, (*_COURTESY.get(language, ()), *hesitations))
        key = _key(words)
        if not key or key in asides or (pieces and _is_repeated(key, _key(pieces[-1][0]), language)):
            pieces = _with_mark(pieces, mark)
        else:
            pieces.append((words, mark))
    shortened = "".join(f"{words}{mark}" for words, mark in pieces).strip()
    return shortened if _key(shortened) else text


def _is_repeated(key: str, before: str, language: str) -> bool:
    """Whether this says once more what was just said: a yes or a no, but never a digit of a number."""
    return key == before and (key in _DENIALS or is_acknowledgement(key, language))


def _without(text: str, phrases: tuple[str, ...]) -> str:
    if not phrases:
        return text
    pattern = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    without = re.sub(rf"(?<![\w'])(?:{pattern})(?![\w'])", "", text, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", without).rstrip() if without != text else text


def _with_mark(pieces: list[tuple[str, str]], mark: str) -> list[tuple[str, str]]:
    """Let what is left end as the piece that goes did, where that ended a sentence."""
    if pieces and _SENTENCE_ENDS & set(mark) and not _SENTENCE_ENDS & set(pieces[-1][1]):
        return [*pieces[:-1], (pieces[-1][0], mark)]
    return pieces


def _key(words: str) -> str:
    return " ".join(words.casefold().replace("’", "'").strip('¿¡ "«»').split())
