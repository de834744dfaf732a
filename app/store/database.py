"""The database: what its URL means, how it is connected to, and how its schema is brought up to date."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.config import PROJECT_ROOT
from app.errors import ConfigError, StoreError
from app.store.failures import DATABASE_FAILURES

if TYPE_CHECKING:
    from alembic.config import Config

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
POOL_TIMEOUT_S = 5.0
SQLITE_BUSY_TIMEOUT_S = 5.0
MIGRATION_LOCK_TIMEOUT_S = 60.0
"""How long one process waits for another that migrates the same database."""

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_POSTGRES_PARAMETERS = frozenset({"ssl", "host", "port", "target_session_attrs", "prepared_statement_cache_size"})
_EXAMPLE = "use something like sqlite:///puente.db or postgresql://user:password@host/name?sslmode=require"
_ALEMBIC = threading.Lock()
"""Alembic keeps its environment in module globals: one migration at a time in a process."""


def normalise_url(url: str) -> str:
    """Return the URL with the asynchronous driver that the store uses.

    libpq's ``sslmode`` becomes asyncpg's ``ssl``, with the same values; certificates come from ``PGSSLROOTCERT`` and
    its kin. Raises ConfigError, which never shows the URL: it may hold a password.
    """
    try:
        parsed = make_url(url.strip())
        driver = _DRIVERS[parsed.drivername]
    except (ArgumentError, ValueError, KeyError):
        raise ConfigError(f"DATABASE_URL: not a URL of SQLite or PostgreSQL; {_EXAMPLE}") from None
    parsed = parsed.set(drivername=driver)
    if driver.startswith("sqlite"):
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError(f"DATABASE_URL: every connection would see its own empty database; {_EXAMPLE}")
    else:
        parsed = _with_asyncpg_parameters(parsed)
    return parsed.render_as_string(hide_password=False)


def _with_asyncpg_parameters(url: URL) -> URL:
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    unknown = sorted(query.keys() - _POSTGRES_PARAMETERS)
    if unknown:
        raise ConfigError(f"DATABASE_URL: remove the parameter {', '.join(unknown)}, which asyncpg lacks; {_EXAMPLE}")
    return url.set(query=query)


class Database:
    """One database: an engine, its sessions and its schema. Nothing connects before the first use.

    Raises ConfigError when the URL cannot work.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(normalise_url(url))
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            folder = Path(self._url.database or "").parent
            if not folder.is_dir():
                raise ConfigError(f"DATABASE_URL: the folder {folder} does not exist; make it or name another")
        self.engine: AsyncEngine = _engine(self._url, is_sqlite=self.is_sqlite)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    async def ping(self, timeout_s: float) -> bool:
        """Return whether the database answers within that time."""
        with suppress(*DATABASE_FAILURES):
            async with asyncio.timeout(timeout_s), self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
                return True
        return False

    async def migrate(self) -> None:
        """Bring the schema up to date; several processes may do so at the same time.

        Runs in a thread with an event loop of its own, because Alembic is synchronous. Raises StoreError.
        """
        try:
            if await self._is_up_to_date():
                return
            await asyncio.to_thread(_upgrade, self._url.render_as_string(hide_password=False))
        except DATABASE_FAILURES as error:
            raise StoreError(f"cannot migrate {self!r}: {type(error).__name__}") from None

    async def _is_up_to_date(self) -> bool:
        """Whether there is nothing to migrate: told without Alembic, which takes a tenth of a start to import."""
        async with self.engine.connect() as connection:
            has_versions = await connection.run_sync(lambda here: inspect(here).has_table("alembic_version"))
            if not has_versions:
                return False
            version: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return version == newest_revision()

    async def aclose(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()


def newest_revision() -> str:
    """Return the last migration's revision, by the names of their files (``file_template`` in alembic.ini)."""
    names = [path.name for path in (PROJECT_ROOT / "migrations" / "versions").glob("*.py")]
    return max(name.split("_")[3] for name in names)


def migration_engine(url: str) -> AsyncEngine:
    """Return an engine for ``migrations/env.py``: no pool, and on SQLite transactions that hold DDL and lock at once.

    ``url`` is normalised. SQLite's foreign keys stay off: a batch migration drops and rebuilds the tables they name.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(url, poolclass=NullPool, connect_args={"timeout": CONNECT_TIMEOUT_S})
    # With isolation_level None the driver leaves BEGIN to us; its own would commit before each CREATE TABLE.
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"isolation_level": None, "timeout": MIGRATION_LOCK_TIMEOUT_S}
    )
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _engine(url: URL, *, is_sqlite: bool) -> AsyncEngine:
    # hide_parameters: a statement's parameters are what people said, and errors are logged by whoever catches them.
    if is_sqlite:
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S})
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return engine
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=1800,
        connect_args={"timeout": CONNECT_TIMEOUT_S, "command_timeout": COMMAND_TIMEOUT_S},
    )


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _upgrade(url: str) -> None:
    # Imported here: a server that does not migrate at start does not pay for it.
    from alembic import command
    from alembic.util import CommandError

    with _ALEMBIC:
        try:
            command.upgrade(alembic_config(url), "head")
        except CommandError as error:
            raise StoreError(f"cannot migrate: {error}") from None


def alembic_config(url: str) -> Config:
    """Return the configuration of our migrations on that (normalised) URL, which prints nothing."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = url
    return config
