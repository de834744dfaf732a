"""Several processes behind a real nginx, with a real Redis and PostgreSQL: any of them answers for every call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from app.api.schemas import CallView
from app.domain.legs import CallStatus, EndReason, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import AtTime, CallScript, Faults, Turn
from bench.cluster.cluster import Bridge, Cluster, free_ports
from bench.cluster.programs import missing_programs
from bench.cluster.settings import ACCOUNT_SID, ADMIN_API_KEY, AUTH_TOKEN, PUBLIC_URL, desk_settings
from tests.e2e.harness import script
from tests.e2e.house import PATIENCE_S, until
from tests.e2e.sounds import babble

HEADERS = {"Authorization": f"Bearer {ADMIN_API_KEY}"}
SPEECH = babble(1.2)

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(missing_programs()), reason="needs nginx and Redis (`make test` installs them on Debian)"),
]


@dataclass
class Town:
    """The cluster, its Twilio, and a telephone line to each of its processes."""

    cluster: Cluster
    emulator: Emulator
    http: httpx.AsyncClient

    async def get(self, url: str, path: str) -> httpx.Response:
        return await self.http.get(f"{url}{path}", headers=HEADERS)

    async def health(self, bridge: Bridge) -> dict[str, object]:
        answer: dict[str, object] = (await self.get(bridge.url, "/health")).json()
        return answer

    async def ended(self, call_sid: str, bridge: Bridge) -> CallView:
        """Return a call once its end is written."""

        async def is_written() -> bool:
            return (await self.call(call_sid, bridge)).ended_at is not None

        await until(is_written)
        return await self.call(call_sid, bridge)

    async def call(self, call_sid: str, bridge: Bridge) -> CallView:
        return CallView.model_validate((await self.get(bridge.url, f"/calls/{call_sid}")).json())

    async def live(self, bridge: Bridge) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = (await self.get(bridge.url, "/calls?live=true")).json()["calls"]
        return listed

    async def holders(self) -> dict[str, Bridge]:
        """Return which process holds each live call: the one whose log says that it began there."""
        live = [call["call_sid"] for call in await self.live(self.cluster.bridges[0])]
        found: dict[str, Bridge] = {}
        for bridge in self.cluster.bridges:
            for line in bridge.program.log.read_text().splitlines():
                entry = json.loads(line) if line.startswith("{") else {}
                if entry.get("event") == "call.started" and entry.get("call_sid") in live:
                    found[entry["call_sid"]] = bridge
        return found

    def others(self, bridge: Bridge) -> list[Bridge]:
        return [other for other in self.cluster.bridges if other is not bridge]


@asynccontextmanager
async def town(folder: Path, bridges: int, **changes: str) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        (port,) = free_ports(1)
        config = EmulatorConfig(
            ACCOUNT_SID,
            AUTH_TOKEN,
            server_url=f"http://127.0.0.1:{port}",
            public_url=PUBLIC_URL,
            status_path="/voice/status",
            propagation_s=30.0,
            say_characters_per_s=150.0,
        )
        emulator = await stack.enter_async_context(Emulator(config))
        settings = {**desk_settings(emulator.rest_url), **changes}
        cluster = await stack.enter_async_context(Cluster(settings, bridges=bridges, port=port, folder=folder))
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=15, trust_env=False))
        yield Town(cluster, emulator, http)


def counted(metrics: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(name))


def long_call(faults: Faults | None = None) -> CallScript:
    """Return a call in which the client says something, and then nobody hangs up for minutes."""
    turns = (Turn("question", AtTime(0.5), say=SPEECH), Turn("bye", AtTime(200.0), hang_up=True))
    return script(client=turns, max_duration_s=220, faults=faults)


Calls = list[asyncio.Task[CallReport]]


async def hold(at: Town, count: int, faults: Faults | None = None) -> tuple[Calls, dict[str, Bridge]]:
    """Begin so many calls and return them, and who holds each once all are being interpreted."""
    known = {telephone.sid for telephone in at.emulator.telephones}
    calls = [asyncio.create_task(at.emulator.call(long_call(faults))) for _ in range(count)]

    async def are_talking() -> bool:
        # Not through nginx, which would count these requests when it hands the calls round.
        new = [call for call in await at.live(at.cluster.bridges[0]) if call["call_sid"] not in known]
        return len(new) == count and all(
            call["status"] == CallStatus.IN_PROGRESS and call["utterance_count"] for call in new
        )

    await until(are_talking)
    holders = {sid: bridge for sid, bridge in (await at.holders()).items() if sid not in known}
    assert len(holders) == count
    return calls, holders


async def test_any_process_answers_for_every_call(tmp_path: Path) -> None:
    async with town(tmp_path, bridges=3, MAX_CONCURRENT_CALLS="1") as at:
        calls, holders = await hold(at, 3, Faults(duplicate_webhook=True))
        assert len({bridge.server for bridge in holders.values()}) == 3, "a full process passes a call on"
        refused = await at.emulator.call(script())
        for bridge in at.cluster.bridges:

            async def sees_all(bridge: Bridge = bridge) -> bool:
                health = await at.health(bridge)
                return (health["fleet_processes"], health["fleet_live_calls"]) == (3, 3)

            await until(sees_all)
        (call_sid, holder), *_ = holders.items()
        other, third = at.others(holder)
        change = {"agent": {"listening": "captions"}}
        uri = f"ws{other.url[4:]}/ws/captions/{call_sid}"
        async with connect(uri, additional_headers=HEADERS, proxy=None) as captions:
            first = json.loads(await asyncio.wait_for(captions.recv(), PATIENCE_S))
            changed = await at.http.patch(f"{third.url}/calls/{call_sid}", json=change, headers=HEADERS)
            told = json.loads(await asyncio.wait_for(captions.recv(), PATIENCE_S))
            deleted = await at.http.delete(f"{third.url}/calls/{call_sid}", headers=HEADERS)
            ended = await at.http.post(f"{other.url}/calls/{call_sid}/end", headers=HEADERS)
            rest = [json.loads(message) async for message in captions]
        again = await at.http.post(f"{third.url}/calls/{call_sid}/end", headers=HEADERS)
        for sid in holders:
            await at.http.post(f"{at.cluster.url}/calls/{sid}/end", headers=HEADERS)
        reports = await asyncio.gather(*calls)
        metrics = [(await at.get(bridge.url, "/metrics")).text for bridge in at.cluster.bridges]
        rows = [await at.ended(sid, other) for sid in holders]
    assert (first["type"], first["status"]) == ("call.status", CallStatus.IN_PROGRESS)
    assert (changed.status_code, told["type"], told["listening"]) == (202, "policy.changed", "captions")
    assert deleted.status_code == 409, "it is live, although not here"
    assert (ended.status_code, rest[-1]["type"], rest[-1]["reason"]) == (202, "call.ended", EndReason.ADMINISTRATOR)
    assert again.status_code in (202, 404)
    spoken = " ".join(verb.text for verb in refused.client.verbs)
    assert phrase_text(Phrase.TOO_MANY_CALLS, "en") in spoken, "when all are full, one of them says so"
    assert not refused.client.warnings
    assert sum(counted(text, 'puente_calls_refused_total{reason="lines"}') for text in metrics) == 1
    assert {row.end_reason for row in rows} == {EndReason.ADMINISTRATOR}
    for report in reports:
        assert not report.client.warnings, report.client.warnings
        assert not report.agent.warnings, report.agent.warnings
        assert report.client.final_status is LegStatus.COMPLETED
    for entrance in ("stream", "status", "after-stream"):
        assert all(f'puente_misrouted_total{{entrance="{entrance}"}} 0.0' in text for text in metrics)


async def test_what_is_lost_with_a_process_and_without_redis(tmp_path: Path) -> None:
    async with town(tmp_path, bridges=3, DRAIN_TIMEOUT_S="200") as at:
        calls, holders = await hold(at, 3)
        victim = next(iter(holders.values()))
        lost = [sid for sid, bridge in holders.items() if bridge is victim]
        kept = {sid: bridge for sid, bridge in holders.items() if bridge is not victim}
        elsewhere, holder = next(iter(kept.items()))
        (asked,) = (bridge for bridge in at.others(victim) if bridge is not holder)
        await victim.program.kill()
        assert {(await at.ended(sid, asked)).end_reason for sid in lost} == {EndReason.PROCESS_LOST}

        async def is_gone() -> bool:
            health = await at.health(asked)
            return (health["fleet_processes"], health["fleet_live_calls"]) == (2, len(kept))

        await until(is_gone)
        await victim.start()

        await at.cluster.redis.stop()

        async def is_noticed() -> bool:
            return all([(await at.health(bridge))["status"] == "degraded" for bridge in at.cluster.bridges])

        await until(is_noticed)
        ready = await at.get(asked.url, "/ready")
        refused = await at.http.post(f"{asked.url}/calls/{elsewhere}/end", headers=HEADERS)
        without, new = await hold(at, 1)
        await at.cluster.redis.start()

        async def is_back() -> bool:
            health = [await at.health(bridge) for bridge in at.cluster.bridges]
            return all((each["status"], each["fleet_live_calls"]) == ("ok", len(kept) + 1) for each in health)

        await until(is_back)

        # An upgrade at noon: who is told to stop keeps its call, and new ones go to the others.
        assert holder.program.process is not None
        holder.program.process.terminate()

        async def is_stopping() -> bool:
            return (await at.get(holder.url, "/ready")).status_code == httpx.codes.SERVICE_UNAVAILABLE

        await until(is_stopping)
        at_noon, newer = await hold(at, 2)
        assert holder not in newer.values()
        ended = await at.http.post(f"{asked.url}/calls/{elsewhere}/end", headers=HEADERS)
        for sid in [*kept, *new, *newer]:
            await at.http.post(f"{asked.url}/calls/{sid}/end", headers=HEADERS)
        await asyncio.gather(*calls, *without, *at_noon)
        async with asyncio.timeout(PATIENCE_S):
            assert await holder.program.process.wait() == 0
        rows = [await at.ended(sid, asked) for sid in [*kept, *new, *newer]]
        assert all(telephone.status.is_terminal for telephone in at.emulator.telephones)
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "Redis" in ready.json()["degraded"][0]
    assert (refused.status_code, refused.json()["code"]) == (503, "process-unreachable")
    assert ended.status_code == 202
    assert {row.end_reason for row in rows} == {EndReason.ADMINISTRATOR}
