"""What is kept of a call's clauses, also where a number runs over several of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import Leg
from app.domain.policies import Transcripts
from app.domain.records import Outcome, UtteranceRecord
from app.privacy.transcripts import TranscriptKeeper, kept_text
from tests.unit.privacy.numbers import cards

CARD = "4111 1111 1111 1111"


def clause(sequence: int, source: str, translation: str | None = None, speaker: Leg = Leg.CLIENT) -> UtteranceRecord:
    return UtteranceRecord(
        sequence=sequence,
        speaker=speaker,
        source_language="en",
        target_language="es",
        source_text=source,
        translated_text=translation,
        outcome=Outcome.SPOKEN,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        speech_ms=1000,
        recognition_ms=None,
        translation_ms=None,
        synthesis_ms=None,
        queue_ms=None,
        total_ms=None,
    )


def kept_of(records: list[UtteranceRecord], transcripts: Transcripts = Transcripts.REDACTED) -> dict[int, str]:
    """Return what is kept in the end, by clause."""
    keeper = TranscriptKeeper(transcripts)
    return {kept.sequence: kept.source_text for record in records for kept in keeper.keep(record)}


@pytest.mark.parametrize(
    ("transcripts", "source", "translation"),
    [
        (Transcripts.OFF, "", None),
        (Transcripts.REDACTED, "It is [card].", "Es [card]."),
        (Transcripts.FULL, f"It is {CARD}.", f"Es {CARD}."),
    ],
)
def test_a_clause_is_kept_as_the_setting_says(transcripts: Transcripts, source: str, translation: str | None) -> None:
    (kept,) = TranscriptKeeper(transcripts).keep(clause(1, f"It is {CARD}.", f"Es {CARD}."))
    assert (kept.source_text, kept.translated_text) == (source, translation)
    assert kept_text(transcripts, f"It is {CARD}.", "en") == (source or None)


@given(cards(), st.lists(st.integers(1, 6), min_size=1, max_size=4).filter(lambda sizes: sum(sizes) >= 4))
def test_a_card_said_in_several_clauses_is_hidden_in_all(card: str, sizes: list[int]) -> None:
    pieces, at = [], 0
    while at < len(card):
        pieces.append(card[at : at + max(4, sizes[len(pieces) % len(sizes)])])
        at += len(pieces[-1])
    kept = kept_of([clause(1, "It is"), *(clause(2 * n, piece + ".") for n, piece in enumerate(pieces, 1))])
    assert not any(char.isdigit() for text in kept.values() for char in text)
    assert kept[1] == "It is"


def test_the_other_party_may_speak_in_between() -> None:
    kept = kept_of([clause(1, "4111 1111"), clause(2, "sí", speaker=Leg.AGENT), clause(3, "1111 1111, thanks")])
    assert kept == {1: "[card]", 2: "sí", 3: "[card], thanks"}


def test_numbers_of_two_people_are_not_one() -> None:
    kept = kept_of([clause(1, "4111 1111"), clause(2, "1111 1111", speaker=Leg.AGENT)])
    assert kept == {1: "4111 1111", 2: "1111 1111"}


def test_the_translation_is_read_over_clauses_too() -> None:
    keeper = TranscriptKeeper(Transcripts.REDACTED)
    keeper.keep(clause(1, "one", "4111 1111"))
    earlier, kept = keeper.keep(clause(2, "two", "1111 1111"))
    assert (earlier.sequence, earlier.translated_text, kept.translated_text) == (1, "[card]", "[card]")


def test_what_is_told_anew_is_no_second_clause() -> None:
    keeper = TranscriptKeeper(Transcripts.REDACTED)
    keeper.keep(clause(1, "4111 1111 1111"))
    keeper.keep(clause(1, "4111 1111 1111"))
    assert [kept.source_text for kept in keeper.keep(clause(2, "1111"))] == ["[card]", "[card]"]


def test_what_is_told_anew_with_another_text_is_read_with_that_text() -> None:
    keeper = TranscriptKeeper(Transcripts.REDACTED)
    keeper.keep(clause(1, "my card", "mi tarjeta"))
    (kept,) = keeper.keep(clause(1, f"it is {CARD}", f"es {CARD}"))
    assert (kept.source_text, kept.translated_text) == ("it is [card]", "es [card]")
    (kept,) = keeper.keep(clause(1, "4111 1111", "4111 1111"))
    assert (kept.source_text, kept.translated_text) == ("4111 1111", "4111 1111")
    earlier, kept = keeper.keep(clause(2, "1111 1111", "1111 1111"))
    assert (earlier.sequence, earlier.source_text, earlier.translated_text) == (1, "[card]", "[card]")
    assert (kept.sequence, kept.source_text, kept.translated_text) == (2, "[card]", "[card]")


def test_what_is_told_anew_keeps_everything_else_that_is_new() -> None:
    keeper = TranscriptKeeper(Transcripts.REDACTED)
    keeper.keep(clause(1, "hello"))
    (kept,) = keeper.keep(replace(clause(1, "hello", "hola"), outcome=Outcome.INTERRUPTED, heard_ms=120))
    assert (kept.translated_text, kept.outcome, kept.heard_ms) == ("hola", Outcome.INTERRUPTED, 120)


def test_what_did_not_change_is_not_told_again() -> None:
    keeper = TranscriptKeeper(Transcripts.REDACTED)
    assert [len(keeper.keep(clause(n, text))) for n, text in enumerate(["4111 1111", "1111 1111", "thanks"])] == [
        1,
        2,
        1,
    ]
