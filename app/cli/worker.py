"""``python -m app.cli.worker``: a process of ``python -m app serve --workers N``, which starts it; not for people."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING
from uuid import uuid4

from app.api.close_connections import CloseConnections
from app.cli.serve import SETTINGS_DO_NOT_FIT, START_FAILED, DrainingServer, drain, server_config
from app.config import Settings, load_settings
from app.errors import BridgeError
from app.fleet.factory import create_fleet
from app.workers.fleet import WorkersFleet
from app.workers.placement import create_placement
from app.workers.receiver import Receiver
from app.workers.siblings import Siblings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.runtime.bridge import Bridge


class WorkerServer(DrainingServer):
    """Serves connections that the supervisor hands over, instead of listening itself."""

    def __init__(
        self, application: FastAPI, settings: Settings, connections: socket.socket, siblings: Siblings
    ) -> None:
        super().__init__(
            server_config(CloseConnections(application)), lambda: drain(application, settings.drain_timeout_s)
        )
        self._bridge: Bridge = application.state.bridge_state.bridge
        self._siblings = siblings
        self._receiver = Receiver(connections, self._take, self._begin_to_drain)
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._siblings.connect()
        self._own(self._siblings.run(), "siblings")
        await super().startup(sockets)
        self._receiver.open()
        self._own(self._siblings.report(self._bridge.instance_id, lambda: self._bridge.registry.occupied), "report")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._receiver.close()
        await super().shutdown(sockets)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, connection: socket.socket) -> None:
        self._own(self._serve_connection(connection), "take")

    async def _serve_connection(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:
            connection.close()  # The peer is gone already.

    def _protocol(self) -> asyncio.Protocol:
        """As uvicorn does for each connection that it accepts."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's own line has the same
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def _own(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def main() -> int:
    """Serve until the supervisor says to stop or is gone; return the exit code."""
    try:
        return _serve(*(int(argument) for argument in sys.argv[1:]))
    except BridgeError as error:
        print(f"puente: {error}", file=sys.stderr)
        return SETTINGS_DO_NOT_FIT


def _serve(index: int, count: int, connections: int, line: int) -> int:
    gc.disable()  # As in app.main, until it has started.
    from app.composition import create_app

    settings = load_settings()
    siblings = Siblings(index, count, socket.socket(fileno=line))
    fleet = create_fleet(settings) if settings.redis_url.get_secret_value() else WorkersFleet(uuid4().hex, siblings)
    application = create_app(settings, create_placement(settings, index), fleet, siblings)
    server = WorkerServer(application, settings, socket.socket(fileno=connections), siblings)
    server.run(sockets=[])
    return 0 if server.started else START_FAILED


if __name__ == "__main__":
    sys.exit(main())
