"""What is said in simulated talks: parallel sentences, line by line in several languages."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent / "sentences"

LANGUAGES = ("es", "en", "fr", "de", "it", "pt", "gl", "ca", "ar")

Row = dict[str, str]
"""One meaning, by ISO 639-1 code."""


@cache
def conversation() -> tuple[Row, ...]:
    """Return the telephone sentences of this repository."""
    return tuple(yaml.safe_load((_FOLDER / "conversation.yaml").read_text(encoding="utf-8")))


@cache
def news() -> tuple[Row, ...]:
    """Return the written sentences of FLORES that are kept here (see sentences/README.md for their licence)."""
    with (_FOLDER / "flores.tsv").open(encoding="utf-8") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple({language: row[language] for language in LANGUAGES} for row in reader)


def split_words(sentence: str) -> list[str]:
    """Return the words as they are written; punctuation that stands alone belongs to the word before it."""
    words: list[str] = []
    for token in sentence.split():
        if words and not any(character.isalnum() for character in token):
            words[-1] += f" {token}"
        else:
            words.append(token)
    return words
