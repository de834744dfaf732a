"""`python -m app serve`: the server."""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from app.api.upgrades import UpgradeProtocol
from app.config import load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

_START_FAILED = 3
"""uvicorn's own exit code for it."""
_CONNECTIONS_TIMEOUT_S = 5
"""How long uvicorn may wait for connections that do not close, once no call is left."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="start the server (uvicorn app.main:app, and calls outlive SIGTERM)")
    parser.add_argument("--host", help="address to listen on (HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (PORT)")
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
        self._draining = asyncio.create_task(self._drain(), name="drain")
        self._draining.add_done_callback(self._has_drained)

    def _has_drained(self, task: asyncio.Task[None]) -> None:
        self.should_exit = True
        if not task.cancelled() and task.exception() is not None:
            raise RuntimeError("the calls could not be ended in order") from task.exception()


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes and the calls are over."""
    from app.main import create_app

    settings = load_settings()
    application = create_app(settings)
    config = uvicorn.Config(
        application,
        host=args.host or settings.host,
        port=args.port or settings.port,
        ws=UpgradeProtocol,
        ws_per_message_deflate=False,
        ws_max_size=1 << 20,
        proxy_headers=False,  # The application believes TRUSTED_PROXIES itself, whoever serves it.
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_CONNECTIONS_TIMEOUT_S,
    )
    server = DrainingServer(config, lambda: _drain(application, settings.drain_timeout_s))
    server.run()
    return 0 if server.started else _START_FAILED


async def _drain(application: FastAPI, timeout_s: float) -> None:
    await application.state.bridge_state.bridge.drain(timeout_s)
