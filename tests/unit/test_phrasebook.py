"""The dialogue of the scripted providers."""

from __future__ import annotations

import re

import pytest

from app.domain.phrasebook import PHRASEBOOK, PHRASEBOOK_LANGUAGES, phrase


@pytest.mark.parametrize("entry", PHRASEBOOK)
def test_an_entry_says_the_same_numbers_in_every_language(entry: dict[str, str]) -> None:
    assert set(entry) == set(PHRASEBOOK_LANGUAGES)
    assert len({tuple(re.findall(r"\d+", text)) for text in entry.values()}) == 1


@pytest.mark.parametrize("language", PHRASEBOOK_LANGUAGES)
def test_no_two_entries_read_the_same(language: str) -> None:
    assert len({entry[language] for entry in PHRASEBOOK}) == len(PHRASEBOOK)


def test_the_dialogue_starts_over() -> None:
    assert phrase(1, "es") == PHRASEBOOK[0]["es"]
    assert phrase(len(PHRASEBOOK) + 2, "fr") == PHRASEBOOK[1]["fr"]
    assert phrase(3, "zh") == PHRASEBOOK[2]["en"]
