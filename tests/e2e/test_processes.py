"""The server as a process of its own: told to stop, killed, and started again, in the middle of calls."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, Turn
from tests.e2e.harness import script
from tests.e2e.house import UVICORN, exit_code, house, is_talking, until
from tests.e2e.sounds import babble

SPEECH = babble(1.5)

pytestmark = pytest.mark.timeout(240)


def said_by_the_carrier(report: CallReport, leg: Leg) -> list[str]:
    return [run.text for run in report.leg(leg).verbs if run.verb.startswith("Say")]


async def test_told_to_stop_it_refuses_new_calls_and_lets_live_ones_finish(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        server = await at.start()
        turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
        call = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))
        await until(is_talking(at, 1))
        server.terminate()

        async def is_closed() -> bool:
            reply = await at.http.get("/ready")
            return reply.status_code == httpx.codes.SERVICE_UNAVAILABLE and "stopping" in reply.text

        await until(is_closed)
        refused = await at.emulator.call(script(max_duration_s=60))
        assert phrase_text(Phrase.TOO_MANY_CALLS, "en") in " ".join(said_by_the_carrier(refused, Leg.CLIENT))
        assert server.returncode is None
        at.emulator.telephones[0].hang_up()
        report = await call
        assert await exit_code(server) == 0
        assert not report.client.warnings
        assert report.client.ended_by == "phone"
        await at.start()
        (row,) = await at.calls()
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP)
    assert row.events[-1].kind == "call.ended"


async def test_a_call_that_does_not_finish_in_time_ends_with_a_goodbye_to_both(tmp_path: Path) -> None:
    async with house(tmp_path, DRAIN_TIMEOUT_S="1") as at:
        server = await at.start()
        turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
        call = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))
        await until(is_talking(at, 1))
        server.terminate()
        report = await call
        assert await exit_code(server) == 0
        await at.start()
        (row,) = await at.calls()
    assert phrase_text(Phrase.CLOSING_DOWN, "en") in " ".join(said_by_the_carrier(report, Leg.CLIENT))
    assert phrase_text(Phrase.CLOSING_DOWN, "es") in " ".join(said_by_the_carrier(report, Leg.AGENT))
    assert row.end_reason is EndReason.SHUTDOWN
    assert all(report.leg(leg).final_status is LegStatus.COMPLETED for leg in Leg)


async def test_somebody_elses_uvicorn_waits_for_the_calls_as_well(tmp_path: Path) -> None:
    async with house(tmp_path, DRAIN_TIMEOUT_S="1") as at:
        at.command = UVICORN
        server = await at.start()
        turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
        call = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))
        await until(is_talking(at, 1))
        server.terminate()
        report = await call
        assert await exit_code(server) == -signal.SIGTERM, "uvicorn ends by the signal that it got"
        await at.start()
        (row,) = await at.calls()
    assert phrase_text(Phrase.CLOSING_DOWN, "en") in " ".join(said_by_the_carrier(report, Leg.CLIENT))
    assert phrase_text(Phrase.CLOSING_DOWN, "es") in " ".join(said_by_the_carrier(report, Leg.AGENT))
    assert row.end_reason is EndReason.SHUTDOWN
    assert row.events[-1].kind == "call.ended"


async def test_a_second_signal_ends_the_calls_of_somebody_elses_uvicorn_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        at.command = UVICORN
        server = await at.start()
        turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
        call = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))
        await until(is_talking(at, 1))
        server.terminate()

        async def is_stopping() -> bool:
            return "stopping" in (await at.http.get("/ready")).text

        await until(is_stopping)
        assert server.returncode is None
        server.terminate()
        assert await exit_code(server) == -signal.SIGTERM
        await call


async def test_killed_in_the_middle_of_calls_it_comes_back_and_ends_them(tmp_path: Path) -> None:
    async with house(tmp_path, AGENT_RING_TIMEOUT_S="100") as at:
        server = await at.start()
        turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
        talking = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))
        await until(is_talking(at, 1))
        # This agent's telephone still rings when the server is gone: nothing but REST ends it.
        ringing = asyncio.create_task(
            at.emulator.call(script(client=turns, answer=Answer(after_s=150.0), max_duration_s=170))
        )

        async def is_known_to_ring() -> bool:
            return any(call.status is CallStatus.RINGING and call.agent_call_sid for call in await at.calls())

        await until(is_known_to_ring)
        server.kill()
        await server.wait()
        await at.start()
        reports = await asyncio.gather(talking, ringing)

        async def are_closed() -> bool:
            return all(call.ended_at is not None for call in await at.calls())

        await until(are_closed)
        rows = await at.calls()
        assert all(telephone.status.is_terminal for telephone in at.emulator.telephones)
    assert [row.end_reason for row in rows] == [EndReason.PROCESS_LOST] * 2
    assert all(row.status is CallStatus.FAILED for row in rows)
    assert reports[1].agent.ended_by == "server"
    assert reports[1].agent.final_status is not LegStatus.NO_ANSWER
    assert all(utterance.outcome for row in rows for utterance in row.utterances)
