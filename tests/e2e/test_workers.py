"""Two workers behind one port: calls spread over both, each stays with one, and nobody has to know which."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.domain.legs import CallStatus, EndReason, Leg
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import script
from tests.e2e.house import House, exit_code, house, is_talking, until
from tests.e2e.sounds import babble

SPEECH = babble(1.5)
TURNS = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(150.0), hang_up=True))
CHANGES = {"ADMISSION_MAX_LAG_MS": "10000", "DRAIN_TIMEOUT_S": "1"}
"""A busy machine refuses nobody here, and workers whose supervisor is killed do not stay for long."""

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds workers by /proc, which only Linux has"),
]


def begin_calls(at: House, count: int) -> list[asyncio.Task[CallReport]]:
    return [asyncio.create_task(at.emulator.call(script(client=TURNS, max_duration_s=170))) for _ in range(count)]


def column(at: House, name: str) -> dict[str, str]:
    """Return what the database has of each call."""
    with closing(sqlite3.connect(f"file:{at.folder / 'puente.db'}?mode=ro", uri=True)) as database:
        return dict(database.execute(f"SELECT call_sid, {name} FROM calls"))


def workers_of(supervisor: asyncio.subprocess.Process) -> list[int]:
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


async def metric(at: House, name: str) -> dict[str, float]:
    """Return a metric's values by worker, added up over its other labels."""
    found: dict[str, float] = {}
    text = (await at.http.get("/metrics")).text
    for labels, value in re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, flags=re.MULTILINE):
        worker = re.search(r'worker="(\d+)"', labels)
        key = worker[1] if worker else ""
        found[key] = found.get(key, 0.0) + float(value)
    return found


async def test_calls_spread_any_worker_ends_any_of_them_and_all_stop_in_order(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, "--workers", "2", **CHANGES) as at:
        server = await at.start()
        await until(lambda: _are_ready(at, 2))
        # By then the door knows who has the first: workers report twice a second.
        calls = begin_calls(at, 1)
        await until(is_talking(at, 1))
        calls += begin_calls(at, 2)
        await until(is_talking(at, 3))
        by_call = column(at, "instance_id")
        assert len(set(by_call.values())) == 2
        live = await metric(at, "puente_calls_live")
        assert (set(live), sum(live.values())) == ({"0", "1"}, 3.0)
        # A connection is closed behind its answer, and the next one is somebody else's.
        for call_sid in by_call:
            for _ in range(2):
                reply = await at.http.patch(f"/calls/{call_sid}", json={"client": {"listening": "ducked"}})
                assert (reply.status_code, reply.headers["connection"]) == (httpx.codes.ACCEPTED, "close")
        last, *rest = by_call
        for call_sid in rest:
            assert (await at.http.post(f"/calls/{call_sid}/end")).status_code == httpx.codes.ACCEPTED
        await until(lambda: _are_talking(at, 1))
        server.terminate()
        assert await exit_code(server) == 0
        # What Twilio has to say of the last one finds nobody any more.
        ended = [report for report in await asyncio.gather(*calls) if report.client.call_sid != last]
        assert not [warned for report in ended for leg in Leg for warned in report.leg(leg).warnings if warned.counts]
        expected = dict.fromkeys(rest, EndReason.ADMINISTRATOR) | {last: EndReason.SHUTDOWN}
        assert column(at, "end_reason") == expected


async def test_a_worker_that_is_killed_is_started_again_and_the_other_does_not_notice(tmp_path: Path) -> None:
    async with house(tmp_path, "--workers", "2", **CHANGES) as at:
        server = await at.start()
        await until(lambda: _are_ready(at, 2))
        calls = begin_calls(at, 1)
        await until(is_talking(at, 1))
        calls += begin_calls(at, 1)
        await until(is_talking(at, 2))
        victim, survivor = workers_of(server)
        os.kill(victim, signal.SIGKILL)

        async def is_closed() -> bool:
            try:
                return any(call.end_reason is EndReason.PROCESS_LOST for call in await at.calls())
            except httpx.TransportError:
                return False  # The victim was asked with its last breath.

        await until(is_closed)
        await until(lambda: _are_ready(at, 2))
        assert survivor in workers_of(server)
        assert await metric(at, "puente_worker_restarts_total") == {"": 1.0}
        rows = await at.calls()
        assert sorted(row.status for row in rows) == sorted([CallStatus.FAILED, CallStatus.IN_PROGRESS])
        (lost,) = (row for row in rows if row.status is CallStatus.FAILED)
        more = begin_calls(at, 1)
        await until(lambda: _are_talking(at, 2))
        assert len(set(column(at, "instance_id").values())) == 3, "the lost one's, the survivor's, and the new worker's"
        for row in await at.calls():
            if row.status is CallStatus.IN_PROGRESS:
                await at.http.post(f"/calls/{row.call_sid}/end")
        reports = await asyncio.gather(*calls, *more)
        ended = [report for report in reports if report.client.call_sid != lost.call_sid]
        assert not [warned for report in ended for leg in Leg for warned in report.leg(leg).warnings if warned.counts]
        assert all(telephone.status.is_terminal for telephone in at.emulator.telephones)


async def _are_ready(at: House, count: int) -> bool:
    return await metric(at, "puente_workers_ready") == {"": float(count)}


async def _are_talking(at: House, count: int) -> bool:
    return [call.status for call in await at.calls()].count(CallStatus.IN_PROGRESS) == count
