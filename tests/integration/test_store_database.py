"""The database's URL, its life and its migrations, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from app.config import PROJECT_ROOT
from app.errors import ConfigError, StoreError
from app.store.database import Database, alembic_config, newest_revision, normalise_url

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///puente.db", "sqlite+aiosqlite:///puente.db"),
        (" sqlite:////var/lib/puente.db\n", "sqlite+aiosqlite:////var/lib/puente.db"),
        ("sqlite+aiosqlite:///puente.db", "sqlite+aiosqlite:///puente.db"),
        ("postgres://u:p@host/name", "postgresql+asyncpg://u:p@host/name"),
        ("postgresql://u@host:5433/name", "postgresql+asyncpg://u@host:5433/name"),
        ("postgresql://u@host/name?sslmode=require", "postgresql+asyncpg://u@host/name?ssl=require"),
        ("postgresql+asyncpg://u@host/name?ssl=disable", "postgresql+asyncpg://u@host/name?ssl=disable"),
    ],
)
def test_a_url_gets_the_driver_that_the_store_uses(url: str, expected: str) -> None:
    assert normalise_url(url) == expected
    assert normalise_url(expected) == expected


def test_a_password_survives_whatever_it_contains() -> None:
    password = "p@ss/w:rd?#%"
    url = "postgresql://u:p%40ss%2Fw%3Ard%3F%23%25@host/name?sslmode=verify-full"
    assert make_url(normalise_url(url)).password == password


@pytest.mark.parametrize(
    "url",
    [
        "",
        "puente.db",
        f"mysql://u:{SECRET}@host/name",
        f"postgresql+psycopg2://u:{SECRET}@host/name",
        f"postgresql://u:{SECRET}@host:port/name",
        f"postgresql://u:{SECRET}@host/name?channel_binding=require",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////nowhere/at/all/puente.db",
    ],
)
def test_a_url_that_cannot_work_is_told_by_name_and_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL") as caught:
        Database(url)
    assert SECRET not in str(caught.value)


async def test_the_password_shows_nowhere() -> None:
    database = Database(f"postgresql://u:{SECRET}@127.0.0.1:1/name")
    assert SECRET not in repr(database)
    with pytest.raises(StoreError, match="ConnectionRefusedError") as caught:
        await database.migrate()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    await database.aclose()


async def test_ping_tells_whether_the_database_answers(database: Database) -> None:
    assert await database.ping(timeout_s=30)


async def test_ping_of_a_server_that_never_answers_ends_in_time() -> None:
    silent: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue(maxsize=10)
    server = await asyncio.start_server(lambda _reader, writer: silent.put_nowait(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql://u@127.0.0.1:{port}/name?sslmode=disable")
    assert not await database.ping(timeout_s=0.1)
    writer = await silent.get()
    writer.close()
    await database.aclose()
    server.close()
    await server.wait_closed()


async def test_sqlite_is_opened_for_several_readers_and_checks_its_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    async with database.engine.connect() as connection:
        pragmas = [await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")]
        busy_ms = await connection.scalar(text("PRAGMA busy_timeout"))
    assert pragmas == ["wal", 1]
    assert busy_ms == 5000
    await database.aclose()


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def alembic(url: str, name: str, *arguments: str) -> None:
    from alembic import command

    await asyncio.to_thread(getattr(command, name), alembic_config(normalise_url(url)), *arguments)


async def test_the_schema_goes_up_and_down_and_up_and_is_what_the_models_say(database_url: str) -> None:
    database = Database(database_url)
    ours = {"calls", "legs", "utterances", "usage", "call_events", "instances", "deletions", "api_keys"}
    await database.migrate()
    assert await tables(database) >= ours
    await alembic(database_url, "check")
    await alembic(database_url, "downgrade", "base")
    assert not await tables(database) & ours
    await database.migrate()
    await database.migrate()
    assert await tables(database) >= ours
    await alembic(database_url, "check")
    await database.aclose()


async def test_check_sees_a_schema_that_the_models_do_not_describe(database: Database) -> None:
    from alembic.util import CommandError

    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE calls ADD COLUMN surplus INTEGER"))
    with pytest.raises(CommandError, match="surplus"):
        await alembic(database.engine.url.render_as_string(hide_password=False), "check")


async def test_a_database_of_a_later_version_is_a_store_error(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(StoreError, match="later"):
        await database.migrate()


async def test_a_migration_leaves_the_logging_of_the_server_alone(database_url: str) -> None:
    logger = logging.getLogger("tests.store.already_there")
    handlers, level = list(logging.root.handlers), logging.root.level
    database = Database(database_url)
    await database.migrate()
    await database.aclose()
    assert not logger.disabled
    assert (list(logging.root.handlers), logging.root.level) == (handlers, level)


MIGRATE_WHEN_TOLD = """
import asyncio, os, sys
import alembic.command
from app.store.database import Database
print("ready", flush=True)
sys.stdin.readline()
async def migrate():
    database = Database(os.environ["DATABASE_URL"])
    await database.migrate()
    await database.aclose()
asyncio.run(migrate())
"""


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE_WHEN_TOLD],
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint


def test_the_command_line_reads_database_url(database_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url}
    for arguments in (["upgrade", "head"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=PROJECT_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert "No new upgrade operations" in done.stdout


def test_the_newest_revision_is_alembics_head() -> None:
    """Alembic is not asked at a start that finds its database up to date."""
    (head,) = ScriptDirectory.from_config(alembic_config("sqlite:///")).get_heads()
    assert newest_revision() == head
