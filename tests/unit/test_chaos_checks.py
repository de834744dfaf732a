"""What the chaos run calls lost: it has to see a row that is missing, twice, open, or not spoken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.api.schemas import CallView, UtteranceView
from app.domain.legs import EndReason, Leg, LegStatus
from app.domain.phrasebook import phrase
from app.domain.records import Outcome
from app.emulator.report import CallReport, LegReport, StatusChange
from app.emulator.speaker import Said
from bench.chaos.calls import Held, faults_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGES = {Leg.CLIENT: "en", Leg.AGENT: "es"}


def leg_report(turns: int) -> LegReport:
    said = [Said(f"turn-{n}", float(n), n + 0.5) for n in range(turns)]
    return LegReport(said=said, statuses=[StatusChange(9.0, LegStatus.COMPLETED)])


def held() -> Held:
    return Held(CallReport(leg_report(2), leg_report(2), duration_s=10.0), AT)


def row(*, end_reason: EndReason = EndReason.CLIENT_HUNG_UP, is_over: bool = True) -> CallView:
    spoken = [(Leg.CLIENT, 1), (Leg.AGENT, 1), (Leg.CLIENT, 2), (Leg.AGENT, 2)]
    utterances = [
        UtteranceView.model_construct(
            sequence=sequence, speaker=leg, source_text=phrase(number, LANGUAGES[leg]), outcome=Outcome.SPOKEN
        )
        for sequence, (leg, number) in enumerate(spoken, start=1)
    ]
    return CallView.model_construct(
        utterances=utterances, ended_at=AT if is_over else None, end_reason=end_reason if is_over else None
    )


def test_a_call_of_which_everything_was_written_has_no_fault() -> None:
    assert faults_of(held(), row()) == []


@pytest.mark.parametrize("lost", range(4))
def test_every_lost_row_is_seen(lost: int) -> None:
    there = row()
    del there.utterances[lost]
    assert faults_of(held(), there)


def test_so_are_rows_that_stay_open_end_otherwise_or_are_not_there() -> None:
    assert faults_of(held(), row(is_over=False))
    assert faults_of(held(), row(end_reason=EndReason.INTERNAL_ERROR))
    assert faults_of(held(), None)


def test_so_is_an_utterance_that_nobody_heard() -> None:
    there = row()
    there.utterances[2].outcome = Outcome.UNTRANSLATED
    assert faults_of(held(), there)


def test_so_is_a_telephone_that_stays_up() -> None:
    report = held().report
    report.agent.statuses.append(StatusChange(9.5, LegStatus.IN_PROGRESS))
    assert faults_of(replace(held(), report=report), row())
