"""The server as a process of its own: told to stop, killed, and started again, in the middle of calls."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, Turn
from tests.e2e.harness import ACCOUNT_SID, ADMIN_API_KEY, AGENT_NUMBER, AUTH_TOKEN, PUBLIC_URL, script
from tests.e2e.sounds import babble

PATIENCE_S = 60
SPEECH = babble(1.5)

pytestmark = pytest.mark.timeout(240)


@dataclass
class House:
    """A server in a process of its own, and the emulator in front of it."""

    folder: Path
    port: int
    emulator: Emulator
    http: httpx.AsyncClient
    changes: dict[str, str]
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self) -> asyncio.subprocess.Process:
        environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_PHONE_NUMBER": "+34910000001",
            "TWILIO_API_BASE_URL": self.emulator.rest_url,
            "WEBHOOK_BASE_URL": PUBLIC_URL,
            "AGENT_PHONE_NUMBER": AGENT_NUMBER,
            "ADMIN_API_KEY": ADMIN_API_KEY,
            "DATABASE_URL": f"sqlite:///{self.folder / 'puente.db'}",
            "JOURNAL_DIR": str(self.folder / "journal"),
            "STT_PROVIDER": "scripted",
            "TRANSLATION_PROVIDER": "scripted",
            "TTS_PROVIDER": "scripted",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
            **self.changes,
        }
        with (self.folder / "server.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app", "serve", "--host", "127.0.0.1", "--port", str(self.port)),
                cwd=PROJECT_ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        await until(self.is_ready)
        return process

    async def is_ready(self) -> bool:
        try:
            return (await self.http.get("/ready")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def calls(self) -> list[CallView]:
        listed = (await self.http.get("/calls")).json()["calls"]
        return [CallView.model_validate((await self.http.get(f"/calls/{call['call_sid']}")).json()) for call in listed]


@asynccontextmanager
async def house(folder: Path, **changes: str) -> AsyncIterator[House]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    config = EmulatorConfig(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, server_url=url, public_url=PUBLIC_URL, propagation_s=30.0
    )
    headers = {"Authorization": f"Bearer {ADMIN_API_KEY}"}
    async with (
        Emulator(config) as emulator,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=10, trust_env=False) as http,
    ):
        here = House(folder, port, emulator, http, changes)
        try:
            yield here
        finally:
            for process in here.processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await reached():  # noqa: ASYNC110 - told over HTTP, as to any client
            await asyncio.sleep(0.05)


async def exit_code(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()


def said_by_the_carrier(report: CallReport, leg: Leg) -> list[str]:
    return [run.text for run in report.leg(leg).verbs if run.verb.startswith("Say")]


def is_talking(at: House, count: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        calls = await at.calls()
        return len(calls) == count and all(call.status is CallStatus.IN_PROGRESS and call.utterances for call in calls)

    return reached


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
