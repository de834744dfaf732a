"""The cluster: what is started in which order, and how its parts are found."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from app.errors import ConfigError
from bench.cluster.nginx import local_configuration
from bench.cluster.programs import Program, find, missing_programs
from tests.postgres import PostgresServer, load_package

READY_TIMEOUT_S = 90.0
_POLL_S = 0.05


class Bridge:
    """One process of the server."""

    def __init__(self, program: Program, server: str) -> None:
        self.program = program
        self.server = server
        """host:port, as nginx and the ring have it."""
        self.url = f"http://{server}"

    async def start(self) -> None:
        """Start it and wait until it takes calls."""
        await self.program.start()
        await until_answers(f"{self.url}/ready", self.program)


class Cluster:
    """An async context manager. Raises ConfigError, naming what to install, where a program is missing."""

    def __init__(
        self, settings: Mapping[str, str], *, bridges: int = 4, port: int = 0, folder: Path | None = None
    ) -> None:
        """``settings`` are environment variables of every bridge; ``port`` is nginx's, 0 for any."""
        self._settings = settings
        self._count = bridges
        self._port = port
        self._folder = folder
        self._stack = AsyncExitStack()
        self.bridges: list[Bridge] = []
        self.url = ""
        """Where nginx listens: what Twilio and administrators call."""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        missing = missing_programs()
        if missing:
            raise ConfigError(f"{' and '.join(missing)} not found; as root: apt-get install nginx-light redis-server")
        self.folder = self._folder or Path(tempfile.mkdtemp(prefix="puente-cluster-"))
        if self._folder is None:
            self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        ports = free_ports(self._count + 2)
        self.postgres = await asyncio.to_thread(_start_postgres)
        self._stack.push_async_callback(asyncio.to_thread, self.postgres.close)
        self.redis = Program("redis", redis_command(ports[0], self.folder), self.folder)
        await self._run(self.redis)
        self.redis_url = f"redis://127.0.0.1:{ports[0]}/0"
        servers = [f"127.0.0.1:{port}" for port in ports[2:]]
        port = self._port or ports[1]
        await self._start_nginx(servers, port)
        database_url = await self.postgres.create_database()
        common = {
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "FLEET_SERVERS": ",".join(servers),
            "DRAIN_TIMEOUT_S": "1",
            **self._settings,
        }
        for number, server in enumerate(servers, start=1):
            host, _, own_port = server.rpartition(":")
            environment = {**common, "FLEET_SERVER": server, "JOURNAL_DIR": str(self.folder / f"journal-{number}")}
            command = (sys.executable, "-m", "app", "serve", "--host", host, "--port", own_port)
            program = Program(f"bridge-{number}", command, self.folder, environment)
            self.bridges.append(Bridge(program, server))
            # The first one migrates the database, the others find it done.
            await self._run(program)
            if number == 1:
                await until_answers(f"http://{server}/ready", program)
        await asyncio.gather(*(until_answers(f"{bridge.url}/ready", bridge.program) for bridge in self.bridges))

    async def _start_nginx(self, servers: list[str], port: int) -> None:
        configuration = self.folder / "nginx.conf"
        configuration.write_text(local_configuration(servers, port, self.folder), encoding="utf-8")
        program = find("nginx")
        assert program is not None
        self.nginx = Program("nginx", (program, "-p", str(self.folder), "-c", str(configuration)), self.folder)
        await self._run(self.nginx)
        self.url = f"http://127.0.0.1:{port}"

    async def _run(self, program: Program) -> None:
        await program.start()
        self._stack.push_async_callback(program.stop)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


async def until_answers(url: str, program: Program) -> None:
    """Wait until the URL says 200. Raises ConfigError when the program ends before, or takes too long."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), httpx.AsyncClient(trust_env=False, timeout=5) as http:
            while not await _is_ok(http, url):
                if not program.is_running:
                    raise ConfigError(f"{program.name} did not start; its log: {program.log}")
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise ConfigError(f"{program.name} is not ready after {READY_TIMEOUT_S:g} s; its log: {program.log}") from None


async def _is_ok(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def redis_command(port: int, folder: Path) -> tuple[str, ...]:
    """Return how Redis is started; nobody is to call this where it is missing."""
    program = find("redis-server")
    assert program is not None
    # Nothing in it outlives a restart, so nothing is written to disk.
    return (
        program,
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    )


def _start_postgres() -> PostgresServer:
    # Not below a folder of root's: the server runs as another user where we are root.
    return PostgresServer(load_package(), Path(tempfile.mkdtemp(prefix="puente-postgres-")))
