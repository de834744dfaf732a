"""Whole calls through the real server and the emulator: what each party heard, and that both were hung up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import Answer, AnswerKind, AtTime, Faults, Turn
from tests.e2e.harness import Desk, conversation, desk, script
from tests.e2e.sounds import babble

SPEECH = babble(1.5)


def assert_both_hung_up(report: CallReport) -> None:
    for leg in Leg:
        assert report.leg(leg).final_status is LegStatus.COMPLETED, f"the {leg}'s telephone is still up"


async def test_each_party_hears_the_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(script(**conversation(SPEECH)))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert_both_hung_up(report)
    assert report.agent.heard_s > 2, "two utterances of the client"
    first_answer = next(said for said in report.agent.said if said.turn == "answer")
    assert any(segment.start_s > first_answer.end_s for segment in report.client.heard_segments)
    assert [(each.speaker, each.source_language, each.target_language) for each in call.utterances] == [
        (Leg.CLIENT, "en", "es"),
        (Leg.AGENT, "es", "en"),
        (Leg.CLIENT, "en", "es"),
    ]
    assert all(each.outcome is Outcome.SPOKEN and each.translated_text for each in call.utterances)
    for each in call.utterances:
        stages = (each.recognition_ms, each.translation_ms, each.synthesis_ms, each.queue_ms)
        assert all(stage is not None for stage in stages)
        assert each.total_ms == sum(stage or 0 for stage in stages)
    assert (call.status, call.end_reason) == (CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP)
    assert call.client_language == "en"
    assert call.agent_call_sid == report.agent.call_sid
    assert call.answered_at is not None


async def test_the_client_hears_ringback_and_then_silence(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(
            script(answer=Answer(after_s=3.0), client=(Turn("bye", AtTime(5.0), hang_up=True),))
        )
    assert_both_hung_up(report)
    opened_s = report.agent.streams[0].opened_at_s
    assert opened_s is not None
    assert report.client.heard_segments
    assert report.client.heard_segments[0].start_s < opened_s
    assert all(segment.end_s < opened_s + 0.5 for segment in report.client.heard_segments)


async def test_an_agent_who_cannot_be_reached_is_explained(tmp_path: Path) -> None:
    reasons = {
        AnswerKind.BUSY: EndReason.AGENT_BUSY,
        AnswerKind.NO_ANSWER: EndReason.AGENT_NO_ANSWER,
        AnswerKind.FAILED: EndReason.AGENT_FAILED,
    }
    async with desk(tmp_path) as at:
        scripts = [script(answer=Answer(kind, after_s=1.0)) for kind in reasons]
        reports = await asyncio.gather(*map(at.emulator.call, scripts))
        calls = [await at.call_of(report) for report in reports]
    for report, call, reason in zip(reports, calls, reasons.values(), strict=True):
        assert report.is_clean, (reason, report.errors, report.client.warnings)
        assert report.client.final_status is LegStatus.COMPLETED
        assert report.client.ended_by == "server"
        last = report.client.heard_segments[-1]
        assert last.end_s - last.start_s > 0.5, "a sentence, not a tone"
        assert (call.status, call.end_reason) == (CallStatus.FAILED, reason)


async def test_hanging_up_in_the_middle_of_a_word_ends_both_legs(tmp_path: Path) -> None:
    reasons = {Leg.CLIENT: EndReason.CLIENT_HUNG_UP, Leg.AGENT: EndReason.AGENT_HUNG_UP}
    cut = (Turn("cut", AtTime(1.0), say=SPEECH, hang_up_at_s=0.6),)
    async with desk(tmp_path) as at:
        reports = await asyncio.gather(*(at.emulator.call(script(**{str(leg): cut})) for leg in reasons))
        calls = [await at.call_of(report) for report in reports]
    for report, call, (leg, reason) in zip(reports, calls, reasons.items(), strict=True):
        assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
        assert_both_hung_up(report)
        assert not report.leg(leg.other).warnings, "the other leg ends by REST, before its stream is closed (31921)"
        assert call.end_reason is reason


async def test_a_reset_socket_ends_both_legs(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(script(faults=Faults(legs="agent", reset_at_s=1.0)))
        call = await at.the_call()
    assert_both_hung_up(report)
    assert call.end_reason in (EndReason.AGENT_STREAM_LOST, EndReason.AGENT_HUNG_UP)


async def test_an_administrator_ends_a_call(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("talk", AtTime(20.0), say=SPEECH),))))
        call_sid = await _live_call(at)
        reply = await at.http.post(f"/calls/{call_sid}/end")
        assert reply.status_code == 202
        report = await holding
        call = await at.the_call()
        again = await at.http.post(f"/calls/{call_sid}/end")
    assert_both_hung_up(report)
    assert call.end_reason is EndReason.ADMINISTRATOR
    assert again.status_code == 404


BAD_LINES = (
    Faults(jitter_ms=60),
    Faults(burst_ms=400),
    Faults(drop_ms=120),
    Faults(duplicate_webhook=True),
    Faults(duplicate_callbacks=True, shuffle_callbacks=True),
    Faults(answered_late_s=1.0),
    Faults(start_delay_s=0.5),
    Faults(huge_kib=256),
    Faults(garbage=True),
)


async def test_a_bad_line_costs_nobody_the_call(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        scripts = [script(**conversation(SPEECH), faults=faults) for faults in BAD_LINES]
        reports = await asyncio.gather(*map(at.emulator.call, scripts))
        calls = [await at.call_of(report) for report in reports]
        metrics = (await at.http.get("/metrics")).text
    for faults, report, call in zip(BAD_LINES, reports, calls, strict=True):
        assert not report.errors, (faults, report.errors)
        assert_both_hung_up(report)
        assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN] * 3, faults
    counts = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(counts['puente_media_odd_messages_total{kind="malformed"}']) > 0
    assert float(counts['puente_media_odd_messages_total{kind="unknown"}']) > 0


async def test_a_used_token_opens_nothing(tmp_path: Path) -> None:
    misused = Faults(replay_token=True), Faults(second_stream=True)
    async with desk(tmp_path) as at:
        scripts = [script(**conversation(SPEECH), faults=faults) for faults in misused]
        reports = await asyncio.gather(*map(at.emulator.call, scripts))
        calls = [await at.call_of(report) for report in reports]
    for report, call in zip(reports, calls, strict=True):
        assert report.probes
        assert all("refused" in probe or "closed" in probe for probe in report.probes), report.probes
        assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN] * 3


async def test_a_wrongly_signed_webhook_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(script(faults=Faults(wrong_signature="webhook")))
        calls = (await at.http.get("/calls")).json()["calls"]
    assert [webhook.status for webhook in report.client.webhooks if webhook.kind == "voice"] == [403]
    assert calls == []


async def test_a_wrongly_signed_socket_is_refused_and_the_client_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(script(faults=Faults(legs="client", wrong_signature="socket")))
    assert 31920 in [warned.code for warned in report.client.warnings]
    assert report.client.final_status is LegStatus.COMPLETED
    said = [verb.text for verb in report.client.verbs if verb.verb.startswith("Say")]
    assert len(said) == 2, "the greeting, and an apology"


async def test_one_call_too_many_hears_an_apology(tmp_path: Path) -> None:
    async with desk(tmp_path, max_concurrent_calls=1) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("bye", AtTime(12.0), hang_up=True),))))
        await _live_call(at)
        refused = await at.emulator.call(script())
        ready = await at.http.get("/ready")
        first = await holding
    assert [verb.verb.split()[0] for verb in refused.client.verbs] == ["Say", "Hangup"]
    assert ready.status_code == 503
    assert_both_hung_up(first)


async def test_a_dead_database_costs_nobody_the_call(tmp_path: Path) -> None:
    async with desk(tmp_path, database_url="postgresql://nobody@127.0.0.1:9/none") as at:
        report = await at.emulator.call(script(**conversation(SPEECH)))
        health = await at.http.get("/health")
    assert report.is_clean, report.errors
    assert report.agent.heard_s > 2
    assert health.status_code == 200
    assert health.json()["database"] == "unreachable"


@pytest.mark.postgres
async def test_postgresql_is_the_same_code(tmp_path: Path, postgres_url: str) -> None:
    async with desk(tmp_path, database_url=postgres_url) as at:
        report = await at.emulator.call(script(**conversation(SPEECH)))
        call = await at.the_call()
    assert report.is_clean, report.errors
    assert call.call_sid == report.client.call_sid
    assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN] * 3
    assert call.end_reason is EndReason.CLIENT_HUNG_UP


async def test_ten_calls_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reports = await asyncio.gather(*(at.emulator.call(script(**conversation(SPEECH))) for _ in range(10)))
        calls = (await at.http.get("/calls")).json()["calls"]
    assert [report.errors for report in reports] == [[]] * 10
    for report in reports:
        assert_both_hung_up(report)
        assert report.agent.heard_s > 2
    assert len(calls) == 10


async def _live_call(at: Desk) -> str:
    async with asyncio.timeout(30):
        while True:
            calls = (await at.http.get("/calls")).json()["calls"]
            if calls and calls[0]["status"] == CallStatus.IN_PROGRESS:
                return str(calls[0]["call_sid"])
            await asyncio.sleep(0.02)
