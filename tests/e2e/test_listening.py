"""What a party hears is changed while they listen, and stops when they speak over it: by what they heard."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from app.audio.ulaw import ulaw_to_float
from app.domain.audio import SAMPLE_RATE_HZ, ULAW_SILENCE
from app.domain.legs import CallStatus, Leg
from app.domain.records import Outcome
from app.emulator.events import CallEvent, EventKind
from app.emulator.report import CallReport
from app.emulator.script import AfterTurn, AtTime, CallScript, Turn
from tests.e2e.harness import Desk, desk, script
from tests.e2e.sounds import babble

SPEECH = babble(1.5)
LINE_MS = 1000
"""What a path through the emulator and the bridge may take on a busy machine."""


async def live_call_sid(at: Desk) -> str:
    async with asyncio.timeout(30):
        while True:
            calls = (await at.http.get("/calls")).json()["calls"]
            if calls and calls[0]["status"] == CallStatus.IN_PROGRESS:
                return str(calls[0]["call_sid"])
            await asyncio.sleep(0.02)


async def call_with(at: Desk, wanted: CallScript, *changes: dict[str, object]) -> CallReport:
    """Hold the call and ask for the changes as soon as both are on the line."""
    holding = asyncio.create_task(at.emulator.call(wanted))
    call_sid = await live_call_sid(at)
    for change in changes:
        reply = await at.http.patch(f"/calls/{call_sid}", json=change)
        assert reply.status_code == 202, reply.text
    return await holding


def level_db(ulaw: bytes, start_s: float, end_s: float) -> float:
    samples = ulaw_to_float(ulaw[int(start_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)])
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


def sound(ulaw: bytes) -> bytes:
    """Leave the silence out: where frames come late, it is between them."""
    return ulaw.replace(ULAW_SILENCE, b"")


def said(report: CallReport, leg: Leg, turn: str) -> tuple[float, float]:
    (found,) = (each for each in report.leg(leg).said if each.turn == turn)
    return found.start_s, found.end_s


async def test_the_original_is_heard_18_db_down_once_it_is_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await call_with(
            at, script(client=(Turn("question", AtTime(4.0), say=SPEECH),)), {"agent": {"listening": "ducked"}}
        )
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.agent.warnings)
    start_s, end_s = said(report, Leg.CLIENT, "question")
    window = (start_s + LINE_MS / 1000, end_s)
    ducked_db = level_db(report.agent.heard_ulaw, *window) - level_db(report.client.said_ulaw, *window)
    assert ducked_db == pytest.approx(-18, abs=2)
    assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN], "and the translation as ever"
    assert level_db(report.agent.heard_ulaw, end_s + 0.8, end_s + 4.0) > -30


async def test_captions_are_silence_with_a_record(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await call_with(
            at, script(client=(Turn("question", AtTime(4.0), say=SPEECH),)), {"agent": {"listening": "captions"}}
        )
        call = await at.the_call()
    assert report.agent.heard_segments == []
    (utterance,) = call.utterances
    assert utterance.outcome is Outcome.CAPTIONED
    assert utterance.translated_text


async def test_the_original_passes_byte_by_byte(tmp_path: Path) -> None:
    async with desk(tmp_path, agent_listening="original") as at:
        report = await at.emulator.call(script(client=(Turn("question", AtTime(2.0), say=SPEECH),)))
    start_s, _ = said(report, Leg.CLIENT, "question")
    piece_at = SAMPLE_RATE_HZ // 2
    assert sound(SPEECH[piece_at : piece_at + SAMPLE_RATE_HZ // 2]) in sound(report.agent.heard_ulaw)
    first = next(each for each in report.agent.heard_segments if each.end_s > start_s)
    assert first.start_s - start_s < LINE_MS / 1000


async def test_what_is_asked_for_in_the_middle_of_a_sentence_holds_from_then_on(tmp_path: Path) -> None:
    is_heard = asyncio.Event()

    def tell(event: CallEvent) -> None:
        if (event.leg, event.kind) == (Leg.AGENT, EventKind.HEARING_STARTED):
            is_heard.set()

    turns = (Turn("first", AtTime(1.0), say=SPEECH), Turn("second", AfterTurn("first", 5.0), say=SPEECH))
    async with desk(tmp_path, comfort_tone=False) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=turns), tell))
        call_sid = await live_call_sid(at)
        async with asyncio.timeout(30):
            await is_heard.wait()
        await at.http.patch(f"/calls/{call_sid}", json={"agent": {"listening": "captions"}})
        report = await holding
        call = await at.the_call()
    heard_s = report.agent.heard_s
    assert report.agent.streams[0].clears == 1
    assert [each.outcome for each in call.utterances] == [Outcome.INTERRUPTED, Outcome.CAPTIONED]
    assert call.utterances[0].heard_ms is not None
    assert call.utterances[0].heard_ms / 1000 == pytest.approx(heard_s, abs=0.8)


async def test_who_speaks_over_a_translation_ends_it_where_that_is_the_policy(tmp_path: Path) -> None:
    turns = {
        "client": (Turn("question", AtTime(1.0), say=SPEECH),),
        "agent": (Turn("interrupt", AfterTurn("question", 1.2), say=SPEECH),),
    }
    async with desk(tmp_path, agent_overlap="stop", comfort_tone=False) as at:
        kept = await call_with(at, script(**turns), {"agent": {"overlap": "keep"}})
        stopped = await at.emulator.call(script(**turns))
        call = await at.the_call()
        metrics = (await at.http.get("/metrics")).text
    assert 'puente_interruptions_total{listener="agent"} 1.0' in metrics
    assert 'puente_voice_seconds_total{listener="agent",speed="1.00"}' in metrics
    began_s, _ = said(stopped, Leg.AGENT, "interrupt")
    assert stopped.agent.streams[0].clears == 1
    assert stopped.is_clean, stopped.agent.warnings
    ended_s = next(each.end_s for each in stopped.agent.heard_segments if each.end_s > began_s)
    assert ended_s - began_s >= 0.7
    assert [each.outcome for each in call.utterances if each.speaker is Leg.CLIENT] == [Outcome.INTERRUPTED]
    assert kept.agent.streams[0].clears == 0
    assert kept.agent.heard_s > stopped.agent.heard_s
