"""`python -m app serve`: the server, in one process or several."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import secrets
import socket
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from app.api.direct_socket import DirectSocket
from app.config import Settings, load_settings
from app.errors import ConfigError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

START_FAILED = 3
"""uvicorn's own exit code for it."""
SETTINGS_DO_NOT_FIT = 2
"""That of every command."""
_CONNECTIONS_TIMEOUT_S = 5
"""How long uvicorn may wait for connections that do not close, once no call is left."""
_BACKLOG = 2048
"""uvicorn's own."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="start the server (uvicorn app.main:app, and calls outlive SIGTERM)")
    parser.add_argument("--host", help="address to listen on (HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (PORT)")
    parser.add_argument("--workers", type=int, help="processes that share the port, best one for each core (WORKERS)")
    parser.set_defaults(run=run)


class DrainingServer(uvicorn.Server):
    """Closes its sockets when the calls on them are over; uvicorn's own does so as soon as a signal comes.

    A second signal does not wait for them.
    """

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Coroutine[None, None, None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self._draining: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signals = 0

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals == 1 and self.started and self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_to_drain)
        else:
            self.should_exit = True

    def _begin_to_drain(self) -> None:
        if self._draining is not None:
            return
        self._draining = asyncio.create_task(self._drain(), name="drain")
        self._draining.add_done_callback(self._has_drained)

    def _has_drained(self, task: asyncio.Task[None]) -> None:
        self.should_exit = True
        if not task.cancelled() and task.exception() is not None:
            raise RuntimeError("the calls could not be ended in order") from task.exception()


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes and the calls are over."""
    settings = load_settings()
    host, port = args.host or settings.host, args.port or settings.port
    workers = settings.workers if args.workers is None else args.workers
    if workers < 1:
        raise ConfigError(f"--workers {workers}: at least one process has to serve")
    if workers > 1:
        return _run_workers(settings, host, port, workers)
    gc.disable()  # As in app.main, until it has started.
    from app.composition import create_app

    application = create_app(settings)
    config = server_config(application, host=host, port=port)
    server = DrainingServer(config, lambda: drain(application, settings.drain_timeout_s))
    server.run()
    return 0 if server.started else START_FAILED


def server_config(application: ASGIApp, *, host: str = "", port: int = 0) -> uvicorn.Config:
    """Return how uvicorn serves the application."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        ws=DirectSocket,
        ws_per_message_deflate=False,
        ws_max_size=1 << 20,
        proxy_headers=False,  # The application believes TRUSTED_PROXIES itself, whoever serves it.
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_CONNECTIONS_TIMEOUT_S,
    )


async def drain(application: FastAPI, timeout_s: float) -> None:
    """Let the application's calls finish."""
    await application.state.bridge_state.bridge.switchboard.drain(timeout_s)


def _run_workers(settings: Settings, host: str, port: int, count: int) -> int:
    from app.telemetry.logs import configure_logging
    from app.workers.lines import Lines
    from app.workers.supervisor import Supervisor

    configure_logging(settings.log_level, settings.log_format, settings.log_personal_data)
    environment = dict(os.environ)
    if not settings.admin_api_key.get_secret_value():
        key = environment["ADMIN_API_KEY"] = secrets.token_urlsafe(24)
        print(f"ADMIN_API_KEY is not set; for this run it is {key}", file=sys.stderr)
    supervisor = Supervisor(
        count,
        _listen(host, port),
        lambda index, connections, line: (
            *(sys.executable, "-m", "app.cli.worker"),
            *(str(number) for number in (index, count, connections, line)),
        ),
        environment,
        Lines(most_calls=settings.fleet_max_concurrent_calls, orders_per_minute=settings.outbound_calls_per_minute),
        drain_timeout_s=settings.drain_timeout_s,
        cannot_start=(START_FAILED, SETTINGS_DO_NOT_FIT),
    )
    return asyncio.run(supervisor.run())


def _listen(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets, one for each address of the host. Raises ConfigError."""
    listeners: list[socket.socket] = []
    try:
        for family, kind, protocol, _name, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigError(
            f"cannot listen on {host} port {port} ({error.strerror}): is it taken? choose another --host or --port"
        ) from error
    return listeners
