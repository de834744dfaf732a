"""Text as a recogniser gives it, made fit for a sentence translator."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

MAX_SENTENCE_CHARS = 400
"""A longer run without a full stop is cut at a word: engines are bounded in time and in context."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»”)]*\s+(?=[\"'«“(¿¡]*[^\W_])")
_ABBREVIATION = re.compile(
    r"(?:^|\W)(?:mrs?|ms|dr|dra|drs|prof|st|sr|sra|srta|sres|sig|dott|mme|mlle|av|avda|no|núm|num|nº|tel|ext|ud|uds|"
    r"aprox|etc|vs|p|[^\W\d_])\.$",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return ``text`` composed (NFC), without control and format characters, each run of white space one space."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(map(_visible, composed)).split())


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return " " if category[0] in "CZ" else char


def split_sentences(text: str, max_chars: int = MAX_SENTENCE_CHARS) -> list[str]:
    """Split cleaned text behind its sentences; no piece is empty or longer than ``max_chars``.

    Titles and other abbreviations ("Mr. Smith") end no sentence.
    """
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        head = text[start : match.end()].strip()
        if not _ABBREVIATION.search(head):
            sentences.append(head)
            start = match.end()
    sentences.append(text[start:].strip())
    return [piece for sentence in sentences if sentence for piece in _cut(sentence, max_chars)]


def _cut(sentence: str, max_chars: int) -> list[str]:
    pieces = []
    while len(sentence) > max_chars:
        at = sentence.rfind(" ", 1, max_chars + 1)
        at = at if at > 0 else max_chars
        pieces.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*pieces, sentence] if sentence else pieces


def keeps_digits(source: str, target: str) -> bool:
    """Whether every digit of ``source`` is still in ``target``, in whatever format or order."""
    return Counter(filter(str.isdigit, source)) <= Counter(filter(str.isdigit, target))
