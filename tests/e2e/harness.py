"""A real uvicorn with the real application, and the emulator in front of it, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn
from pydantic import SecretStr

from app.api.direct_socket import DirectSocket
from app.api.schemas import CallView
from app.composition import create_app
from app.config import Settings
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, CallScript, Faults, Party, Turn, WhenQuiet

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "e2e-auth-token"
ADMIN_API_KEY = "e2e-admin-key"
PUBLIC_URL = "https://bridge.example.com"
AGENT_NUMBER = "+34910000002"
CLIENT_NUMBER = "+442079460018"
Case = TypeVar("Case")


@dataclass(frozen=True)
class Desk:
    """Everything a test needs to hold a call and to look at what came of it."""

    emulator: Emulator
    http: httpx.AsyncClient
    """Towards the server, with the administrators' key."""
    url: str
    settings: Settings

    async def the_call(self) -> CallView:
        """Return the newest call once it is over and written to its end."""
        calls = await self.settled_calls()
        assert calls[0].ended_at is not None
        return calls[0]

    async def call_of(self, report: CallReport) -> CallView:
        """Return the call that was reported, once no call goes on and everything is written."""
        (call,) = [each for each in await self.settled_calls() if each.call_sid == report.client.call_sid]
        return call

    async def settled_calls(self) -> list[CallView]:
        """Return every call, newest first, once all are over and everything about them is written."""
        async with asyncio.timeout(30):
            while not await self._is_settled():  # noqa: ASYNC110 - told over HTTP, as to any client
                await asyncio.sleep(0.02)
        calls = (await self.http.get("/calls")).json()["calls"]
        replies = [await self.http.get(f"/calls/{call['call_sid']}") for call in calls]
        return [CallView.model_validate(reply.json()) for reply in replies]

    async def _is_settled(self) -> bool:
        live_calls = (await self.http.get("/health")).json()["live_calls"]
        return not live_calls and "\npuente_recorder_queued_facts 0.0\n" in (await self.http.get("/metrics")).text


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def desk(tmp_path: Path, voice_path: str = "/voice/webhook", **changes: object) -> AsyncIterator[Desk]:
    """Start the server with scripted providers on SQLite, unless the changes say otherwise.

    ``voice_path`` is what the Twilio number's webhook is set to.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # As asyncio does for sockets that it makes.
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = EmulatorConfig(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            server_url=url,
            public_url=PUBLIC_URL,
            voice_path=voice_path,
            propagation_s=5.0,
            say_characters_per_s=200.0,
        )
        async with Emulator(config) as emulator:
            settings = Settings(
                _env_file=None,
                **{
                    "twilio_account_sid": ACCOUNT_SID,
                    "twilio_auth_token": SecretStr(AUTH_TOKEN),
                    "twilio_phone_number": "+34910000001",
                    "twilio_api_base_url": emulator.rest_url,
                    "webhook_base_url": PUBLIC_URL,
                    "agent_phone_number": AGENT_NUMBER,
                    "admin_api_key": SecretStr(ADMIN_API_KEY),
                    "database_url": SecretStr(f"sqlite:///{tmp_path / 'e2e.db'}"),
                    "journal_dir": tmp_path / "journal",
                    "stt_provider": "scripted",
                    "translation_provider": "scripted",
                    "tts_provider": "scripted",
                    "agent_ring_timeout_s": 5,
                    "log_level": "warning",
                    "admission_max_lag_ms": 10_000,  # The tests' machine is busy with other tests.
                    "api_requests_per_minute": 1_000_000,  # Tests ask until something has happened.
                    "anonymous_requests_per_minute": 1_000_000,
                    "consent_announcement": False,  # It takes time to say.
                    **changes,
                },
            )
            served = uvicorn.Config(
                create_app(settings),
                log_config=None,
                access_log=False,
                lifespan="on",
                proxy_headers=False,
                ws=DirectSocket,
            )
            server = _Server(served)
            serving = asyncio.create_task(server.serve([listener]))
            headers = {"Authorization": f"Bearer {ADMIN_API_KEY}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False) as http:
                try:
                    await _wait_until_started(server, serving)
                    yield Desk(emulator, http, url, settings)
                finally:
                    server.should_exit = True
                    await serving


async def _wait_until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            await serving
            raise AssertionError("the server did not start; its log says why")
        await asyncio.sleep(0.01)


async def together(
    folder: Path, cases: Sequence[Case], hold: Callable[[Case, Path, asyncio.Barrier], Awaitable[None]]
) -> None:
    """Hold a call for each case at the same time, each with a folder and a server of its own.

    No call begins before all have passed the barrier: a server that starts keeps the event loop busy.
    """
    all_up = asyncio.Barrier(len(cases))
    async with asyncio.TaskGroup() as tasks:
        for number, case in enumerate(cases):
            own = folder / str(number)
            own.mkdir()
            tasks.create_task(_hold(case, own, all_up, hold), name=str(case))


async def _hold(
    case: Case, folder: Path, all_up: asyncio.Barrier, hold: Callable[[Case, Path, asyncio.Barrier], Awaitable[None]]
) -> None:
    try:
        await hold(case, folder, all_up)
    except Exception as error:
        error.add_note(f"in the case of {case}")
        raise


def script(
    *,
    client: tuple[Turn, ...] = (),
    agent: tuple[Turn, ...] = (),
    answer: Answer | None = None,
    faults: Faults | None = None,
    linger_s: float = 1.5,
    patience_s: float = 0.0,
    max_duration_s: float = 120.0,
) -> CallScript:
    """Return a call between the e2e client and the e2e agent."""
    return CallScript(
        to="+34910000001",
        client=Party(number=CLIENT_NUMBER, turns=client),
        agent=Party(number=AGENT_NUMBER, turns=agent, answer=answer or Answer(after_s=0.2)),
        linger_s=linger_s,
        patience_s=patience_s,
        max_duration_s=max_duration_s,
        faults=faults or Faults(),
    )


def conversation(sound: bytes) -> dict[str, tuple[Turn, ...]]:
    """Return turns in which the client speaks, the agent answers, and the client thanks."""
    return {
        "client": (Turn("question", AtTime(0.5), say=sound), Turn("thanks", WhenQuiet(0.6), say=sound)),
        "agent": (Turn("answer", WhenQuiet(0.6), say=sound),),
    }
